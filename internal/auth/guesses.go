package auth

import (
	"net/netip"
	"sync"
	"time"
)

const (
	// maxGuesses are the wrong keys an address may try in a window.
	maxGuesses = 20
	window     = time.Minute
	// maxAddresses bounds the memory; beyond it those not heard of lately go first.
	maxAddresses = 1 << 16
)

// Guesses counts wrong keys by the address they come from. A right key is never
// refused because of them: whoever shares an address with somebody who guesses
// is not locked out. It is safe for concurrent use.
type Guesses struct {
	mu    sync.Mutex
	start time.Time                 // all times are since then
	begun time.Duration             // of now
	now   map[netip.Addr]*lastTries // of those who guessed since begun
	last  map[netip.Addr]*lastTries // of the window before
}

// lastTries are when the last wrong keys of an address were looked at.
type lastTries struct {
	at [maxGuesses]time.Duration // a ring
	n  int                       // all there were; at[n%maxGuesses] is the oldest
}

// Wrong notes a wrong key and returns how long its sender has to wait before
// another one is looked at; 0 is not at all. Addresses of IPv6 count by their
// /64, which is what one customer has.
func (g *Guesses) Wrong(now time.Time, from netip.Addr) time.Duration {
	if from = from.Unmap(); from.Is6() {
		if p, err := from.Prefix(64); err == nil {
			from = p.Addr()
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.now == nil {
		g.start, g.now = now, map[netip.Addr]*lastTries{}
	}
	at := now.Sub(g.start)
	if at-g.begun >= window || len(g.now) >= maxAddresses {
		g.begun, g.now, g.last = at, map[netip.Addr]*lastTries{}, g.now
	}
	tries := g.now[from]
	if tries == nil {
		if tries = g.last[from]; tries == nil {
			tries = &lastTries{}
		}
		g.now[from] = tries
	}
	if tries.n > 0 { // the clock may have been set back
		at = max(at, tries.at[(tries.n-1)%maxGuesses])
	}
	oldest := &tries.at[tries.n%maxGuesses]
	if tries.n >= maxGuesses && at < *oldest+window {
		return *oldest + window - at
	}
	*oldest = at
	tries.n++
	return 0
}

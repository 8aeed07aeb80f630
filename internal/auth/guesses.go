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
	// maxAddresses bounds the memory; beyond it the oldest windows go first.
	maxAddresses = 1 << 16
)

// Guesses counts wrong keys by the address they come from. A right key is never
// refused because of them: whoever shares an address with somebody who guesses
// is not locked out. It is safe for concurrent use.
type Guesses struct {
	mu    sync.Mutex
	begun time.Time
	now   map[netip.Addr]int // in this window
	last  map[netip.Addr]int // in the one before
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
	switch since := now.Sub(g.begun); {
	case g.now == nil || since >= 2*window:
		g.begun, g.now, g.last = now, map[netip.Addr]int{}, nil
	case since >= window:
		g.begun, g.now, g.last = g.begun.Add(window), map[netip.Addr]int{}, g.now
	}
	if len(g.now) >= maxAddresses {
		g.now, g.last = map[netip.Addr]int{}, g.now
	}
	g.now[from]++
	// The window slides: of the one before counts the part not yet over.
	part := 1 - float64(now.Sub(g.begun))/float64(window)
	if float64(g.now[from])+part*float64(g.last[from]) <= maxGuesses {
		return 0
	}
	return max(g.begun.Add(window).Sub(now), time.Second)
}

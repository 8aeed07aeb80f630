// Package retry decides whether a call that failed is worth another try, and
// keeps retries a small part of the traffic.
//
// It is the only place where that is decided: nothing below it (the transport)
// and nothing above it (handlers) tries again.
package retry

import (
	"fmt"
	"time"
)

// Policy are the limits of retries.
type Policy struct {
	// Max is the number of retries a call may have.
	Max int
	// Base is the wait before the first retry after a failure of the service;
	// it doubles with each further one.
	Base time.Duration
	// MaxWait is the longest wait for a limited key that a call takes upon
	// itself; beyond, the client is told when to come back.
	MaxWait time.Duration
}

// Default returns the policy that applies when nothing is configured.
func Default() Policy {
	return Policy{Max: 2, Base: 250 * time.Millisecond, MaxWait: 3 * time.Second}
}

// Validate reports the first setting that cannot work, by its name.
func (p Policy) Validate() error {
	switch {
	case p.Max < 0 || p.Max > 5:
		return fmt.Errorf("retry.max must be between 0 and 5, got %d", p.Max)
	case p.Base <= 0 || p.Base > time.Minute:
		return fmt.Errorf("retry.base must be more than 0 and at most 1m, got %s", p.Base)
	case p.MaxWait < 0:
		return fmt.Errorf("retry.max_wait must not be negative, got %s", p.MaxWait)
	}
	return nil
}

// Class is what a failed try says about another one.
type Class uint8

const (
	// Final errors come again: the request is at fault, or the caller is gone.
	Final Class = iota
	// KeyRefused means that the key does not work; the request may.
	KeyRefused
	// Limited means that the key's quota is used up for now.
	Limited
	// Transient means that the service failed or could not be reached.
	Transient
)

// Try describes a call after a failed try.
type Try struct {
	Class Class
	// Retries made before, those for refused keys not counted.
	Retries int
	// OtherKey is set when a key is free right now.
	OtherKey bool
	// FreeIn is how long it takes until a key is free, when none is, or after
	// which the service wants to be asked again; 0 is unknown.
	FreeIn time.Duration
	// Begun is set when something of the answer has been handed on.
	Begun bool
	// Left is the time until the call's deadline.
	Left time.Duration
}

// Decide reports whether to try again, and after which wait. The jitter is a
// random number in [0, 1); many callers that wait for the same thing come back
// spread out by it. Whether the budget allows the retry is the caller's next
// question, except after a refused key: such a retry is free, because each key
// is refused only once.
func (p Policy) Decide(t Try, jitter float64) (wait time.Duration, again bool) {
	if t.Begun {
		return 0, false
	}
	switch t.Class {
	case KeyRefused:
		return 0, t.OtherKey && t.Left > 0
	case Limited:
		if t.Retries >= p.Max {
			return 0, false
		}
		if t.OtherKey {
			return 0, t.Left > 0
		}
		if t.FreeIn <= 0 || t.FreeIn > p.MaxWait {
			return 0, false
		}
		wait = t.FreeIn + spread(t.FreeIn, jitter)
		return wait, wait < t.Left
	case Transient:
		if t.Retries >= p.Max || t.FreeIn > p.MaxWait {
			return 0, false
		}
		wait = time.Duration((0.5 + jitter) * float64(p.Base<<t.Retries))
		if wait < t.FreeIn {
			wait = t.FreeIn + spread(t.FreeIn, jitter)
		}
		return wait, wait < t.Left
	}
	return 0, false
}

// spread is what many who wait for the same moment add to it.
func spread(wait time.Duration, jitter float64) time.Duration {
	return time.Duration(jitter * float64(min(wait/4, 500*time.Millisecond)))
}

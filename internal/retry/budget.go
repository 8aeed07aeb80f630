package retry

import (
	"sync"
	"time"
)

// Budget holds retries to a share of the calls, so that a service that is down
// is not asked three times as often. It is safe for concurrent use.
type Budget struct {
	mu    sync.Mutex
	level float64
	last  time.Time
}

const (
	// Share is how many retries each call allows.
	Share = 0.1
	// burst is how many retries can be saved up. It is also what a new budget
	// starts with, so that a service with little traffic has retries too.
	burst = 10
	// floor is how many retries a second are allowed whatever the traffic.
	floor = 0.1
)

// NewBudget returns a full budget.
func NewBudget(now time.Time) *Budget { return &Budget{level: burst, last: now} }

// Call notes a call.
func (b *Budget) Call(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.level = min(b.level+Share, burst)
	b.refill(now)
}

// Take reports whether a retry is allowed, and counts it.
func (b *Budget) Take(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refill(now)
	if b.level < 1 {
		return false
	}
	b.level--
	return true
}

func (b *Budget) refill(now time.Time) {
	if d := now.Sub(b.last); d > 0 {
		b.level = min(b.level+floor*d.Seconds(), burst)
		b.last = now
	}
}

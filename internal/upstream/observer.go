package upstream

import (
	"context"
	"time"

	"github.com/gemway/gemway/internal/keypool"
	"github.com/gemway/gemway/internal/panics"
)

// Observer is told what happens, for metrics and logs. Functions that are nil
// are skipped; the others are called from many goroutines and must not block.
type Observer struct {
	// Attempt is called after every request sent to the site: when the answer
	// or, for a stream, its first event is there, or the try has failed.
	Attempt func(Attempt)
	// Trace is Attempt for those who need the call's context.
	Trace func(context.Context, Attempt)
	// KeyChange is called when a key changes its state, once for each change.
	KeyChange func(site string, change keypool.Change)
	// StreamBreak is called when a stream that had begun ends otherwise than
	// at its clean end or by the caller's wish.
	StreamBreak func(site, model string, kind Kind)
	// Panic is called with a mistake in a goroutine that no call waits for.
	Panic func(*panics.Recovered)
}

// Attempt is one request sent upstream.
type Attempt struct {
	Site, Model, Method string
	KeyID               string // short id; "client" for a caller's own key
	Status              int    // HTTP status, 0 without an answer
	Failure             Kind   // "" if there was an answer
	Took                time.Duration
	Number              int // 1 for the first of the call
}

func (o *Observer) attempt(ctx context.Context, a Attempt) {
	if o != nil && o.Attempt != nil {
		o.Attempt(a)
	}
	if o != nil && o.Trace != nil {
		o.Trace(ctx, a)
	}
}

func (o *Observer) keyChange(site string, change keypool.Change) {
	if o != nil && o.KeyChange != nil {
		o.KeyChange(site, change)
	}
}

func (o *Observer) streamBreak(site, model string, kind Kind) {
	if o != nil && o.StreamBreak != nil {
		o.StreamBreak(site, model, kind)
	}
}

func (o *Observer) panicked(p *panics.Recovered) {
	if o != nil && o.Panic != nil {
		o.Panic(p)
	}
}

package server

import (
	"context"
	"sync"

	"github.com/gemway/gemway/internal/panics"
)

// each runs n functions side by side; the first error cancels the others.
func each(ctx context.Context, n int, f func(ctx context.Context, i int) error) error {
	return eachOf(ctx, n, n, f)
}

// eachOf is each with at most limit functions at a time, begun in order.
func eachOf(ctx context.Context, n, limit int, f func(ctx context.Context, i int) error) error {
	if n == 1 {
		return f(ctx, 0)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		next  int
		first error
		fatal *panics.Recovered
	)
	take := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		i := next
		next++
		return i, i < n && first == nil
	}
	for range min(n, max(1, limit)) {
		wg.Go(func() {
			defer panics.Recover(func(p *panics.Recovered) {
				mu.Lock()
				defer mu.Unlock()
				fatal, first = p, context.Canceled
				cancel(nil)
			})
			for i, ok := take(); ok; i, ok = take() {
				if err := f(ctx, i); err != nil {
					mu.Lock()
					if first == nil {
						first = err
						cancel(err)
					}
					mu.Unlock()
					return
				}
			}
		})
	}
	wg.Wait()
	if fatal != nil {
		panic(fatal) // in the goroutine of the request, which knows what to do
	}
	return first
}

package app

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gemway/gemway/internal/panics"
	"github.com/gemway/gemway/internal/server"
)

// lastWords is how long requests that are ended may take to tell their clients.
const lastWords = 3 * time.Second

// drain ends the serving: readiness at once, the listener after a delay, the
// requests when they are done or, after the timeout, with an error. Closing
// quick ends all waiting.
func (a *App) drain(hs *http.Server, why error, abort context.CancelCauseFunc, quick <-chan struct{}) error {
	a.stopping.Store(true)
	g := a.current.Load()
	g.server.Drain()
	stop := g.cfg.Shutdown
	if errors.Is(why, ErrInterrupted) {
		stop.Delay = 0
	}
	a.Log.Info("stopping", "delay", stop.Delay, "timeout", stop.Timeout)
	wait(stop.Delay, quick)

	over, give := context.WithTimeout(context.Background(), stop.Timeout)
	defer give()
	finished := make(chan error, 1)
	go func() {
		defer panics.Recover(func(p *panics.Recovered) { finished <- p })
		finished <- hs.Shutdown(over)
	}()
	select {
	case err := <-finished:
		if err == nil {
			a.Log.Info("stopped")
			return nil
		}
	case <-quick:
	}
	a.Log.Warn("ending the requests that are still under way")
	abort(server.ErrStopping)
	last, end := context.WithTimeout(context.Background(), lastWords)
	defer end()
	if err := hs.Shutdown(last); err != nil {
		_ = hs.Close() // they had their time
	}
	give()
	return nil
}

// wait waits, unless quick is closed.
func wait(d time.Duration, quick <-chan struct{}) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-quick:
	}
}

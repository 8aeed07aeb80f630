package app

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/gemway/gemway/internal/panics"
)

// lookEvery is the time between two looks at the files of the configuration.
const lookEvery = 2 * time.Second

// Reload reads the configuration anew and uses it, or leaves everything as it
// is when something is wrong with it. The log has the outcome.
func (a *App) Reload() error {
	a.reload.Lock()
	defer a.reload.Unlock()
	if a.Load == nil || a.stopping.Load() {
		return nil
	}
	err := a.tryReload()
	a.metrics.Reload(err)
	if err != nil {
		a.Log.Error("the configuration was not reloaded", "error", err)
	}
	return err
}

func (a *App) tryReload() (err error) {
	defer panics.Recover(func(p *panics.Recovered) {
		a.panicked(p)
		err = p
	})
	now := a.current.Load().cfg
	next, err := a.Load()
	if err != nil {
		return err
	}
	restart := now.NeedsRestart(next)
	if (now.TLS.Certificate == nil) != (next.TLS.Certificate == nil) {
		return errors.New("HTTPS is switched on and off by a restart only")
	}
	// What cannot change stays what it is, and the rest has to go with it: an
	// address that is still listened on must not lose its client keys.
	next.Listen, next.Offline, next.Admin.Listen = now.Listen, now.Offline, now.Admin.Listen
	if err := next.Validate(); err != nil {
		return err
	}
	g, err := a.build(next)
	if err != nil {
		return err
	}
	a.use(g)
	a.Log.Info("the configuration was reloaded", "config", next)
	if len(restart) > 0 {
		a.Log.Warn("some settings change with a restart only", "settings", strings.Join(restart, ", "))
	}
	return nil
}

// watchFiles reloads the configuration when one of its files changes.
func (a *App) watchFiles(ctx context.Context) {
	if a.Load == nil || len(a.current.Load().cfg.Files) == 0 {
		return
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	used := a.current.Load().cfg.Loaded()
	last := used
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		// A file that is being written is let be until it stays as it is: its
		// beginning may be a configuration, and another one.
		now := a.current.Load().cfg.Fingerprint()
		if now == last && now != used {
			before := a.current.Load().cfg.Loaded()
			_ = a.Reload() // the log has it
			// A failure is not repeated until the next change.
			if used = now; a.current.Load().cfg.Loaded() != before {
				used = a.current.Load().cfg.Loaded() // perhaps of other files
			}
		}
		last = now
	}
}

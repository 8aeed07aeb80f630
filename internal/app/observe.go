package app

import (
	"context"

	"github.com/gemway/gemway/internal/keypool"
	"github.com/gemway/gemway/internal/panics"
	"github.com/gemway/gemway/internal/tracing"
	"github.com/gemway/gemway/internal/upstream"
)

// observer counts and logs what happens between here and Google.
func (a *App) observer() *upstream.Observer {
	o := &upstream.Observer{
		Attempt: func(t upstream.Attempt) {
			a.metrics.Attempt(t.Site, t.Status, string(t.Failure), t.Took)
		},
		KeyChange: func(site string, c keypool.Change) {
			a.metrics.KeyChange(site, string(c.State))
			switch c.State {
			case keypool.Quarantined:
				a.Log.Error("a key was refused and is not used any more", "site", site, "key_id", c.ID, "reason", c.Reason)
			case keypool.Ready:
				a.Log.Info("a key is ready again", "site", site, "key_id", c.ID, "model", c.Model)
			default:
				a.Log.Warn("a key rests", "site", site, "key_id", c.ID, "model", c.Model, "state", string(c.State), "until", c.Until)
			}
		},
		StreamBreak: func(site, model string, kind upstream.Kind) {
			a.metrics.StreamBreak(site, string(kind))
			a.Log.Warn("a stream broke off", "site", site, "model", model, "kind", string(kind))
		},
		Panic: a.panicked,
	}
	if a.tracing != nil {
		o.Trace = func(ctx context.Context, t upstream.Attempt) {
			a.tracing.Attempt(ctx, &tracing.Attempt{
				Site: t.Site, Model: t.Model, Method: t.Method, KeyID: t.KeyID,
				Status: t.Status, Failure: string(t.Failure), Number: t.Number, Took: t.Took,
			})
		}
	}
	return o
}

// panicked tells of a mistake in a goroutine of the program itself.
func (a *App) panicked(p *panics.Recovered) {
	a.metrics.Panic()
	a.Log.Error("panic", "panic", p, "stack", p.Stack())
}

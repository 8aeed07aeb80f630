package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/gemway/gemway/internal/app"
	"github.com/gemway/gemway/internal/config"
	"github.com/gemway/gemway/internal/panics"
)

// serve runs the server.
type serve struct{ settings }

// Help is the long help.
func (*serve) Help() string {
	return "Without any setting it serves on http://127.0.0.1:8080/v1, and clients pass their own Gemini key as API key.\n" +
		"With GEMINI_API_KEY set the server uses that key; with --offline it needs none.\n\n" +
		"SIGTERM lets requests finish, a second one ends them; SIGHUP reads the configuration anew."
}

// Run runs the command.
func (s *serve) Run(w *world) error {
	cfg, err := s.load(w)
	if err != nil {
		return err
	}
	log := app.NewLog(w.stderr, cfg.Log, terminal(w.stderr))
	defer log.Flush()
	a, err := app.New(cfg, app.Outside{
		Log:     log,
		Version: currentVersion(),
		Load:    func() (*config.Config, error) { return s.load(w) },
	})
	if err != nil {
		return err
	}
	addr, err := a.Listen(w.ctx)
	if err != nil {
		return cannotListen(cfg.Listen, err)
	}
	if cfg.Log.Format != "json" {
		if err := w.say("%s", greeting(cfg, w.program, served(cfg, addr), a.ExampleModel())); err != nil {
			return err
		}
	}
	ctx, stop := context.WithCancelCause(w.ctx)
	defer stop(nil)
	// Each kind has a channel of its own, so that many of one do not push out
	// those of the other. One more reload is enough for any number asked for.
	reloads, stops := make(chan os.Signal, 1), make(chan os.Signal, 2)
	signal.Notify(reloads, syscall.SIGHUP)
	signal.Notify(stops, syscall.SIGINT, syscall.SIGTERM)
	quick := make(chan struct{})
	// Without its signals the program could only be killed.
	lost := func(p *panics.Recovered) { stop(p) }
	var watching sync.WaitGroup
	watching.Go(func() {
		defer panics.Recover(lost)
		for range reloads {
			_ = a.Reload() // the log has it
		}
	})
	watching.Go(func() {
		defer panics.Recover(lost)
		watchStops(stops, stop, quick)
	})
	defer func() {
		signal.Stop(reloads)
		signal.Stop(stops)
		close(reloads)
		close(stops)
		watching.Wait()
	}()
	return a.Serve(ctx, quick)
}

// watchStops takes the first signal as the wish to stop and the second as the
// wish to do so at once, until the channel is closed.
func watchStops(signals <-chan os.Signal, stop context.CancelCauseFunc, quick chan<- struct{}) {
	stopping := false
	for sig := range signals {
		switch {
		case !stopping:
			stopping = true
			if sig == syscall.SIGINT {
				stop(app.ErrInterrupted)
			} else {
				stop(nil)
			}
		case quick != nil:
			close(quick)
			quick = nil
		}
	}
}

// terminal reports whether somebody is likely to look at what is written.
func terminal(w any) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull) // a character device too, with nobody behind it
	return err != nil || !os.SameFile(info, null)
}

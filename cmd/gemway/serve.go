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
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	quick := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		// Without its signals the program could only be killed.
		defer panics.Recover(func(p *panics.Recovered) { stop(p) })
		watch(signals, a, stop, quick)
	})
	defer func() {
		signal.Stop(signals)
		close(signals)
		watching.Wait()
	}()
	return a.Serve(ctx, quick)
}

// watch turns signals into what they ask for, until the channel is closed.
func watch(signals <-chan os.Signal, a *app.App, stop context.CancelCauseFunc, quick chan<- struct{}) {
	stopping := false
	for sig := range signals {
		switch {
		case sig == syscall.SIGHUP:
			_ = a.Reload() // the log has it
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

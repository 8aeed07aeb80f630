package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/signal"
	"syscall"
	"time"

	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/emulator"
	"github.com/gemway/gemway/internal/panics"
)

// emulatorCmd serves Gemini's native API.
type emulatorCmd struct {
	Listen  string   `placeholder:"ADDRESS" default:"127.0.0.1:8081" help:"Address to listen on (${default})."`
	Keys    []string `name:"key" placeholder:"KEY" help:"API keys that are accepted; without any, every key is."`
	Retired bool     `help:"Answer for models that Google has shut down."`
}

// Help is the long help.
func (*emulatorCmd) Help() string {
	return "Google's own SDKs and tools can be pointed at it to be tried without a network and without a key. It refuses what\n" +
		"Gemini refuses, and answers deterministically."
}

// Run runs the command.
func (e *emulatorCmd) Run(w *world) error {
	models, err := catalog.New(catalog.Options{})
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(w.ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", e.Listen)
	if err != nil {
		return cannotListen(e.Listen, err)
	}
	hs := &http.Server{
		Handler:           emulator.New(emulator.Config{Catalog: models, Keys: e.Keys, ServeRetired: e.Retired}),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
	}
	url := baseURL(ln.Addr())
	if err := w.say("Gemini's native API, emulated, on %s\n\n  curl %s/v1beta/models/gemini-3.5-flash:generateContent \\\n    -H 'Content-Type: application/json' -d '{\"contents\":[{\"parts\":[{\"text\":\"Hello\"}]}]}'\n\n  Google's SDKs: http_options base_url %s\n", url, url, url); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() {
		defer panics.Recover(func(p *panics.Recovered) { done <- p })
		done <- hs.Serve(ln)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return hs.Shutdown(wait)
}

// cannotListen says what to do about an address that cannot be had.
func cannotListen(address string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is in use: stop what listens there, or choose another with --listen", address)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%s may not be listened on by this user: ports from 1024 on may", address)
	}
	return fmt.Errorf("listen: %w", err)
}

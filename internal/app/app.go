// Package app wires all parts, by hand, in one visible function.
package app

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/config"
	"github.com/gemway/gemway/internal/keypool"
	"github.com/gemway/gemway/internal/media"
	"github.com/gemway/gemway/internal/server"
	"github.com/gemway/gemway/internal/signatures"
	"github.com/gemway/gemway/internal/upstream"
)

// App is the assembled program.
type App struct {
	cfg      config.Config
	log      *slog.Logger
	server   *server.Server
	client   *upstream.Client
	emulator *local // offline only
}

// New wires the parts a configuration asks for.
func New(cfg config.Config, log *slog.Logger) (*App, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	models, err := catalog.New(cfg.Catalog)
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	a := &App{cfg: cfg, log: log}
	if cfg.Offline {
		if err := a.startEmulator(models); err != nil {
			return nil, err
		}
		// Offline means offline: a key that happens to be set goes nowhere.
		cfg.GeminiBaseURL, cfg.GeminiKeys = a.emulator.url, nil
		cfg.Upstream.ProxyFromEnvironment = false
	}
	site, err := upstream.NewGeminiAPI(cfg.GeminiBaseURL)
	if err != nil {
		return nil, fmt.Errorf("set up the Gemini API: %w", err)
	}
	keys := cfg.GeminiKeys
	if cfg.Offline {
		keys = []string{"offline"}
	}
	a.client, err = upstream.New(site, cfg.Upstream, keypool.New(keys), nil)
	if err != nil {
		return nil, fmt.Errorf("set up the Gemini API: %w", err)
	}
	fetcher, err := media.New(cfg.Media)
	if err != nil {
		return nil, fmt.Errorf("set up the fetching of media: %w", err)
	}
	cfg.Server.PassThrough = len(cfg.GeminiKeys) == 0
	cfg.Server.AnyKey = cfg.Offline
	a.server = server.New(cfg.Server, server.Parts{
		Gemini: a.client, Catalog: models, Signatures: signatures.New(cfg.Signatures), Media: fetcher, Log: log,
	})
	return a, nil
}

// Serve listens and serves until ctx ends, then lets requests finish.
func (a *App) Serve(ctx context.Context) error {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", a.cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	hs := &http.Server{Handler: a.server, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 120 * time.Second, MaxHeaderBytes: 32 << 10}
	a.log.Info("listening", "address", ln.Addr().String(), "base_url", "http://"+ln.Addr().String()+"/v1")
	done := make(chan error, 1)
	go func() { done <- hs.Serve(ln) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	a.server.Drain()
	stop, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if err := hs.Shutdown(stop); err != nil {
		return fmt.Errorf("shut down: %w", err)
	}
	a.client.Close()
	if a.emulator != nil {
		return a.emulator.server.Shutdown(stop)
	}
	return nil
}

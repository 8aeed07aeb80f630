package app

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/emulator"
)

// local is the emulator behind a server of its own on the loopback interface:
// offline requests take the same way through HTTP as real ones.
type local struct {
	url    string
	server *http.Server
}

// startEmulator serves Gemini's native API from the built-in emulator.
func (a *App) startEmulator(models *catalog.Catalog) error {
	ln, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("start the emulator: %w", err)
	}
	hs := &http.Server{
		Handler:           emulator.New(emulator.Config{Catalog: models, ServeRetired: true}),
		ReadHeaderTimeout: 10 * time.Second,
	}
	a.emulator = &local{url: "http://" + ln.Addr().String(), server: hs}
	go func() {
		if err := hs.Serve(ln); err != nil && err != http.ErrServerClosed {
			a.log.Error("the emulator stopped", "error", err)
		}
	}()
	return nil
}

package app

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/emulator"
	"github.com/gemway/gemway/internal/panics"
)

// local is the emulator behind a server of its own on the loopback interface:
// offline requests take the same way through HTTP as real ones.
type local struct {
	url    string
	server *http.Server
	done   chan struct{}
}

// startEmulator serves Gemini's native API from the built-in emulator.
func startEmulator(models *catalog.Catalog, log *slog.Logger) (*local, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not wait for anything
	if err != nil {
		return nil, fmt.Errorf("start the emulator: %w", err)
	}
	l := &local{
		url:  "http://" + ln.Addr().String(),
		done: make(chan struct{}),
		server: &http.Server{
			Handler:           emulator.New(emulator.Config{Catalog: models, ServeRetired: true}),
			ReadHeaderTimeout: 10 * time.Second,
		},
	}
	go func() {
		defer close(l.done)
		defer panics.Recover(func(p *panics.Recovered) { log.Error("the emulator stopped", "error", p, "stack", p.Stack()) })
		if err := l.server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the emulator stopped", "error", err)
		}
	}()
	return l, nil
}

// close ends the emulator. Nobody calls it any more by then.
func (l *local) close() {
	_ = l.server.Close() // nothing is left to be lost
	<-l.done
}

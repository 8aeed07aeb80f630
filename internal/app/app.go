// Package app wires all parts, by hand, in one visible function, and takes the
// program from its start to its end.
package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/config"
	"github.com/gemway/gemway/internal/gallery"
	"github.com/gemway/gemway/internal/keypool"
	"github.com/gemway/gemway/internal/metrics"
	"github.com/gemway/gemway/internal/panics"
	"github.com/gemway/gemway/internal/server"
	"github.com/gemway/gemway/internal/signatures"
	"github.com/gemway/gemway/internal/tracing"
)

// Outside is what the program gets from outside its configuration.
type Outside struct {
	Log     *Log
	Version string
	// Load reads the configuration anew; nil means that it never changes.
	Load func() (*config.Config, error)
}

// App is the assembled program. What a reload replaces is in its current
// generation, all else lives from the start to the end.
type App struct {
	Outside
	metrics    *metrics.Metrics
	keys       *keypool.Pool
	signatures *signatures.Memory
	emulator   *local           // offline only
	gallery    *gallery.Gallery // nil until images are kept for download
	tracing    *tracing.Tracer  // nil: no traces
	learned    server.Learned
	current    atomic.Pointer[generation]

	listener  *server.Listener
	admin     *admin // nil: none
	adminAddr atomic.Pointer[net.Addr]
	stopping  atomic.Bool
	reload    sync.Mutex // one at a time
}

// New wires the parts that the configuration asks for.
func New(cfg *config.Config, out Outside) (*App, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	a := &App{Outside: out, metrics: metrics.New(out.Version, server.Endpoints()), keys: keypool.New(nil), signatures: signatures.New(cfg.Signatures)}
	var err error
	if a.tracing, err = tracing.New(context.Background(), cfg.Tracing, out.Version); err != nil {
		return nil, fmt.Errorf("set up traces: %w", err)
	}
	g, err := a.build(cfg)
	if err != nil {
		return nil, err
	}
	a.use(g)
	a.metrics.Keys(a.countKeys)
	a.metrics.LogLost(a.Log.Lost)
	a.metrics.SpansDropped(a.tracing.Dropped)
	return a, nil
}

// Listen begins to listen and returns the address.
func (a *App) Listen(ctx context.Context) (net.Addr, error) {
	cfg := a.current.Load().cfg
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return nil, err
	}
	a.listener = server.NewListener(ln, cfg.Server.Limits, a.metrics)
	return ln.Addr(), nil
}

// AdminAddr returns where the operator's listener is, nil before it is there.
func (a *App) AdminAddr() net.Addr {
	if addr := a.adminAddr.Load(); addr != nil {
		return *addr
	}
	return nil
}

// ExampleModel returns a model for a first request: the cheapest that answers
// texts and is here to stay.
func (a *App) ExampleModel() string {
	best, least := "", math.Inf(1)
	for _, r := range a.current.Load().models.List() {
		if r.Retired != "" || r.Retires != "" || r.Stage != catalog.Stable || !r.Has("generateContent") || !r.Takes("text") || !slices.Equal(r.Output, []string{"text"}) {
			continue
		}
		if p, ok := r.PriceOn(catalog.Day(time.Now()), 0); ok && p.Input < least {
			best, least = r.ID, p.Input
		}
	}
	return best
}

// ServeHTTP serves a request by the generation that is current when it comes.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g := a.acquire()
	defer g.release()
	g.server.ServeHTTP(w, r)
}

// ErrInterrupted is the cause that ends Serve at somebody's terminal, where
// nobody balances load: the listener then closes at once.
var ErrInterrupted = errors.New("interrupted")

// Serve serves until ctx ends, then lets requests finish as the configuration
// says. When quick is closed meanwhile, it ends them at once.
func (a *App) Serve(ctx context.Context, quick <-chan struct{}) error {
	memory := newReserve()
	defer memory.keep()
	base, abort := context.WithCancelCause(context.WithoutCancel(ctx))
	defer abort(nil)
	cfg := a.current.Load().cfg
	hs := server.NewHTTP(cfg.Server.Limits, a, a.Log.Logger)
	hs.BaseContext = func(net.Listener) context.Context { return base }
	a.Log.Info("listening", "address", a.listener.Addr().String(), "mode", string(cfg.Mode()), "version", a.Version)

	var background sync.WaitGroup
	defer background.Wait()
	watching, unwatch := context.WithCancel(base)
	defer unwatch()
	background.Go(func() {
		defer panics.Recover(a.panicked)
		a.watchFiles(watching)
	})

	if err := a.startAdmin(ctx); err != nil {
		return errors.Join(err, a.listener.Close())
	}
	// What reading the configuration and the catalog took is not needed again.
	background.Go(func() {
		defer panics.Recover(a.panicked)
		debug.FreeOSMemory()
	})
	done := make(chan error, 1)
	background.Go(func() {
		defer panics.Recover(func(p *panics.Recovered) { done <- p })
		done <- a.serve(hs, cfg.TLS.Certificate != nil)
	})
	select {
	case err := <-done:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	unwatch()
	err := a.drain(hs, context.Cause(ctx), abort, quick)
	a.close()
	return err
}

// serve serves the listener, by HTTPS if there is a certificate. The current
// generation's counts, so that a reload brings a renewed one.
func (a *App) serve(hs *http.Server, encrypted bool) error {
	if !encrypted {
		return hs.Serve(a.listener)
	}
	hs.TLSConfig = &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return a.current.Load().cfg.TLS.Certificate, nil },
	}
	return hs.ServeTLS(a.listener, "", "")
}

// close ends what outlives requests.
func (a *App) close() {
	a.current.Load().release()
	a.signatures.Close()
	last, end := context.WithTimeout(context.Background(), lastWords)
	defer end()
	if err := a.tracing.Close(last); err != nil {
		a.Log.Warn("the last traces were not sent", "error", err)
	}
	if a.emulator != nil {
		a.emulator.close()
	}
	if a.gallery != nil {
		a.gallery.Close()
	}
	if a.admin != nil {
		a.admin.close()
	}
}

package app

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/gemway/gemway/internal/auth"
	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/config"
	"github.com/gemway/gemway/internal/gallery"
	"github.com/gemway/gemway/internal/keypool"
	"github.com/gemway/gemway/internal/media"
	"github.com/gemway/gemway/internal/server"
	"github.com/gemway/gemway/internal/upstream"
	"github.com/gemway/gemway/web"
)

// generation is what one configuration amounts to. Requests that began with it
// end with it, whatever is current by then.
type generation struct {
	cfg    *config.Config
	models *catalog.Catalog
	client *upstream.Client
	others []*upstream.Client // of the sites that routes lead to
	server *server.Server
	close  func()

	users atomic.Int64 // requests, and one for being current
	once  sync.Once
}

// build makes a generation.
func (a *App) build(cfg *config.Config) (*generation, error) {
	models, err := catalog.New(cfg.Catalog.Options)
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	g := &generation{cfg: cfg, models: models, close: func() {}}
	up, pool := cfg.Upstream, a.keys
	var site upstream.Site
	switch cfg.Mode() {
	case config.Offline:
		if a.emulator == nil {
			if a.emulator, err = startEmulator(models, a.Log.Logger); err != nil {
				return nil, err
			}
		}
		// Offline means offline: a key that happens to be set goes nowhere.
		up.ProxyFromEnvironment = false
		pool = keypool.New([]string{"offline"})
		site, err = upstream.NewGeminiAPI(a.emulator.url)
	case config.OnVertex:
		var v *upstream.Vertex
		vertex := cfg.Vertex.VertexConfig
		vertex.Panicked = a.panicked
		if v, err = upstream.NewVertex(context.Background(), vertex); err == nil {
			site, g.close = v, v.Close
		}
	default:
		site, err = upstream.NewGeminiAPI(cfg.Gemini.BaseURL)
	}
	if err != nil {
		return nil, fmt.Errorf("set up the way to Gemini: %w", err)
	}
	if g.client, err = upstream.New(site, up, pool, a.observer()); err != nil {
		g.close()
		return nil, fmt.Errorf("set up the way to Gemini: %w", err)
	}
	sites, natives, err := a.sites(g, cfg.Upstream)
	if err != nil {
		g.end()
		return nil, err
	}
	fetched := cfg.Media
	fetched.MaxMemory = int(within(int64(fetched.MaxMemory), int64(fetched.MaxRequestBytes)*4/3+4))
	fetcher, err := media.New(fetched)
	if err != nil {
		g.end()
		return nil, fmt.Errorf("set up the fetching of media: %w", err)
	}
	clients, err := auth.New(cfg.ClientKeysList())
	if err != nil {
		g.end()
		return nil, fmt.Errorf("client_keys: %w", err)
	}
	if cfg.Server.PublicURL != "" && a.gallery == nil {
		a.gallery = gallery.New(cfg.Images)
	}
	srv := cfg.Server
	srv.PassThrough = cfg.Mode() == config.PassThrough
	srv.AnyKey = cfg.Offline
	srv.Limits.Bodies = within(srv.Limits.Bodies, srv.MaxBody)
	g.server = server.New(srv, server.Parts{
		Gemini: g.client, Catalog: models, Signatures: a.signatures, Learned: &a.learned, Media: fetcher, Gallery: a.gallery,
		Keys: clients, Metrics: a.metrics, Tracing: a.tracing, Log: a.Log.Logger, Pages: pages(cfg),
		Sites: sites, Natives: natives, Routes: cfg.Routes,
	})
	return g, nil
}

// pages returns what browsers are served, or nil when that is switched off.
func pages(cfg *config.Config) map[string]http.Handler {
	switch {
	case !cfg.Server.Pages:
		return nil
	case cfg.Offline:
		return web.Pages(web.Offline)
	case cfg.Mode() == config.PassThrough:
		return web.Pages(web.CallerKey)
	case len(cfg.ClientKeys.List) > 0:
		return web.Pages(web.ClientKey)
	default:
		return web.Pages(web.ServerKey)
	}
}

// use makes a generation the current one.
func (a *App) use(g *generation) {
	g.users.Store(1)
	a.Log.Level.Set(level(g.cfg.Log.Level))
	a.keys.Set(g.cfg.GeminiKeys())
	if a.listener != nil {
		a.listener.SetLimits(g.cfg.Server.Limits)
	}
	if old := a.current.Swap(g); old != nil {
		old.release()
	}
}

// acquire returns the current generation, which stays until it is released.
func (a *App) acquire() *generation {
	for {
		g := a.current.Load()
		g.users.Add(1)
		if a.current.Load() == g {
			return g
		}
		g.release() // it was replaced in between
	}
}

// release gives a generation back. The last user of one that is no longer
// current ends it.
func (g *generation) release() {
	if g.users.Add(-1) == 0 {
		g.once.Do(g.end)
	}
}

// end lets go of connections.
func (g *generation) end() {
	g.client.Close()
	for _, c := range g.others {
		c.Close()
	}
	g.close()
}

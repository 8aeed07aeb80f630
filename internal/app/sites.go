package app

import (
	"context"
	"fmt"

	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/config"
	"github.com/gemway/gemway/internal/keypool"
	"github.com/gemway/gemway/internal/server"
	"github.com/gemway/gemway/internal/upstream"
)

// sites makes the ways that routes lead beside the one of the mode: to servers
// that speak OpenAI's protocol, and to the other site of Gemini's API.
func (a *App) sites(g *generation, up upstream.Config) (map[string]server.Site, map[string]server.Native, error) {
	cfg := g.cfg
	sites, natives := map[string]server.Site{}, map[string]server.Native{}
	for name, s := range cfg.Sites {
		site, err := upstream.NewOpenAISite(name, s.BaseURL, s.Key != "")
		if err != nil {
			return nil, nil, fmt.Errorf("set up the way to %s: %w", name, err)
		}
		client, err := a.other(g, site, up, []string{s.Key.Reveal()})
		if err != nil {
			return nil, nil, err
		}
		sites[name] = server.Site{Client: client, Models: s.Models}
	}
	name := cfg.Others()
	if name == "" {
		return sites, natives, nil
	}
	options := cfg.Catalog.Options
	options.Vertex = name == config.VertexSite
	models, err := catalog.New(options)
	if err != nil {
		return nil, nil, fmt.Errorf("read the catalog: %w", err)
	}
	var site upstream.Site
	if name == config.VertexSite {
		vertex := cfg.Vertex.VertexConfig
		vertex.Panicked = a.panicked
		v, verr := upstream.NewVertex(context.Background(), vertex)
		if verr == nil {
			site, g.close = v, v.Close
		}
		err = verr
	} else {
		site, err = upstream.NewGeminiAPI(cfg.Gemini.BaseURL)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("set up the way to %s: %w", name, err)
	}
	client, err := a.other(g, site, up, cfg.GeminiKeys())
	if err != nil {
		return nil, nil, err
	}
	natives[name] = server.Native{Gemini: client, Catalog: models}
	return sites, natives, nil
}

// other makes a client that ends with the generation.
func (a *App) other(g *generation, site upstream.Site, up upstream.Config, keys []string) (*upstream.Client, error) {
	client, err := upstream.New(site, up, keypool.New(keys), a.observer())
	if err != nil {
		return nil, fmt.Errorf("set up the way to %s: %w", site.Name(), err)
	}
	g.others = append(g.others, client)
	return client, nil
}

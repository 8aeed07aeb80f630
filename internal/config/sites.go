package config

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/gemway/gemway/internal/auth"
	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/routing"
	"github.com/gemway/gemway/internal/spelling"
	"github.com/gemway/gemway/internal/upstream"
	"github.com/go-json-experiment/json"
	"github.com/goccy/go-yaml/ast"
)

// Site is a server that speaks OpenAI's own protocol.
type Site struct {
	BaseURL string `json:"base_url"`
	Key     Secret `json:"key"` // "" for a server that wants none
	KeyFile string `json:"key_file"`
	// Models are the names the server knows its models by, by those clients
	// ask for.
	Models map[string]string `json:"models"`
}

// The sites of Gemini's own API, as routes name them.
const (
	GeminiSite = "gemini"
	VertexSite = "vertex"
)

// section is a part of the file with a form of its own, which is read as a whole.
type section[T any] struct {
	p      *T // where it is kept
	decode func(data []byte) error
	show   func() string
	form   string // of it, for people
}

func (s section[T]) kind() string { return s.form }
func (s section[T]) text() string { return s.show() }

func (s section[T]) set(text string) error {
	n, err := parse([]byte(text))
	if err != nil {
		return err
	}
	return s.setNode(n, func(n ast.Node) (string, error) { return scalar(n), nil })
}

func (s section[T]) setNode(n ast.Node, text func(ast.Node) (string, error)) error {
	if _, ok := n.(ast.MapNode); !ok {
		return errors.New("must be a mapping with names on its left")
	}
	data, err := toJSON(nil, n, text)
	if err != nil {
		return err
	}
	return s.decode(data)
}

// siteKeys and targetKeys are what can stand in a site, and in a target.
var (
	siteKeys   = []string{"base_url", "key", "key_file", "models"}
	targetKeys = []string{"model", "site", "weight"}
)

// strictly decodes a part of the file, and says what is wrong in its terms.
func strictly(data []byte, dst any, keys []string) error {
	err := json.Unmarshal(data, dst, json.RejectUnknownMembers(true))
	e, ok := errors.AsType[*json.SemanticError](err)
	if !ok {
		return err
	}
	at := slices.Collect(e.JSONPointer.Tokens())
	place := strings.Join(at, ".")
	if errors.Is(e, json.ErrUnknownName) && len(at) > 0 {
		name := at[len(at)-1]
		return fmt.Errorf("%s: unknown setting%s", place, spelling.DidYouMean(spelling.Near(name, keys)))
	}
	return fmt.Errorf("%s: has the wrong form", place)
}

func (c *Config) sitesValue() value {
	return section[map[string]Site]{p: &c.Sites, form: "mapping of sites", show: c.showSites, decode: func(data []byte) error {
		sites := map[string]struct {
			BaseURL string    `json:"base_url"`
			Key     string    `json:"key"`
			KeyFile string    `json:"key_file"`
			Models  siteNames `json:"models"`
		}{}
		if err := strictly(data, &sites, siteKeys); err != nil {
			return err
		}
		c.Sites = map[string]Site{}
		for name, s := range sites {
			c.Sites[name] = Site{s.BaseURL, Secret(strings.TrimSpace(s.Key)), s.KeyFile, s.Models}
		}
		return nil
	}}
}

// siteNames are models by the names clients ask for: a mapping, or a list where
// the names are the same.
type siteNames map[string]string

// UnmarshalJSON implements json.Unmarshaler.
func (n *siteNames) UnmarshalJSON(data []byte) error {
	if data[0] != '[' {
		return json.Unmarshal(data, (*map[string]string)(n))
	}
	var list []string
	if err := json.Unmarshal(data, &list); err != nil {
		return err
	}
	*n = siteNames{}
	for _, name := range list {
		(*n)[name] = name
	}
	return nil
}

func (c *Config) showSites() string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(c.Sites)) {
		s := c.Sites[name]
		text := name + " at " + s.BaseURL
		if s.Key != "" {
			text += " with " + s.Key.String()
		}
		all = append(all, text+" ("+(*tableValue)(&s.Models).text()+")")
	}
	return strings.Join(all, "; ")
}

func (c *Config) routesValue() value {
	return section[routing.Table]{p: &c.Routes, form: "mapping of routes", show: c.showRoutes, decode: func(data []byte) error {
		routes := map[string][]routeTarget{}
		if err := strictly(data, &routes, targetKeys); err != nil {
			return err
		}
		c.Routes = routing.Table{}
		for name, targets := range routes {
			c.Routes[name] = nil
			for _, t := range targets {
				if t.Weight != nil && *t.Weight == 0 {
					return fmt.Errorf("%s: %s has the weight 0: leave it out, or give it 1 at least", name, t.Model)
				}
				out := routing.Target{Model: t.Model, Site: t.Site}
				if t.Weight != nil {
					out.Weight = *t.Weight
				}
				c.Routes[name] = append(c.Routes[name], out)
			}
		}
		return nil
	}}
}

// routeTarget is a target as it is written: a model's name, or a mapping.
type routeTarget struct {
	Model  string `json:"model"`
	Site   string `json:"site"`
	Weight *int   `json:"weight"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *routeTarget) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		return json.Unmarshal(data, &t.Model)
	}
	type plain routeTarget
	return json.Unmarshal(data, (*plain)(t), json.RejectUnknownMembers(true))
}

func (c *Config) showRoutes() string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(c.Routes)) {
		var targets []string
		for _, t := range c.Routes[name] {
			text := t.Model
			if t.Site != "" {
				text += " at " + t.Site
			}
			if t.Weight != 0 {
				text = fmt.Sprintf("%d× %s", t.Weight, text)
			}
			targets = append(targets, text)
		}
		all = append(all, name+" → "+strings.Join(targets, ", "))
	}
	return strings.Join(all, "; ")
}

// readSiteKeys reads the keys of sites that stand in files.
func (l *loader) readSiteKeys() error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(l.cfg.Sites)) {
		s := l.cfg.Sites[name]
		if s.KeyFile == "" {
			continue
		}
		setting := "sites." + name + ".key_file"
		if s.Key != "" {
			errs = append(errs, fmt.Errorf("%s: sites.%s.key is set, too", setting, name))
			continue
		}
		data, err := l.readFile(setting, s.KeyFile)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if s.Key = Secret(strings.TrimSpace(string(data))); s.Key == "" {
			errs = append(errs, fmt.Errorf("%s: %s holds no key", setting, s.KeyFile))
		}
		l.cfg.Sites[name] = s
	}
	return errors.Join(errs...)
}

// siteName is what a site may be called. Metrics and logs show it.
var siteName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,31}$`)

// checkSites reports sites and routes that cannot work.
func (c *Config) checkSites() error {
	if c.Offline && len(c.Sites) > 0 {
		return errors.New("offline and sites exclude each other: offline, only the emulator answers")
	}
	var errs []error
	owner := map[string]string{} // of models
	for _, name := range slices.Sorted(maps.Keys(c.Sites)) {
		s := c.Sites[name]
		fail := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("sites."+name+format, args...))
		}
		if !siteName.MatchString(name) || name == GeminiSite || name == VertexSite {
			fail(": the name of a site is of a-z, 0-9, _ and -, and neither gemini nor vertex")
		}
		if s.BaseURL == "" {
			fail(".base_url is missing")
		} else if _, err := upstream.NewOpenAISite(name, s.BaseURL, false); err != nil {
			fail(".base_url: %w", err)
		}
		if s.Key != "" && !auth.WellFormed(s.Key.Reveal()) {
			fail(".key must be printable ASCII without spaces")
		}
		if len(s.Models) == 0 {
			fail(".models is missing: it lists the models the site serves")
		}
		for _, model := range slices.Sorted(maps.Keys(s.Models)) {
			if !nameable(model) || s.Models[model] == "" {
				fail(".models: %q is no name for a model", model)
			}
			if other, taken := owner[model]; taken {
				fail(".models: %q is a model of the site %s, too: call one of them otherwise (other-name: %s)", model, other, s.Models[model])
			}
			owner[model] = name
		}
	}
	if len(errs) == 0 && len(c.Routes) > 0 {
		errs = append(errs, c.checkRoutes(owner))
	}
	return errors.Join(errs...)
}

// nameable reports whether a name can stand in headers and paths.
func nameable(name string) bool {
	return name != "" && len(name) <= 256 && strings.IndexFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

func (c *Config) checkRoutes(owner map[string]string) error {
	models, err := catalog.New(c.Catalog.Options)
	if err != nil {
		return nil // told already
	}
	for name := range c.Routes {
		if !nameable(name) {
			return fmt.Errorf("route %q: a name is of printable ASCII without spaces", name)
		}
	}
	sites := append(slices.Sorted(maps.Keys(c.Sites)), GeminiSite, VertexSite)
	return c.Routes.Validate(func(t routing.Target) error {
		site, ours := c.Sites[t.Site]
		_, served := owner[t.Model]
		_, known := models.Resolve(t.Model)
		switch {
		case t.Model == "":
			return errors.New("has a target without a model")
		case ours:
			if _, ok := site.Models[t.Model]; !ok {
				return fmt.Errorf("leads to %q, which sites.%s.models does not list%s", t.Model, t.Site,
					spelling.DidYouMean(spelling.Near(t.Model, slices.Sorted(maps.Keys(site.Models)))))
			}
		case t.Site != "" && !slices.Contains(sites, t.Site):
			return fmt.Errorf("leads to the unknown site %q%s", t.Site, spelling.DidYouMean(spelling.Near(t.Site, sites)))
		case !known && (t.Site != "" || !served):
			near := models.Near(t.Model)
			if t.Site == "" {
				near = append(spelling.Near(t.Model, slices.Sorted(maps.Keys(owner))), near...)
			}
			return fmt.Errorf("leads to the unknown model %q%s", t.Model, spelling.DidYouMean(near[:min(len(near), 3)]))
		case t.Site == VertexSite && !c.Vertex.Enabled && c.Vertex.Project == "" && !c.Offline:
			return errors.New("leads to vertex, but vertex.project is not set")
		case t.Site == GeminiSite && c.Vertex.Enabled && len(c.Gemini.Keys.List) == 0:
			return errors.New("leads to gemini, but gemini.keys are not set")
		}
		return nil
	})
}

// usesSite reports whether a route names one of the sites of Gemini's API.
func (c *Config) usesSite(name string) bool {
	for _, targets := range c.Routes {
		if slices.ContainsFunc(targets, func(t routing.Target) bool { return t.Site == name }) {
			return true
		}
	}
	return false
}

// Others returns the site of Gemini's API that routes name beside the one that
// everything else goes to, "" for none.
func (c *Config) Others() string {
	switch {
	case c.Mode() != Offline && c.Mode() != OnVertex && c.usesSite(VertexSite):
		return VertexSite
	case c.Mode() == OnVertex && c.usesSite(GeminiSite):
		return GeminiSite
	}
	return ""
}

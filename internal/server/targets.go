package server

import (
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"

	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/routing"
	"github.com/gemway/gemway/internal/upstream"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
)

// Native is a site that speaks Gemini's own API, and what its models can do.
type Native struct {
	Gemini  Gemini
	Catalog *catalog.Catalog
}

// Site is a site that speaks OpenAI's protocol.
type Site struct {
	Client *upstream.Client
	// Models are the names it knows its models by, by those clients ask for.
	Models map[string]string
}

// head is what has to be known of a request before its target is.
type head struct {
	Model  string   `json:"model"`
	Stream bool     `json:"stream"`
	N      *raw.Int `json:"n"`
}

// target is where a request can go: a model of Gemini or one of a site.
type target struct {
	site   string // that speaks OpenAI's protocol; "" is Gemini
	native Native
	model  catalog.Resolution // of Gemini
	named  string             // the site's name for its model
	key    string             // the client's, if it is used
	served string             // the name of the model that answers
}

// plan returns the targets that a request's model leads to, in their order. It
// returns none for models that no route and no site is configured for: those
// are Gemini's, and go there directly.
func (s *Server) plan(r *request, body []byte) (head, []target, error) {
	var h head
	if len(s.parts.Routes) == 0 && len(s.parts.Sites) == 0 {
		return h, nil, nil
	}
	if err := decode(body, &h); err != nil {
		return h, nil, err
	}
	found := s.find(h.Model)
	if found == nil {
		found = s.find(s.parts.Catalog.Bare(h.Model))
	}
	if found == nil {
		return h, nil, nil
	}
	r.log.model, r.log.stream = h.Model, h.Stream
	targets := make([]target, len(found))
	for i, f := range found {
		var err error
		if targets[i], err = s.target(r, f); err != nil {
			return h, nil, err
		}
	}
	return h, targets, nil
}

// find returns the targets of a name that is a route's or a site's model.
func (s *Server) find(name string) []routing.Target {
	if t := s.parts.Routes.Plan(name, s.parts.Random()); t != nil {
		return t
	}
	if site := s.siteOf(name); site != "" {
		return []routing.Target{{Model: name, Site: site}}
	}
	return nil
}

// siteOf returns the site that serves a model, "" for none.
func (s *Server) siteOf(model string) string {
	for name, site := range s.parts.Sites {
		if _, ok := site.Models[model]; ok {
			return name
		}
	}
	return ""
}

// target finds what a target of a route stands for.
func (s *Server) target(r *request, f routing.Target) (target, error) {
	if f.Site == "" {
		f.Site = s.siteOf(f.Model)
	}
	if site, ok := s.parts.Sites[f.Site]; ok {
		return target{site: f.Site, named: site.Models[f.Model], served: f.Model}, nil
	}
	t := target{native: Native{s.parts.Gemini, s.parts.Catalog}, key: r.key}
	if other, ok := s.parts.Natives[f.Site]; ok {
		// A client's key is for the site it was given for alone.
		t.native, t.key = other, ""
	}
	var ok bool
	if t.model, ok = t.native.Catalog.Resolve(f.Model); !ok {
		return t, s.noModel(f.Model)
	}
	t.served = t.model.Row.ID
	return t, nil
}

// oneOf serves a request by the first target that can. try serves it by one,
// and reports whether the client has something of its answer. change runs
// changes of the headers while they can be changed; again reports whether
// nothing was written, and drops what is about to be.
func (s *Server) oneOf(w http.ResponseWriter, r *request, targets []target, change func(func()), again func() bool, try func(*target) (begun bool, err error)) (begun bool, err error) {
	for i := range targets {
		t := &targets[i]
		change(func() { s.aim(w.Header(), r, t) })
		begun, err = try(t)
		if err == nil || begun || i == len(targets)-1 || !movesOn(r, err) || !again() {
			break
		}
		s.parts.Metrics.Fallback()
		s.parts.Log.LogAttrs(r.Context(), slog.LevelInfo, "fallback", slog.String("request_id", r.id), slog.String("model", clip(r.log.model)),
			slog.String("from", t.served), slog.String("to", targets[i+1].served), slog.String("error", logText(err, 0)))
	}
	return begun, err
}

// aim makes a request one for the target, and says in a header what serves it.
func (s *Server) aim(h http.Header, r *request, t *target) {
	r.native, r.site, r.key, r.chat = t.native, t.site, t.key, nil
	r.log.served = t.served
	for _, name := range [...]string{"x-gemway-served-model", "x-gemway-ignored", "x-gemway-schema-weakened"} {
		h.Del(name)
	}
	if asked := r.log.model; t.served != asked && t.served != s.parts.Catalog.Bare(asked) {
		h.Set("x-gemway-served-model", t.served)
	}
}

// movesOn reports whether another target may do better: the upstream failed, or
// has no quota, or refused a key that is not the client's. What the client is
// at fault for it would be at fault for anywhere.
func movesOn(r *request, err error) bool {
	if r.Context().Err() != nil {
		return false
	}
	if said, ok := errors.AsType[*upstream.StatusError](err); ok && said.KeyProblem && r.key == "" {
		return true
	}
	e, _ := asOpenAI(err, r)
	return e.Status == http.StatusTooManyRequests || e.Status >= http.StatusInternalServerError
}

// directly runs changes of headers that nobody else changes.
func directly(change func()) { change() }

// unwritten is for answers that are written in one piece, at their end.
func unwritten() bool { return true }

// routedChat serves a chat request by its targets.
func (s *Server) routedChat(w http.ResponseWriter, r *request, body []byte, h head, targets []target) error {
	in := &chatInput{body: body}
	if h.Stream {
		return s.events(w, r, func(out *eventWriter) (bool, error) {
			return s.oneOf(w, r, targets, out.header, out.discard, func(t *target) (bool, error) {
				if t.site != "" {
					return s.passStream(w, r, out, t, body, h)
				}
				req, opt, err := s.options(r, in, t.model)
				if err != nil {
					return false, err
				}
				return s.pumpChat(w, r, out, req, opt)
			})
		})
	}
	_, err := s.oneOf(w, r, targets, directly, unwritten, func(t *target) (bool, error) {
		if t.site != "" {
			return false, s.passWhole(w, r, t, upstream.ChatCompletions, body, h)
		}
		req, opt, err := s.options(r, in, t.model)
		if err != nil {
			return false, err
		}
		return false, s.wholeChat(w, r, req, opt)
	})
	return err
}

// receive reads a request and finds the targets that its model leads to.
func (s *Server) receive(w http.ResponseWriter, r *request) (body []byte, h head, targets []target, err error) {
	if body, err = s.readBody(w, r); err != nil {
		return nil, h, nil, err
	}
	if body, err = parse(w, body); err != nil {
		return nil, h, nil, err
	}
	h, targets, err = s.plan(r, body)
	return body, h, targets, err
}

// serveBy serves a request of another kind, a T, by what its model leads to: by
// serves it by a model of Gemini, the method of OpenAI's protocol by a site's.
func serveBy[T any](s *Server, w http.ResponseWriter, r *request, method string, model func(*T) string, by func(*T, catalog.Resolution) error) error {
	body, h, targets, err := s.receive(w, r)
	if err != nil {
		return err
	}
	if targets == nil {
		var req T
		if err := decode(body, &req); err != nil {
			return err
		}
		m, err := s.model(w, r, model(&req))
		if err != nil {
			return err
		}
		return by(&req, m)
	}
	_, err = s.oneOf(w, r, targets, directly, unwritten, func(t *target) (bool, error) {
		if t.site != "" {
			return false, s.passWhole(w, r, t, method, body, h)
		}
		var req T // anew for each, as it is changed on the way
		if err := decode(body, &req); err != nil {
			return false, err
		}
		return false, by(&req, t.model)
	})
	return err
}

// routeOwner owns routes in lists of models.
const routeOwner = "gemway"

// routeModels lists the routes and the models of sites.
func (s *Server) routeModels() (routes, sites []openai.Model) {
	entry := func(id, owner string) openai.Model {
		return openai.Model{ID: id, Object: "model", Created: unknownDay, OwnedBy: owner}
	}
	for _, name := range slices.Sorted(maps.Keys(s.parts.Routes)) {
		m := entry(name, routeOwner)
		if targets := s.parts.Routes[name]; targets[0].Weight == 0 && targets[0].Model != name {
			m.ServedBy = targets[0].Model
		}
		routes = append(routes, m)
	}
	for _, site := range slices.Sorted(maps.Keys(s.parts.Sites)) {
		for _, name := range slices.Sorted(maps.Keys(s.parts.Sites[site].Models)) {
			sites = append(sites, entry(name, site))
		}
	}
	return routes, sites
}

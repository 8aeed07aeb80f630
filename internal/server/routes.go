package server

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gemway/gemway/openai"
)

// handler serves one route. It writes the answer, or returns the error to
// write before anything has been written.
type handler func(s *Server, w http.ResponseWriter, r *request) error

// access says who may call a route.
type access int

const (
	// withKey routes want a key, in pass-through mode the client's Gemini key.
	withKey access = iota
	// operators routes want a key where clients have to use keys.
	operators
	// open routes are for probes, and for what nobody can guess the path of.
	open
)

// route is one line of the list.
type route struct {
	method, path string // a path that ends in /{id} takes the rest of the path as id
	access       access
	serve        handler
}

// routes is THE list of what is served. The paths are those under the API's
// prefixes, except where probes are concerned.
var routes = []route{
	{http.MethodPost, "/chat/completions", withKey, (*Server).chat},
	{http.MethodPost, "/embeddings", withKey, (*Server).embeddings},
	{http.MethodPost, "/images/generations", withKey, (*Server).images},
	{http.MethodGet, "/images/files/{id}", open, (*Server).imageFile},
	{http.MethodGet, "/models", withKey, (*Server).listModels},
	{http.MethodGet, "/models/{id}", withKey, (*Server).retrieveModel},
	{http.MethodGet, "/healthz", open, (*Server).healthz},
	{http.MethodGet, "/readyz", open, (*Server).readyz},
	{http.MethodGet, "/metrics", operators, (*Server).metrics},
}

// Endpoints returns the paths of the routes, for metrics.
func Endpoints() []string {
	var all []string
	for _, r := range routes {
		if !slices.Contains(all, r.path) {
			all = append(all, r.path)
		}
	}
	return all
}

// page returns the route of a page for browsers, if one lies at exactly this
// path. Other methods find what the list says of the path.
func (s *Server) page(method, path string) (route, bool) {
	page := s.parts.Pages[path]
	if page == nil || method != http.MethodGet && method != http.MethodHead {
		return route{}, false
	}
	return route{method, "page", open, func(_ *Server, w http.ResponseWriter, r *request) error {
		page.ServeHTTP(w, r.Request)
		return nil
	}}, true
}

// Routes returns every route as method and path.
func Routes() []string {
	all := make([]string, len(routes))
	for i, r := range routes {
		all[i] = r.method + " " + r.path
	}
	return all
}

// prefixes are the spellings of the API's root: OpenAI's own, Google's, and
// those that clients arrive at by mistake.
var prefixes = []string{"/v1beta/openai/v1", "/v1beta/openai", "/openai/v1", "/openai", "/v1"}

// find looks a request up in the list. A path that is known under another
// method gives 405.
func find(method, path string) (route, string, *openai.Error) {
	clean := canonical(path)
	var allowed []string
	for _, r := range routes {
		id, ok := match(r.path, clean)
		if !ok {
			continue
		}
		if r.method == method || r.method == http.MethodGet && method == http.MethodHead {
			return r, id, nil
		}
		allowed = append(allowed, r.method)
	}
	if allowed != nil {
		return route{}, "", openai.NewError(http.StatusMethodNotAllowed, openai.TypeInvalidRequest, "", "method_not_allowed",
			"Not allowed to "+clip(method)+" on "+clip(clean)+": use "+strings.Join(allowed, " or "))
	}
	return route{}, "", openai.NewError(http.StatusNotFound, openai.TypeInvalidRequest, "", "unknown_route",
		"Unknown request URL: "+clip(method)+" "+clip(path)+". Known are, under /v1: "+known())
}

// canonical takes the prefix, doubled slashes and a trailing slash off a path.
func canonical(path string) string {
	for strings.Contains(path, "//") {
		path = strings.ReplaceAll(path, "//", "/")
	}
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(path, p); ok && strings.HasPrefix(rest, "/") {
			path = rest
			break
		}
	}
	if len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	return path
}

func match(pattern, path string) (id string, ok bool) {
	base, hasID := strings.CutSuffix(pattern, "{id}")
	if !hasID {
		return "", pattern == path
	}
	id, ok = strings.CutPrefix(path, base)
	return id, ok && id != ""
}

func known() string {
	var all []string
	for _, r := range routes {
		if r.access == withKey {
			all = append(all, r.method+" "+r.path)
		}
	}
	return strings.Join(all, ", ")
}

// clip shortens what a client sent for a message.
func clip(s string) string {
	if len(s) > 200 {
		s = s[:200] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

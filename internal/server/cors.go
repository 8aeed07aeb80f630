package server

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/gemway/gemway/openai"
)

// exposed are the headers of answers that scripts in a browser may read.
const exposed = "x-request-id, retry-after, retry-after-ms, x-should-retry, x-gemway-ignored, x-gemway-repaired, x-gemway-served-model, x-gemway-schema-weakened, x-gemway-usage, x-gemway-models, x-gemway-filtered, x-gemway-dropped"

// cors lets browsers in: preflights are answered on every route without a key,
// with the headers they ask for, since OpenAI's SDKs invent new ones. It
// reports whether the page may call at all.
func (s *Server) cors(w http.ResponseWriter, r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	h := w.Header()
	any, ok := s.mayCall(origin, r.Host)
	if !any {
		h.Add("Vary", "Origin")
	}
	if !ok {
		return false
	}
	if any {
		origin = "*"
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", exposed)
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, POST, DELETE, OPTIONS")
		if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" && len(asked) < 4096 {
			h.Set("Access-Control-Allow-Headers", asked)
			h.Add("Vary", "Access-Control-Request-Headers")
		}
		h.Set("Access-Control-Max-Age", "86400")
	}
	return true
}

// mayCall reports whether pages of an origin may call, and whether those of any
// may. Where the operator says nothing, a server that wants a key lets every
// page call, since a page has to bring one; a server that gives its own
// credentials to whoever connects lets only pages of this machine, or those it
// is asked for by its address: any other page somebody opens could spend them.
func (s *Server) mayCall(origin, host string) (any, ok bool) {
	if list := s.cfg.Origins; len(list) > 0 {
		any = slices.Contains(list, "*")
		return any, any || slices.ContainsFunc(list, func(o string) bool { return strings.EqualFold(o, origin) })
	}
	if !s.open() {
		return true, true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Scheme == "" { // "null", too
		return false, false
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return false, true // a program of this machine: app://, vscode-webview://, tauri://
	}
	if strings.EqualFold(u.Hostname(), "localhost") {
		return false, true
	}
	ip, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		return false, false // a name, which can be made to lead here
	}
	return false, ip.IsLoopback() || u.Host == host || u.Hostname() == hostOf(host)
}

// open reports whether the server's own credentials, or models of its own
// sites, are for whoever connects.
func (s *Server) open() bool {
	own := !s.cfg.PassThrough || len(s.parts.Sites)+len(s.parts.Natives) > 0
	return own && !s.cfg.AnyKey && !s.parts.Keys.Any()
}

func hostOf(hostport string) string {
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		return h
	}
	return hostport
}

// foreign is the answer to a page that may not call.
func foreign() *openai.Error {
	return openai.NewError(http.StatusForbidden, openai.TypeInvalidRequest, "", "origin_not_allowed",
		"Pages of this origin may not call this server: it would answer them with its own credentials. Its operator can allow them by cors.origins, or have clients use keys")
}

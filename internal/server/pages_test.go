package server

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gemway/gemway/web"
	"github.com/go-json-experiment/json"
)

// TestPages shows that pages are served at exactly their paths, without a key,
// and that everything else is what it would be without them.
func TestPages(t *testing.T) {
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.WriteString(w, "page "+r.URL.Path); err != nil {
			t.Error(err)
		}
	})
	log := slog.New(slog.DiscardHandler)
	with := New(Default(), Parts{Log: log, Pages: map[string]http.Handler{"/": page, "/docs": page}})
	without := New(Default(), Parts{Log: log})
	tests := []struct {
		method, path string
		server       *Server
		status       int
		body         string // a part of it
	}{
		{"GET", "/", with, 200, "page /"},
		{"GET", "/docs", with, 200, "page /docs"},
		{"HEAD", "/docs", with, 200, ""},
		{"POST", "/", with, 404, "unknown_route"},
		{"DELETE", "/docs", with, 404, "unknown_route"},
		{"GET", "//", with, 404, "unknown_route"},
		{"GET", "/v1/", with, 404, "unknown_route"},
		{"GET", "/v1/docs", with, 404, "unknown_route"},
		{"GET", "/docs/", with, 404, "unknown_route"},
		{"GET", "/ui/nothing.js", with, 404, "unknown_route"},
		{"GET", "/healthz", with, 200, "ok"},
		{"GET", "/v1/chat/completions", with, 405, "method_not_allowed"},
		{"GET", "/", without, 404, "unknown_route"},
		{"GET", "/docs", without, 404, "unknown_route"},
	}
	for _, tt := range tests {
		w := httptest.NewRecorder()
		tt.server.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), tt.method, tt.path, nil))
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.body) {
			t.Errorf("%s %s: %d %s, want %d with %q", tt.method, tt.path, w.Code, w.Body, tt.status, tt.body)
		}
	}
}

// TestDescribed compares the list of routes with the description of the API.
func TestDescribed(t *testing.T) {
	b, err := web.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatal(err)
	}
	described := map[string]bool{}
	for path, item := range d.Paths {
		if before, _, ok := strings.Cut(path, "{"); ok {
			path = before + "{id}"
		}
		for method := range item {
			if method != "servers" {
				described[strings.ToUpper(method)+" "+path] = true
			}
		}
	}
	served := map[string]bool{}
	for _, r := range routes {
		at := r.method + " " + r.path
		if served[at] = true; !described[at] {
			t.Errorf("web/openapi.json lacks %s", at)
		}
	}
	for at := range described {
		if !served[at] {
			t.Errorf("web/openapi.json describes %s, which is not served", at)
		}
	}
}

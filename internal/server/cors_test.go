package server_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/gemway/gemway/internal/server"
)

func networks(t *testing.T, list ...string) []netip.Prefix {
	t.Helper()
	var out []netip.Prefix
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

func do(t *testing.T, req *http.Request) answer {
	t.Helper()
	a, err := exchange(req)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// A browser's SDK asks beforehand, without its key, for headers nobody listed.
func TestPreflightOfAnyPage(t *testing.T) {
	for name, g := range map[string]*gateway{"client keys": withClients(t, nil), "pass-through": newGateway(t, http.NotFoundHandler(), setup{})} {
		a := g.with(t, "OPTIONS", "/v1/chat/completions", "", "Origin: https://app.example", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization,x-stainless-helper-method")
		h := a.header
		if a.status != 204 || h.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(h.Get("Access-Control-Allow-Methods"), "POST") ||
			h.Get("Access-Control-Allow-Headers") != "authorization,x-stainless-helper-method" || h.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %d %v", name, a.status, h)
		}
		a = g.with(t, "GET", "/v1/nothing", "", "Origin: https://app.example")
		if a.header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(a.header.Get("Access-Control-Expose-Headers"), "x-request-id") {
			t.Errorf("%s: an error cannot be read by the page: %v", name, a.header)
		}
	}
}

func TestOriginsOfTheOperator(t *testing.T) {
	g := withClients(t, func(c *server.Config) { c.Origins = []string{"https://app.example"} })
	a := g.with(t, "OPTIONS", "/v1/models", "", "Origin: https://app.example")
	if a.header.Get("Access-Control-Allow-Origin") != "https://app.example" || a.header.Get("Vary") == "" {
		t.Errorf("listed: %v", a.header)
	}
	a = g.with(t, "OPTIONS", "/v1/models", "", "Origin: https://evil.example")
	if a.header.Get("Access-Control-Allow-Origin") != "" || !strings.Contains(a.header.Get("Vary"), "Origin") {
		t.Errorf("not listed: %v", a.header)
	}
}

// A server that gives its own credentials to whoever connects must not give
// them to every page that is opened on the machine.
func TestPagesCannotSpendTheServersKeys(t *testing.T) {
	g := newGateway(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		say(w, r, native(`{"text":"hello"}`, "STOP"))
	}), setup{keys: []string{"server-key"}})
	host := strings.TrimPrefix(g.url, "http://")
	for _, tt := range []struct {
		origin, host string
		want         int
	}{
		{"", host, 200},
		{"http://localhost:3000", host, 200},
		{"http://127.0.0.1:5173", host, 200},
		{"http://[::1]:5173", host, 200},
		{g.url, host, 200},
		{"app://obsidian.md", host, 200},
		{"vscode-webview://1a2b", host, 200},
		{"http://192.0.2.7:8080", "192.0.2.7:8080", 200},
		{"https://evil.example", host, 403},
		{"null", host, 403},
		{"http://evil.example:8080", "evil.example:8080", 403}, // a name made to lead here
		{"http://192.0.2.7:8080", host, 403},
		{"http://localhost.evil.example", host, 403},
	} {
		headers := []string{"Host: " + tt.host}
		if tt.origin != "" {
			headers = append(headers, "Origin: "+tt.origin)
		}
		a := g.with(t, "POST", "/v1/chat/completions", question, headers...)
		if a.status != tt.want {
			t.Errorf("%s at %s: %d %s", tt.origin, tt.host, a.status, a.body)
		}
		if allow := a.header.Get("Access-Control-Allow-Origin"); (allow != "") != (tt.want == 200 && tt.origin != "") || allow == "*" {
			t.Errorf("%s at %s: allowed %q", tt.origin, tt.host, allow)
		}
	}
}

package server_test

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gemway/gemway/internal/server"
)

const right = "client-key-0123456789"

func withClients(t *testing.T, change func(*server.Config)) *gateway {
	t.Helper()
	return newGateway(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		say(w, r, native(`{"text":"hello"}`, "STOP"))
	}), setup{keys: []string{"server-key"}, clients: []string{right}, server: change})
}

// with sends a request with headers given one by one, so that a header can
// come twice.
func (g *gateway) with(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequest(method, g.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			req.Host = value
			continue
		}
		req.Header[http.CanonicalHeaderKey(name)] = append(req.Header[http.CanonicalHeaderKey(name)], value)
	}
	return do(t, req)
}

const question = `{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}]}`

func TestT055KeysThatAreNone(t *testing.T) {
	g := withClients(t, nil)
	for name, headers := range map[string][]string{
		"none":           nil,
		"empty bearer":   {"Authorization: Bearer "},
		"only spaces":    {"Authorization: Bearer    "},
		"two headers":    {"Authorization: Bearer " + right, "Authorization: Bearer " + right},
		"basic":          {"Authorization: Basic " + right},
		"bare":           {"Authorization: " + right},
		"two x-api-keys": {"X-Api-Key: " + right, "X-Api-Key: " + right},
		"wrong":          {"Authorization: Bearer wrong"},
		"server's own":   {"Authorization: Bearer server-key"},
		"identity":       {"X-User: admin", "OpenAI-Organization: admin", "X-Admin: 1"}, // T052
	} {
		a := g.with(t, "POST", "/v1/chat/completions", question, headers...)
		if a.status != 401 || !strings.Contains(string(a.body), `"code":"invalid_api_key"`) {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if a := g.with(t, "POST", "/v1/chat/completions?key="+right+"&api_key="+right, question); a.status != 401 {
		t.Errorf("a key in the URL: %d", a.status)
	}
	if log := g.awaits(t, "status=401"); strings.Contains(log, right) {
		t.Errorf("the log holds the key: %s", log)
	}
	for _, header := range []string{"Authorization: Bearer " + right, "Authorization: bearer  " + right, "Api-Key: " + right, "X-Api-Key: " + right, "X-Goog-Api-Key: " + right} {
		if a := g.with(t, "POST", "/v1/chat/completions", question, header); a.status != 200 {
			t.Errorf("%s: %d %s", header, a.status, a.body)
		}
	}
}

func TestT056KeysThatAttack(t *testing.T) {
	g := withClients(t, nil)
	for _, key := range []string{"' OR '1'='1", `{"$ne":null}`, "clé-ключ", strings.Repeat("x", 20<<10), "sha256:" + strings.Repeat("0", 64)} {
		began := time.Now()
		a := g.with(t, "GET", "/v1/models", "", "Authorization: Bearer "+key)
		if a.status != 401 || !strings.Contains(string(a.body), `"code":"invalid_api_key"`) || strings.Contains(string(a.body), key) {
			t.Errorf("%.20q: %d %s", key, a.status, a.body)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("%.20q took %s", key, took)
		}
	}
}

// T058: who guesses has to wait; the right key goes on working.
func TestT058Guessing(t *testing.T) {
	g := withClients(t, nil)
	for i := range 20 {
		if a := g.callAs(t, fmt.Sprintf("guess-%d", i), "GET", "/v1/models", ""); a.status != 401 {
			t.Fatalf("guess %d: %d", i+1, a.status)
		}
	}
	a := g.callAs(t, "guess-21", "GET", "/v1/models", "")
	if a.status != 429 || a.header.Get("Retry-After") == "" || a.header.Get("X-Should-Retry") != "false" || !strings.Contains(string(a.body), "too_many_wrong_keys") {
		t.Errorf("guess 21: %d %v %s", a.status, a.header, a.body)
	}
	if a := g.callAs(t, right, "POST", "/v1/chat/completions", question); a.status != 200 {
		t.Errorf("the right key: %d %s", a.status, a.body)
	}
}

// T051: an address in a header counts only where a trusted proxy says it.
func TestT051ForwardedFor(t *testing.T) {
	guess := func(g *gateway, from string) int {
		return g.with(t, "GET", "/v1/models", "", "Authorization: Bearer wrong", "X-Forwarded-For: "+from).status
	}
	g := withClients(t, nil)
	last := 0
	for i := range 21 {
		last = guess(g, fmt.Sprintf("192.0.2.%d", i))
	}
	if last != 429 {
		t.Errorf("a made-up address is believed: %d", last)
	}
	g = withClients(t, func(c *server.Config) { c.Limits.TrustedProxies = networks(t, "127.0.0.0/8", "10.0.0.0/8") })
	for i := range 21 { // what stands left of the client's own address is the client's word
		last = guess(g, fmt.Sprintf("198.51.100.%d, 192.0.2.9, 10.1.2.3", i))
	}
	if last != 429 {
		t.Errorf("the address before the proxies does not count: %d", last)
	}
	if s := guess(g, "192.0.2.10, 10.1.2.3"); s != 401 {
		t.Errorf("another client behind the proxy: %d", s)
	}
}

// T059: every route wants a key but those on this list.
func TestT059EveryRouteWantsAKey(t *testing.T) {
	// What an image's URL gives is a secret itself: without a right one there is
	// nothing to see.
	allowed := map[string]int{"/healthz": 200, "/readyz": 200, "/images/files/{id}": 404}
	g := withClients(t, func(c *server.Config) { c.Limits.TrustedProxies = networks(t, "127.0.0.0/8") })
	walked := 0
	for i, route := range server.Routes() {
		method, path, _ := strings.Cut(route, " ")
		for _, prefix := range []string{"", "/v1", "/v1beta/openai", "/openai/v1", "//v1/"} {
			p := prefix + strings.ReplaceAll(path, "{id}", "x")
			a := g.with(t, method, p, "", fmt.Sprintf("X-Forwarded-For: 192.0.2.%d", i)) // its own guesses
			walked++
			want := cmp.Or(allowed[path], 401)
			if a.status != want {
				t.Errorf("%s %s without a key: %d, want %d", method, p, a.status, want)
			}
		}
	}
	if walked < 30 {
		t.Errorf("only %d routes", walked)
	}
}

// Where clients have keys, the metrics are for those who have one, too.
func TestMetricsWantAKey(t *testing.T) {
	g := withClients(t, nil)
	if a := g.callAs(t, right, "GET", "/metrics", ""); a.status != 200 || !strings.Contains(string(a.body), "gemway_requests_in_flight 1\n") {
		t.Errorf("with a key: %d %s", a.status, a.body)
	}
	if a := g.callAs(t, "wrong", "GET", "/metrics", ""); a.status != 401 || strings.Contains(string(a.body), "gemway_") {
		t.Errorf("with a wrong one: %d %s", a.status, a.body)
	}
}

package server_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

// Browsers ask first, without a key, and with whatever headers the SDK of the
// day has; every route answers, with the headers asked for and not with *,
// which would leave Authorization out.
func TestPreflight(t *testing.T) {
	g := newGateway(t, http.NotFoundHandler(), setup{})
	for _, path := range []string{"/v1/chat/completions", "/v1beta/openai/chat/completions", "/chat/completions", "/openai/v1/chat/completions", "/v1/models", "/v1/embeddings"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, g.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		const asked = "authorization,content-type,x-stainless-helper-method,x-stainless-of-next-year"
		req.Header.Set("Origin", "app://obsidian.md")
		req.Header.Set("Access-Control-Request-Method", "POST")
		req.Header.Set("Access-Control-Request-Headers", asked)
		resp, err := (&http.Client{Timeout: time.Minute}).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusNoContent {
			t.Errorf("%s: status %d", path, resp.StatusCode)
		}
		if got := resp.Header.Get("Access-Control-Allow-Headers"); got != asked {
			t.Errorf("%s: allows %q", path, got)
		}
		if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "*" && got != "app://obsidian.md" {
			t.Errorf("%s: allows origin %q", path, got)
		}
		exposed := strings.ToLower(resp.Header.Get("Access-Control-Expose-Headers"))
		for _, h := range []string{"x-request-id", "retry-after"} {
			if !strings.Contains(exposed, h) {
				t.Errorf("%s: exposes %q", path, exposed)
			}
		}
	}
}

// Errors are objects with four members on every route, ours as well as
// Gemini's; an unknown route names those there are.
func TestErrorObject(t *testing.T) {
	g := newGateway(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":{"code":400,"message":"Unable to process input image.","status":"INVALID_ARGUMENT"}}`))
	}), setup{})
	const question = `{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}]}`
	for _, c := range []struct {
		method, path, key, body string
		status                  int
	}{
		{"POST", "/v1/chat/completions", "k", question, 400},
		{"POST", "/v1beta/openai/chat/completions", "k", question, 400},
		{"POST", "/chat/completions", "k", `{"model":"gemini-2.5-flash","messages":[]}`, 400},
		{"POST", "/v1/chat/completions", "", question, 401},
		{"POST", "/v1/chat/completion", "k", question, 404},
		{"GET", "/v1/no-such-route", "k", "", 404},
	} {
		a := g.callAs(t, c.key, c.method, c.path, c.body)
		if a.status != c.status {
			t.Errorf("%s %s: status %d, want %d: %s", c.method, c.path, a.status, c.status, a.body)
		}
		var e map[string]map[string]any
		if err := json.Unmarshal(a.body, &e); err != nil || len(e) != 1 {
			t.Fatalf("%s %s: no error object: %s", c.method, c.path, a.body)
		}
		for _, member := range []string{"message", "type", "param", "code"} {
			if _, ok := e["error"][member]; !ok {
				t.Errorf("%s %s: no %s: %s", c.method, c.path, member, a.body)
			}
		}
		if !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") {
			t.Errorf("%s %s: %s", c.method, c.path, a.header.Get("Content-Type"))
		}
		if c.status == 404 && !strings.Contains(string(a.body), "/chat/completions") {
			t.Errorf("%s: does not name the routes: %s", c.path, a.body)
		}
	}
}

// The wait Gemini asks for in its body becomes a header.
func TestRetryAfter(t *testing.T) {
	g := newGateway(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte(`{"error":{"code":429,"message":"Please retry in 48.5s.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"48s"}]}}`))
	}), setup{})
	a := g.call(t, "POST", "/v1/chat/completions", `{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}]}`)
	wait, err := time.ParseDuration(a.header.Get("Retry-After") + "s")
	if a.status != 429 || err != nil || wait < 48*time.Second || wait > 49*time.Second {
		t.Errorf("status %d, Retry-After %q", a.status, a.header.Get("Retry-After"))
	}
}

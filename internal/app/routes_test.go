package app_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// newSite starts a server of OpenAI's protocol that wants a key.
func newSite(t *testing.T, key, says string) string {
	t.Helper()
	hs := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "Bearer "+key || r.URL.Path != "/v1/chat/completions" {
			t.Errorf("%s got %s with %q", says, r.URL.Path, got)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"id":"1","object":"chat.completion","created":1,"model":"x","choices":[{"index":0,"message":{"role":"assistant","content":"`+says+`"},"finish_reason":"stop"}]}`)
	}))
	t.Cleanup(hs.Close)
	return hs.URL
}

// Sites and routes come, change and go with the configuration.
func TestReloadChangesRoutes(t *testing.T) {
	one, two := newSite(t, "key-of-one", "site one"), newSite(t, "key-of-two", "site two")
	failing := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, `{"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}`)
	}
	site := func(url, key string) string {
		return base + "client_keys: [me]\nretry: {base: 1ms}\nsites:\n  local:\n    base_url: " + url + "/v1\n    key: " + key + "\n    models: [gemma]\n" +
			"routes:\n  r: [gemini-2.5-flash, gemma]\n"
	}
	r := run(t, site(one, "key-of-one"), failing)
	ask := func() (int, string) {
		return fetch(t, "POST", r.url+"/v1/chat/completions", `{"model":"r","messages":[{"role":"user","content":"q"}]}`, "Authorization: Bearer me")
	}
	expect := func(wantStatus int, want string) {
		t.Helper()
		if status, body := ask(); status != wantStatus || !strings.Contains(body, want) {
			t.Errorf("got %d %s, want %d and %s", status, body, wantStatus, want)
		}
	}
	expect(200, "site one")
	r.put(t, site(two, "key-of-two"))
	if err := r.Reload(); err != nil {
		t.Fatal(err)
	}
	expect(200, "site two")
	r.put(t, strings.Replace(site(two, "key-of-two"), "[gemini-2.5-flash, gemma]", "[gema]", 1))
	if err := r.Reload(); err == nil || !strings.Contains(err.Error(), `did you mean "gemma"?`) {
		t.Errorf("got %v", err)
	}
	expect(200, "site two")
	r.put(t, base+"client_keys: [me]\n")
	if err := r.Reload(); err != nil {
		t.Fatal(err)
	}
	expect(404, "model_not_found")
	if log := r.log.String(); strings.Contains(log, "key-of-one") || strings.Contains(log, "key-of-two") {
		t.Errorf("the log holds a key: %s", log)
	}
}

// A route leads from one site of Gemini's API to the other, each with its own
// address and credentials.
func TestRoutesBetweenSitesOfGemini(t *testing.T) {
	type asked struct{ path, key string }
	var vertex []asked
	var mu sync.Mutex
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		vertex = append(vertex, asked{r.URL.Path, r.Header.Get("X-Goog-Api-Key")})
		mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(other.Close)
	limited := func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/v1beta/models/gemini-2.5-pro:") {
			t.Errorf("the Gemini API was asked %s", r.URL.Path)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED"}}`)
	}
	r := run(t, base+"vertex: {project: demo-project, location: eu, keys: true, base_url: '"+other.URL+"'}\nretry: {base: 1ms, max_wait: 0s}\n"+
		"routes:\n  gemini-2.5-pro:\n  - gemini-2.5-pro\n  - {model: gemini-2.5-pro, site: vertex}\n", limited)
	for _, name := range []string{"gemini-2.5-pro", "models/gemini-2.5-pro"} {
		status, body := fetch(t, "POST", r.url+"/v1/chat/completions", `{"model":"`+name+`","messages":[{"role":"user","content":"q"}]}`)
		if status != 200 || !strings.Contains(body, `"model":"gemini-2.5-pro"`) || !strings.Contains(body, "hello") {
			t.Errorf("%s: got %d %s", name, status, body)
		}
	}
	want := asked{"/v1beta1/projects/demo-project/locations/eu/publishers/google/models/gemini-2.5-pro:generateContent", "server-key"}
	if len(vertex) != 2 || vertex[0] != want || vertex[1] != want {
		t.Errorf("Vertex AI was asked %+v, want %+v twice", vertex, want)
	}
}

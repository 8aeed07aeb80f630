package server_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gemway/gemway/internal/catalog"
	"github.com/go-json-experiment/json"
)

type listedModel struct {
	ID       string `json:"id"`
	Object   string `json:"object"`
	Created  int64  `json:"created"`
	OwnedBy  string `json:"owned_by"`
	ServedBy string `json:"served_by"`
	Shutdown string `json:"shutdown_date"`
}

func (g *gateway) models(t *testing.T) []listedModel {
	t.Helper()
	a := g.call(t, "GET", "/v1/models", "")
	if a.status != 200 {
		t.Fatalf("status %d: %s", a.status, a.body)
	}
	var list struct {
		Object string        `json:"object"`
		Data   []listedModel `json:"data"`
	}
	if err := json.Unmarshal(a.body, &list); err != nil || list.Object != "list" {
		t.Fatalf("%v: %s", err, a.body)
	}
	return list.Data
}

func find(list []listedModel, id string) (listedModel, int) {
	n, out := 0, listedModel{}
	for _, m := range list {
		if m.ID == id {
			n++
			out = m
		}
	}
	return out, n
}

const oneModel = `{"models":[{"name":"models/gemini-2.5-flash","displayName":"Gemini 2.5 Flash","supportedGenerationMethods":["generateContent"]}]}`

// TestModelList: upstream's models, the retired ids a successor serves and the
// aliases, each once and complete.
func TestModelList(t *testing.T) {
	up := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, oneModel) })
	g := newGateway(t, up, setup{catalog: catalog.Options{Successors: true, OpenAIAliases: true}})
	list := g.models(t)
	for _, c := range []listedModel{
		{ID: "gemini-2.5-flash", Created: day(2025, 6, 17)},
		{ID: "gemini-2.0-flash", Created: day(2025, 2, 5), ServedBy: "gemini-3.1-flash-lite", Shutdown: "2026-06-01"},
		{ID: "gpt-4o", Created: day(2026, 9, 2), ServedBy: "gemini-3.8-flash"},
	} {
		got, n := find(list, c.ID)
		if n != 1 || got.Object != "model" || got.OwnedBy != "google" || got.Created != c.Created || got.ServedBy != c.ServedBy ||
			c.Shutdown != "" && got.Shutdown != c.Shutdown {
			t.Errorf("%s is listed %d times, as %+v", c.ID, n, got)
		}
	}
	if _, n := find(list, "gemini-3.8-flash"); n != 0 {
		t.Error("a model that upstream does not offer this key is listed")
	}
	for _, m := range list {
		if _, n := find(list, m.ID); n != 1 || m.Created <= 0 || strings.Contains(m.ID, "/") {
			t.Errorf("%+v is listed %d times", m, n)
		}
	}
}

func day(y, m, d int) int64 { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC).Unix() }

// TestModelSpellings: a model is found under every spelling that chat takes.
func TestModelSpellings(t *testing.T) {
	up := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, oneModel) })
	g := newGateway(t, up, setup{catalog: catalog.Options{Successors: true, OpenAIAliases: true}})
	for path, id := range map[string]string{
		"/v1/models/gemini-2.5-flash":                  "gemini-2.5-flash",
		"/v1/models/models/gemini-2.5-flash":           "gemini-2.5-flash",
		"/v1/models/models%2Fgemini-2.5-flash":         "gemini-2.5-flash",
		"/v1/models/google/gemini-2.5-flash":           "gemini-2.5-flash",
		"/v1beta/openai/models/gemini-2.0-flash":       "gemini-2.0-flash",
		"/v1beta/openai/models/models/gpt-4o":          "gpt-4o",
		"/models/imagen-3.0-generate-002":              "imagen-3.0-generate-002",
		"/v1/models/gemini-3.8-flash":                  "gemini-3.8-flash", // in the catalog, not in this key's list
		"/v1/models/gemini-2.5-flash-preview-04-17":    "gemini-2.5-flash-preview-04-17",
		"/openai/v1/models/gemini-embedding-exp-03-07": "gemini-embedding-exp-03-07",
	} {
		a := g.call(t, "GET", path, "")
		var m listedModel
		if err := json.Unmarshal(a.body, &m); err != nil || a.status != 200 || m.ID != id || m.Object != "model" || m.Created <= 0 {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	for _, id := range []string{"gemini-99-imagined", "no-such-model"} {
		a := g.call(t, "GET", "/v1/models/"+id, "")
		if a.status != 404 || !strings.Contains(string(a.body), `"code":"model_not_found"`) {
			t.Errorf("%s: %d %s", id, a.status, a.body)
		}
	}
}

// TestModelsWithoutUpstream: the catalog answers when upstream does not.
func TestModelsWithoutUpstream(t *testing.T) {
	for name, up := range map[string]http.HandlerFunc{
		"down":    func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) },
		"failing": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusInternalServerError) },
		"limited": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) },
		"endless": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"models":[],"nextPageToken":"x"}`) },
		"broken off": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Has("pageToken") {
				w.WriteHeader(http.StatusBadRequest)
			}
			io.WriteString(w, `{"models":[{"name":"models/first-page"}],"nextPageToken":"x"}`)
		},
		"nonsense": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"models":7}`) },
	} {
		g := newGateway(t, up, setup{})
		list := g.models(t)
		for _, id := range []string{"gemini-3.8-flash", "gemini-2.0-flash", "gemini-embedding-001"} {
			if _, n := find(list, id); n != 1 {
				t.Errorf("%s: %s is listed %d times", name, id, n)
			}
		}
		if _, n := find(list, "first-page"); (n == 1) != (name == "broken off") {
			t.Errorf("%s: the model of the first page is listed %d times", name, n)
		}
		a := g.call(t, "GET", "/v1/models/gemini-3.8-flash", "")
		if a.status != 200 || a.header.Get("x-gemway-models") != "catalog" {
			t.Errorf("%s: %d %v", name, a.status, a.header)
		}
	}
}

// TestModelListMemory: the list is fetched once in ten minutes for each key,
// however many ask at once, and a failure is not remembered.
func TestModelListMemory(t *testing.T) {
	var calls, fail atomic.Int64
	gate := make(chan struct{})
	up := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		<-gate
		if fail.Load() > 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintf(w, `{"models":[{"name":"models/of-%s"}]}`, r.Header.Get("X-Goog-Api-Key"))
	})
	var clock atomic.Int64
	g := newGateway(t, up, setup{now: func() time.Time { return today.Add(time.Duration(clock.Load())) }})
	first := func(key string) string {
		a, err := g.send(t, key, "GET", "/v1/models", "")
		var list struct {
			Data []listedModel `json:"data"`
		}
		if err != nil || json.Unmarshal(a.body, &list) != nil || len(list.Data) == 0 {
			return fmt.Sprint(err, a.status)
		}
		return list.Data[0].ID
	}
	var wg sync.WaitGroup
	got := make([]string, 10)
	for i := range got {
		wg.Go(func() { got[i] = first("a") })
	}
	close(gate)
	wg.Wait()
	if calls.Load() != 1 || slices.ContainsFunc(got, func(id string) bool { return id != "of-a" }) {
		t.Errorf("%d calls for %v", calls.Load(), got)
	}
	for _, step := range []struct {
		what  string
		after time.Duration
		key   string
		calls int64
		want  string
	}{
		{"another key", 0, "b", 2, "of-b"},
		{"still fresh", 9 * time.Minute, "a", 2, "of-a"},
		{"stale", 11 * time.Minute, "a", 3, "of-a"},
	} {
		clock.Store(int64(step.after))
		if id := first(step.key); id != step.want || calls.Load() != step.calls {
			t.Errorf("%s: %s after %d calls", step.what, id, calls.Load())
		}
	}
	clock.Store(int64(30 * time.Minute))
	fail.Store(1)
	if id := first("a"); strings.HasPrefix(id, "of-") {
		t.Errorf("a list of upstream's while it fails: %s", id)
	}
	fail.Store(0)
	if id := first("a"); id != "of-a" {
		t.Errorf("the failure was remembered: %s", id)
	}
}

// TestMisspeltModel: whoever finds out that there is no such model, the catalog
// or Gemini, the answer names the one that may be meant.
func TestMisspeltModel(t *testing.T) {
	g := newGateway(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, `{"error":{"code":404,"message":"models/x is not found for API version v1beta.","status":"NOT_FOUND"}}`)
	}), setup{})
	for name, want := range map[string]string{
		"gemnii-2.5-flash": "Did you mean gemini-2.5-flash",
		"gemini-2.5-flsh":  "Did you mean gemini-2.5-flash",
		"gpt-4o":           "It is one of OpenAI's",
		"llama":            "GET /v1/models lists those that do",
	} {
		for _, stream := range []string{"false", "true"} {
			a := g.call(t, "POST", "/v1/chat/completions", `{"model":"`+name+`","stream":`+stream+`,"messages":[{"role":"user","content":"x"}]}`)
			if a.status != 404 || !strings.Contains(string(a.body), want) {
				t.Errorf("%s: %d %s, want %s", name, a.status, a.body, want)
			}
		}
	}
}

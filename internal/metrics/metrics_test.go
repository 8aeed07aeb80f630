package metrics

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

func text(t *testing.T, m *Metrics) string {
	t.Helper()
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func wants(t *testing.T, got string, lines ...string) {
	t.Helper()
	for _, l := range lines {
		if !strings.Contains("\n"+got, "\n"+l+"\n") {
			t.Errorf("%q is missing in\n%s", l, got)
		}
	}
}

func TestCounts(t *testing.T) {
	m := New("1.2.3", []string{"/chat/completions", "/models"})
	m.Began()
	m.Began()
	m.Ended(&Request{Endpoint: "/chat/completions", Status: 200, Took: 300 * time.Millisecond, Asked: true, Model: "m1", FirstToken: 200 * time.Millisecond, Prompt: 10, Cached: 4, Completion: 7, Reasoning: 3})
	m.Began()
	m.Ended(&Request{Endpoint: "/chat/completions", Status: 499, Asked: true, Model: "m1"})
	m.Ended(&Request{Endpoint: "/nowhere", Status: 404})
	m.Attempt("gemini", 200, "", time.Second)
	m.Attempt("gemini", 429, "", time.Second)
	m.Attempt("gemini", 0, "timeout", time.Second)
	m.StreamBreak("gemini", "broken")
	m.KeyChange("gemini", "cooling")
	m.Reload(errors.New("no"))
	m.Reload(nil)
	m.Connection(1)
	m.Stream(1)
	m.Bodies(7)
	m.Refused("per_ip")
	m.Panic()
	m.WrongKey()
	m.Keys(func() map[string]int { return map[string]int{"ready": 2, "cooling": 1} })
	wants(t, text(t, m),
		`gemway_requests_total{class="2xx",endpoint="/chat/completions"} 1`,
		`gemway_requests_total{class="cancelled",endpoint="/chat/completions"} 1`,
		`gemway_requests_total{class="4xx",endpoint="none"} 1`,
		`gemway_requests_in_flight 0`,
		`gemway_request_seconds_bucket{endpoint="/chat/completions",le="0.25"} 1`,
		`gemway_request_seconds_bucket{endpoint="/chat/completions",le="0.5"} 2`,
		`gemway_model_requests_total{class="2xx",model="m1"} 1`,
		`gemway_first_token_seconds_count{model="m1"} 1`,
		`gemway_tokens_total{kind="prompt",model="m1"} 10`,
		`gemway_tokens_total{kind="cached",model="m1"} 4`,
		`gemway_tokens_total{kind="completion",model="m1"} 7`,
		`gemway_tokens_total{kind="reasoning",model="m1"} 3`,
		`gemway_upstream_attempts_total{outcome="2xx",site="gemini"} 1`,
		`gemway_upstream_attempts_total{outcome="429",site="gemini"} 1`,
		`gemway_upstream_attempts_total{outcome="timeout",site="gemini"} 1`,
		`gemway_upstream_attempt_seconds_count{site="gemini"} 3`,
		`gemway_stream_breaks_total{kind="broken",site="gemini"} 1`,
		`gemway_key_changes_total{site="gemini",state="cooling"} 1`,
		`gemway_keys{state="ready"} 2`,
		`gemway_config_reloads_total{result="refused"} 1`,
		`gemway_config_reloads_total{result="used"} 1`,
		`gemway_connections_open 1`, `gemway_streams_open 1`, `gemway_body_bytes 7`,
		`gemway_connections_refused_total{limit="per_ip"} 1`,
		`gemway_panics_total 1`, `gemway_wrong_keys_total 1`,
	)
	if !strings.Contains(text(t, m), `gemway_build_info{go="go1.`) || !strings.Contains(text(t, m), "go_goroutines ") {
		t.Error("build_info or the runtime's metrics are missing")
	}
}

// T122: whatever clients ask for, the number of series stays bounded.
func TestT122LabelsAreClosed(t *testing.T) {
	var endpoints []string
	for i := range 30 {
		endpoints = append(endpoints, fmt.Sprintf("/endpoint-%d", i))
	}
	m := New("1", endpoints)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 500 {
				m.Began()
				m.Ended(&Request{Endpoint: fmt.Sprintf("/evil-%d-%d", g, i), Status: i, Asked: true, Model: fmt.Sprintf("model-%d", i), FirstToken: time.Second})
				m.Attempt("gemini", i, "", time.Second)
			}
		})
	}
	wg.Wait()
	series, models := 0, map[string]bool{}
	for l := range strings.Lines(text(t, m)) {
		if strings.HasPrefix(l, "#") {
			continue
		}
		series++
		if strings.Contains(l, "evil") {
			t.Errorf("a client's path is a label: %s", l)
		}
		if _, rest, ok := strings.Cut(l, `model="`); ok {
			name, _, _ := strings.Cut(rest, `"`)
			models[name] = true
		}
	}
	if series > 2000 || len(models) > maxModels+1 || !models[other] {
		t.Errorf("%d series, %d models", series, len(models))
	}
}

func TestNilCountsNothing(t *testing.T) {
	var m *Metrics
	m.Began()
	m.Ended(&Request{})
	m.Attempt("", 0, "", 0)
	m.Reload(nil)
	m.Keys(nil)
	m.Connection(1)
	m.Stream(1)
	m.Bodies(1)
	m.Refused("")
	m.Panic()
	m.WrongKey()
	m.KeyChange("", "")
	m.StreamBreak("", "")
	if n := testing.AllocsPerRun(100, m.Began); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

// What every request counts costs no allocation.
func TestCountingAllocatesNothing(t *testing.T) {
	m := New("1", []string{"/chat/completions"})
	r := &Request{Endpoint: "/chat/completions", Status: 200, Took: time.Second, Asked: true, Model: "m", Prompt: 1, Completion: 1, FirstToken: time.Second}
	if n := testing.AllocsPerRun(1000, func() {
		m.Began()
		m.Ended(r)
		m.Attempt("gemini", 200, "", time.Second)
	}); n != 0 {
		t.Errorf("%g allocations a request", n)
	}
}

func BenchmarkRequest(b *testing.B) {
	m := New("1", []string{"/chat/completions"})
	r := &Request{Endpoint: "/chat/completions", Status: 200, Took: time.Second, Asked: true, Model: "m", Prompt: 1, Completion: 1, FirstToken: time.Second}
	for b.Loop() {
		m.Began()
		m.Ended(r)
		m.Attempt("gemini", 200, "", time.Second)
	}
}

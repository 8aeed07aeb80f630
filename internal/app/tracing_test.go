package app_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gemway/gemway/internal/config"
	"github.com/gemway/gemway/internal/tracing"
	"github.com/go-json-experiment/json"
)

// collector stands for OpenTelemetry's: it decodes what arrives, strictly.
type collector struct {
	*httptest.Server
	mu     sync.Mutex
	raw    strings.Builder
	header http.Header
	spans  []spanSeen
	of     map[string]any // the resource
}

type attribute struct {
	Key   string `json:"key"`
	Value struct {
		String *string  `json:"stringValue"`
		Int    *string  `json:"intValue"`
		Bool   *bool    `json:"boolValue"`
		Double *float64 `json:"doubleValue"`
		Array  *struct {
			Values []struct {
				String string `json:"stringValue"`
			} `json:"values"`
		} `json:"arrayValue"`
	} `json:"value"`
}

type spanSeen struct {
	TraceID    string      `json:"traceId"`
	SpanID     string      `json:"spanId"`
	Parent     string      `json:"parentSpanId"`
	TraceState string      `json:"traceState"`
	Flags      uint32      `json:"flags"`
	Name       string      `json:"name"`
	Kind       int         `json:"kind"`
	Start      int64       `json:"startTimeUnixNano,string"`
	End        int64       `json:"endTimeUnixNano,string"`
	Attributes []attribute `json:"attributes"`
	Status     struct {
		Code int `json:"code"`
	} `json:"status"`
	is map[string]any
}

func values(all []attribute) map[string]any {
	m := map[string]any{}
	for _, a := range all {
		switch v := a.Value; {
		case v.String != nil:
			m[a.Key] = *v.String
		case v.Int != nil:
			m[a.Key] = *v.Int
		case v.Bool != nil:
			m[a.Key] = *v.Bool
		case v.Double != nil:
			m[a.Key] = *v.Double
		case v.Array != nil:
			var list []string
			for _, e := range v.Array.Values {
				list = append(list, e.String)
			}
			m[a.Key] = strings.Join(list, ",")
		}
	}
	return m
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil || r.URL.Path != "/v1/traces" || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s %v, %v", r.Method, r.URL, r.Header, err)
		}
		var got struct {
			ResourceSpans []struct {
				Resource struct {
					Attributes []attribute `json:"attributes"`
				} `json:"resource"`
				ScopeSpans []struct {
					Scope struct {
						Name string `json:"name"`
					} `json:"scope"`
					Spans []spanSeen `json:"spans"`
				} `json:"scopeSpans"`
			} `json:"resourceSpans"`
		}
		if err := json.Unmarshal(b, &got, json.RejectUnknownMembers(true)); err != nil {
			t.Errorf("%v in %s", err, b)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.raw.Write(b)
		fmt.Fprint(&c.raw, r.Header)
		c.header = r.Header
		for _, rs := range got.ResourceSpans {
			c.of = values(rs.Resource.Attributes)
			for _, ss := range rs.ScopeSpans {
				for _, s := range ss.Spans {
					s.is = values(s.Attributes)
					c.spans = append(c.spans, s)
				}
			}
		}
	}))
	t.Cleanup(c.Close)
	return c
}

// named returns the spans of a name, once there are as many.
func (c *collector) named(t *testing.T, name string, n int) []spanSeen {
	t.Helper()
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		var all []spanSeen
		c.mu.Lock()
		for _, s := range c.spans {
			if s.Name == name {
				all = append(all, s)
			}
		}
		text := c.raw.String()
		c.mu.Unlock()
		if len(all) >= n {
			return all
		}
		if time.Since(began) > 20*time.Second {
			t.Fatalf("%d spans %q, want %d in %s", len(all), name, n, text)
		}
	}
}

// traced sets OpenTelemetry's own variables, as an operator does.
func traced(t *testing.T, endpoint string) {
	t.Helper()
	for name, text := range map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_EXPORTER_OTLP_HEADERS": "x-tenant=a%20b,x-second=2",
		"OTEL_SERVICE_NAME": "front", "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test", "OTEL_BSP_SCHEDULE_DELAY": "20",
	} {
		t.Setenv(name, text)
	}
}

const traceparent = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// T123: a span for each request and each try, in the conventions' words, under
// the client's own trace; no prompt, answer or key is in anything exported, and
// nothing of the trace goes to Google.
func TestT123Traces(t *testing.T) {
	const canary = "canary-7c1e"
	c := newCollector(t)
	traced(t, c.URL)
	r := run(t, strings.ReplaceAll(base, "server-key", canary+"-key")+"client_keys: ["+canary+"-client]\n", func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		if err != nil {
			t.Error(err)
		}
		for name := range q.Header {
			if strings.HasPrefix(strings.ToLower(name), "trace") || name == "Baggage" {
				t.Errorf("%s is sent to Google", name)
			}
		}
		switch {
		case strings.Contains(string(body), "refused"):
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"`+canary+`-message"}}`)
		case strings.Contains(q.URL.Path, ":stream"):
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, `data: {"candidates":[{"content":{"parts":[{"text":"`+canary+`-answer"}]}}]}`+"\n\n")
			if !strings.Contains(string(body), "breaks") {
				_, _ = io.WriteString(w, `data: {"candidates":[{"content":{"parts":[{"text":"x"}]},"finishReason":"MAX_TOKENS"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5}}`+"\n\n")
			}
		default:
			_, _ = io.WriteString(w, `{"candidates":[{"content":{"parts":[{"text":"`+canary+`-answer"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":13,"cachedContentTokenCount":4,"candidatesTokenCount":2,"totalTokenCount":15}}`)
		}
	})
	ask := func(text, model, more string) {
		fetch(t, "POST", r.url+"/v1/chat/completions", `{"model":"`+model+`"`+more+`,"user":"`+canary+`-user","messages":[{"role":"user","content":"`+canary+` `+text+`"}]}`,
			"Authorization: Bearer "+canary+"-client", traceparent, "tracestate: v=1")
	}
	ask("whole", "gemini-2.5-flash", "")
	whole := c.named(t, "chat gemini-2.5-flash", 1)[0]
	try := c.named(t, "generateContent gemini", 1)[0]
	if whole.TraceID != "0af7651916cd43dd8448eb211c80319c" || whole.Parent != "b7ad6b7169203331" || whole.Kind != 2 || whole.TraceState != "v=1" ||
		try.TraceID != whole.TraceID || try.Parent != whole.SpanID || try.Kind != 3 || try.Start < whole.Start || try.End > whole.End || whole.Start >= whole.End {
		t.Errorf("parentage and times: %+v under %+v", try, whole)
	}
	wants := func(s spanSeen, want map[string]any) {
		t.Helper()
		for key, value := range want {
			if s.is[key] != value {
				t.Errorf("%s: %s is %v, want %v", s.Name, key, s.is[key], value)
			}
		}
	}
	wants(whole, map[string]any{
		"http.request.method": "POST", "http.route": "/chat/completions", "http.response.status_code": "200", "gen_ai.operation.name": "chat",
		"gen_ai.provider.name": "gcp.gemini", "gen_ai.request.model": "gemini-2.5-flash", "gen_ai.response.model": "gemini-2.5-flash",
		"gen_ai.usage.input_tokens": "13", "gen_ai.usage.output_tokens": "2", "gen_ai.usage.cache_read.input_tokens": "4",
		"gen_ai.response.finish_reasons": "stop", "error.type": nil, "gemway.stream": false,
	})
	wants(try, map[string]any{"gen_ai.provider.name": "gcp.gemini", "gen_ai.request.model": "gemini-2.5-flash", "http.response.status_code": "200", "gemway.attempt": "1"})

	ask("streamed", "gemini-2.5-flash", `,"stream":true`)
	wants(c.named(t, "chat gemini-2.5-flash", 2)[1], map[string]any{"gemway.stream": true, "gen_ai.response.finish_reasons": "length", "gen_ai.usage.input_tokens": "3"})
	ask("breaks", "gemini-2.5-flash", `,"stream":true`)
	broken := c.named(t, "chat gemini-2.5-flash", 3)[2]
	if wants(broken, map[string]any{"http.response.status_code": "200", "gen_ai.response.finish_reasons": nil}); broken.is["error.type"] == nil || broken.Status.Code != 2 {
		t.Errorf("a stream that breaks: %+v", broken)
	}
	ask("refused", "gemini-2.5-flash", "")
	wants(c.named(t, "chat gemini-2.5-flash", 4)[3], map[string]any{"http.response.status_code": "400", "error.type": "400"})
	ask("no such model", canary+"-model", "")
	wants(c.named(t, "chat", 1)[0], map[string]any{"http.response.status_code": "404", "error.type": "model_not_found", "gen_ai.request.model": nil})
	fetch(t, "GET", r.url+"/v1/"+canary+"?q="+canary, "")
	fetch(t, "GET", r.url+"/readyz", "")
	wants(c.named(t, "GET ", 1)[0], map[string]any{"http.response.status_code": "404"})

	c.mu.Lock()
	defer c.mu.Unlock()
	if strings.Contains(c.raw.String(), canary) || strings.Contains(c.raw.String(), "readyz") {
		t.Errorf("exported: %s", c.raw.String())
	}
	if c.header.Get("X-Tenant") != "a b" || c.header.Get("X-Second") != "2" || c.header.Get("Authorization") != "" {
		t.Errorf("headers: %v", c.header)
	}
	if c.of["service.name"] != "front" || c.of["service.version"] != "test" || c.of["deployment.environment.name"] != "test" {
		t.Errorf("resource: %v", c.of)
	}
}

// A collector that is down, refuses or hangs costs requests nothing; what it did
// not take is counted.
func TestCollectorDown(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"gone":    nil,
		"refuses": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"moved": func(w http.ResponseWriter, q *http.Request) {
			http.Redirect(w, q, "/elsewhere", http.StatusTemporaryRedirect)
		},
		"hangs": func(_ http.ResponseWriter, q *http.Request) { _, _ = io.Copy(io.Discard, q.Body); <-q.Context().Done() },
	} {
		t.Run(name, func(t *testing.T) {
			up := httptest.NewServer(h)
			defer up.Close()
			if h == nil {
				up.Close()
			}
			traced(t, up.URL)
			t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "200")
			r := run(t, base, answer)
			for range 5 {
				if status := r.ask(t, "any"); status != 200 {
					t.Errorf("status %d", status)
				}
			}
			for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
				_, text := fetch(t, "GET", r.url+"/metrics", "")
				if strings.Contains(text, "gemway_spans_dropped_total 10\n") {
					break
				}
				if time.Since(began) > 20*time.Second {
					t.Fatalf("not counted: %s", text)
				}
			}
		})
	}
}

// What is left is sent when the program ends.
func TestTracesAreFlushed(t *testing.T) {
	c := newCollector(t)
	traced(t, c.URL)
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "3600000")
	t.Run("app", func(t *testing.T) {
		run(t, base, answer).ask(t, "any")
	})
	c.named(t, "chat gemini-2.5-flash", 1)
}

// The variables as OpenTelemetry has them.
func TestTraceVariables(t *testing.T) {
	load := func(environ ...string) (*config.Config, error) { return config.Load(config.Source{Environ: environ}) }
	for _, tt := range []struct {
		environ  []string
		endpoint string
		bad      string
	}{
		{nil, "", ""},
		{[]string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318/"}, "http://c:4318/v1/traces", ""},
		{[]string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://d/x"}, "https://d/x", ""},
		{[]string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318", "OTEL_SDK_DISABLED=true"}, "", ""},
		{[]string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318", "OTEL_TRACES_EXPORTER=none"}, "", ""},
		{[]string{"OTEL_EXPORTER_OTLP_ENDPOINT=c:4318"}, "", "OTEL_EXPORTER_OTLP_ENDPOINT"},
		{[]string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc"}, "", "OTEL_EXPORTER_OTLP_PROTOCOL"},
		{[]string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318", "OTEL_EXPORTER_OTLP_TIMEOUT=soon"}, "", "OTEL_EXPORTER_OTLP_TIMEOUT"},
		{[]string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318", "OTEL_EXPORTER_OTLP_HEADERS=hidden-without-a-name"}, "", "OTEL_EXPORTER_OTLP_HEADERS"},
	} {
		cfg, err := load(tt.environ...)
		if (err != nil) != (tt.bad != "") || err != nil && (!strings.Contains(err.Error(), tt.bad) || strings.Contains(err.Error(), "hidden")) {
			t.Errorf("%v: %v", tt.environ, err)
		}
		if err == nil && cfg.Tracing.Endpoint != tt.endpoint {
			t.Errorf("%v: endpoint %q", tt.environ, cfg.Tracing.Endpoint)
		}
	}
	// Without an endpoint nothing is made.
	if none, err := tracing.New(t.Context(), tracing.Config{}, "test"); none != nil || err != nil {
		t.Errorf("%v, %v", none, err)
	}
}

// What a model was found to refuse is known after a reload, too.
func TestLearnedOutlivesAReload(t *testing.T) {
	calls := 0
	var mu sync.Mutex
	r := run(t, base, func(w http.ResponseWriter, q *http.Request) {
		b, err := io.ReadAll(q.Body)
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		calls++
		mu.Unlock()
		if strings.Contains(string(b), `"seed"`) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":{"code":400,"message":"Seed is not supported for this model.","status":"INVALID_ARGUMENT"}}`)
			return
		}
		answer(w, q)
	})
	seeded := func() int {
		mu.Lock()
		calls = 0
		mu.Unlock()
		if status, body := fetch(t, "POST", r.url+"/v1/chat/completions", `{"model":"gemini-2.5-flash","seed":7,"messages":[{"role":"user","content":"q"}]}`); status != 200 {
			t.Errorf("%d %s", status, body)
		}
		mu.Lock()
		defer mu.Unlock()
		return calls
	}
	if n := seeded(); n != 2 {
		t.Fatalf("%d calls at first, want a refusal and a try without", n)
	}
	r.put(t, base+"server: {max_n: 3}\n")
	if err := r.Reload(); err != nil {
		t.Fatal(err)
	}
	if n := seeded(); n != 1 {
		t.Errorf("%d calls after a reload: it has forgotten", n)
	}
}

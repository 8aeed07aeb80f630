package server_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/keypool"
	"github.com/gemway/gemway/internal/routing"
	"github.com/gemway/gemway/internal/server"
	"github.com/gemway/gemway/internal/upstream"
	"github.com/google/go-cmp/cmp"
)

// place is a server behind the gateway that keeps what it is sent.
type place struct {
	url string
	mu  sync.Mutex
	got []received
}

type received struct {
	path, body string
	header     http.Header
}

type script func(w http.ResponseWriter, r *http.Request)

func newPlace(t *testing.T, answer script) *place {
	t.Helper()
	p := &place{}
	hs := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		p.mu.Lock()
		p.got = append(p.got, received{r.URL.Path, string(b), r.Header})
		p.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(hs.Close)
	p.url = hs.URL
	return p
}

func (p *place) received() []received {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]received(nil), p.got...)
}

// The keys of the two ways. Neither may ever go the other's.
const (
	geminiKey = "gemini-key-of-the-server"
	siteKey   = "sk-key-of-the-site"
)

// network is a gateway between Gemini and two sites of OpenAI's protocol.
type network struct {
	*gateway
	gemini, local, second *place
}

// models of the sites, by the names clients ask for.
var (
	localModels  = map[string]string{"gemma": "/srv/gemma:270m.gguf", "embedder": "nomic", "painter": "sd"}
	secondModels = map[string]string{"qwen": "org/qwen"}
)

// connect starts a gateway with routes. A script that is nil must not be asked.
func connect(t *testing.T, gemini, local, second script, routes routing.Table, change ...func(*setup)) *network {
	t.Helper()
	never := func(name string) script {
		return func(http.ResponseWriter, *http.Request) { t.Errorf("%s was asked", name) }
	}
	for name, s := range map[string]*script{"gemini": &gemini, "the site": &local, "the second site": &second} {
		if *s == nil {
			*s = never(name)
		}
	}
	n := &network{gemini: newPlace(t, gemini), local: newPlace(t, local), second: newPlace(t, second)}
	set := setup{keys: []string{geminiKey}, catalog: catalog.Options{Successors: true}}
	for _, c := range change {
		c(&set)
	}
	site, err := upstream.NewGeminiAPI(n.gemini.url)
	if err != nil {
		t.Fatal(err)
	}
	extra := set.parts
	set.parts = func(p *server.Parts) {
		p.Gemini = client(t, site, set.keys...)
		p.Routes = routes
		p.Sites = map[string]server.Site{
			"local":  {Client: siteClient(t, "local", n.local.url+"/v1", siteKey), Models: localModels},
			"second": {Client: siteClient(t, "second", n.second.url+"/v1", ""), Models: secondModels},
		}
		if extra != nil {
			extra(p)
		}
	}
	n.gateway = newGatewayAt(t, site, set)
	return n
}

// impatient are limits under which failing is quick.
func impatient() upstream.Config {
	cfg := upstream.Default()
	cfg.Retry.Base, cfg.Retry.MaxWait, cfg.FirstByte = time.Millisecond, 0, time.Second
	return cfg
}

func siteClient(t *testing.T, name, url, key string) *upstream.Client {
	t.Helper()
	site, err := upstream.NewOpenAISite(name, url, key != "")
	if err != nil {
		t.Fatal(err)
	}
	return client(t, site, key)
}

func client(t *testing.T, site upstream.Site, keys ...string) *upstream.Client {
	t.Helper()
	c, err := upstream.New(site, impatient(), keypool.New(keys), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// answers of a site, as llama.cpp gives them.
const (
	wholeAnswer = `{"choices":[{"finish_reason":"stop","index":0,"message":{"role":"assistant","content":"from the site"}}],"created":1,"model":"/srv/gemma:270m.gguf","object":"chat.completion","usage":{"completion_tokens":12,"prompt_tokens":26,"total_tokens":38,"prompt_tokens_details":{"cached_tokens":4}},"id":"chatcmpl-1","timings":{"cache_n":0.5}}`
	roleChunk   = `{"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}],"created":1,"id":"chatcmpl-1","model":"/srv/gemma:270m.gguf","object":"chat.completion.chunk"}`
	textChunk   = `{"choices":[{"finish_reason":null,"index":0,"delta":{"content":"from the site"}}],"created":1,"id":"chatcmpl-1","model":"/srv/gemma:270m.gguf","object":"chat.completion.chunk"}`
	stopChunk   = `{"choices":[{"finish_reason":"stop","index":0,"delta":{}}],"created":1,"id":"chatcmpl-1","model":"/srv/gemma:270m.gguf","object":"chat.completion.chunk"}`
	usageChunk  = `{"choices":[],"created":1,"id":"chatcmpl-1","model":"/srv/gemma:270m.gguf","object":"chat.completion.chunk","usage":{"completion_tokens":12,"prompt_tokens":26,"total_tokens":38}}`
)

// tells answers with a status and a JSON body.
func tells(status int, body string) script {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// streams answers with events.
func streams(events ...string) script {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for _, e := range events {
			_, _ = fmt.Fprintf(w, "data: %s\n\n", e)
			w.(http.Flusher).Flush()
		}
	}
}

// asGemini answers a call of Gemini's, whole or streamed.
func asGemini(w http.ResponseWriter, r *http.Request) {
	say(w, r, native(`{"text":"from gemini"}`, "STOP"))
}

func geminiRefuses(status int, word string) script {
	return func(w http.ResponseWriter, _ *http.Request) { refuse(w, status, word, "no luck today") }
}

func wanting(model, more string) string {
	return `{"model":"` + model + `","messages":[{"role":"user","content":"q"}]` + more + `}`
}

var toLocal = routing.Table{"r": {{Model: "gemini-2.5-flash"}, {Model: "gemma", Site: "local"}}}

// What makes Gemini's target fail, whole and streamed, and that the next one
// answers: named in the answer and the header, with its own key only.
func TestFallbackToALocalModel(t *testing.T) {
	for name, gemini := range map[string]script{
		"503": geminiRefuses(503, "UNAVAILABLE"),
		"500": geminiRefuses(500, "INTERNAL"),
		"429": geminiRefuses(429, "RESOURCE_EXHAUSTED"),
		"refused key": func(w http.ResponseWriter, _ *http.Request) {
			refuse(w, 400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.")
		},
		"html": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html>hello")
		},
		"hangs up":     func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"says nothing": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		for mode, stream := range modes {
			t.Run(name+"/"+mode, func(t *testing.T) {
				t.Parallel()
				local := tells(200, wholeAnswer)
				if stream != "" {
					local = streams(roleChunk, textChunk, stopChunk, "[DONE]")
				}
				n := connect(t, gemini, local, nil, toLocal)
				a := n.call(t, "POST", "/v1/chat/completions", wanting("r", stream))
				body := string(a.body)
				if a.status != 200 || !strings.Contains(body, "from the site") || strings.Contains(body, "gguf") || !strings.Contains(body, `"model":"gemma"`) {
					t.Fatalf("got %d %s", a.status, body)
				}
				if got := a.header.Get("x-gemway-served-model"); got != "gemma" {
					t.Errorf("x-gemway-served-model is %q, want gemma", got)
				}
				if stream != "" && (!strings.HasSuffix(body, "data: [DONE]\n\n") || strings.Count(body, "data: ") != 4) {
					t.Errorf("the stream is %s", body)
				}
				got := n.local.received()
				if len(got) != 1 || got[0].path != "/v1/chat/completions" || !strings.Contains(got[0].body, `"model":"/srv/gemma:270m.gguf"`) {
					t.Fatalf("the site got %+v", got)
				}
				checkKeys(t, n)
				n.waitForLog(t, "msg=fallback", "from=gemini-2.5-flash to=gemma", "served=gemma")
			})
		}
	}
}

// checkKeys fails when a key went to a server it is not for.
func checkKeys(t *testing.T, n *network) {
	t.Helper()
	for _, p := range []struct {
		name  string
		place *place
		want  string // of Authorization and x-goog-api-key, one of which is empty
	}{{"gemini", n.gemini, geminiKey}, {"local", n.local, "Bearer " + siteKey}, {"second", n.second, ""}} {
		for _, r := range p.place.received() {
			if got := r.header.Get("Authorization") + r.header.Get("X-Goog-Api-Key"); got != p.want {
				t.Errorf("%s was sent the credentials %q, want %q", p.name, got, p.want)
			}
			if all := fmt.Sprint(r); strings.Contains(all, "key-of-a-client") {
				t.Errorf("%s was sent the client's key: %s", p.name, all)
			}
		}
	}
}

// waitForLog waits until the log has all texts: a line comes a moment after its
// answer.
func (n *network) waitForLog(t *testing.T, want ...string) {
	t.Helper()
	until := time.Now().Add(5 * time.Second)
	for _, text := range want {
		for !strings.Contains(n.logged(), text) {
			if time.Now().After(until) {
				t.Fatalf("the log lacks %s: %s", text, n.logged())
			}
			time.Sleep(time.Millisecond)
		}
	}
}

// What is the caller's fault stays where it happened.
func TestRefusalsDoNotFallBack(t *testing.T) {
	for mode, stream := range modes {
		t.Run(mode, func(t *testing.T) {
			n := connect(t, geminiRefuses(400, "INVALID_ARGUMENT"), nil, nil, toLocal)
			if a := n.call(t, "POST", "/v1/chat/completions", wanting("r", stream)); a.status != 400 || !strings.Contains(string(a.body), "no luck today") {
				t.Errorf("Gemini's refusal became %d %s", a.status, a.body)
			}
			n = connect(t, nil, tells(400, `{"error":{"code":400,"message":"Expected 'messages' to be an array","type":"invalid_request_error"}}`), nil,
				routing.Table{"r": {{Model: "gemma"}, {Model: "gemini-2.5-flash"}}})
			a := n.call(t, "POST", "/v1/chat/completions", wanting("r", stream))
			want := `{"error":{"message":"Expected 'messages' to be an array","type":"invalid_request_error","param":null,"code":"upstream_refused"}}`
			if a.status != 400 || string(a.body) != want {
				t.Errorf("the site's refusal became %d %s", a.status, a.body)
			}
			if a.header.Get("x-request-id") == "" {
				t.Error("an answer without x-request-id")
			}
		})
	}
}

// When all fail, the last error is told, in OpenAI's form.
func TestAllTargetsFail(t *testing.T) {
	for mode, stream := range modes {
		t.Run(mode, func(t *testing.T) {
			n := connect(t, geminiRefuses(503, "UNAVAILABLE"), tells(429, `{"error":{"message":"slow down","type":"requests","param":null,"code":"rate_limit_exceeded"}}`), nil, toLocal)
			a := n.call(t, "POST", "/v1/chat/completions", wanting("r", stream))
			want := `{"error":{"message":"slow down","type":"requests","param":null,"code":"rate_limit_exceeded"}}`
			if a.status != 429 || string(a.body) != want || a.header.Get("Content-Type") != "application/json" {
				t.Errorf("got %d %s", a.status, a.body)
			}
			checkKeys(t, n)
		})
	}
}

// Once something is sent, a break is an error event without [DONE], and nobody
// else is asked.
func TestNoFallbackAfterTheFirstByte(t *testing.T) {
	breaks := map[string]script{
		"cut": func(w http.ResponseWriter, r *http.Request) {
			streams(roleChunk, textChunk)(w, r)
			panic(http.ErrAbortHandler)
		},
		"end":         streams(roleChunk, textChunk),
		"bare done":   streams(roleChunk, textChunk, "[DONE]"),
		"error event": streams(roleChunk, textChunk, `{"error":{"message":"out of memory at `+siteKey+`","type":"server_error","code":500}}`, "[DONE]"),
		"no json":     streams(roleChunk, textChunk, "oops", "[DONE]"),
		"no chunk":    streams(roleChunk, textChunk, `{"choices":[{"index":0,"message":{}}]}`, "[DONE]"),
	}
	for name, local := range breaks {
		t.Run(name, func(t *testing.T) {
			n := connect(t, nil, local, nil, routing.Table{"r": {{Model: "gemma"}, {Model: "gemini-2.5-flash"}}})
			a := n.call(t, "POST", "/v1/chat/completions", wanting("r", `,"stream":true`))
			body := string(a.body)
			last := body[strings.LastIndex(strings.TrimSpace(body), "data: "):]
			if a.status != 200 || !strings.Contains(body, "from the site") || !strings.HasPrefix(last, `data: {"error":{"message":`) || strings.Contains(body, "[DONE]") {
				t.Errorf("got %d %s", a.status, body)
			}
			if strings.Contains(body, siteKey) {
				t.Errorf("a key is told: %s", body)
			}
		})
	}
}

// A role alone is no answer: until something follows, another model may still
// give it, and the client cannot tell.
func TestFallbackAfterTheRole(t *testing.T) {
	n := connect(t, asGemini, streams(roleChunk), nil, routing.Table{"r": {{Model: "gemma"}, {Model: "gemini-2.5-flash"}}})
	a := n.call(t, "POST", "/v1/chat/completions", wanting("r", `,"stream":true`))
	body := string(a.body)
	if a.status != 200 || !strings.Contains(body, "from gemini") || strings.Contains(body, `"gemma"`) || strings.Count(body, `"role"`) != 1 || !strings.HasSuffix(body, "data: [DONE]\n\n") {
		t.Errorf("got %d %s", a.status, body)
	}
	if got := a.header.Get("x-gemway-served-model"); got != "gemini-2.5-flash" {
		t.Errorf("x-gemway-served-model is %q", got)
	}
}

// Signs of life do not stand in the way of another model.
func TestFallbackAfterAHeartbeat(t *testing.T) {
	release := make(chan struct{})
	slow := func(w http.ResponseWriter, r *http.Request) {
		<-release
		geminiRefuses(429, "RESOURCE_EXHAUSTED")(w, r)
	}
	n := connect(t, slow, streams(roleChunk, textChunk, stopChunk, usageChunk, "[DONE]"), nil, toLocal, func(s *setup) {
		s.server = func(c *server.Config) { c.Heartbeat = 20 * time.Millisecond }
	})
	req, err := http.NewRequestWithContext(t.Context(), "POST", n.url+"/v1/chat/completions", strings.NewReader(wanting("r", `,"stream":true`)))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	first, err := bufio.NewReader(resp.Body).ReadString('\n')
	if err != nil || !strings.HasPrefix(first, ":") {
		t.Fatalf("the first line is %q, %v; want a comment", first, err)
	}
	close(release)
	rest, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(rest), "from the site") || !strings.HasSuffix(string(rest), "data: [DONE]\n\n") {
		t.Errorf("the rest is %q, %v", rest, err)
	}
}

func TestWeightsDrawTheFirstTarget(t *testing.T) {
	routes := routing.Table{"r": {{Model: "gemini-2.5-flash", Weight: 1}, {Model: "gemma", Weight: 2}, {Model: "qwen", Weight: 1}}}
	random := 0.0
	n := connect(t, asGemini, tells(200, wholeAnswer), tells(200, strings.ReplaceAll(wholeAnswer, "the site", "the second")), routes, func(s *setup) {
		s.parts = func(p *server.Parts) { p.Random = func() float64 { return random } }
	})
	for _, tt := range []struct {
		random float64
		want   string
	}{{0, "gemini-2.5-flash"}, {.2499, "gemini-2.5-flash"}, {.25, "gemma"}, {.7499, "gemma"}, {.75, "qwen"}, {.9999, "qwen"}} {
		random = tt.random
		a := n.call(t, "POST", "/v1/chat/completions", wanting("r", ""))
		if got := a.header.Get("x-gemway-served-model"); a.status != 200 || got != tt.want || !strings.Contains(string(a.body), `"model":"`+tt.want+`"`) {
			t.Errorf("random %v: %d by %q, want %q: %s", tt.random, a.status, got, tt.want, a.body)
		}
	}
	checkKeys(t, n)
}

// A request goes on as it came, but for the model and what is for Google alone.
func TestRequestsGoOnAsTheyCame(t *testing.T) {
	n := connect(t, nil, tells(200, wholeAnswer), nil, nil)
	in := "{ \"temperature\":0.70, \"google\":{\"x\":1}, \"model\" : \"gemma\",\"n\":1,\"cache_prompt\":true,\n \"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\",\"extra_content\":{\"google\":{\"thought_signature\":\"s\"}},\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"extra_content\\\":1}\"}}]},{\"role\":\"user\",\"content\":\"\\u00e9 extra_content\"}],\"extra_body\":{\"google\":{\"thinking_config\":{}}},\"tools\":[{\"extra_content\":1}]}"
	want := "{ \"temperature\":0.70, \"model\" : \"/srv/gemma:270m.gguf\",\"n\":1,\"cache_prompt\":true,\n \"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"extra_content\\\":1}\"}}]},{\"role\":\"user\",\"content\":\"\\u00e9 extra_content\"}],\"tools\":[{\"extra_content\":1}]}"
	a := n.call(t, "POST", "/v1/chat/completions", in)
	if a.status != 200 {
		t.Fatalf("got %d %s", a.status, a.body)
	}
	if diff := cmp.Diff(want, n.local.received()[0].body); diff != "" {
		t.Error(diff)
	}
	if got := a.header.Get("x-gemway-ignored"); got != "google, extra_body" {
		t.Errorf("x-gemway-ignored is %q", got)
	}
	if diff := cmp.Diff(strings.ReplaceAll(wholeAnswer, "/srv/gemma:270m.gguf", "gemma"), string(a.body)); diff != "" {
		t.Errorf("the answer changed: %s", diff)
	}
	if got := a.header.Get("x-gemway-served-model"); got != "" {
		t.Errorf("x-gemway-served-model is %q for a model that answers itself", got)
	}
	n.waitForLog(t, "prompt_tokens=26 completion_tokens=12")
	checkKeys(t, n)
}

// Our limits hold before a site is asked.
func TestOwnLimitsHoldForSites(t *testing.T) {
	n := connect(t, nil, nil, nil, nil)
	for name, tt := range map[string]struct{ body, want string }{
		"no json":   {`{"model":"gemma",`, "invalid_json"},
		"duplicate": {`{"model":"gemma","model":"gemma"}`, "duplicate_key"},
		"n":         {wanting("gemma", `,"n":1000`), `"param":"n"`},
		"model":     {`{"model":["gemma"]}`, `"param":"model"`},
		"stream":    {wanting("gemma", `,"stream":"yes"`), `"param":"stream"`},
	} {
		if a := n.call(t, "POST", "/v1/chat/completions", tt.body); a.status != 400 || !strings.Contains(string(a.body), tt.want) {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}

// What a site may say instead of an answer, and what the client is told.
func TestErrorsOfSites(t *testing.T) {
	for name, tt := range map[string]struct {
		local  script
		status int
		want   string // part of the answer
	}{
		"openai":    {tells(400, `{"error":{"message":"bad value","type":"invalid_request_error","param":"top_k","code":"bad"}}`), 400, `{"message":"bad value","type":"invalid_request_error","param":"top_k","code":"bad"}`},
		"vllm":      {tells(400, `{"object":"error","message":"too long","type":"BadRequestError","param":null,"code":400}`), 400, `{"message":"too long","type":"BadRequestError","param":null,"code":"upstream_refused"}`},
		"ollama":    {tells(500, `{"error":"runner died"}`), 500, `{"message":"runner died","type":"server_error","param":null,"code":"upstream_error"}`},
		"bad key":   {tells(401, `{"error":{"message":"Incorrect API key provided: `+siteKey+`","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}`), 502, `"code":"upstream_unauthorized"`},
		"forbidden": {tells(403, `{"error":{"message":"no","type":"x","param":null,"code":null}}`), 502, `"code":"upstream_unauthorized"`},
		"no model":  {tells(404, `{"error":{"message":"model not found, try pulling it","type":"api_error"}}`), 502, `try pulling it`},
		"html": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(503)
			_, _ = io.WriteString(w, "<html><title>Bad day</title>")
		}, 502, `"code":"upstream_not_json"`},
		"html as 200": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }, 502, `"code":"upstream_not_json"`},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/v1/other", http.StatusTemporaryRedirect)
		}, 502, `"code":"upstream_not_json"`},
		"no choices":  {tells(200, `{"id":"x","choices":[]}`), 502, `"code":"upstream_not_json"`},
		"error in it": {tells(200, `{"error":{"message":"loading","type":"server_error","code":503}}`), 503, `{"message":"loading","type":"server_error","param":null,"code":"overloaded"}`},
		"cut off":     {tells(200, wholeAnswer[:len(wholeAnswer)-20]+"}"), 502, `"code":"upstream_not_json"`},
		"gone":        {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 502, `"code":"upstream_broken"`},
		"silent":      {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 504, `the model's server did not answer in time`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := connect(t, nil, tt.local, nil, nil)
			a := n.call(t, "POST", "/v1/chat/completions", wanting("gemma", ""))
			body := string(a.body)
			if a.status != tt.status || !strings.Contains(body, tt.want) {
				t.Errorf("got %d %s", a.status, body)
			}
			if strings.Contains(body, siteKey) || strings.Contains(body, "127.0.0.1") || strings.Contains(n.logged(), siteKey) {
				t.Errorf("a secret is told: %s, %s", body, n.logged())
			}
			for _, got := range n.local.received() {
				if got.path != "/v1/chat/completions" {
					t.Errorf("a redirect to %s was followed", got.path)
				}
			}
		})
	}
}

// An event may take several lines, and an answer have no [DONE]: what the
// client gets is one line each, and the end.
func TestEventsOfSeveralLines(t *testing.T) {
	n := connect(t, nil, streams(roleChunk, strings.ReplaceAll(textChunk, ",", ",\ndata: "), stopChunk, usageChunk), nil, nil)
	a := n.call(t, "POST", "/v1/chat/completions", wanting("gemma", `,"stream":true,"stream_options":{"include_usage":true}`))
	gemma := func(chunk string) string {
		return "data: " + strings.ReplaceAll(chunk, "/srv/gemma:270m.gguf", "gemma") + "\n\n"
	}
	want := gemma(roleChunk) + gemma(strings.ReplaceAll(textChunk, ",", ", ")) + gemma(stopChunk) + gemma(usageChunk) + "data: [DONE]\n\n"
	if diff := cmp.Diff(want, string(a.body)); diff != "" || a.status != 200 {
		t.Errorf("%d: %s", a.status, diff)
	}
	n.waitForLog(t, "prompt_tokens=26 completion_tokens=12")
}

// A client that leaves takes the request to the site along.
func TestSitesAreCancelledWithTheClient(t *testing.T) {
	for mode, stream := range modes {
		t.Run(mode, func(t *testing.T) {
			asked, cancelled := make(chan struct{}), make(chan struct{})
			n := connect(t, nil, func(_ http.ResponseWriter, r *http.Request) {
				close(asked)
				<-r.Context().Done()
				close(cancelled)
			}, nil, routing.Table{"r": {{Model: "gemma"}, {Model: "gemini-2.5-flash"}}})
			ctx, leave := context.WithCancel(t.Context())
			req, err := http.NewRequestWithContext(ctx, "POST", n.url+"/v1/chat/completions", strings.NewReader(wanting("r", stream)))
			if err != nil {
				t.Fatal(err)
			}
			gone := make(chan error, 1)
			go func() {
				resp, err := http.DefaultClient.Do(req)
				if err == nil {
					resp.Body.Close()
				}
				gone <- err
			}()
			<-asked
			leave()
			if err := <-gone; err == nil {
				t.Error("an answer came after all")
			}
			select {
			case <-cancelled:
			case <-time.After(time.Second):
				t.Error("a second later the site is still at work")
			}
		})
	}
}

func TestRoutesOfEmbeddings(t *testing.T) {
	const vectors = `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.10,-2e-3]}],"model":"nomic","usage":{"prompt_tokens":2,"total_tokens":2}}`
	routes := routing.Table{"e": {{Model: "gemini-embedding-001"}, {Model: "embedder"}}}
	body := `{"model":"e","input":"hello","encoding_format":"float"}`
	n := connect(t, geminiRefuses(429, "RESOURCE_EXHAUSTED"), tells(200, vectors), nil, routes)
	a := n.call(t, "POST", "/v1/embeddings", body)
	if want := strings.ReplaceAll(vectors, "nomic", "embedder"); a.status != 200 || string(a.body) != want || a.header.Get("x-gemway-served-model") != "embedder" {
		t.Errorf("got %d %s", a.status, a.body)
	}
	if got := n.local.received()[0]; got.path != "/v1/embeddings" || got.body != strings.Replace(body, `"e"`, `"nomic"`, 1) {
		t.Errorf("the site got %+v", got)
	}
	checkKeys(t, n)

	n = connect(t, tells(200, `{"embeddings":[{"values":[0.5]}]}`), tells(200, `{"data":[]}`), nil,
		routing.Table{"e": {{Model: "embedder"}, {Model: "gemini-embedding-001"}}})
	a = n.call(t, "POST", "/v1/embeddings", body)
	if a.status != 200 || !strings.Contains(string(a.body), "[0.5]") || a.header.Get("x-gemway-served-model") != "gemini-embedding-001" {
		t.Errorf("got %d %s", a.status, a.body)
	}
}

func TestRoutesOfImages(t *testing.T) {
	const picture = `{"created":1,"data":[{"b64_json":"aGk="}]}`
	routes := routing.Table{"i": {{Model: "gemini-2.5-flash-image"}, {Model: "painter"}}}
	n := connect(t, geminiRefuses(503, "UNAVAILABLE"), tells(200, picture), nil, routes)
	a := n.call(t, "POST", "/v1/images/generations", `{"model":"i","prompt":"a cat"}`)
	if a.status != 200 || string(a.body) != picture || a.header.Get("x-gemway-served-model") != "painter" {
		t.Errorf("got %d %s", a.status, a.body)
	}
	if got := n.local.received()[0]; got.path != "/v1/images/generations" || got.body != `{"model":"sd","prompt":"a cat"}` {
		t.Errorf("the site got %+v", got)
	}
	checkKeys(t, n)
}

// n is fanned out for Gemini and goes on as it is to a site.
func TestRoutesWithSeveralAnswers(t *testing.T) {
	n := connect(t, asGemini, nil, nil, toLocal)
	a := n.call(t, "POST", "/v1/chat/completions", wanting("r", `,"n":3,"stream":true`))
	if a.status != 200 || strings.Count(string(a.body), "from gemini") != 3 || len(n.gemini.received()) != 3 {
		t.Errorf("got %d %s", a.status, a.body)
	}
	n = connect(t, geminiRefuses(503, "UNAVAILABLE"), tells(200, wholeAnswer), nil, toLocal)
	n.call(t, "POST", "/v1/chat/completions", wanting("r", `,"n":3`))
	if got := n.local.received(); len(got) != 1 || !strings.Contains(got[0].body, `"n":3`) {
		t.Errorf("the site got %+v", got)
	}
}

// Routes and models of sites are listed, and found one by one without asking
// Google.
func TestRoutesAreListed(t *testing.T) {
	list := func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"models":[{"name":"models/gemini-2.5-flash","inputTokenLimit":5}]}`)
	}
	routes := routing.Table{"r": {{Model: "gemini-2.5-pro"}, {Model: "gemma"}}, "w": {{Model: "qwen", Weight: 1}}, "gemini-2.5-flash": {{Model: "gemini-2.5-flash"}, {Model: "qwen"}}}
	n := connect(t, list, nil, nil, routes)
	for _, id := range []string{"gemma", "embedder", "painter", "qwen", "r", "w", "gemini-2.5-flash"} {
		found := 0
		for _, m := range n.models(t) {
			if m.ID == id {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%s is listed %d times", id, found)
		}
	}
	asked := len(n.gemini.received())
	for id, want := range map[string]string{
		"r":     `{"id":"r","object":"model","created":1702425600,"owned_by":"gemway","served_by":"gemini-2.5-pro"}`,
		"w":     `{"id":"w","object":"model","created":1702425600,"owned_by":"gemway"}`,
		"gemma": `{"id":"gemma","object":"model","created":1702425600,"owned_by":"local"}`,
	} {
		if a := n.call(t, "GET", "/v1/models/"+id, ""); a.status != 200 || string(a.body) != want {
			t.Errorf("%s: %d %s", id, a.status, a.body)
		}
	}
	if again := len(n.gemini.received()); again != asked {
		t.Errorf("Google was asked %d times for what it does not know", again-asked)
	}
}

// Without a key of Gemini only what can be asked for is listed.
func TestModelsOfSitesAlone(t *testing.T) {
	n := connect(t, nil, nil, nil, routing.Table{"r": {{Model: "gemma"}, {Model: "qwen"}}}, func(s *setup) {
		s.keys, s.clients = nil, []string{"key-of-a-client"}
	})
	var got []string
	for _, m := range n.models(t) {
		got = append(got, m.ID)
	}
	if diff := cmp.Diff([]string{"embedder", "gemma", "painter", "qwen", "r"}, got); diff != "" {
		t.Error(diff)
	}
}

// A server with sites gives them to whoever connects: pages of strangers may
// not, though without sites they may, as they would have to bring a key.
func TestPagesOfStrangersMayNotUseSites(t *testing.T) {
	n := connect(t, nil, nil, nil, nil, func(s *setup) { s.keys = nil })
	req, err := http.NewRequestWithContext(t.Context(), "POST", n.url+"/v1/chat/completions", strings.NewReader(wanting("gemma", "")))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "https://evil.example")
	req.Header.Set("Authorization", "Bearer anything")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("got %d, want 403", resp.StatusCode)
	}
}

// In pass-through mode a client's Gemini key goes to Gemini and nowhere else.
func TestClientsKeyStaysWithGemini(t *testing.T) {
	other := newPlace(t, asGemini)
	n := connect(t, geminiRefuses(503, "UNAVAILABLE"), geminiRefuses(500, "INTERNAL"), nil,
		routing.Table{"r": {{Model: "gemini-2.5-flash"}, {Model: "gemma"}, {Model: "gemini-2.5-flash", Site: "vertex"}}}, func(s *setup) {
			s.keys = nil
			s.parts = func(p *server.Parts) {
				site, err := upstream.NewGeminiAPI(other.url)
				if err != nil {
					t.Fatal(err)
				}
				p.Natives = map[string]server.Native{"vertex": {Gemini: client(t, site, "key-of-the-other"), Catalog: p.Catalog}}
			}
		})
	a := n.callAs(t, "AIza-key-of-the-caller", "POST", "/v1/chat/completions", wanting("r", ""))
	if a.status != 200 || !strings.Contains(string(a.body), "from gemini") {
		t.Fatalf("got %d %s", a.status, a.body)
	}
	if got := n.gemini.received()[0].header.Get("X-Goog-Api-Key"); got != "AIza-key-of-the-caller" {
		t.Errorf("Gemini got the key %q", got)
	}
	if got := other.received()[0].header.Get("X-Goog-Api-Key"); got != "key-of-the-other" {
		t.Errorf("the other site got the key %q", got)
	}
	for _, got := range n.local.received() {
		if got.header.Get("Authorization") != "Bearer "+siteKey || strings.Contains(fmt.Sprint(got), "AIza") {
			t.Errorf("the site got %+v", got)
		}
	}
}

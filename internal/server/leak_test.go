package server_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/media"
	"github.com/gemway/gemway/internal/server"
	"github.com/gemway/gemway/internal/signatures"
	"github.com/gemway/gemway/internal/upstream"
)

// Secrets planted in a run, and what is looked for of them. They have no shape
// of a key, so that nothing is found by its shape alone.
const (
	upstreamKey = "CANARYUPSTREAM-7f3a"
	clientCred  = "CANARYCLIENT-91bc"
	promptText  = "CANARYPROMPT-e55d"
	headerValue = "CANARYHEADER-0d2f"
)

// emitted gathers all that leaves a gateway besides answers to prompts.
type emitted struct {
	t *testing.T
}

func (e *emitted) without(what string, text string, secrets ...string) {
	e.t.Helper()
	for _, s := range secrets {
		if i := strings.Index(text, s); i >= 0 {
			e.t.Errorf("%s has %s: …%s…", what, s, text[max(0, i-200):min(len(text), i+100)])
		}
	}
}

// T063: what is secret is in no line of the log, no header and no error, in a
// run of good and bad requests against an upstream that repeats all it is told.
func TestT063Canaries(t *testing.T) {
	for _, mode := range []string{"pass-through", "server key"} {
		t.Run(mode, func(t *testing.T) {
			var behaviour atomic.Int64
			up := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				b, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				echo := fmt.Sprintf("key %s, query %s", r.Header.Get("X-Goog-Api-Key"), r.URL.RawQuery)
				for name := range r.Header {
					if strings.Contains(r.Header.Get(name), headerValue) {
						t.Errorf("the header %s of the client went upstream", name)
					}
				}
				refuse := func(status int, message string) {
					w.Header().Set("Content-Type", "application/json")
					w.WriteHeader(status)
					fmt.Fprintf(w, `{"error":{"code":%d,"message":%q,"status":"INVALID_ARGUMENT"}}`, status, message)
				}
				hijack := func(answer string) {
					conn, _, err := w.(http.Hijacker).Hijack()
					if err != nil {
						t.Error(err)
						return
					}
					_, _ = io.WriteString(conn, answer)
					conn.Close()
				}
				stream := strings.Contains(r.URL.Path, "stream")
				switch behaviour.Load() {
				case 0:
					answered(w, stream, native(`{"text":"Hello"}`, "STOP"))
				case 1:
					refuse(400, echo)
				case 2:
					refuse(403, echo+" was reported as leaked")
				case 3:
					refuse(500, echo)
				case 4: // an HTML page of a proxy
					w.Header().Set("Content-Type", "text/html")
					fmt.Fprintf(w, "<html>%s</html>", echo)
				case 5: // broken in the middle
					w.Header().Set("Content-Type", "text/event-stream")
					fmt.Fprintf(w, "data: %s\n\n", native(`{"text":"Hello"}`, ""))
					_ = http.NewResponseController(w).Flush()
					panic(http.ErrAbortHandler)
				case 6:
					hijack("HTTP/1.1 " + echo + "\r\n\r\n")
				case 7:
					hijack(echo)
				case 8: // an event that is not JSON
					w.Header().Set("Content-Type", "text/event-stream")
					fmt.Fprintf(w, "data: {%s\n\n", echo)
				case 9: // refuses, and repeats the prompt
					refuse(400, "Invalid value at 'contents': "+string(b))
				case 10:
					w.Header().Set("X-Echo", echo)
					w.Header().Set("Set-Cookie", echo)
					answered(w, stream, native(`{"text":"Hello"}`, "STOP"))
				}
			})
			s := setup{}
			if mode == "server key" {
				s.keys = []string{upstreamKey}
			}
			g := newGateway(t, up, s)
			e := &emitted{t: t}
			good := saying(promptText)
			for b := range int64(11) {
				behaviour.Store(b)
				for _, body := range []string{good, strings.Replace(good, "{", `{"stream":true,`, 1)} {
					a := g.secretly(t, "/v1/chat/completions", body)
					e.without(fmt.Sprintf("behaviour %d: headers", b), fmt.Sprint(a.header), upstreamKey, clientCred, promptText, headerValue)
					e.without(fmt.Sprintf("behaviour %d: body", b), string(a.body), upstreamKey, clientCred, headerValue)
					if b != 9 { // Gemini's words about the prompt are for the one who wrote it
						e.without(fmt.Sprintf("behaviour %d: body", b), string(a.body), promptText)
					}
				}
				g.secretly(t, "/v1/embeddings", `{"model":"gemini-embedding-001","input":"`+promptText+`"}`)
			}
			behaviour.Store(0)
			quoted := `"` + promptText + `"`
			for _, body := range []string{
				`{"model":"gemini-2.5-flash","messages":[{"role":"user","content":` + quoted + `}`, quoted, "[" + quoted + "]", `{"model":"gemini-2.5-flash","messages":` + quoted + `}`,
				with(`"temperature":` + quoted), with(`"n":` + quoted), with(`"tools":` + quoted), with(`"stop":{"a":` + quoted + `}`), with(`"max_tokens":[` + quoted + `]`),
				with(`"response_format":` + quoted), with(`"metadata":{"a":"` + strings.Repeat(promptText, 100) + `"}`), with(`"user":"` + strings.Repeat(promptText, 100) + `"`),
				`{"model":"gemini-2.5-flash","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/svg+xml,` + promptText + `"}}]}]}`,
				`{"model":"gemini-2.5-flash","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://127.0.0.1/` + promptText + `"}}]}]}`,
				`{"model":"gemini-2.5-flash","messages":[{"role":"tool","tool_call_id":"x","content":` + quoted + `},{"role":"nobody","content":` + quoted + `}]}`,
				"{\"" + promptText + "\xff", strings.Repeat(promptText+"\n", 10),
			} {
				a := g.secretly(t, "/v1/chat/completions", body)
				if a.status < 400 || a.status > 499 {
					t.Errorf("%.100q: %d", body, a.status)
				}
				e.without(fmt.Sprintf("refusal of %.80q", body), fmt.Sprint(a.header)+string(a.body), upstreamKey, clientCred, promptText, headerValue)
			}
			for _, path := range []string{"/v1/models/" + "none", "/metrics", "/debug/pprof/", "/debug/vars", "/v1/none?key=" + clientCred, "/healthz", "/readyz", "/v1/models?key=" + clientCred} {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.url+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				a := g.plant(t, req)
				e.without(path, fmt.Sprint(a.header)+string(a.body), upstreamKey, clientCred, promptText, headerValue)
			}
			time.Sleep(20 * time.Millisecond) // lines are written behind answers
			lines := g.logged()
			if strings.Count(lines, "msg=request") < 40 {
				t.Errorf("too little was logged: %s", lines)
			}
			e.without("the log", lines, upstreamKey, clientCred, promptText, headerValue)
		})
	}
}

// answered answers in the form that was asked for.
func answered(w http.ResponseWriter, stream bool, body string) {
	if stream {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprintf(w, "data: %s\n\n", body)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, body)
}

// secretly sends a request with a secret wherever one may be.
func (g *gateway) secretly(t *testing.T, path, body string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return g.plant(t, req)
}

func (g *gateway) plant(t *testing.T, req *http.Request) answer {
	t.Helper()
	req.Header.Set("Authorization", "Bearer "+clientCred)
	for _, name := range []string{"User-Agent", "Cookie", "Referer", "X-Custom", "X-Forwarded-For", "Openai-Organization", "Openai-Project", "X-Stainless-Lang", "Traceparent", "Accept-Language"} {
		req.Header.Set(name, headerValue)
	}
	req.Header.Set("Origin", "http://localhost:3000") // that of a page that may call in any mode
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode == http.StatusForbidden && bytes.Contains(b, []byte("origin_not_allowed")) {
		t.Fatal("the request was turned away at the door: nothing was tried")
	}
	return answer{resp.StatusCode, resp.Header, b}
}

// panicking breaks with a secret in its hands.
type panicking struct{ with any }

func (p panicking) Do(context.Context, upstream.Call) (*upstream.Answer, error) { panic(p.with) }

func (p panicking) Stream(context.Context, upstream.Call) (*upstream.Stream, error) { panic(p.with) }

func (p panicking) Resolve(context.Context, []media.Ref) (map[string]media.Blob, error) {
	panic(p.with)
}

// T113: a panic is an error of the server like others: the answer says nothing,
// the log says where, and neither has what was at hand.
func TestT113Panics(t *testing.T) {
	models, err := catalog.New(catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, with := range map[string]any{
		"text": "cannot take " + promptText, "error": fmt.Errorf("cannot take %s", promptText), "value": struct{ s string }{promptText},
	} {
		for _, body := range []string{
			normal, strings.Replace(normal, "{", `{"stream":true,`, 1), with2(normal), `{"model":"gemini-2.5-flash","n":2,"stream":true,"messages":[{"role":"user","content":"q"}]}`,
			messages(1, `[{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}]`),
		} {
			log := &bytes.Buffer{}
			guarded := &lockedWriter{w: log}
			cfg := server.Default()
			cfg.PassThrough = false
			s := server.New(cfg, server.Parts{
				Gemini: panicking{with}, Media: panicking{with}, Catalog: models, Signatures: signatures.New(signatures.Default()),
				Log: slog.New(slog.NewJSONHandler(guarded, &slog.HandlerOptions{Level: slog.LevelDebug})),
			})
			w := httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/chat/completions", strings.NewReader(body)))
			if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), `"internal_error"`) {
				t.Errorf("%s: %.80s: %d %s", name, body, w.Code, w.Body)
			}
			e := &emitted{t: t}
			e.without("the answer", w.Body.String(), promptText, "goroutine", ".go:")
			e.without("the log", log.String(), promptText)
			if !strings.Contains(log.String(), `"msg":"panic"`) || !strings.Contains(log.String(), "leak_test.go") {
				t.Errorf("%s: the log does not say where: %s", name, log)
			}
		}
	}
}

// with2 asks for two answers.
func with2(body string) string { return strings.Replace(body, "{", `{"n":2,`, 1) }

// EmbedMethod is never asked for here.
func (panicking) EmbedMethod(bool) upstream.EmbedMethod { return upstream.BatchEmbed }

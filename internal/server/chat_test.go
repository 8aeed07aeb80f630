package server_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// scripted is a gateway whose upstream answers the nth call by a script and
// keeps what it was sent.
type scripted struct {
	*gateway
	mu     sync.Mutex
	bodies []string
}

func newScripted(t *testing.T, script func(n int, w http.ResponseWriter, r *http.Request)) *scripted {
	t.Helper()
	g := &scripted{}
	g.gateway = newGateway(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		g.mu.Lock()
		n := len(g.bodies)
		g.bodies = append(g.bodies, string(b))
		g.mu.Unlock()
		script(n, w, r)
	}), setup{keys: []string{"test-key"}})
	return g
}

// calls returns the bodies of the calls that arrived upstream.
func (g *scripted) calls() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string(nil), g.bodies...)
}

// post sends a chat request and returns the answer.
func (g *scripted) chat(t *testing.T, body string) (int, http.Header, string) {
	t.Helper()
	resp, err := http.Post(g.url+"/v1/chat/completions", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(b)
}

func native(parts, finish string) string {
	return `{"candidates":[{"content":{"role":"model","parts":[` + parts + `]},"finishReason":"` + finish + `"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5},"modelVersion":"gemini-2.5-flash"}`
}

// say writes an answer in the form the method asks for.
func say(w http.ResponseWriter, r *http.Request, body string) {
	if strings.Contains(r.URL.Path, ":streamGenerateContent") {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = fmt.Fprintf(w, "data: %s\r\n\r\n", body)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, body)
}

func refuse(w http.ResponseWriter, status int, word, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"error":{"code":%d,"message":%q,"status":%q}}`, status, message, word)
}

var modes = map[string]string{"whole": "", "stream": `,"stream":true`}

// A malformed call is tried once more while nothing was sent, then believed.
func TestMalformedCallIsTriedOnceMore(t *testing.T) {
	for name, stream := range modes {
		t.Run(name, func(t *testing.T) {
			g := newScripted(t, func(n int, w http.ResponseWriter, r *http.Request) {
				if n == 0 {
					say(w, r, native("", "MALFORMED_FUNCTION_CALL"))
					return
				}
				say(w, r, native(`{"text":"second"}`, "STOP"))
			})
			status, _, body := g.chat(t, `{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}]`+stream+`}`)
			if status != 200 || !strings.Contains(body, "second") || strings.Contains(body, "MALFORMED") {
				t.Errorf("got %d %s, want the second try's answer", status, body)
			}
			if n := len(g.calls()); n != 2 {
				t.Errorf("%d calls upstream, want 2", n)
			}
			if stream != "" && strings.Count(body, `"role":"assistant"`) != 1 {
				t.Errorf("the role is told more than once: %s", body)
			}
		})
	}
	t.Run("believed the second time", func(t *testing.T) {
		g := newScripted(t, func(_ int, w http.ResponseWriter, r *http.Request) { say(w, r, native("", "MALFORMED_FUNCTION_CALL")) })
		status, _, body := g.chat(t, `{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}]}`)
		if n := len(g.calls()); n != 2 || status != 200 || !strings.Contains(body, `"finish_reason":"stop"`) || !strings.Contains(body, "MALFORMED_FUNCTION_CALL") {
			t.Errorf("%d calls, %d %s; want 2 calls, a stop and Gemini's own reason", n, status, body)
		}
	})
}

// A hint that Gemini refuses is left out, named in a header, and remembered.
func TestRefusedHintIsLearned(t *testing.T) {
	for name, stream := range modes {
		t.Run(name, func(t *testing.T) {
			g := newScripted(t, func(n int, w http.ResponseWriter, r *http.Request) {
				if n == 0 {
					refuse(w, 400, "INVALID_ARGUMENT", "Seed is not supported for this model.")
					return
				}
				say(w, r, native(`{"text":"fine"}`, "STOP"))
			})
			request := `{"model":"gemini-2.5-flash","seed":7,"messages":[{"role":"user","content":"q"}]` + stream + `}`
			for range 2 {
				status, header, body := g.chat(t, request)
				if status != 200 || !strings.Contains(body, "fine") || header.Get("x-gemway-ignored") != "seed" {
					t.Errorf("got %d, ignored %q: %s", status, header.Get("x-gemway-ignored"), body)
				}
			}
			calls := g.calls()
			if len(calls) != 3 {
				t.Fatalf("%d calls upstream, want 3: one refused, one without the hint, one that knows", len(calls))
			}
			if !strings.Contains(calls[0], "seed") || strings.Contains(calls[1], "seed") || strings.Contains(calls[2], "seed") {
				t.Errorf("calls: %q", calls)
			}
		})
	}
}

// A refusal before the first piece keeps its status; the client's own mistake
// is not tried again and names the parameter.
func TestRefusalKeepsItsStatus(t *testing.T) {
	for name, stream := range modes {
		t.Run(name, func(t *testing.T) {
			g := newScripted(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
				refuse(w, 400, "INVALID_ARGUMENT", "The input token count (1250060) exceeds the maximum number of tokens allowed (1048575).")
			})
			status, _, body := g.chat(t, `{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}]`+stream+`}`)
			if status != 400 || !strings.Contains(body, `"code":"context_length_exceeded"`) {
				t.Errorf("got %d %s", status, body)
			}
			if n := len(g.calls()); n != 1 {
				t.Errorf("%d calls upstream, want 1", n)
			}
		})
	}
}

// What the client got stays when a stream breaks: an error event follows it and
// no [DONE].
func TestBrokenStreamKeepsWhatCameAndSaysSo(t *testing.T) {
	g := newScripted(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, `data: {"candidates":[{"content":{"role":"model","parts":[{"text":"Once upon"}]}}]}`+"\r\n\r\n")
	})
	status, _, body := g.chat(t, `{"model":"gemini-2.5-flash","stream":true,"messages":[{"role":"user","content":"q"}]}`)
	if status != 200 || !strings.Contains(body, "Once upon") || !strings.Contains(body, `"error":{`) || strings.Contains(body, "[DONE]") || strings.Contains(body, `"finish_reason":"stop"`) {
		t.Errorf("got %d %s", status, body)
	}
}

// Pieces of several candidates carry their own index and each its own end.
func TestStreamOfSeveralChoices(t *testing.T) {
	g := newScripted(t, func(n int, w http.ResponseWriter, r *http.Request) {
		say(w, r, native(fmt.Sprintf(`{"text":"try %d"}`, n), "STOP"))
	})
	_, _, body := g.chat(t, `{"model":"gemini-2.5-flash","n":3,"stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"q"}]}`)
	for i := range 3 {
		if n := strings.Count(body, fmt.Sprintf(`"choices":[{"index":%d,"delta":{},"logprobs":null,"finish_reason":"stop"}]`, i)); n != 1 {
			t.Errorf("choice %d ends %d times: %s", i, n, body)
		}
	}
	if !strings.Contains(body, `"prompt_tokens":9,"completion_tokens":6,"total_tokens":15`) {
		t.Errorf("usage is not the sum over the calls: %s", body)
	}
}

// An answer that Gemini gives in hops arrives as one, with the tokens of all.
func TestLongAnswerIsFollowedToItsEnd(t *testing.T) {
	for name, stream := range modes {
		t.Run(name, func(t *testing.T) {
			g := newScripted(t, func(n int, w http.ResponseWriter, r *http.Request) {
				if n < 2 {
					say(w, r, strings.Replace(native(fmt.Sprintf(`{"text":"part %d, "}`, n), "CONTINUATION"), `"finishReason"`, fmt.Sprintf(`"continuationToken":"token%d","finishReason"`, n), 1))
					return
				}
				say(w, r, native(`{"text":"end"}`, "STOP"))
			})
			_, _, body := g.chat(t, `{"model":"gemini-4-argon","stream_options":{"include_usage":true},"messages":[{"role":"user","content":"q"}]`+stream+`}`)
			if !strings.Contains(body, `"prompt_tokens":9,"completion_tokens":6`) || strings.Count(body, `"finish_reason":"stop"`) != 1 || strings.Contains(body, `"length"`) {
				t.Errorf("answer: %s", body)
			}
			if stream == "" && !strings.Contains(body, `"content":"part 0, part 1, end"`) {
				t.Errorf("the text is not whole: %s", body)
			}
			calls := g.calls()
			if len(calls) != 3 || strings.Contains(calls[0], "continuationToken") || !strings.Contains(calls[1], `"continuationToken":"token0"`) || !strings.Contains(calls[2], `"continuationToken":"token1"`) {
				t.Errorf("calls: %q", calls)
			}
		})
	}
}

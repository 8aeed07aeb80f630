package server_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gemway/gemway/internal/metrics"
	"github.com/gemway/gemway/internal/server"
	"github.com/gemway/gemway/raw"
)

// faulty is a memory with a mistake in it.
type faulty struct{}

func (faulty) Put(string, string, raw.String)        { panic("mistake in Put") }
func (faulty) Get(string, string) (raw.String, bool) { panic("mistake in Get") }

const signedCall = `{"functionCall":{"name":"f","args":{}},"thoughtSignature":"c2ln"}`

// T113: a mistake in the program costs the request it happens in and nothing
// else: 500, or an error event where the stream has begun.
func TestT113Panic(t *testing.T) {
	const tools = `"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}]`
	for name, tt := range map[string]struct {
		body string
		want int
	}{
		"in the handler":             {`{"model":"gemini-3-flash-preview",` + tools + `,"messages":[{"role":"user","content":"q"},{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c1","content":"1"}]}`, 500},
		"after the answer":           {`{"model":"gemini-3-flash-preview",` + tools + `,"messages":[{"role":"user","content":"q"}]}`, 500},
		"in a stream":                {`{"model":"gemini-3-flash-preview",` + tools + `,"stream":true,"messages":[{"role":"user","content":"q"}]}`, 200},
		"in a goroutine of a stream": {`{"model":"gemini-3-flash-preview",` + tools + `,"n":2,"stream":true,"messages":[{"role":"user","content":"q"}]}`, 200},
	} {
		t.Run(name, func(t *testing.T) {
			m := metrics.New("test", server.Endpoints())
			g := newGateway(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !strings.Contains(r.URL.Path, ":stream") {
					say(w, r, native(signedCall, "STOP"))
					return
				}
				w.Header().Set("Content-Type", "text/event-stream")
				_, _ = io.WriteString(w, strings.Replace(chunk, "%s", "word", 1))
				w.(http.Flusher).Flush()
				time.Sleep(100 * time.Millisecond) // the mistake is met after the client has got something
				_, _ = io.WriteString(w, "data: "+native(signedCall, "STOP")+"\r\n\r\n")
			}), setup{keys: []string{"k"}, metrics: m, memory: faulty{}})
			a := g.call(t, "POST", "/v1/chat/completions", tt.body)
			body := string(a.body)
			if a.status != tt.want || !strings.Contains(body, `"code":"internal_error"`) || strings.Contains(body, "mistake") || strings.Contains(body, ".go:") {
				t.Errorf("%d %s", a.status, body)
			}
			if tt.want == 200 && (!strings.Contains(body, "word") || !strings.HasSuffix(body, "}}\n\n") || strings.Contains(body, "[DONE]")) {
				t.Errorf("the stream is %s", body)
			}
			if log := g.awaits(t, "msg=panic"); strings.Contains(log, "mistake in") || !strings.Contains(log, "panic_test.go") || !strings.Contains(log, a.header.Get("X-Request-Id")) {
				t.Errorf("the log does not say where, or quotes the panic: %s", log)
			}
			var b strings.Builder
			if err := m.Write(&b); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(b.String(), "gemway_panics_total 1\n") {
				t.Errorf("not counted: %s", b.String())
			}
			if a := g.call(t, "GET", "/readyz", ""); a.status != 200 {
				t.Errorf("afterwards not ready: %d", a.status)
			}
		})
	}
}

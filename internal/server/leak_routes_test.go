package server_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gemway/gemway/internal/server"
)

// T063, on every route: whatever upstream does, and whatever a client gets
// wrong, nothing that is emitted holds a secret, but an answer its own text.
func TestT063EveryRoute(t *testing.T) {
	for _, mode := range []string{"pass-through", "server key", "client keys"} {
		t.Run(mode, func(t *testing.T) {
			var behaviour atomic.Int64
			g := newGateway(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if _, err := io.Copy(io.Discard, r.Body); err != nil {
					t.Error(err)
				}
				if strings.Contains(r.RequestURI+fmt.Sprint(r.Header), headerValue) || strings.Contains(r.RequestURI, "key=") || mode != "pass-through" && strings.Contains(fmt.Sprint(r.Header), clientCred) {
					t.Errorf("upstream got %s %v", r.RequestURI, r.Header)
				}
				told := "key " + r.Header.Get("X-Goog-Api-Key") + " at https://" + r.Host + r.RequestURI
				w.Header().Set("Content-Type", "application/json")
				switch b := behaviour.Load(); b {
				case 0:
					fmt.Fprintf(w, `{"error":{"code":200,"message":%q}}`, told)
				case 400, 401, 403, 404, 429, 500, 503:
					w.WriteHeader(int(b))
					fmt.Fprintf(w, `{"error":{"code":%d,"message":%q,"status":%q,"details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":%q,"metadata":{"key":%q}}]}}`, b, told, told, told, told)
				case 1:
					_, _ = io.WriteString(w, told)
				case 2:
					w.Header().Set("Content-Length", "100000")
					_, _ = io.WriteString(w, told)
				case 3:
					w.Header().Set("Content-Type", "text/html")
					fmt.Fprintf(w, "<title>%s</title>", told)
				case 4:
					w.Header().Set("Location", "https://elsewhere.example/?"+told)
					w.WriteHeader(http.StatusTemporaryRedirect)
				case 5:
					_, _ = io.WriteString(w, `{"candidates":[{"finishReason":"`+strings.ReplaceAll(told, `"`, "")+`"}],"embeddings":["`+clientText+`"],"models":[{"name":"`+clientText+`"}]}`)
				}
			}), setup{
				keys:    map[string][]string{"server key": {upstreamKey}, "client keys": {upstreamKey}}[mode],
				clients: map[string][]string{"client keys": {clientCred}}[mode],
				server:  func(c *server.Config) { c.PublicURL = "https://gemway.example" },
			})
			e := &emitted{t: t}
			const text = `"` + promptText + `"`
			requests := [][3]string{
				{"POST", "/v1/chat/completions", saying(promptText)},
				{"POST", "/v1/chat/completions", `{"stream":true,` + saying(promptText)[1:]},
				{"POST", "/v1/chat/completions", `{"n":3,"stream":true,` + saying(promptText)[1:]},
				{"POST", "/v1/embeddings", `{"model":"gemini-embedding-001","input":[` + text + `,` + text + `]}`},
				{"POST", "/v1/embeddings", `{"model":"gemini-embedding-001","input":` + text + `,"encoding_format":"base64"}`},
				{"POST", "/v1/images/generations", `{"model":"gemini-2.5-flash-image","prompt":` + text + `}`},
				{"POST", "/v1/images/generations", `{"model":"imagen-4.0-generate-001","prompt":` + text + `,"n":2,"response_format":"url"}`},
				{"POST", "/v1/images/generations", `{"model":"gemini-2.5-flash-image","prompt":` + text + `,"stream":true}`},
				{"GET", "/v1/models", ""},
				{"GET", "/v1/models/gemini-2.5-flash", ""},
				{"HEAD", "/v1/models", ""},
			}
			sent := 0
			for _, b := range []int64{0, 1, 2, 3, 4, 5, 400, 401, 403, 404, 429, 500, 503} {
				behaviour.Store(b)
				for _, r := range requests {
					req, err := http.NewRequestWithContext(t.Context(), r[0], g.url+r[1]+"?key="+clientCred, strings.NewReader(r[2]))
					if err != nil {
						t.Fatal(err)
					}
					sent++
					a := g.plant(t, req)
					e.without(fmt.Sprintf("behaviour %d: answer to %.100v", b, r), fmt.Sprint(a.header)+string(a.body), upstreamKey, clientCred, promptText, headerValue)
				}
			}
			behaviour.Store(0)
			for _, path := range endpoints {
				for _, name := range []string{
					"model", "input", "prompt", "n", "size", "quality", "response_format", "encoding_format", "dimensions", "background", "output_format", "style", "moderation", "stream", "user", "messages", "extra_body", "google",
				} {
					for _, value := range []string{text, "[" + text + "]", `{` + text + `:` + text + `}`, `[[` + text + `]]`, `{"a":[` + text + `]`} {
						body := `{"model":"gemini-2.5-flash-image","` + name + `":` + value + `}`
						if name == "model" {
							body = `{"model":` + value + `}`
						}
						a := g.secretly(t, path, body)
						sent++
						secrets := []string{upstreamKey, clientCred, headerValue}
						// What is wrong with a value may be said with the value; to the
						// one who sent it, and to no one else.
						e.without(fmt.Sprintf("%s at %s", body, path), fmt.Sprint(a.header), append(secrets, promptText)...)
						e.without(fmt.Sprintf("%s at %s", body, path), string(a.body), secrets...)
					}
				}
			}
			for _, path := range []string{"/metrics", "/healthz", "/readyz", "/debug/pprof/heap", "/keys", "/config", "/v1/images/files/" + promptText, "/" + promptText} {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.url+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				sent++
				a := g.plant(t, req)
				e.without(path, fmt.Sprint(a.header)+string(a.body), upstreamKey, clientCred, headerValue)
			}
			lines := ""
			for began := time.Now(); strings.Count(lines, "msg=request") < sent && time.Since(began) < 5*time.Second; time.Sleep(time.Millisecond) {
				lines = g.logged()
			}
			if n := strings.Count(lines, "msg=request"); n != sent {
				t.Errorf("%d lines in the log for %d requests", n, sent)
			}
			// A model's name is in the log, as the operator has to know it.
			kept := strings.ReplaceAll(lines, "model="+promptText, "")
			e.without("the log", kept, upstreamKey, clientCred, promptText, headerValue)
			t.Logf("%d requests, %d bytes of log", sent, len(lines))
		})
	}
}

const clientText = "CANARYANSWER-3c1e"

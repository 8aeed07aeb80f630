package server_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Clients that leave are no failures of the upstream: after forty of them the
// next request is answered.
func TestFortyClientsLeave(t *testing.T) {
	var leaving atomic.Bool
	leaving.Store(true)
	arrived := make(chan struct{}, 200) // more than there can be
	g := newGateway(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Only after the body is read does a server notice that a client is gone.
		_, _ = io.Copy(io.Discard, r.Body)
		if leaving.Load() {
			arrived <- struct{}{}
			<-r.Context().Done()
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"candidates":[{"content":{"role":"model","parts":[{"text":"hi"}]},"finishReason":"STOP"}]}`))
	}), setup{})
	for i := range 40 {
		body := `{"model":"gemini-2.5-flash","stream":true,"messages":[{"role":"user","content":"q"}]}`
		if i%2 == 0 {
			body = strings.Replace(body, "true", "false", 1)
		}
		ctx, cancel := context.WithCancel(t.Context())
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url+"/v1/chat/completions", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer k")
		done := make(chan struct{})
		go func() {
			defer close(done)
			if resp, err := (&http.Client{Timeout: time.Minute}).Do(req); err == nil {
				resp.Body.Close()
			}
		}()
		<-arrived
		cancel()
		<-done
	}
	leaving.Store(false)
	a := g.call(t, "POST", "/v1/chat/completions", `{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}]}`)
	if a.status != http.StatusOK || !strings.Contains(string(a.body), `"hi"`) {
		t.Errorf("after forty clients left: %d %s", a.status, a.body)
	}
}

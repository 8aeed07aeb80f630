package server_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// metric reads the value of a gauge from GET /metrics.
func metric(t *testing.T, g *gateway, name string) string {
	t.Helper()
	resp, err := http.Get(g.url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	t.Fatalf("GET /metrics lacks %s: %s", name, b)
	return ""
}

// Streams and large bodies under way are counted while they last, and only then.
func TestGaugesFollowWhatIsUnderWay(t *testing.T) {
	began, finish := make(chan struct{}), make(chan struct{})
	g := newGateway(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		close(began)
		<-finish
		say(w, r, native(`{"text":"done"}`, "STOP"))
	}), setup{keys: []string{"test-key"}})
	body := `{"model":"gemini-2.5-flash","stream":true,"messages":[{"role":"user","content":"` + strings.Repeat("x", 1<<20) + `"}]}`
	answered := make(chan error, 1)
	go func() {
		resp, err := http.Post(g.url+"/v1/chat/completions", "application/json", strings.NewReader(body))
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		answered <- err
	}()
	<-began
	if got := metric(t, g, "gemway_streams_open"); got != "1" {
		t.Errorf("gemway_streams_open is %s during a stream, want 1", got)
	}
	if got := metric(t, g, "gemway_body_bytes"); !strings.HasPrefix(got, "1.04") {
		t.Errorf("gemway_body_bytes is %s with a body of %d bytes under way", got, len(body))
	}
	close(finish)
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"gemway_streams_open", "gemway_body_bytes"} {
		until := time.Now().Add(5 * time.Second) // the request ends a moment after its answer
		for metric(t, g, name) != "0" {
			if time.Now().After(until) {
				t.Errorf("%s is %s when nothing is under way", name, metric(t, g, name))
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
}

package server_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gemway/gemway/internal/metrics"
	"github.com/gemway/gemway/internal/server"
)

const chunk = `data: {"candidates":[{"content":{"role":"model","parts":[{"text":"%s"}]}}]}` + "\r\n\r\n"

// upstreamEnds returns a handler that streams the text for ever, and reports
// when its request is cancelled.
func upstreamEnds(text string) (http.Handler, <-chan time.Time) {
	ended := make(chan time.Time, 16)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { ended <- time.Now() }()
		_, _ = io.Copy(io.Discard, r.Body) // so that the end of the connection is noticed
		if strings.Contains(r.URL.Path, ":streamGenerateContent") {
			w.Header().Set("Content-Type", "text/event-stream")
		}
		for r.Context().Err() == nil {
			if text == "" {
				<-r.Context().Done()
				return
			}
			if _, err := fmt.Fprintf(w, chunk, text); err != nil {
				return
			}
			w.(http.Flusher).Flush()
			time.Sleep(time.Millisecond)
		}
	}), ended
}

func within(t *testing.T, ended <-chan time.Time, since time.Time, what string) {
	t.Helper()
	select {
	case at := <-ended:
		if took := at.Sub(since); took > time.Second {
			t.Errorf("%s: the upstream is cancelled after %s", what, took)
		}
	case <-time.After(10 * time.Second):
		t.Errorf("%s: the upstream is not cancelled", what)
	}
}

const streamed = `{"model":"gemini-2.5-flash","stream":true,"messages":[{"role":"user","content":"q"}]}`

// T075: a client that stops reading is given up after the write limit; its
// upstream is cancelled, others are not touched.
func TestT075SlowReader(t *testing.T) {
	up, ended := upstreamEnds(strings.Repeat("x", 100<<10))
	g := newGateway(t, up, setup{keys: []string{"k"}, server: func(c *server.Config) { c.WriteTimeout = 400 * time.Millisecond }})
	other, err := http.NewRequest("POST", g.url+"/v1/chat/completions", strings.NewReader(streamed))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	resp, err := http.DefaultClient.Do(other.WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	events := bufio.NewReaderSize(resp.Body, 1<<20)

	c := g.dial(t)
	write(t, c, "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(streamed), streamed)
	gone := make(chan time.Time, 1)
	go func() { gone <- <-ended }()
	for began := time.Now(); ; {
		line, err := events.ReadString('\n') // the other one goes on
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-gone:
			if !strings.Contains(line, "data:") && len(line) > 2 {
				t.Errorf("the other stream got %.100q", line)
			}
			stop()
			within(t, ended, time.Now(), "the other one, which leaves")
			g.awaits(t, "the client stopped reading")
			return
		default:
		}
		if time.Since(began) > 15*time.Second {
			t.Fatal("the slow reader is never given up")
		}
	}
}

// A whole answer to a client that takes nothing ends, too.
func TestSlowReaderOfWholeAnswer(t *testing.T) {
	g := newGateway(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		say(w, r, native(`{"text":"`+strings.Repeat("x", 30<<20)+`"}`, "STOP"))
	}), setup{keys: []string{"k"}, server: func(c *server.Config) { c.WriteTimeout = 300 * time.Millisecond }})
	c := g.dial(t)
	write(t, c, "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(question), question)
	g.awaits(t, "msg=request")
	if got := ends(t, c); len(got) >= 30<<20 {
		t.Error("the answer came whole: nothing was slow")
	}
}

var choiceIndex = regexp.MustCompile(`"choices":\[\{"index":\d`)

// T098: whoever leaves stops the work for them, in every phase.
func TestT098ClientLeaves(t *testing.T) {
	for name, tt := range map[string]struct{ text, body string }{
		"whole":                  {"", question},
		"before the first token": {"", streamed},
		"in mid-stream":          {"word ", streamed},
		"several choices":        {"word ", strings.Replace(streamed, `"stream"`, `"n":3,"stream"`, 1)},
	} {
		t.Run(name, func(t *testing.T) {
			up, ended := upstreamEnds(tt.text)
			m := metrics.New("test", server.Endpoints())
			g := newGateway(t, up, setup{keys: []string{"k"}, metrics: m})
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			req, err := http.NewRequestWithContext(ctx, "POST", g.url+"/v1/chat/completions", strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			answered := make(chan *http.Response, 1)
			go func() {
				resp, err := http.DefaultClient.Do(req)
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				answered <- resp
			}()
			if tt.text != "" {
				resp := <-answered
				defer resp.Body.Close()
				// Until all calls have reached the upstream: those that come too late
				// are never sent.
				lines := bufio.NewReader(resp.Body)
				for index := 0; index < 1 || index < 3 && strings.Contains(tt.body, `"n":3`); {
					line, err := lines.ReadString('\n')
					if err != nil {
						t.Fatal(err)
					}
					if choice := choiceIndex.FindString(line); choice != "" {
						seen[choice] = true
					}
					index = len(seen)
				}
			} else {
				time.Sleep(100 * time.Millisecond) // it is waiting for the upstream by then
			}
			left := time.Now()
			leave()
			within(t, ended, left, name)
			if strings.Contains(tt.body, `"n":3`) {
				within(t, ended, left, name)
				within(t, ended, left, name)
			}
			g.awaits(t, "status=499")
			var b strings.Builder
			if err := m.Write(&b); err != nil {
				t.Fatal(err)
			}
			if want := `gemway_requests_total{class="cancelled",endpoint="/chat/completions"} 1`; !strings.Contains(b.String(), want+"\n") {
				t.Errorf("%s is missing in %s", want, b.String())
			}
		})
	}
}

// While the model thinks, comments show that the stream lives; they commit to
// the status, so that what fails after them is told as an event.
func TestHeartbeat(t *testing.T) {
	enough := make(chan struct{})
	g := newGateway(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-enough
		refuse(w, 400, "INVALID_ARGUMENT", "too late")
	}), setup{keys: []string{"k"}, server: func(c *server.Config) { c.Heartbeat = 20 * time.Millisecond }})
	resp, err := http.Post(g.url+"/v1/chat/completions", "application/json", strings.NewReader(streamed))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	r := bufio.NewReader(resp.Body)
	for i := range 3 {
		line, err := r.ReadString('\n')
		if _, empty := r.ReadString('\n'); line != ": thinking\n" || err != nil || empty != nil {
			t.Fatalf("beat %d is %q, %v", i, line, err)
		}
	}
	close(enough)
	rest, err := io.ReadAll(r)
	if err != nil || resp.StatusCode != 200 || !strings.Contains(string(rest), `data: {"error":{`) || strings.Contains(string(rest), "[DONE]") {
		t.Errorf("%d %s %v", resp.StatusCode, rest, err)
	}
}

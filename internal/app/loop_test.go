package app_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/internal/app"
	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/config"
	"github.com/gemway/gemway/internal/emulator"
	"github.com/gemway/gemway/translate"
	"github.com/go-json-experiment/json"
	"go.uber.org/goleak"
)

// turns is how long a conversation is.
const turns = 20

// Twenty turns of one conversation with parallel calls, by a client that keeps
// OpenAI's fields alone. Whatever the server remembers, Gemini takes every
// request, and every call comes back with its own signature where the server
// handed it out, else with the stand-in.
func TestTwentyTurns(t *testing.T) {
	// A cache ends its own goroutine when it is collected as garbage.
	defer goleak.VerifyNone(t, goleak.IgnoreAnyFunction("github.com/maypok86/otter/v2.periodicCleanUp[...]"))
	fleets := []struct {
		name string
		// next is the server of a turn's nth request, before which so many were
		// sent in all; fresh starts it anew.
		next func(turn, n, sent int) (server int, fresh bool)
	}{
		{"one server", func(int, int, int) (int, bool) { return 0, false }},
		{"a restart before the results of every other turn", func(turn, n, _ int) (int, bool) { return 0, turn%2 == 1 && n == 1 }},
		{"a restart before every request", func(int, int, int) (int, bool) { return 0, true }},
		{"two servers, a turn each", func(turn, _, _ int) (int, bool) { return turn % 2, false }},
		{"two servers, a request each", func(_, _, sent int) (int, bool) { return sent % 2, false }},
	}
	for _, f := range fleets {
		for _, stream := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/stream=%v", f.name, stream), func(t *testing.T) {
				g := newStrictGemini(t)
				l := &loop{t: t, gemini: g, stream: stream, servers: []*running{start(t, g.url), start(t, g.url)}}
				l.run(f.next)
			})
		}
	}
}

// strictGemini is the emulator, and what it was asked last.
type strictGemini struct {
	url  string
	last gemini.GenerateContentRequest
}

func newStrictGemini(t *testing.T) *strictGemini {
	t.Helper()
	models, err := catalog.New(catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	strict := emulator.New(emulator.Config{Catalog: models})
	g := &strictGemini{}
	hs := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		g.last = gemini.GenerateContentRequest{}
		if err := json.Unmarshal(body, &g.last); err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		strict.ServeHTTP(w, r)
	}))
	t.Cleanup(hs.Close)
	g.url = hs.URL
	return g
}

// running is a server with its memory.
type running struct {
	url  string
	stop func()
}

// start runs a server in front of Gemini.
func start(t *testing.T, geminiURL string) *running {
	t.Helper()
	cfg := config.Default()
	cfg.Listen, cfg.Gemini.BaseURL, cfg.Shutdown.Delay, cfg.Shutdown.Timeout = "127.0.0.1:0", geminiURL, 0, 5*time.Second
	a, err := app.New(cfg, app.Outside{Log: app.NewLog(io.Discard, cfg.Log, true), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	address, err := a.Listen(ctx)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- a.Serve(ctx, nil) }()
	stopped := false
	s := &running{url: "http://" + address.String(), stop: func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the server ended with %v", err)
		}
	}}
	t.Cleanup(s.stop)
	return s
}

// message is as much of a message as an ordinary client keeps.
type message struct {
	Role       string `json:"role"`
	Content    string `json:"content"`
	ToolCalls  []call `json:"tool_calls,omitempty"`
	ToolCallID string `json:"tool_call_id,omitempty"`
}

type call struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Function struct {
		Name      string `json:"name"`
		Arguments string `json:"arguments"`
	} `json:"function"`
}

// loop is one conversation.
type loop struct {
	t       *testing.T
	gemini  *strictGemini
	stream  bool
	servers []*running

	messages []message
	steps    []*running // which server handed out the calls of each step
	asked    int        // requests so far
	ids      []string
}

var cities = []string{"Paris", "London", "Tokyo", "Chicago", "Berlin", "Madrid", "Oslo", "Rome"}

// run goes through all turns. Every third has a second step, whose call is
// made when the results of the first are there.
func (l *loop) run(next func(turn, n, sent int) (int, bool)) {
	for turn := range turns {
		wanted := []string{cities[turn%len(cities)], cities[(turn+3)%len(cities)]}
		l.messages = append(l.messages, message{Role: "user", Content: "What is the weather in " + strings.Join(wanted, " and ") + "?"})
		var readings []string
		steps := 1
		if turn%3 == 2 {
			steps = 2
		}
		for n := range steps + 1 {
			server, fresh := next(turn, n, l.asked)
			if fresh {
				l.servers[server].stop()
				l.servers[server] = start(l.t, l.gemini.url)
			}
			choice := "auto"
			if n == 1 && steps == 2 {
				choice = "required"
			}
			m, finish := l.ask(l.servers[server], choice)
			if n == steps {
				if finish != "stop" || len(m.ToolCalls) > 0 {
					l.t.Fatalf("turn %d: finished by %q with %+v", turn, finish, m)
				}
				for _, r := range readings {
					if !strings.Contains(m.Content, r) {
						l.t.Fatalf("turn %d: %q does not use %q", turn, m.Content, r)
					}
				}
				continue
			}
			want := []string{"get_time {}"}
			if n == 0 {
				want = []string{`get_weather {"location":"` + wanted[0] + `"}`, `get_weather {"location":"` + wanted[1] + `"}`}
			}
			if got := said(m.ToolCalls); finish != "tool_calls" || !slices.Equal(got, want) {
				l.t.Fatalf("turn %d: finished by %q with the calls %q, want %q", turn, finish, got, want)
			}
			l.steps = append(l.steps, l.servers[server])
			readings = append(readings, l.answer(turn, n, m.ToolCalls)...)
		}
	}
}

func said(calls []call) []string {
	var out []string
	for _, c := range calls {
		out = append(out, c.Function.Name+" "+c.Function.Arguments)
	}
	return out
}

// answer adds the results of calls, the last call's first.
func (l *loop) answer(turn, step int, calls []call) (readings []string) {
	for i, c := range slices.Backward(calls) {
		if slices.Contains(l.ids, c.ID) || c.ID == "" || c.Type != "function" {
			l.t.Fatalf("turn %d: call %+v after the ids %q", turn, c, l.ids)
		}
		l.ids = append(l.ids, c.ID)
		reading := fmt.Sprintf("reading %d-%d-%d.", turn, step, i)
		readings = append(readings, reading)
		l.messages = append(l.messages, message{Role: "tool", ToolCallID: c.ID, Content: reading})
	}
	return readings
}

// ask sends the conversation, adds the answer to it, and looks at what reached
// Gemini.
func (l *loop) ask(s *running, choice string) (m message, finish string) {
	l.t.Helper()
	body, err := json.Marshal(map[string]any{
		"model": "gemini-3.5-flash", "messages": l.messages, "stream": l.stream, "tool_choice": choice,
		"tools": []any{
			map[string]any{"type": "function", "function": map[string]any{
				"name": "get_weather", "description": "Get the weather in a given location",
				"parameters": map[string]any{
					"type": "object", "required": []string{"location"},
					"properties": map[string]any{"location": map[string]any{"type": "string", "description": "A city, e.g. Chicago"}},
				},
			}},
			map[string]any{"type": "function", "function": map[string]any{"name": "get_time", "description": "The time of day"}},
		},
	})
	if err != nil {
		l.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(l.t.Context(), http.MethodPost, s.url+"/v1/chat/completions", bytes.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer a-key")
	req.Header.Set("Content-Type", "application/json")
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		l.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		b, err := io.ReadAll(resp.Body)
		l.t.Fatalf("request %d: status %d: %s (%v)", l.asked, resp.StatusCode, b, err)
	}
	if l.stream {
		m, finish = l.readStream(resp.Body)
	} else {
		m, finish = l.readWhole(resp.Body)
	}
	l.checkSignatures(s)
	l.asked++
	l.messages = append(l.messages, m)
	return m, finish
}

func (l *loop) readWhole(r io.Reader) (message, string) {
	l.t.Helper()
	var got struct {
		Choices []struct {
			Message      message `json:"message"`
			FinishReason string  `json:"finish_reason"`
		} `json:"choices"`
	}
	if err := json.UnmarshalRead(r, &got); err != nil || len(got.Choices) != 1 {
		l.t.Fatalf("request %d: %+v, %v", l.asked, got, err)
	}
	return got.Choices[0].Message, got.Choices[0].FinishReason
}

func (l *loop) readStream(r io.Reader) (m message, finish string) {
	l.t.Helper()
	m.Role = "assistant"
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	done := false
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		if done = data == "[DONE]"; done {
			break
		}
		var chunk struct {
			Choices []struct {
				Delta struct {
					Content   string `json:"content"`
					ToolCalls []struct {
						Index int  `json:"index"`
						Call  call `json:",embed"`
					} `json:"tool_calls"`
				} `json:"delta"`
				FinishReason string `json:"finish_reason"`
			} `json:"choices"`
		}
		if err := json.Unmarshal([]byte(data), &chunk); err != nil {
			l.t.Fatalf("request %d: %q: %v", l.asked, data, err)
		}
		for _, c := range chunk.Choices {
			m.Content += c.Delta.Content
			if c.FinishReason != "" {
				finish = c.FinishReason
			}
			for _, d := range c.Delta.ToolCalls {
				switch {
				case d.Index == len(m.ToolCalls):
					m.ToolCalls = append(m.ToolCalls, d.Call)
				case d.Index < len(m.ToolCalls):
					m.ToolCalls[d.Index].Function.Arguments += d.Call.Function.Arguments
				default:
					l.t.Fatalf("request %d: call %d after %d calls", l.asked, d.Index, len(m.ToolCalls))
				}
			}
		}
	}
	if err := lines.Err(); err != nil || !done {
		l.t.Fatalf("request %d: the stream broke off: %v", l.asked, err)
	}
	return m, finish
}

// checkSignatures compares the signatures that Gemini got with what the server
// can know. That a signature belongs to its call is the emulator's to check.
func (l *loop) checkSignatures(s *running) {
	l.t.Helper()
	step := 0
	for _, c := range l.gemini.last.Contents {
		first := true
		for _, p := range c.Parts {
			if p.FunctionCall == nil {
				continue
			}
			got := p.ThoughtSignature.Decode()
			switch {
			case !first:
				if got != "" {
					l.t.Fatalf("request %d, step %d: a later call is signed %q", l.asked, step, got)
				}
				continue
			case step == len(l.steps):
				l.t.Fatalf("request %d: more than %d steps", l.asked, step)
			case l.steps[step] == s && (got == "" || got == translate.SkipSignature):
				l.t.Fatalf("request %d, step %d: signed %q, though the server knew better", l.asked, step, got)
			case l.steps[step] != s && got != translate.SkipSignature:
				l.t.Fatalf("request %d, step %d: signed %q, though the server could not know", l.asked, step, got)
			}
			first = false
		}
		if !first {
			step++
		}
	}
	if step != len(l.steps) {
		l.t.Fatalf("request %d: %d steps reached Gemini, want %d", l.asked, step, len(l.steps))
	}
}

package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestT084_GarbageEvents(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		events     int
	}{
		{"text", "data: {\"n\":1}\n\ndata: oops\n\ndata: {\"n\":3}\n\n", 1},
		{"cut off JSON", "data: {\"n\":1}\n\ndata: {\"n\":\n\n", 1},
		{"trailing bytes", "data: {\"n\":1}\n\ndata: {}{}\n\n", 1},
		{"not an object", "data: {\"n\":1}\n\ndata: 7\n\n", 1},
		{"invalid UTF-8", "data: {\"n\":1}\n\ndata: {\"t\":\"\xff\"}\n\n", 1},
		{"last event cut off", "data: {\"n\":1}\n\ndata: {\"n\":2", 1},
		{"bare garbage", "data: {\"n\":1}\n\n{oops\n\n", 1},
		{"garbage first", "data: oops\n\n", 0},
		{"OpenAI's end", "data: {\"n\":1}\n\ndata: [DONE]\n\n", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			up := serve(t, func(w *wire) { w.events(); w.chunk(tt.body); w.done() })
			got, err := streamAll(t, up.client(t, once))
			f := failing(t, err, Broken)
			if len(got) != tt.events {
				t.Errorf("events %q", got)
			}
			if strings.Contains(f.Error(), "oops") {
				t.Errorf("the error repeats content: %v", f)
			}
		})
	}
}

// The framing does not matter: any line ends, comments, a byte order mark, no
// final blank line, split anywhere.
func TestT084_FramingOverSockets(t *testing.T) {
	body := "\ufeff: hello\r\n\r\ndata: {\"n\":1,\"t\":\"好🎉\"}\r\rdata:{\"n\":\ndata: 2}\n\n:\n\nevent: x\ndata: {\"n\":3}"
	cut := 0
	up := serve(t, func(w *wire) {
		w.events()
		if cut > 0 {
			w.chunk(body[:cut])
		}
		w.chunk(body[cut:])
		w.done()
	})
	c := up.client(t, nil)
	for cut = range len(body) {
		got, err := streamAll(t, c)
		if want := fmt.Sprint([]string{`{"n":1,"t":"好🎉"}`, "{\"n\":\n2}", `{"n":3}`}); err != io.EOF || fmt.Sprint(got) != want {
			t.Fatalf("cut at %d: %q, %v", cut, got, err)
		}
	}
}

func TestT085_LongEvents(t *testing.T) {
	const limit = 1 << 20
	for _, n := range []int{1 << 10, 1 << 16, limit} {
		up := serve(t, func(w *wire) {
			w.events()
			w.chunk("data: {\"d\":\"" + strings.Repeat("x", n-8) + "\"}\r\n\r\ndata: {}\r\n\r\n")
			w.done()
		})
		got, err := streamAll(t, up.client(t, func(c *Config) { c.MaxEvent = limit }))
		if err != io.EOF || len(got) != 2 || len(got[0]) != n {
			t.Errorf("event of %d bytes: %d events, %v", n, len(got), err)
		}
	}
	up := serve(t, func(w *wire) {
		w.events()
		w.chunk("data: {}\r\n\r\ndata: {\"d\":\"" + strings.Repeat("x", limit-7) + "\"}\r\n\r\n")
		_ = w.gone() // the client need not read on
	})
	got, err := streamAll(t, up.client(t, func(c *Config) { c.MaxEvent = limit }))
	if _ = failing(t, err, TooLarge); len(got) != 1 {
		t.Errorf("%d events before the long one", len(got))
	}
}

func TestT085_ManyTinyEvents(t *testing.T) {
	const n = 200_000
	up := serve(t, func(w *wire) {
		w.events()
		for range n / 1000 {
			w.chunk(strings.Repeat("data:{}\n\n", 1000))
		}
		w.done()
	})
	s, err := up.client(t, nil).Stream(context.Background(), streamed())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := 0; ; i++ {
		if _, err := s.Next(); err != nil {
			if i != n || err != io.EOF {
				t.Errorf("%d events and %v, want %d", i, err, n)
			}
			return
		}
	}
}

func TestT085_LongAnswers(t *testing.T) {
	const limit = 1 << 20
	long := `{"d":"` + strings.Repeat("x", limit-8) + `"}`
	small := func(c *Config) { c.MaxAnswer = limit }
	up := serve(t, func(w *wire) { w.json(200, long) })
	if a, err := up.client(t, small).Do(context.Background(), chat()); err != nil || len(a.Body) != limit {
		t.Errorf("at the limit: %v", err)
	}
	for name, script := range map[string]func(*wire){
		"with a length": func(w *wire) { w.json(200, long+" ") },
		"in chunks":     func(w *wire) { w.events(); w.chunk(long + " "); w.done() },
		"endless": func(w *wire) {
			w.events()
			for {
				if _, err := fmt.Fprintf(w.Conn, "400\r\n%s\r\n", strings.Repeat("x", 1<<10)); err != nil {
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := serve(t, script).client(t, small).Do(context.Background(), chat())
			_ = failing(t, err, TooLarge)
		})
	}
}

// What counts is the body, not the status.
func TestT086_SuccessThatIsNone(t *testing.T) {
	html := "<!DOCTYPE html><html><head><title>Sign in</title><script>var x = '<b>'</script></head><body>Welcome</body></html>"
	for _, tt := range []struct {
		name, contentType, body string
		status                  int // stated, 0 for a Failure
		kind                    Kind
	}{
		{"error object", "application/json", overloaded, 503, ""},
		{"error object pretty-printed", "text/event-stream", "{\n  \"error\": {\n    \"code\": 400,\n    \"message\": \"no\"\n  }\n}\n", 400, ""},
		{"error in an array", "application/json", "[" + overloaded + "\n]", 503, ""},
		{"error event", "text/event-stream", "data: " + overloaded + "\r\n\r\n", 503, ""},
		{"error of another server", "application/json", `{"error":{"message":"no","type":"x","code":"bad"}}`, 502, ""},
		{"error as text", "application/json", `{"error":"no such model"}`, 502, ""},
		{"HTML", "text/html; charset=utf-8", html, 0, NotJSON},
		{"text", "text/plain", "hello", 0, ""},
		{"nothing", "application/json", "", 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			both(t, func(t *testing.T, call func(*Client) error) {
				up := serve(t, func(w *wire) { w.answer(200, tt.contentType, tt.body) })
				err := call(up.client(t, once))
				if tt.status > 0 {
					_ = stating(t, err, tt.status)
					return
				}
				var f *Failure
				if !errors.As(err, &f) || f.Kind != NotJSON && f.Kind != Broken || tt.kind != "" && f.Kind != tt.kind {
					t.Fatalf("got %T %v", err, err)
				}
				if strings.Contains(f.Error(), "<") {
					t.Errorf("markup in the error: %v", f)
				}
			})
		})
	}
	both(t, func(t *testing.T, call func(*Client) error) {
		up := serve(t, func(w *wire) { w.keep = true; w.say("HTTP/1.1 204 No Content\r\n\r\n") })
		_ = failing(t, call(up.client(t, once)), NotJSON)
	})
	t.Run("events where one answer was asked for", func(t *testing.T) {
		up := serve(t, func(w *wire) { w.answer(200, "text/event-stream", "data: "+part+"\r\n\r\n") })
		_, err := up.client(t, once).Do(context.Background(), chat())
		_ = failing(t, err, NotJSON)
	})
	t.Run("an array where one answer was asked for", func(t *testing.T) {
		up := serve(t, func(w *wire) { w.json(200, "["+part+"]") })
		_, err := up.client(t, once).Do(context.Background(), chat())
		_ = failing(t, err, NotJSON)
	})
}

// The stream breaks off with an error in mid-stream, in all the forms seen.
func TestT086_ErrorsInMidStream(t *testing.T) {
	for name, tail := range map[string]string{
		"event":                  "data: " + overloaded + "\r\n\r\n",
		"bare line":              overloaded,
		"bare over lines":        "{\r\n  \"error\": {\r\n    \"code\": 503,\r\n    \"message\": \"shed\",\r\n    \"status\": \"UNAVAILABLE\"\r\n  }\r\n}\r\n",
		"bare array":             "[" + overloaded + "]\n",
		"bare after an end":      "\n" + overloaded + "\n\ndata: {\"n\":9}\n\n",
		"event without an end":   "data: " + overloaded,
		"event in several lines": "data: {\"error\":\r\ndata: {\"code\":503}}\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			up := serve(t, func(w *wire) {
				w.events()
				w.chunk("data: {\"n\":1}\r\n\r\n" + tail)
				w.done()
			})
			s, err := up.client(t, nil).Stream(context.Background(), streamed())
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			got, err := drain(s)
			_ = stating(t, err, 503)
			if len(got) != 1 || up.calls() != 1 {
				t.Errorf("%d events, %d calls", len(got), up.calls())
			}
			if _, again := s.Next(); again != err {
				t.Errorf("after the error: %v, want it again", again)
			}
		})
	}
}

// An operation that failed is a resource with a name, not a failed call.
func TestT086_FailedOperationIsAnAnswer(t *testing.T) {
	const op = `{"name":"models/veo/operations/1","done":true,"error":{"code":3,"message":"filtered"}}`
	up := serve(t, func(w *wire) { w.json(200, op) })
	a, err := up.client(t, nil).Get(context.Background(), "models/veo/operations/1", nil, "")
	if err != nil || string(a.Body) != op {
		t.Errorf("%v", err)
	}
}

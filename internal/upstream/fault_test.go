package upstream

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gemway/gemway/internal/retry"
)

// failing asserts that err is a Failure of the kind.
func failing(t *testing.T, err error, want Kind) *Failure {
	t.Helper()
	var f *Failure
	if !errors.As(err, &f) {
		t.Fatalf("got %T %v, want a Failure %s", err, err, want)
	}
	if f.Kind != want {
		t.Fatalf("got %v, want %s", f, want)
	}
	return f
}

// stating asserts that err is a StatusError with the status.
func stating(t *testing.T, err error, want int) *StatusError {
	t.Helper()
	var s *StatusError
	if !errors.As(err, &s) {
		t.Fatalf("got %T %v, want a StatusError %d", err, err, want)
	}
	if s.HTTPStatus != want || s.Err == nil {
		t.Fatalf("got %v, want status %d", s, want)
	}
	return s
}

// hasty makes the waits between tries short.
func hasty(c *Config) { c.Retry.Base = time.Millisecond }

// impatient makes hasty limits short too, for upstreams that hang.
func impatient(c *Config) {
	hasty(c)
	c.FirstByte, c.Gap = 150*time.Millisecond, 150*time.Millisecond
}

// once allows no retries.
func once(c *Config) {
	hasty(c)
	c.Retry.Max = 0
}

// both runs a test for whole answers and for streams. Events that come before
// an error do not matter to it.
func both(t *testing.T, test func(t *testing.T, call func(*Client) error)) {
	t.Run("whole", func(t *testing.T) {
		test(t, func(c *Client) error {
			_, err := c.Do(context.Background(), chat())
			return err
		})
	})
	t.Run("stream", func(t *testing.T) {
		test(t, func(c *Client) error {
			_, err := streamAll(t, c)
			if err == io.EOF {
				return nil
			}
			return err
		})
	})
}

func TestT081_Unreachable(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	tlsServer := httptest.NewUnstartedServer(http.NotFoundHandler())
	tlsServer.Config.ErrorLog = quiet()
	tlsServer.StartTLS()
	defer tlsServer.Close()
	silent := serve(t, func(*wire) {}) // accepts, and never shakes hands
	for name, base := range map[string]string{
		"refuses":         "http://" + closed.Addr().String(),
		"no such name":    "http://upstream.invalid",
		"bad certificate": tlsServer.URL,
		"not TLS":         "https://" + silent.addr,
		"black hole":      "http://black.hole", // see below
	} {
		t.Run(name, func(t *testing.T) {
			site, err := NewGeminiAPI(base)
			if err != nil {
				t.Fatal(err)
			}
			tries := 0
			cfg := Default()
			hasty(&cfg)
			cfg.Dial = 500 * time.Millisecond
			cfg.ProxyFromEnvironment = false
			c, err := New(site, cfg, nil, &Observer{Attempt: func(a Attempt) {
				tries++
				if a.Failure != Unreachable || a.Status != 0 || a.Number != tries {
					t.Errorf("attempt %+v", a)
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if name == "black hole" { // no address is sure to swallow packets, so the dialer does
				c.transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
					d := net.Dialer{Timeout: cfg.Dial, ControlContext: func(ctx context.Context, _, _ string, _ rawConn) error {
						<-ctx.Done()
						return ctx.Err()
					}}
					return d.DialContext(ctx, network, closed.Addr().String())
				}
			}
			call := chat()
			call.ClientKey = "a-client-key"
			_, err = c.Do(context.Background(), call)
			f := failing(t, err, Unreachable)
			if tries != 3 || f.Attempts != 3 {
				t.Errorf("%d tries (the error says %d), want 3", tries, f.Attempts)
			}
		})
	}
}

// The pool learns of failures, and after enough of them nothing is sent.
func TestT081_FailuresOpenTheCircuit(t *testing.T) {
	up := serve(t, func(w *wire) {
		w.json(503, `{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}`)
	})
	c := up.client(t, once)
	for range 8 {
		_, err := c.Do(context.Background(), chat())
		_ = stating(t, err, 503)
	}
	_, err := c.Do(context.Background(), chat())
	f := failing(t, err, Suspended)
	if f.RetryAfter <= 0 || f.RetryAfter > 5*time.Second || up.calls() != 8 {
		t.Errorf("retry after %s, %d calls", f.RetryAfter, up.calls())
	}
	other := chat()
	other.Model = "gemini-2.5-pro"
	_, err = c.Do(context.Background(), other)
	_ = stating(t, err, 503)
}

func TestT082_HangsBeforeHeaders(t *testing.T) {
	both(t, func(t *testing.T, call func(*Client) error) {
		up := serve(t, func(w *wire) {
			if err := w.gone(); err != nil {
				t.Errorf("the upstream was not let go: %v", err)
			}
		})
		_ = failing(t, call(up.client(t, impatient)), Timeout)
		if up.calls() != 3 {
			t.Errorf("%d tries, want 3: nothing was handed on", up.calls())
		}
	})
}

func TestT082_HangsAfterHeaders(t *testing.T) {
	both(t, func(t *testing.T, call func(*Client) error) {
		up := serve(t, func(w *wire) {
			w.events()
			if err := w.gone(); err != nil {
				t.Errorf("the upstream was not let go: %v", err)
			}
		})
		_ = failing(t, call(up.client(t, func(c *Config) { impatient(c); c.Retry.Max = 0 })), Timeout)
	})
}

func TestT082_HangsInMidEvent(t *testing.T) {
	up := serve(t, func(w *wire) {
		w.events()
		w.chunk("data: {\"n\":1}\r\n\r\ndata: {\"n\":")
		if err := w.gone(); err != nil {
			t.Errorf("the upstream was not let go: %v", err)
		}
	})
	var broken []Kind
	c := up.client(t, func(c *Config) { c.Gap = 150 * time.Millisecond })
	c.observer = &Observer{StreamBreak: func(_, _ string, kind Kind) { broken = append(broken, kind) }}
	got, err := streamAll(t, c)
	_ = failing(t, err, Timeout)
	if len(got) != 1 || up.calls() != 1 {
		t.Errorf("%d events and %d calls, want 1 and 1: after the first event nothing is tried again", len(got), up.calls())
	}
	if len(broken) != 1 || broken[0] != Timeout {
		t.Errorf("breaks observed: %v", broken)
	}
}

func TestT083_BrokenStreams(t *testing.T) {
	for name, end := range map[string]func(*wire){
		"reset":                  func(w *wire) { w.reset() },
		"closed without a chunk": func(*wire) {},
		"closed in mid-chunk":    func(w *wire) { w.say("40\r\ndata: {\"n\":") },
		"bad chunk header":       func(w *wire) { w.say("zz\r\n") },
	} {
		t.Run(name, func(t *testing.T) {
			up := serve(t, func(w *wire) {
				w.events()
				w.chunk("data: {\"n\":1}\r\n\r\ndata: {\"n\":2}\r\n\r\n")
				end(w)
			})
			got, err := streamAll(t, up.client(t, hasty))
			_ = failing(t, err, Broken)
			// A reset may overtake what was sent before it.
			if up.calls() != 1 && len(got) > 0 || len(got) != 2 && name != "reset" {
				t.Errorf("%d calls, events %q", up.calls(), got)
			}
		})
	}
}

// A clean end is io.EOF; whether the answer was complete is seen from its
// finishReason, by those who know what that is.
func TestT083_CleanEndIsEOF(t *testing.T) {
	up := serve(t, func(w *wire) {
		w.events()
		w.chunk("data: {\"n\":1}\r\n\r\n")
		w.done()
	})
	if got, err := streamAll(t, up.client(t, nil)); err != io.EOF || len(got) != 1 {
		t.Errorf("%q, %v", got, err)
	}
}

// A whole answer cut off is never handed on.
func TestT083_BrokenAnswers(t *testing.T) {
	for name, script := range map[string]func(*wire){
		"closed without an answer": func(_ *wire) {},
		"reset":                    func(w *wire) { w.reset() },
		"cut off":                  func(w *wire) { w.say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n%s", part) },
		"cut off in a chunk":       func(w *wire) { w.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"); w.chunk(part) },
		"no HTTP":                  func(w *wire) { w.say("SSH-2.0-OpenSSH_9.9\r\n") },
	} {
		t.Run(name, func(t *testing.T) {
			up := serve(t, script)
			_, err := up.client(t, hasty).Do(context.Background(), chat())
			_ = failing(t, err, Broken)
			if up.calls() != 3 {
				t.Errorf("%d tries, want 3", up.calls())
			}
		})
	}
}

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

const overloaded = `{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}`

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

func TestT088_Bursts(t *testing.T) {
	for _, status := range []int{500, 502, 503, 504, 408} {
		t.Run(fmt.Sprint(status, " twice"), func(t *testing.T) {
			both(t, func(t *testing.T, call func(*Client) error) {
				up := serve(t, func(w *wire) {
					if w.number <= 2 {
						w.answer(status, "text/html", "<html>busy</html>")
						return
					}
					w.json(200, part)
				})
				if err := call(up.client(t, hasty, "key-number-one", "key-number-two")); err != nil || up.calls() != 3 {
					t.Errorf("%v after %d calls", err, up.calls())
				}
			})
		})
		t.Run(fmt.Sprint(status, " for good"), func(t *testing.T) {
			both(t, func(t *testing.T, call func(*Client) error) {
				up := serve(t, func(w *wire) { w.json(status, `{"error":{"message":"overloaded"}}`) })
				e := stating(t, call(up.client(t, hasty)), status)
				if up.calls() != 3 || e.Attempts != 3 || e.Err.Message != "overloaded" {
					t.Errorf("%d calls, %d attempts, %q", up.calls(), e.Attempts, e.Err.Message)
				}
			})
		})
	}
	for _, status := range []int{400, 403, 404, 409, 413, 499, 501} {
		t.Run(fmt.Sprint(status, " is not tried again"), func(t *testing.T) {
			up := serve(t, func(w *wire) { w.json(status, `{"error":{"message":"no"}}`) })
			_, err := up.client(t, hasty).Do(context.Background(), chat())
			if _ = stating(t, err, status); up.calls() != 1 {
				t.Errorf("%d calls", up.calls())
			}
		})
	}
}

// The other try goes to another key, if there is one.
func TestT088_RetryTakesAnotherKey(t *testing.T) {
	seen := map[string]int{}
	up := serve(t, func(w *wire) { seen[w.Header.Get("X-Goog-Api-Key")]++; w.json(503, overloaded) })
	_, err := up.client(t, hasty, "key-number-one", "key-number-two", "key-number-three").Do(context.Background(), chat())
	if _ = stating(t, err, 503); len(seen) != 3 {
		t.Errorf("keys used: %v", seen)
	}
}

func TestT090_TransportFaults(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write(make([]byte, 10<<20)) // into memory
	_ = z.Close()
	for name, script := range map[string]func(*wire){
		"gzip bomb": func(w *wire) {
			w.answer(200, "application/json", zipped.String(), "Content-Encoding: gzip")
		},
		"truncated gzip": func(w *wire) {
			w.answer(200, "application/json", zipped.String()[:50], "Content-Encoding: gzip")
		},
		"length too long": func(w *wire) {
			w.say("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{}")
		},
		"negative length":   func(w *wire) { w.say("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}") },
		"two lengths":       func(w *wire) { w.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}") },
		"headers of 1 MiB":  func(w *wire) { w.say("HTTP/1.1 200 OK\r\nX-Long: %s\r\n\r\n{}", strings.Repeat("x", 1<<20)) },
		"storm of 1xx":      func(w *wire) { w.say("%s", strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", 20_000)) },
		"huge chunk header": func(w *wire) { w.events(); w.say("%s\r\n", strings.Repeat("0", 1<<20)) },
		"chunk too long":    func(w *wire) { w.events(); w.say("ffffffffffffffffff\r\n{}\r\n") },
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, call func(*Client) error) {
				_ = failing(t, call(serve(t, script).client(t, once)), Broken)
			})
		})
	}
	t.Run("length too short", func(t *testing.T) {
		up := serve(t, func(w *wire) { w.say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n%s", part) })
		_, err := up.client(t, once).Do(context.Background(), chat())
		_ = failing(t, err, NotJSON)
	})
	t.Run("trailers", func(t *testing.T) {
		up := serve(t, func(w *wire) {
			w.events()
			w.chunk("data: {}\n\n")
			w.say("0\r\nX-Trailer: 1\r\n\r\n")
		})
		if got, err := streamAll(t, up.client(t, once)); err != io.EOF || len(got) != 1 {
			t.Errorf("%q, %v", got, err)
		}
	})
}

func TestT092_RedirectIsRefused(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		both(t, func(t *testing.T, call func(*Client) error) {
			other := serve(t, func(w *wire) { t.Errorf("the redirect was followed with the key %q", w.Header.Get("X-Goog-Api-Key")) })
			up := serve(t, func(w *wire) { w.answer(status, "text/html", "moved", "Location: http://"+other.addr+"/x") })
			e := stating(t, call(up.client(t, hasty)), status)
			if e.Header.Get("Location") == "" || up.calls() != 1 {
				t.Errorf("location %q after %d calls", e.Header.Get("Location"), up.calls())
			}
		})
	}
}

// Every try is told to the observer, as each costs money.
func TestT100_EveryAttemptIsObserved(t *testing.T) {
	up := serve(t, func(w *wire) {
		switch w.number {
		case 1:
			w.json(503, overloaded)
		case 2:
			w.reset()
		default:
			w.json(200, part)
		}
	})
	var got []string
	c := up.client(t, func(c *Config) { hasty(c); c.Retry = retry.Policy{Max: 2, Base: 1} }, "key-number-one")
	c.observer = &Observer{Attempt: func(a Attempt) {
		if a.Took <= 0 || a.Site != "gemini" || a.Model != "gemini-2.5-flash" || a.Method != "generateContent" || len(a.KeyID) != 8 {
			t.Errorf("%+v", a)
		}
		got = append(got, fmt.Sprintf("%d %d %s", a.Number, a.Status, a.Failure))
	}}
	a, err := c.Do(context.Background(), chat())
	if err != nil || a.Attempts != 3 {
		t.Fatalf("%+v, %v", a, err)
	}
	if want := "[1 503  2 0 broken 3 200 ]"; fmt.Sprint(got) != want {
		t.Errorf("observed %v, want %s", got, want)
	}
}

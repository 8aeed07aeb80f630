package upstream

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

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

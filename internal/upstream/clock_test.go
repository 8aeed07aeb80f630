package upstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gemway/gemway/internal/keypool"
)

// The tests of this file run on simulated time, with a network in memory.

// pipes is a network of one listener.
type pipes struct {
	accept chan net.Conn
	closed chan struct{}
	once   sync.Once
	down   atomic.Bool // refuses connections
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if p.down.Load() {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	}
	client, server := net.Pipe()
	select {
	case p.accept <- server:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accept:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// inMemory returns a client whose upstream is a handler, and its network.
func inMemory(t *testing.T, handler http.HandlerFunc, change func(*Config), keys ...string) (*Client, *pipes) {
	t.Helper()
	p := &pipes{accept: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{ErrorLog: quiet(), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // until then the server does not notice who leaves
		handler(w, r)
	})}
	go server.Serve(p) //nolint:errcheck // ends with the test
	site, err := NewGeminiAPI("http://upstream")
	if err != nil {
		t.Fatal(err)
	}
	cfg := Default()
	cfg.ProxyFromEnvironment = false
	if change != nil {
		change(&cfg)
	}
	if keys == nil {
		keys = []string{"the-only-key"}
	}
	c, err := New(site, cfg, keypool.New(keys), nil)
	if err != nil {
		t.Fatal(err)
	}
	c.transport.DialContext = p.dial
	t.Cleanup(func() { c.Close(); server.Close() })
	return c, p
}

// The limits L9 as they are by default.
func TestT082_DefaultDeadlines(t *testing.T) {
	const minute = time.Minute
	for _, tt := range []struct {
		name    string
		stream  bool
		handler func(http.ResponseWriter, *http.Request)
		want    time.Duration
		events  int
	}{
		{"first byte, whole", false, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 5 * minute, 0},
		{"first byte, stream", true, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 5 * minute, 0},
		{"first byte after headers", true, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(4 * minute)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, 5 * minute, 0},
		{"gap", true, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(4 * minute)
			io.WriteString(w, "data: {}\n\n")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, 6 * minute, 1},
		{"gap in a whole answer", false, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(minute)
			io.WriteString(w, "{")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, 3 * minute, 0},
		{"total", true, func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				io.WriteString(w, "data: {}\n\n")
				w.(http.Flusher).Flush()
				_ = sleep(r.Context(), minute+time.Second) // the condition sees the end
			}
		}, 30 * minute, 30},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := inMemory(t, tt.handler, func(c *Config) { c.Retry.Max = 0 })
				began := time.Now()
				var err error
				events := 0
				if tt.stream {
					var s *Stream
					if s, err = c.Stream(t.Context(), streamed()); err == nil {
						defer s.Close()
						var got []string
						got, err = drain(s)
						events = len(got)
					}
				} else {
					_, err = c.Do(t.Context(), chat())
				}
				_ = failing(t, err, Timeout)
				if took := time.Since(began); took != tt.want || events != tt.events {
					t.Errorf("after %s and %d events, want %s and %d", took, events, tt.want, tt.events)
				}
			})
		})
	}
}

// A slow drip is no silence.
func TestT082_SlowDripIsAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := inMemory(t, func(w http.ResponseWriter, _ *http.Request) {
			for _, b := range []byte("data: {\"n\":1}\r\n\r\n") {
				time.Sleep(time.Minute)
				_, _ = w.Write([]byte{b})
				w.(http.Flusher).Flush()
			}
		}, nil)
		got, err := streamAll(t, c) // 17 minutes
		if err != io.EOF || len(got) != 1 {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// Time that a slow reader takes is not the upstream's silence.
func TestT082_SlowReaderIsNoSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := inMemory(t, func(w http.ResponseWriter, _ *http.Request) {
			for range 3 {
				io.WriteString(w, "data: {}\n\n")
				w.(http.Flusher).Flush()
			}
		}, nil)
		s, err := c.Stream(t.Context(), streamed())
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for range 3 {
			if _, err := s.Next(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(9 * time.Minute)
		}
		if _, err := s.Next(); err != io.EOF {
			t.Error(err)
		}
	})
}

// Two hundred clients that retry as the SDKs do, against an upstream that is
// down for five minutes and then back.
func TestT105_RetryStorm(t *testing.T) {
	for name, tt := range map[string]struct {
		status  int  // of the upstream while it is down
		refuses bool // connections too
	}{
		"500":     {status: 500}, // does not open the circuit: the budget alone holds
		"503":     {status: 503},
		"refuses": {status: 503, refuses: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var down atomic.Bool
				down.Store(true)
				c, network := inMemory(t, func(w http.ResponseWriter, _ *http.Request) {
					time.Sleep(50 * time.Millisecond)
					if down.Load() {
						w.WriteHeader(tt.status)
						return
					}
					io.WriteString(w, part)
				}, nil)
				network.down.Store(tt.refuses)
				var sent atomic.Int64
				c.observer = &Observer{Attempt: func(Attempt) { sent.Add(1) }}

				const outage = 5 * time.Minute
				began := time.Now()
				var arrived atomic.Int64
				var mu sync.Mutex
				after := map[int][]time.Duration{} // second after the return → latencies; failures count a minute
				stop := began.Add(outage + 30*time.Second)
				var wg sync.WaitGroup
				for range 200 {
					wg.Go(func() {
						for time.Now().Before(stop) {
							for try := range 3 {
								arrived.Add(1)
								at := time.Now()
								_, err := c.Do(t.Context(), chat())
								if since := at.Sub(began) - outage; since >= 0 {
									took := time.Since(at)
									if err != nil {
										took = time.Minute
									}
									mu.Lock()
									after[int(since.Seconds())] = append(after[int(since.Seconds())], took)
									mu.Unlock()
								}
								if err == nil {
									break
								}
								wait := time.Duration(float64(500*time.Millisecond<<try) * (1 - rand.Float64()/4))
								var f *Failure
								if errors.As(err, &f) && f.RetryAfter > 0 {
									wait = max(wait, f.RetryAfter)
								}
								time.Sleep(wait)
							}
							time.Sleep(time.Duration(rand.Int64N(int64(8 * time.Second))))
						}
					})
				}
				time.Sleep(outage - time.Millisecond)
				if a, s := arrived.Load(), sent.Load(); float64(s) > 1.1*float64(a)+50 || s == 0 {
					t.Errorf("%d calls sent upstream for %d arrivals", s, a)
				}
				time.Sleep(time.Millisecond)
				down.Store(false)
				network.down.Store(false)
				wg.Wait()
				for second, all := range after {
					slices.Sort(all)
					if p99 := all[len(all)*99/100]; second >= 10 && p99 > 100*time.Millisecond {
						t.Errorf("%d s after the return the 99th percentile of %d calls is %s, want 50 ms", second, len(all), p99)
					}
				}
				if len(after) < 25 {
					t.Errorf("%d seconds seen after the return", len(after))
				}
			})
		})
	}
}

// While a key rests nothing is sent with it, and those who wait for it come
// back spread out.
func TestT106_KeyComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var mu sync.Mutex
		var at []time.Duration
		c, _ := inMemory(t, func(w http.ResponseWriter, _ *http.Request) {
			mu.Lock()
			first := len(at) == 0
			at = append(at, time.Since(began))
			mu.Unlock()
			if first {
				w.WriteHeader(429)
				fmt.Fprint(w, quota429(perMinuteQuota, "2s"))
				return
			}
			io.WriteString(w, part)
		}, nil)
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := c.Do(t.Context(), chat()); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		for range 200 {
			wg.Go(func() {
				if _, err := c.Do(t.Context(), chat()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		early, busiest := 0, map[time.Duration]int{}
		most := 0
		for _, d := range at[1:] {
			if d < 2*time.Second {
				early++
			}
			busiest[d.Truncate(50*time.Millisecond)]++
			most = max(most, busiest[d.Truncate(50*time.Millisecond)])
		}
		if len(at) != 202 || early > 0 || most > 100 {
			t.Errorf("%d requests, %d of them while the key rested, at most %d within 50 ms", len(at), early, most)
		}
	})
}

// The waits between tries have jitter.
func TestRetriesAreSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		waits := map[time.Duration]bool{}
		for range 5 {
			began := time.Now()
			calls := 0
			c, _ := inMemory(t, func(w http.ResponseWriter, _ *http.Request) { calls++; w.WriteHeader(503) }, nil)
			_, err := c.Do(t.Context(), chat())
			_ = stating(t, err, 503)
			took := time.Since(began)
			if calls != 3 || took < 375*time.Millisecond || took > 1125*time.Millisecond {
				t.Errorf("%d tries in %s", calls, took)
			}
			waits[took] = true
		}
		if len(waits) < 4 {
			t.Errorf("waits %v", waits)
		}
	})
}

// No try begins that could not end within the caller's deadline.
func TestRetriesRespectTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		c, _ := inMemory(t, func(w http.ResponseWriter, _ *http.Request) { calls++; w.WriteHeader(503) }, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		began := time.Now()
		_, err := c.Do(ctx, chat())
		if _ = stating(t, err, 503); calls != 1 || time.Since(began) != 0 {
			t.Errorf("%d tries in %s", calls, time.Since(began))
		}
	})
}

func TestModels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := inMemory(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method != "GET" || r.URL.Path != "/v1beta/models" || r.URL.Query().Get("pageSize") != "1000" || r.Header.Get("X-Goog-Api-Key") != "own" {
				t.Errorf("%s %s", r.Method, r.URL)
			}
			switch r.URL.Query().Get("pageToken") {
			case "":
				fmt.Fprint(w, `{"models":[{"name":"models/a"},{"name":"models/b"}],"nextPageToken":"x/y="}`)
			case "x/y=":
				fmt.Fprint(w, `{"models":[{"name":"models/c"}]}`)
			default:
				t.Errorf("page %q", r.URL.Query().Get("pageToken"))
			}
		}, nil)
		models, err := c.Models(t.Context(), "own")
		if err != nil || len(models) != 3 || models[2].Name != "models/c" {
			t.Errorf("%v, %v", models, err)
		}
		endless, _ := inMemory(t, func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"models":[{"name":"models/a"}],"nextPageToken":"again"}`)
		}, nil)
		_, err = endless.Models(t.Context(), "")
		_ = failing(t, err, TooLarge)
		odd, _ := inMemory(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"models":7}`) }, nil)
		_, err = odd.Models(t.Context(), "")
		_ = failing(t, err, NotJSON)
		down, _ := inMemory(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }, nil)
		_, err = down.Models(t.Context(), "")
		_ = stating(t, err, 403)
	})
}

// Memory for an event of the maximum size stays below three times its size.
func TestT085_MemoryOfTheLongestEvent(t *testing.T) {
	const n = 64 << 20
	up := serve(t, func(w *wire) {
		w.events()
		piece := bytes.Repeat([]byte("x"), 1<<20+2)[:1<<20]
		w.chunk(`data: {"d":"`)
		for left := n - 8; left > 0; left -= len(piece) {
			piece = piece[:min(left, len(piece))]
			w.say("%x\r\n", len(piece))
			_, _ = w.Conn.Write(append(piece, "\r\n"...)) // a client that fails says why
		}
		w.chunk("\"}\r\n\r\n")
		w.done()
	})
	c := up.client(t, nil)
	high := watchHeap(func() {
		s, err := c.Stream(context.Background(), streamed())
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if ev, err := s.Next(); err != nil || len(ev) != n {
			t.Errorf("event of %d bytes, %v", len(ev), err)
		}
	})
	if high > 3*n {
		t.Errorf("%d MiB in use for an event of 64 MiB", high>>20)
	}
}

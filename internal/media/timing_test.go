package media

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gemway/gemway/internal/mime"
)

// pipe plays public servers without a network, so that time can be played too.
func pipe(f *Fetcher, serve func(net.Conn)) {
	f.dial = func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			serve(server)
		}()
		return client, nil
	}
}

// request reads a request's head.
func request(c net.Conn) {
	buf := make([]byte, 4096)
	_, _ = c.Read(buf)
}

func trickle(c net.Conn, what string) {
	for i := range what {
		time.Sleep(time.Second)
		if _, err := c.Write([]byte{what[i]}); err != nil {
			return
		}
	}
}

func TestT037SlowHosts(t *testing.T) {
	gif := "GIF89a" + string(make([]byte, 1000))
	for name, serve := range map[string]func(net.Conn){
		"reads nothing": func(net.Conn) { time.Sleep(time.Hour) },
		"says nothing": func(c net.Conn) {
			request(c)
			time.Sleep(time.Hour)
		},
		"trickles its headers": func(c net.Conn) {
			request(c)
			trickle(c, "HTTP/1.1 200 OK\r\nContent-Length: 1006\r\n\r\n"+gif)
		},
		"trickles its body": func(c net.Conn) {
			request(c)
			_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 1006\r\n\r\n"))
			trickle(c, gif)
		},
		"never ends": func(c net.Conn) {
			request(c)
			_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\n\r\n" + gif))
			time.Sleep(time.Hour)
		},
		"redirects slowly": func(c net.Conn) {
			request(c)
			time.Sleep(4 * time.Second)
			_, _ = c.Write([]byte("HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := fetcher(t, nil)
				pipe(f, serve)
				slowly(t, f)
			})
		})
	}
	t.Run("no answer to SYN", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := fetcher(t, nil)
			f.dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			slowly(t, f)
		})
	})
}

// T038: a length above the limit is believed at once.
func TestT038LengthAboveTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fetcher(t, nil)
		pipe(f, func(c net.Conn) {
			request(c)
			_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 20971521\r\n\r\n"))
			time.Sleep(time.Hour)
		})
		start := time.Now()
		if _, err := f.Fetch(t.Context(), "http://images.example.com/"); code(err) != mime.CodeTooLarge || time.Since(start) != 0 {
			t.Errorf("Fetch = %v after %v", err, time.Since(start))
		}
		time.Sleep(time.Hour)
	})
}

// Who has a place at the host and gets none among all gives the first one back.
func TestSlotsGiveBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(1, 2, time.Second)
		release, err := s.take(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.take(t.Context(), "a"); code(err) != mime.CodeBusy {
			t.Errorf("the second take = %v", err)
		}
		if h := s.hosts["a"]; len(h.places) != 1 || h.users != 1 {
			t.Errorf("%d places, %d users, want those of the first", len(h.places), h.users)
		}
		release()
		if len(s.all) != 0 || len(s.hosts) != 0 {
			t.Errorf("%d places, %d hosts still in use", len(s.all), len(s.hosts))
		}
	})
}

// slowly fetches what takes too long, and wants all places back.
func slowly(t *testing.T, f *Fetcher) {
	start := time.Now()
	_, err := f.Fetch(t.Context(), "http://slow.example.com/a.gif")
	if took := time.Since(start); code(err) != mime.CodeTimeout || took < 10*time.Second || took > 11*time.Second {
		t.Errorf("Fetch = %v after %v, want code %s after 10 s", err, took, mime.CodeTimeout)
	}
	if len(f.slots.all) != 0 || len(f.slots.hosts) != 0 || f.memory.Load() != 0 {
		t.Errorf("%d places, %d hosts, %d bytes still in use", len(f.slots.all), len(f.slots.hosts), f.memory.Load())
	}
	time.Sleep(time.Hour) // for the server's side of the pipe to end
}

// T041: 1,000 requests with 16 URLs each against one victim, and as many against
// hosts of their own.
func TestT041Concurrency(t *testing.T) {
	for _, c := range []struct {
		name string
		host func(request, url int) string
		most int32
	}{
		{"one victim", func(int, int) string { return "victim.example.com" }, 4},
		{"many hosts", func(r, u int) string { return fmt.Sprintf("h%d-%d.example.com", r, u) }, 64},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := fetcher(t, nil)
				var now atomic.Int32
				pipe(f, func(conn net.Conn) {
					now.Add(1)
					request(conn)
					// Two seconds, or until the client hangs up.
					_ = conn.SetReadDeadline(time.Now().Add(2 * time.Second))
					_, _ = conn.Read(make([]byte, 1))
					now.Add(-1)
					_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nGIF89a"))
				})
				// Counted when everything rests: the victim sees a moment late that
				// a client has hung up.
				most, done, counted := int32(0), make(chan struct{}), make(chan struct{})
				go func() {
					defer close(counted)
					for tick := time.Tick(100 * time.Millisecond); ; {
						select {
						case <-done:
							return
						case <-tick:
							synctest.Wait()
							most = max(most, now.Load())
						}
					}
				}()
				var busy atomic.Int32
				var wg sync.WaitGroup
				for r := range 1000 {
					wg.Go(func() {
						refs := make([]Ref, 16)
						for u := range refs {
							refs[u] = Ref{URL: fmt.Sprintf("http://%s/%d/%d", c.host(r, u), r, u)}
						}
						_, err := f.Resolve(t.Context(), refs)
						switch e, _ := errors.AsType[*Error](err); {
						case e != nil && e.Code == mime.CodeBusy && e.Status == http.StatusTooManyRequests:
							busy.Add(1)
						case err != nil:
							t.Errorf("Resolve = %v", err)
						}
					})
				}
				wg.Wait()
				close(done)
				<-counted
				if most != c.most {
					t.Errorf("%d connections at once, want %d", most, c.most)
				}
				if busy.Load() < 900 {
					t.Errorf("%d of 1,000 requests sent away", busy.Load())
				}
				if len(f.slots.all) != 0 || len(f.slots.hosts) != 0 {
					t.Errorf("%d places, %d hosts still in use", len(f.slots.all), len(f.slots.hosts))
				}
				time.Sleep(time.Hour)
			})
		})
	}
}

// T041: who finds no place waits 5 s and is sent away.
func TestT041Wait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fetcher(t, nil)
		pipe(f, func(conn net.Conn) {
			request(conn)
			time.Sleep(9 * time.Second)
			_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nGIF89a"))
		})
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if _, err := f.Fetch(t.Context(), "http://victim.example.com/"); err != nil {
					t.Errorf("one of four: %v", err)
				}
			})
		}
		synctest.Wait()
		start := time.Now()
		_, err := f.Fetch(t.Context(), "http://victim.example.com/")
		if took := time.Since(start); code(err) != mime.CodeBusy || took != 5*time.Second {
			t.Errorf("the fifth: %v after %v, want code %s after 5 s", err, took, mime.CodeBusy)
		}
		// Another host has places.
		start = time.Now()
		if _, err := f.Fetch(t.Context(), "http://other.example.com/"); err != nil || time.Since(start) != 9*time.Second {
			t.Errorf("another host: %v after %v", err, time.Since(start))
		}
		wg.Wait()
		time.Sleep(time.Hour)
	})
}

// A request that is alone waits for itself as long as it takes: nobody else is
// in its way, and another try would fare no better.
func TestResolveWaitsForItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fetcher(t, nil)
		pipe(f, func(conn net.Conn) {
			request(conn)
			time.Sleep(3 * time.Second)
			_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nGIF89a"))
		})
		refs := make([]Ref, 16)
		for i := range refs {
			refs[i] = Ref{URL: fmt.Sprintf("http://images.example.com/%d", i)}
		}
		start := time.Now()
		got, err := f.Resolve(t.Context(), refs)
		if took := time.Since(start); err != nil || len(got) != 16 || took != 12*time.Second {
			t.Errorf("Resolve = %d files, %v after %v, want 16 after 12 s", len(got), err, took)
		}
		time.Sleep(time.Hour)
	})
}

// A client that leaves frees its places at once.
func TestFetchEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fetcher(t, nil)
		pipe(f, func(net.Conn) { time.Sleep(time.Hour) })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := f.Resolve(ctx, []Ref{{URL: "http://a.example.com/"}, {URL: "http://b.example.com/"}})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("Resolve = %v after %v", err, time.Since(start))
		}
		if len(f.slots.all) != 0 || len(f.slots.hosts) != 0 {
			t.Errorf("%d places, %d hosts still in use", len(f.slots.all), len(f.slots.hosts))
		}
		time.Sleep(time.Hour)
	})
}

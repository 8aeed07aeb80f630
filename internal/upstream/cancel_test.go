package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The upstream sees within a second that the caller is gone, wherever the call
// was, and no key is blamed for it.
func TestT098_CallerGone(t *testing.T) {
	for _, tt := range []struct {
		name   string
		stream bool
		script func(w *wire)
	}{
		{"whole, before headers", false, func(_ *wire) {}},
		{"whole, in the answer", false, func(w *wire) { w.say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{") }},
		{"stream, before headers", true, func(_ *wire) {}},
		{"stream, before the first event", true, func(w *wire) { w.events(); w.chunk(": thinking\n\n") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			arrived, gone := make(chan bool), make(chan error, 1)
			up := serve(t, func(w *wire) {
				tt.script(w)
				arrived <- true
				gone <- w.gone()
			})
			c := up.client(t, nil)
			ctx, cancel := context.WithCancel(context.Background())
			go func() {
				<-arrived
				cancel()
			}()
			var err error
			if tt.stream {
				_, err = c.Stream(ctx, streamed())
			} else {
				_, err = c.Do(ctx, chat())
			}
			at := time.Now()
			_ = failing(t, err, Cancelled)
			if err := <-gone; err != nil || time.Since(at) > time.Second {
				t.Errorf("the upstream was let go after %s: %v", time.Since(at), err)
			}
			if up.calls() != 1 {
				t.Errorf("%d calls", up.calls())
			}
			for _, s := range c.Keys() {
				if s.Failed != 0 || s.Limited != 0 {
					t.Errorf("the key is blamed: %+v", s)
				}
			}
		})
	}
	for name, leave := range map[string]func(*Stream, context.CancelFunc){
		"stream, in mid-answer by context": func(_ *Stream, cancel context.CancelFunc) { cancel() },
		"stream, in mid-answer by Close":   func(s *Stream, _ context.CancelFunc) { _ = s.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			gone := make(chan error, 1)
			up := serve(t, func(w *wire) {
				w.events()
				w.chunk("data: {\"n\":1}\n\n")
				gone <- w.gone()
			})
			c := up.client(t, nil)
			c.observer = &Observer{StreamBreak: func(_, _ string, kind Kind) { t.Errorf("observed as a break: %s", kind) }}
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			s, err := c.Stream(ctx, streamed())
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if _, err := s.Next(); err != nil {
				t.Fatal(err)
			}
			at := time.Now()
			leave(s, cancel)
			if err := <-gone; err != nil || time.Since(at) > time.Second {
				t.Errorf("the upstream was let go after %s: %v", time.Since(at), err)
			}
			_, err = s.Next()
			_ = failing(t, err, Cancelled)
		})
	}
	t.Run("while waiting for a key", func(t *testing.T) {
		up := serve(t, func(w *wire) { w.json(429, quota429(perMinuteQuota, "2.5s")) })
		ctx, cancel := context.WithCancel(context.Background())
		c := up.client(t, nil)
		c.observer = &Observer{Attempt: func(Attempt) { cancel() }}
		began := time.Now()
		_, err := c.Do(ctx, chat())
		if _ = failing(t, err, Cancelled); time.Since(began) > time.Second {
			t.Errorf("noticed after %s", time.Since(began))
		}
	})
	t.Run("by the caller's own deadline", func(t *testing.T) {
		up := serve(t, func(w *wire) { _ = w.gone() })
		c := up.client(t, nil)
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		_, err := c.Do(ctx, chat())
		_ = failing(t, err, Timeout)
		if up.calls() != 1 || c.Keys()[0].Failed != 0 {
			t.Errorf("%d calls, %+v", up.calls(), c.Keys())
		}
	})
}

// The whole call has a limit too, for a stream that never falls silent.
func TestTotalLimit(t *testing.T) {
	up := serve(t, func(w *wire) {
		w.events()
		for {
			if _, err := fmt.Fprintf(w.Conn, "c\r\ndata: {\"\":1}\r\n"); err != nil {
				return
			}
			if _, err := fmt.Fprintf(w.Conn, "2\r\n\n\n\r\n"); err != nil {
				return
			}
			time.Sleep(10 * time.Millisecond) // the upstream's pace
		}
	})
	_, err := streamAll(t, up.client(t, func(c *Config) { c.Total = 300 * time.Millisecond }))
	if f := failing(t, err, Timeout); !errors.Is(f, errTotal) {
		t.Errorf("got %v", f)
	}
}

// Answers never reach another request than their own, also when many are given
// up and connections are used again.
func TestT094_NoCrossTalk(t *testing.T) {
	const callers = 50
	each := 2000
	if raced {
		each = 100 // the detector sees the same interleavings at ten times the cost
	}
	up := serve(t, func(w *wire) {
		tag := string(w.body)
		if strings.HasSuffix(w.URL.Path, ":generateContent") {
			w.json(200, tag)
			return
		}
		w.events()
		w.chunk("data: " + tag + "\n\n")
		w.chunk("data: " + tag + "\n\n")
		w.done()
	})
	c := up.client(t, nil)
	var answered, left atomic.Int64
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			for k := range each {
				tag := fmt.Sprintf(`{"tag":"%d-%d"}`, i, k)
				call := chat()
				call.Body = [][]byte{[]byte(tag)}
				ctx, cancel := context.WithCancel(context.Background())
				if k%5 == 0 { // leaves before or while the answer comes
					go cancel()
				}
				if k%3 > 0 {
					a, err := c.Do(ctx, call)
					if err == nil && string(a.Body) != tag {
						t.Errorf("%s got %s", tag, a.Body)
					}
					count(t, err, &answered, &left)
					cancel()
					continue
				}
				call.Method = "streamGenerateContent"
				s, err := c.Stream(ctx, call)
				for err == nil {
					var ev []byte
					if ev, err = s.Next(); err == nil && string(ev) != tag {
						t.Errorf("%s got %s", tag, ev)
					}
				}
				if s != nil {
					s.Close()
				}
				if err == io.EOF {
					err = nil
				}
				count(t, err, &answered, &left)
				cancel()
			}
		})
	}
	wg.Wait()
	all := int64(callers * each)
	if a, l := answered.Load(), left.Load(); a+l != all || a < all*4/5 {
		t.Errorf("%d answered and %d given up of %d", a, l, all)
	}
}

func count(t *testing.T, err error, answered, left *atomic.Int64) {
	t.Helper()
	if err == nil {
		answered.Add(1)
		return
	}
	var f *Failure
	if !errors.As(err, &f) || f.Kind != Cancelled {
		t.Errorf("got %v", err)
	}
	left.Add(1)
}

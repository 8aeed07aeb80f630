package upstream

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"
)

// Thousands of faults of all kinds leave nothing behind: goroutines and open
// files are back where they were, and memory does not grow.
func TestMixedFaultsLeaveNothing(t *testing.T) {
	const faults, at = 10_000, 20
	up := serve(t, func(w *wire) {
		switch w.number % 10 {
		case 0:
			w.reset()
		case 1:
			w.events()
			w.chunk("data: {\"n\":1}\n\ndata: {\"n\":")
		case 2:
			w.events()
			w.chunk("data: {\"n\":1}\n\n")
			w.reset()
		case 3:
			w.answer(200, "text/html", "<html>")
		case 4:
			w.events()
			w.chunk("data: {\"n\":1}\n\noops\n\n{\"error\":{\"code\":503}}")
			w.done()
		case 5:
			w.json(500, "{}")
		case 6:
			w.say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
		case 7:
			w.events()
			w.chunk("data: oops\n\n")
			_ = w.gone() // the client leaves by itself
		case 8:
			w.json(400, `{"error":{"code":400,"message":"no"}}`)
		case 9:
			w.events()
			w.chunk("data: {\"n\":1}\n\n")
			_ = w.gone() // the client leaves by itself
		}
	})
	site, err := NewGeminiAPI("http://" + up.addr)
	if err != nil {
		t.Fatal(err)
	}
	cfg := Default()
	cfg.Retry.Base = time.Microsecond
	c, err := New(site, cfg, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	run := func(n int) {
		var wg sync.WaitGroup
		for range at {
			wg.Go(func() {
				for i := range n / at {
					ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
					call := chat()
					call.ClientKey = "a-client-key"
					if i%3 == 0 { // not in step with the upstream's ten kinds
						_, err := c.Do(ctx, call)
						expect(t, err)
					} else {
						call.Method = "streamGenerateContent"
						s, err := c.Stream(ctx, call)
						if err == nil {
							_, err = drain(s)
							if i%2 == 0 {
								s.Close() // not needed after the end
							}
						}
						expect(t, err)
					}
					cancel()
				}
			})
		}
		wg.Wait()
	}
	settle := func() (goroutines, files int, heap uint64) {
		c.Close()
		for range 100 {
			runtime.GC()
			up.mu.Lock()
			open := len(up.conns)
			up.mu.Unlock()
			if open == 0 {
				break
			}
			time.Sleep(20 * time.Millisecond) // until the other side has noticed
		}
		list, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Log("no /proc: open files are not counted")
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return runtime.NumGoroutine(), len(list), m.HeapAlloc
	}
	run(500)
	goroutines, files, heap := settle()
	run(faults)
	if g, f, h := settle(); g > goroutines+2 || f > files+2 || h > heap+1<<20 {
		t.Errorf("goroutines %d to %d, files %d to %d, heap %d to %d KiB", goroutines, g, files, f, heap>>10, h>>10)
	}
	if up.calls() < faults*9/10 { // a busy machine gives up a few before they are sent
		t.Errorf("only %d requests", up.calls())
	}
}

// expect accepts what this package may say.
func expect(t *testing.T, err error) {
	t.Helper()
	var s *StatusError
	var f *Failure
	if err != nil && err != io.EOF && !errors.As(err, &s) && !errors.As(err, &f) {
		t.Errorf("got %T %v", err, err)
	}
}

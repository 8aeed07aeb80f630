package upstream

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/gemway/gemway/internal/retry"
)

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

// A service that says when to ask again is asked then, or not at all.
func TestT088_RetryAfterIsHonoured(t *testing.T) {
	up := serve(t, func(w *wire) {
		if w.number == 1 {
			w.answer(503, "application/json", overloaded, "Retry-After: 1")
			return
		}
		w.answer(503, "application/json", overloaded, "Retry-After: 60")
	})
	began := time.Now()
	_, err := up.client(t, hasty).Do(context.Background(), chat())
	e := stating(t, err, 503)
	if took := time.Since(began); up.calls() != 2 || took < time.Second || e.RetryAfter != time.Minute {
		t.Errorf("%d calls in %s, retry after %s", up.calls(), took, e.RetryAfter)
	}
}

// What leaves something behind is sent again only when it is sure that nothing
// came of it.
func TestT100_NothingIsMadeTwice(t *testing.T) {
	for name, tt := range map[string]struct {
		script func(*wire)
		calls  int
	}{
		"overloaded":   {func(w *wire) { w.json(503, overloaded) }, 3},
		"failed":       {func(w *wire) { w.json(500, "{}") }, 1},
		"timed out":    {func(w *wire) { w.json(504, "{}") }, 1},
		"broken":       {func(w *wire) { w.reset() }, 1},
		"cut off":      {func(w *wire) { w.say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{") }, 1},
		"silent":       {func(w *wire) { _ = w.gone() }, 1},
		"out of quota": {func(w *wire) { w.json(429, quota429(perMinuteQuota, "20s")) }, 2},
	} {
		for _, call := range []Call{
			{Model: "veo-3.1-generate-preview", Method: "predictLongRunning", Body: [][]byte{[]byte("{}")}},
			{Path: "cachedContents", Body: [][]byte{[]byte("{}")}},
			{Path: "files/x", Verb: "DELETE"},
		} {
			t.Run(name+" "+call.String(), func(t *testing.T) {
				up := serve(t, tt.script)
				_, err := up.client(t, impatient, "key-number-one", "key-number-two").Do(context.Background(), call)
				if err == nil || up.calls() != tt.calls {
					t.Errorf("%d calls, want %d: %v", up.calls(), tt.calls, err)
				}
			})
		}
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

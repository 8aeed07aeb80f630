package upstream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gemway/gemway/internal/keypool"
)

// quota429 is a refusal for lack of quota as Google words it.
func quota429(quotaID, delay string) string {
	info := ""
	if delay != "" {
		info = fmt.Sprintf(`,{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":%q}`, delay)
	}
	return fmt.Sprintf(`{"error":{"code":429,"message":"You exceeded your current quota.","status":"RESOURCE_EXHAUSTED","details":[`+
		`{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"m","quotaId":%q,"quotaValue":"15"}]}%s]}}`, quotaID, info)
}

const (
	perMinuteQuota = "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"
	perDayQuota    = "GenerateRequestsPerDayPerProjectPerModel-FreeTier"
)

func TestT087_QuotaRefusals(t *testing.T) {
	within := func(d, low, high time.Duration) bool { return d > low && d <= high }
	for _, tt := range []struct {
		name, contentType, body, header string
		perDay                          bool
		low, high                       time.Duration // of RetryAfter
		state                           keypool.State
	}{
		{"per minute", "application/json", quota429(perMinuteQuota, "30s"), "", false, 29 * time.Second, 31 * time.Second, keypool.Cooling},
		{"fractions", "application/json", quota429(perMinuteQuota, "38.2s"), "", false, 38 * time.Second, 40 * time.Second, keypool.Cooling},
		{"per day", "application/json", quota429(perDayQuota, "38s"), "", true, 0, 25*time.Hour + time.Minute, keypool.Parked},
		{"delay in the message only", "application/json", `{"error":{"code":429,"message":"Quota exceeded.\nPlease retry in 48.939935699s.","status":"RESOURCE_EXHAUSTED"}}`, "", false, 48 * time.Second, 50 * time.Second, keypool.Cooling},
		{"delay in the header only", "application/json", `{"error":{"code":429,"message":"slow down"}}`, "Retry-After: 20", false, 19 * time.Second, 21 * time.Second, keypool.Cooling},
		{"a date in the header", "text/plain", "slow down", "Retry-After: " + time.Now().Add(30*time.Second).UTC().Format(http.TimeFormat), false, 25 * time.Second, 31 * time.Second, keypool.Cooling},
		{"no details", "application/json", `{"error":{"code":429,"message":"Resource exhausted. Please try again later.","status":"RESOURCE_EXHAUSTED"}}`, "", false, 0, 4 * time.Second, keypool.Cooling},
		{"HTML", "text/html", "<html><head><title>Error 429 (Too Many Requests)!!1</title></head><body>…</body></html>", "", false, 0, 4 * time.Second, keypool.Cooling},
		{"as an event stream", "text/event-stream", quota429(perMinuteQuota, "30s"), "", false, 29 * time.Second, 31 * time.Second, keypool.Cooling},
	} {
		t.Run(tt.name, func(t *testing.T) {
			both(t, func(t *testing.T, call func(*Client) error) {
				up := serve(t, func(w *wire) {
					if tt.header != "" {
						w.answer(429, tt.contentType, tt.body, tt.header)
						return
					}
					w.answer(429, tt.contentType, tt.body)
				})
				c := up.client(t, once)
				var changes []keypool.Change
				c.observer = &Observer{KeyChange: func(_ string, ch keypool.Change) { changes = append(changes, ch) }}
				e := stating(t, call(c), 429)
				if e.PerDay != tt.perDay || !within(e.RetryAfter, tt.low, tt.high) || e.Err.Message == "" || strings.Contains(e.Err.Message, "<") {
					t.Errorf("per day %v, retry after %s, %q", e.PerDay, e.RetryAfter, e.Err.Message)
				}
				if len(changes) != 1 || changes[0].State != tt.state || changes[0].Model != "gemini-2.5-flash" {
					t.Errorf("changes %+v", changes)
				}
				// The next call is not even sent.
				f := failing(t, call(c), Limited)
				if up.calls() != 1 || f.PerDay != tt.perDay || !within(f.RetryAfter, tt.low/2, tt.high) || f.Attempts != 0 {
					t.Errorf("next call: %d sent, %+v", up.calls(), f)
				}
			})
		})
	}
}

// A short wait is taken on, a long one is not; nothing waits for a day.
func TestT087_ShortWaitIsTakenOn(t *testing.T) {
	both(t, func(t *testing.T, call func(*Client) error) {
		up := serve(t, func(w *wire) {
			if w.number == 1 {
				w.json(429, quota429(perMinuteQuota, "0.2s"))
				return
			}
			w.json(200, part)
		})
		began := time.Now()
		if err := call(up.client(t, nil)); err != nil || up.calls() != 2 {
			t.Fatalf("%v after %d calls", err, up.calls())
		}
		if took := time.Since(began); took < 200*time.Millisecond {
			t.Errorf("tried again after %s, before the stated delay", took)
		}
	})
}

func TestT104_NextKeyAtOnce(t *testing.T) {
	leaked := `{"error":{"code":403,"message":"Your API key was reported as leaked. Please use another API key.","status":"PERMISSION_DENIED"}}`
	invalid := `{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}]}}`
	both(t, func(t *testing.T, call func(*Client) error) {
		var mu sync.Mutex
		var used []string
		up := serve(t, func(w *wire) {
			mu.Lock()
			used = append(used, w.Header.Get("X-Goog-Api-Key"))
			mu.Unlock()
			switch w.Header.Get("X-Goog-Api-Key") {
			case "key-leaked":
				w.json(403, leaked)
			case "key-invalid":
				w.json(400, invalid)
			case "key-empty":
				w.json(429, quota429(perMinuteQuota, "40s"))
			case "key-spent":
				w.json(429, quota429(perDayQuota, "1s"))
			default:
				w.json(200, part)
			}
		})
		keys := []string{"key-leaked", "key-invalid", "key-empty", "key-spent", "key-good"}
		c := up.client(t, func(c *Config) { c.Retry.Base = time.Minute }, keys...)
		var changes []string
		c.observer = &Observer{KeyChange: func(_ string, ch keypool.Change) { changes = append(changes, string(ch.State)+" "+ch.Reason) }}
		began := time.Now()
		if err := call(c); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("took %s: a key that works was not tried at once", took)
		}
		for range 5 {
			if err := call(c); err != nil {
				t.Fatal(err)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		if want := "key-leaked key-invalid key-empty key-spent" + strings.Repeat(" key-good", 6); strings.Join(used, " ") != want {
			t.Errorf("keys used: %v, want %s", used, want)
		}
		if want := "[quarantined PERMISSION_DENIED quarantined API_KEY_INVALID cooling  parked ]"; fmt.Sprint(changes) != want {
			t.Errorf("changes: %v, want %s", changes, want)
		}
		states := map[string]keypool.State{}
		for _, s := range c.Keys() {
			states[s.ID] = s.State
			if strings.HasPrefix(s.ID, "key") {
				t.Errorf("a key in the listing: %+v", s)
			}
		}
		if states[keypool.ID("key-leaked")] != keypool.Quarantined || states[keypool.ID("key-good")] != keypool.Ready || len(states) != 5 {
			t.Errorf("listing: %v", states)
		}
	})
}

func TestT104_NoKeyLeft(t *testing.T) {
	delays := map[string]string{"key-a": "50s", "key-b": "20s", "key-c": "30s"}
	up := serve(t, func(w *wire) { w.json(429, quota429(perMinuteQuota, delays[w.Header.Get("X-Goog-Api-Key")])) })
	c := up.client(t, nil, "key-a", "key-b", "key-c")
	_, err := c.Do(context.Background(), chat())
	e := stating(t, err, 429)
	if e.RetryAfter < 19*time.Second || e.RetryAfter > 22*time.Second || e.Attempts != 3 {
		t.Errorf("retry after %s, want the earliest reset of the three keys; %d attempts", e.RetryAfter, e.Attempts)
	}
	_, err = c.Do(context.Background(), chat())
	f := failing(t, err, Limited)
	if f.RetryAfter < 19*time.Second || f.RetryAfter > 22*time.Second || up.calls() != 3 {
		t.Errorf("retry after %s, %d calls", f.RetryAfter, up.calls())
	}
}

func TestT104_AllKeysDead(t *testing.T) {
	up := serve(t, func(w *wire) {
		w.json(401, `{"error":{"code":401,"message":"API keys are not supported by this API. Expected OAuth2 access token or other authentication credentials that assert a principal.","status":"UNAUTHENTICATED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"CREDENTIALS_MISSING"}]}}`)
	})
	c := up.client(t, nil, "key-a", "key-b")
	_, err := c.Do(context.Background(), chat())
	if e := stating(t, err, 401); !e.KeyProblem || up.calls() != 2 {
		t.Errorf("%+v after %d calls", e, up.calls())
	}
	_, err = c.Do(context.Background(), chat())
	if _ = failing(t, err, NoKey); up.calls() != 2 {
		t.Errorf("%d calls with dead keys", up.calls())
	}
	_, err = up.client(t, nil, "").Do(context.Background(), chat())
	_ = failing(t, err, NoKey)
}

// A refusal that speaks of a resource takes no key away: a deleted cache
// answers 403 too.
func TestT104_RefusalOfAResourceKeepsTheKey(t *testing.T) {
	up := serve(t, func(w *wire) {
		w.json(403, `{"error":{"code":403,"message":"CachedContent not found (or permission denied)","status":"PERMISSION_DENIED"}}`)
	})
	c := up.client(t, nil, "key-a", "key-b")
	_, err := c.Do(context.Background(), chat())
	if e := stating(t, err, 403); e.KeyProblem || up.calls() != 1 {
		t.Errorf("%+v after %d calls", e, up.calls())
	}
	for _, s := range c.Keys() {
		if s.State != keypool.Ready {
			t.Errorf("%+v", s)
		}
	}
}

// A caller's own key uses nothing of the pool and changes nothing in it.
func TestClientKeyBypassesThePool(t *testing.T) {
	up := serve(t, func(w *wire) {
		if key := w.Header.Get("X-Goog-Api-Key"); key != "the-clients-own" {
			t.Errorf("sent the key %q", key)
		}
		switch w.number {
		case 1, 2, 3:
			w.json(503, overloaded)
		case 4:
			w.json(429, quota429(perMinuteQuota, "50s"))
		case 5:
			w.json(400, `{"error":{"code":400,"message":"API key not valid. Please pass a valid API key."}}`)
		default:
			w.json(200, part)
		}
	})
	c := up.client(t, hasty, "key-a")
	c.observer = &Observer{
		KeyChange: func(_ string, ch keypool.Change) { t.Errorf("key change %+v", ch) },
		Attempt: func(a Attempt) {
			if a.KeyID != "client" {
				t.Errorf("attempt with the id %s", a.KeyID)
			}
		},
	}
	before := fmt.Sprint(c.Keys())
	call := chat()
	call.ClientKey = "the-clients-own"
	for _, want := range []int{503, 429, 400} {
		_, err := c.Do(context.Background(), call)
		e := stating(t, err, want)
		if e.KeyProblem != (want == 400) {
			t.Errorf("%+v", e)
		}
	}
	if _, err := c.Do(context.Background(), call); err != nil || up.calls() != 6 {
		t.Errorf("%v after %d calls", err, up.calls())
	}
	if after := fmt.Sprint(c.Keys()); after != before {
		t.Errorf("the pool changed from %s to %s", before, after)
	}
}

// Nothing that a client or a log could see holds a key or our addresses.
func TestT089_ErrorsHoldNoSecret(t *testing.T) {
	const (
		ours   = "AIzaCANARYours0000000000000000000000000"
		second = "plainCANARYsecondkey"
		theirs = "AQ.CANARYtheirs_abcdefghijklmnop"
		other  = "AIzaCANARYother000000000000000000000000" // of nobody here, but a key
		bearer = "ya29.CANARYtoken-abcdefghijk"
	)
	for _, tt := range []struct{ name, body string }{
		{"in the message", `{"error":{"code":400,"message":"API key ` + ours + ` is bad, so is ` + theirs + ` and ` + second + `, not ` + other + `"}}`},
		{"in a URL", `{"error":{"code":403,"message":"GET https://generativelanguage.googleapis.com/v1beta/models?key=` + ours + ` failed, see https://ai.google.dev/docs?x=` + second + `"}}`},
		{"escaped", `{"error":{"code":400,"message":"key \u0041IzaCANARYours0000000000000000000000000 bad"}}`},
		{"in details", `{"error":{"code":400,"message":"x","details":[{"@type":"t/google.rpc.ErrorInfo","reason":"R","metadata":{"consumer":"` + ours + `","k":"key=` + theirs + `"}}]}}`},
		{"a header echoed", `{"error":{"code":400,"message":"x-goog-api-key: ` + theirs + `, Authorization: Bearer ` + bearer + `"}}`},
		{"as text", `no way for ` + ours + ` and ` + bearer},
		{"as HTML", `<html><body>no way for <b>` + ours + `</b>, ` + second + `</body></html>`},
		{"our address", `{"error":{"code":400,"message":"CANARYless: upstream http://127.0.0.1:1/internal and http://user:CANARY@10.0.0.1/x at $HOST failed"}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, status := range []int{400, 403, 500, 200} {
				both(t, func(t *testing.T, call func(*Client) error) {
					var up *scripted
					up = serve(t, func(w *wire) {
						w.answer(status, "application/json", strings.ReplaceAll(tt.body, "$HOST", up.addr))
					})
					c := up.client(t, once, ours, second)
					err := call(c)
					if err == nil {
						t.Fatal("no error")
					}
					seen := fmt.Sprintf("%v %+v", err, err)
					var s *StatusError
					if errors.As(err, &s) {
						seen += s.Err.Message + fmt.Sprintf("%s", s.Err.Details)
					}
					for _, secret := range []string{"CANARYours", "CANARYsecond", "CANARYtheirs", "CANARYother", "CANARYtoken", "CANARY@", up.addr, "127.0.0.1", "10.0.0.1"} {
						if strings.Contains(seen, secret) {
							t.Errorf("status %d: %s is in %s", status, secret, seen)
						}
					}
				})
			}
		})
	}
	t.Run("documentation links stay", func(t *testing.T) {
		msg := "Please refer to https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429 for more details."
		if got := scrub(msg, "127.0.0.1:1"); got != msg {
			t.Errorf("got %q", got)
		}
	})
	t.Run("own key at a client", func(t *testing.T) {
		up := serve(t, func(w *wire) { w.json(400, `{"error":{"message":"bad key `+w.Header.Get("X-Goog-Api-Key")+`"}}`) })
		call := chat()
		call.ClientKey = "CANARYclientkey"
		_, err := up.client(t, once).Do(context.Background(), call)
		if e := stating(t, err, 400); strings.Contains(e.Error(), "CANARY") {
			t.Errorf("got %v", e)
		}
	})
	t.Run("connection errors", func(t *testing.T) {
		site, err := NewGeminiAPI("http://canary.invalid:9/CANARY")
		if err != nil {
			t.Fatal(err)
		}
		cfg := Default()
		once(&cfg)
		c, err := New(site, cfg, keypool.New([]string{ours}), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, err = c.Do(context.Background(), chat())
		_ = failing(t, err, Unreachable)
		if strings.Contains(fmt.Sprintf("%v %+v", err, err), "CANARY") || strings.Contains(err.Error(), "canary.invalid:9") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a call printed", func(t *testing.T) {
		call := chat()
		call.ClientKey = theirs
		if s := fmt.Sprintf("%v %+v %#v %s", call, call, call, &call); strings.Contains(s, "CANARY") {
			t.Errorf("got %s", s)
		}
	})
}

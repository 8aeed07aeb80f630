package upstream

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gemway/gemway/gemini"
)

var hostShape = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]+)?$`)

// FuzzScrub: a key is in no text that leaves, however it is wrapped.
func FuzzScrub(f *testing.F) {
	for _, s := range []string{"key=", "https://generativelanguage.googleapis.com/v1?key=", "Bearer ", `{"a":"`, "http://u:p@", "%", "sk-", "AIza"} {
		f.Add(s, "&x", "upstream.example:443")
	}
	f.Fuzz(func(t *testing.T, before, after, host string) {
		const secret = "CANARYUPSTREAM-7f3a+/="
		for _, in := range []string{before + secret + after, before + secret + secret + after, before + host + secret + host + after} {
			if got := scrub(in, host, "k", secret); strings.Contains(got, secret) {
				t.Fatalf("%q", got)
			}
		}
		if hostShape.MatchString(host) {
			if got := scrub(before+host+after, host); strings.Contains(got, host) && !strings.Contains("[address][redacted]…?", host) {
				t.Fatalf("%q tells the host %q", got, host)
			}
		}
	})
}

// FuzzParseError: any body of an error answer has a code, a status and a message
// of a bounded length, and a wait that is none or lies ahead.
func FuzzParseError(f *testing.F) {
	for _, s := range []string{
		`{"error":{"code":429,"message":"Please retry in 3.5s.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"3s"}]}}`,
		`[{"error":{"code":400}}]`, "data: {\"error\":{}}\n\n", `<html><title>502</title>`, `{"error":"text"}`, `{"error":null}`, ``, "\ufeff{}", `[]`, `{"error":{"details":[{"@type":"x","retryDelay":"-1s"}]}}`,
	} {
		f.Add([]byte(s), 429, "1.5")
		f.Add([]byte(s), 0, "Wed, 21 Oct 2037 07:28:00 GMT")
	}
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, body []byte, status int, after string) {
		e := parseError(body, status)
		if e == nil {
			t.Fatal("no error")
		}
		var d gemini.ErrorDetails
		if wait := retryAfter(e, d, http.Header{"Retry-After": {after}}, now); wait < 0 {
			t.Fatalf("%q: %s", after, wait)
		}
		_ = keyProblem(status, e, d, keyReasons())
	})
}

package server

import (
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gemway/gemway/internal/auth"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
)

// FuzzRepair: what is JSON stays as it is but for halves of characters, what is
// repaired needs no second repair, and the texts keep their bytes.
func FuzzRepair(f *testing.F) {
	for _, s := range []string{
		`{"a":1,}`, "{\"a\":\"b\nc\"}", `[1,2,]`, `[,]`, `{"a":"\ud83d"}`, `"\\\n"`, "\"\\\n\"", `{"a":",}"}`, `[1,,]`, "\"\r\n\"", `"\ud83d\ude00"`, "[1, \n ]", `{"\"":",",}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		fixed, what := repair(body)
		if raw.Check(body, raw.Limits{}) == nil && (what != nil || string(fixed) != string(body)) {
			t.Fatalf("%q was JSON and became %q (%v)", body, fixed, what)
		}
		if what == nil && string(fixed) != string(body) {
			t.Fatalf("%q became %q without a word", body, fixed)
		}
		if raw.Check(fixed, raw.Limits{}) != nil {
			return
		}
		if again, what := repair(fixed); what != nil || string(again) != string(fixed) {
			t.Fatalf("%q needs another repair: %v", fixed, what)
		}
	})
}

var harmless = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// FuzzHeaders: whatever headers hold, an id is harmless, a key is one that was
// sent, and an address is a peer's or one that a trusted proxy wrote.
func FuzzHeaders(f *testing.F) {
	f.Add("id", "Bearer k", "x", "1.2.3.4, 10.0.0.1")
	f.Add("a\r\nb", "bearer  k ", "", "::1%lo")
	f.Add(strings.Repeat("a", 65), "Basic k", "y", "256.1.1.1,,")
	s := New(Default(), Parts{})
	s.cfg.Limits.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	f.Fuzz(func(t *testing.T, id, authorization, apiKey, forwarded string) {
		r := &http.Request{Header: http.Header{}, RemoteAddr: "10.0.0.1:5"}
		for name, value := range map[string]string{"X-Request-Id": id, "Authorization": authorization, "X-Api-Key": apiKey, "X-Forwarded-For": forwarded} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		if got := requestID(r); !harmless.MatchString(got) || harmless.MatchString(id) && got != id {
			t.Fatalf("the id %q became %q", id, got)
		}
		key := clientKey(r.Header)
		if key != "" && !strings.Contains(authorization, key) && key != apiKey || authorization != "" && key == apiKey && !strings.Contains(authorization, key) && key != "" {
			t.Fatalf("the key %q of %q and %q", key, authorization, apiKey)
		}
		if auth.WellFormed(key) && strings.ContainsAny(key, " \r\n\x00") {
			t.Fatalf("%q is well formed", key)
		}
		if ip := s.peer(r); !ip.IsValid() || ip.Zone() != "" {
			t.Fatalf("%v for %q", ip, forwarded)
		}
		r.RemoteAddr = "192.0.2.1:5"
		if ip := s.peer(r); ip != netip.MustParseAddr("192.0.2.1") {
			t.Fatalf("%v, as %q says", ip, forwarded)
		}
	})
}

// FuzzRoute: any method and path has a route, or an error that quotes them in
// valid UTF-8 and not at length.
func FuzzRoute(f *testing.F) {
	for _, p := range []string{"/v1/models/a/b", "//v1//chat/completions/", "/v1beta/openai/v1/models/", "/", "", "/v1", "/openai/models/..", "/v1/images/files/", "/\xff"} {
		f.Add(http.MethodGet, p)
	}
	f.Fuzz(func(t *testing.T, method, path string) {
		rt, id, e := find(method, path)
		switch {
		case e == nil && (rt.serve == nil || strings.Contains(rt.path, "{id}") != (id != "") || !strings.HasSuffix(strings.TrimRight(path, "/"), strings.TrimRight(id, "/")) && !strings.Contains(path, "//")):
			t.Fatalf("%q: %q with %q", path, rt.path, id)
		case e != nil && (len(e.Message) > 3000 || !utf8.ValidString(e.Message) || e.Status != http.StatusNotFound && e.Status != http.StatusMethodNotAllowed):
			t.Fatalf("%q: %d %q", path, e.Status, e.Message)
		}
		if once := canonical(path); canonical("/v1"+once) != canonical(once) && strings.HasPrefix(once, "/") && canonical("/v1"+once) != once {
			t.Fatalf("%q is %q, and %q with the prefix", path, once, canonical("/v1"+once))
		}
	})
}

// FuzzLogText: nothing that an error quotes gets into the log.
func FuzzLogText(f *testing.F) {
	f.Add(`a "b`, `c\`, 500)
	f.Add("\n", `\"`, 400)
	f.Fuzz(func(t *testing.T, before, after string, status int) {
		const canary = "CANARY-4711"
		clean := strings.NewReplacer(`"`, "", `\`, "")
		text := logText(openai.Invalid("p", "", clean.Replace(before)+`"`+canary+`"`+after), status)
		if strings.Contains(text, canary) {
			t.Fatal(text)
		}
		text = logText(&plainError{clean.Replace(before) + `"` + strings.ReplaceAll(before, `"`, `\"`) + canary + `"` + clean.Replace(after)}, status)
		if strings.Contains(text, canary) && !strings.HasSuffix(before, `\`) && !strings.Contains(before, `\`) {
			t.Fatal(text)
		}
	})
}

type plainError struct{ text string }

func (e *plainError) Error() string { return e.text }

package config

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// limits are the settings that bound what clients and upstreams can take, in the
// order of the page on security, and what happens beyond.
var limits = []struct{ key, what, beyond string }{
	{"server.max_body", "request body", "413 `request_too_large`"},
	{"limits.bodies", "all bodies in memory", "503 `overloaded`"},
	{"limits.headers", "headers of a request", "431"},
	{"limits.header_time", "until the headers are there", "closed"},
	{"limits.body_grace", "for a body, whatever its size", "408 `request_timeout`"},
	{"limits.body_rate", "a second, of a body after that", "408 `request_timeout`"},
	{"limits.idle", "unused connection", "closed"},
	{"limits.connections", "open connections", "closed"},
	{"limits.connections_per_ip", "open connections of one address", "closed"},
	{"server.write_timeout", "a client that takes nothing", "stream and upstream call end"},
	{"server.heartbeat", "silence of a stream", "a comment is sent"},
	{"upstream.dial", "connecting to Google", "another try, then 502 `upstream_unreachable`"},
	{"upstream.tls", "TLS with Google", "another try, then 502 `upstream_unreachable`"},
	{"upstream.first_byte", "until the first byte of an answer", "another try, then 504 `upstream_timeout`"},
	{"upstream.gap", "silence within an answer", "504 `upstream_timeout`, in a stream as an event"},
	{"upstream.total", "call with all its tries, or stream", "504 `upstream_timeout`, in a stream as an event"},
	{"upstream.max_answer", "whole answer", "502 `upstream_too_large`"},
	{"upstream.max_event", "event of a stream", "502 `upstream_too_large`, in a stream as an event"},
	{"retry.max", "further tries of a call", "the error is told"},
	{"shutdown.delay", "from SIGTERM to the listener's end", "closed"},
	{"shutdown.timeout", "for requests to finish after SIGTERM", "`shutting_down`, in a stream as an event"},
}

// TestLimitsTable holds the page on security to the defaults.
func TestLimitsTable(t *testing.T) {
	const name, begin, end = "../../docs/security.md", "<!-- begin limits -->\n", "<!-- end limits -->\n"
	c := Default()
	c.settings = c.table()
	var want strings.Builder
	want.WriteString("| setting | what | default | beyond |\n|---|---|---|---|\n")
	for _, l := range limits {
		s := c.find(l.key)
		if s == nil {
			t.Fatalf("there is no setting %s", l.key)
		}
		fmt.Fprintf(&want, "| `%s` | %s | %s | %s |\n", l.key, l.what, s.val.text(), l.beyond)
	}
	page, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), begin)
	got, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no place for the table", name)
	}
	if *update {
		got = want.String()
		if err := os.WriteFile(name, []byte(before+begin+got+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want.String(), got); diff != "" {
		t.Errorf("%s is out of date, run go generate ./internal/config (-want +got):\n%s", name, diff)
	}
	// Whatever is called a limit in the settings is on the page.
	for _, s := range c.settings {
		if strings.HasPrefix(s.Key, "limits.") && s.Key != "limits.trusted_proxies" && !strings.Contains(got, "`"+s.Key+"`") {
			t.Errorf("%s is not on the page", s.Key)
		}
	}
}

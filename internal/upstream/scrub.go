package upstream

import (
	"net/netip"
	"net/url"
	"regexp"
	"strings"
)

const redacted = "[redacted]"

// Shapes of credentials: Google's API keys of both generations, OAuth tokens,
// bearer headers and JWTs, keys in a query.
var secretShapes = regexp.MustCompile(
	`AIza[0-9A-Za-z_-]{20,}` +
		`|\bAQ\.[0-9A-Za-z_.-]{20,}` +
		`|\bya29\.[0-9A-Za-z_.-]{10,}` +
		`|\bsk-[0-9A-Za-z_-]{16,}` +
		`|\beyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}(\.[0-9A-Za-z_-]*)?` +
		`|(?i)\bbearer\s+[0-9a-z._~+/=-]{8,}` +
		`|(?i)\b(api[_-]?key|key|access_token|token|x-goog-api-key)(=|%3D|:\s?|\\u003d)"?[0-9a-z._~+/-]{12,}`)

var urlShape = regexp.MustCompile("(?i)https?://[^\\s\"'<>`\\\\]+")

// scrub removes from a text what must not reach clients or logs: the given
// secrets, everything shaped like a credential, and addresses of the upstream,
// of Google's APIs and of private networks. Links to documentation stay, and
// lose their query.
func scrub(text, host string, secrets ...string) string {
	for _, s := range secrets {
		if len(s) >= 4 { // shorter ones would only mutilate words
			text = strings.ReplaceAll(text, s, redacted)
			if e := url.QueryEscape(s); e != s {
				text = strings.ReplaceAll(text, e, redacted)
			}
		}
	}
	text = urlShape.ReplaceAllStringFunc(text, func(s string) string {
		u, err := url.Parse(s)
		if err != nil || u.User != nil || ownAddress(u, host) {
			return "[address]"
		}
		s, _, cut := strings.Cut(s, "?")
		if cut {
			return s + "?…"
		}
		return s
	})
	if host != "" {
		text = strings.ReplaceAll(text, host, "[address]")
	}
	return secretShapes.ReplaceAllString(text, redacted)
}

// ownAddress reports whether an address belongs to the way upstream.
func ownAddress(u *url.URL, host string) bool {
	name := u.Hostname()
	if u.Host == host || strings.HasSuffix(name, ".googleapis.com") || name == "localhost" {
		return true
	}
	_, err := netip.ParseAddr(name)
	return err == nil
}

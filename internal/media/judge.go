package media

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gemway/gemway/internal/mime"
	"golang.org/x/net/idna"
)

// maxURL is longer than any signed URL in use.
const maxURL = 8 << 10

// Names that stand for this machine, for a local network, or for a cloud's
// metadata, with everything below them. They are refused even when they resolve
// to a public address.
var (
	localNames = []string{
		"localhost", "localdomain", "local", "internal", "intranet", "private", "corp", "home", "lan", "home.arpa",
		"in-addr.arpa", "ip6.arpa", "test", "invalid", "onion",
	}
	metadataNames = []string{
		"metadata", "metadata.google.internal", "metadata.goog", "metadata.tencentyun.com", "metadata.platformequinix.com",
		"instance-data", "instance-data.ec2.internal",
	}
)

// judge decides by its text whether a URL may be fetched and returns it in the
// one spelling that is used from then on. Errors are *mime.Error.
func (g *guard) judge(raw string) (*url.URL, error) {
	// What browsers drop or turn round, and other parsers do not, has no place in
	// a URL that two programs have to read alike.
	if len(raw) > maxURL || strings.IndexFunc(raw, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' }) >= 0 {
		return nil, invalid()
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Opaque != "" || u.Hostname() == "" {
		return nil, invalid()
	}
	if u.User != nil {
		return nil, refused(nil)
	}
	port, ok := portOf(u)
	if !ok || !slices.Contains(g.config.Ports, port) {
		return nil, refused(nil)
	}
	host, ok := g.host(u.Hostname())
	if !ok {
		return nil, refused(nil)
	}
	u.Host = host
	if strings.Contains(host, ":") {
		u.Host = "[" + host + "]"
	}
	if port != defaultPort(u.Scheme) {
		u.Host += ":" + strconv.Itoa(int(port))
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

func defaultPort(scheme string) uint16 {
	if scheme == "https" {
		return 443
	}
	return 80
}

func portOf(u *url.URL) (uint16, bool) {
	p := u.Port()
	if p == "" {
		return defaultPort(u.Scheme), true
	}
	n, err := strconv.ParseUint(p, 10, 16)
	return uint16(n), err == nil && p[0] != '0'
}

// host returns a host's one spelling and whether it may be asked for: an address
// that the guard permits, or a name of ASCII letters with at least one dot.
func (g *guard) host(h string) (string, bool) {
	if a, err := netip.ParseAddr(h); err == nil {
		h = a.String()
		return h, g.permits(a) && g.listed(h) && !g.self(h)
	}
	if strings.ContainsAny(h, ":%") {
		return "", false // no IPv6 address, or one with a zone
	}
	h, ok := ascii(h)
	if !ok {
		return "", false
	}
	h = strings.TrimSuffix(h, ".")
	labels := strings.Split(h, ".")
	for _, l := range labels {
		if !label(l) {
			return "", false
		}
	}
	// An ASCII spelling may have come out of digits of another script.
	if a, err := netip.ParseAddr(h); err == nil {
		return h, g.permits(a) && g.listed(h) && !g.self(h)
	}
	switch {
	case len(h) > 253, numeric(labels[len(labels)-1]), below(metadataNames, h):
		return "", false
	case (len(labels) < 2 || below(localNames, h)) && !matches(g.config.Hosts, h):
		return "", false
	}
	return h, g.listed(h) && !g.self(h)
}

// ascii returns a name in the spelling that DNS knows, in lower case.
func ascii(h string) (string, bool) {
	plain := true
	for i := range len(h) {
		plain = plain && h[i] < 0x80
	}
	if !plain {
		var err error
		if h, err = idna.Lookup.ToASCII(h); err != nil {
			return "", false
		}
	}
	h = strings.ToLower(h)
	if !strings.Contains(h, "xn--") {
		return h, true
	}
	// A label that claims to be foreign and is plain ASCII when decoded is one
	// name to a resolver and another to whoever decodes it.
	_, err := idna.Lookup.ToUnicode(h)
	return h, err == nil
}

// label reports whether s can be one part of a name.
func label(s string) bool {
	if s == "" || len(s) > 63 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// numeric reports whether a name that ends in s is read as an IPv4 address by
// some resolvers: 127.1, 0x7f000001, 2130706433.
// https://url.spec.whatwg.org/#ends-in-a-number-checker
func numeric(s string) bool {
	if hex, ok := strings.CutPrefix(s, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(s, "0123456789") == ""
}

// below reports whether h is one of the names, or below one.
func below(names []string, h string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return h == n || strings.HasSuffix(h, "."+n) })
}

// matches reports whether h is in an allow-list.
func matches(list []string, h string) bool {
	return slices.ContainsFunc(list, func(n string) bool {
		n = strings.ToLower(n)
		if rest, ok := strings.CutPrefix(n, "*"); ok { // "*.example.com"
			return strings.HasSuffix(h, rest)
		}
		return h == n
	})
}

func (g *guard) listed(h string) bool {
	return g.config.Mode != ModeHosts || matches(g.config.Hosts, h)
}

func (g *guard) self(h string) bool {
	return slices.ContainsFunc(g.config.Self, func(s string) bool { return strings.EqualFold(s, h) })
}

// Errors. There is one for whatever was refused or failed: a closed port, a
// private address, a name that does not exist and a status 404 look the same.
func refused(cause error) *mime.Error {
	return &mime.Error{
		Status: 400, Code: mime.CodeNotAllowed, Cause: cause,
		Message: "the URL could not be fetched: it has to be the http or https URL of a file that a public server " +
			"hands out to everybody; otherwise send the file itself, as a data URL with base64",
	}
}

func invalid() *mime.Error {
	return &mime.Error{
		Status: 400, Code: mime.CodeInvalidURL,
		Message: "the URL is not valid here: it has to be an http or https URL, or a data URL with base64",
	}
}

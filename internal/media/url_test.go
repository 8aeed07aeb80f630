package media

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/gemway/gemway/internal/mime"
	"golang.org/x/net/dns/dnsmessage"
)

// refuses fetches each URL, wants the code, and no connection at all, not even an
// attempt: every name resolves to a public address, so that judge is all that
// stands between.
func refuses(t *testing.T, want string, urls ...string) {
	t.Helper()
	f := fetcher(t, nil)
	f.guard.resolver = (&nameServer{zone: func(string, dnsmessage.Type, int) []netip.Addr { return public }}).resolver(t)
	d := watch(f)
	for _, u := range urls {
		if _, err := f.Fetch(t.Context(), u); code(err) != want {
			t.Errorf("Fetch(%q) = %v, want code %s", u, err, want)
		}
	}
	d.none(t)
	if d.denied > 0 {
		t.Errorf("%d attempts reached the dialer's hook, want none before it", d.denied)
	}
}

func TestT026Schemes(t *testing.T) {
	refuses(t, mime.CodeInvalidURL,
		"file:///etc/passwd", "file://localhost/etc/passwd", "gopher://example.com/_x", "ftp://example.com/a.png", "dict://example.com:11211/stat",
		"ws://example.com/", "wss://example.com/", "jar:http://example.com/!/", "javascript:alert(1)", "blob:https://example.com/1",
		"//example.com/a.png", "example.com/a.png", "/a.png", "a.png", "", "http:", "http://", "http:///a.png", "https:example.com", "http:/example.com",
		"http://[::1", "http://[]/", "http://a b.com/", "http://example.com/a b", "http://example.com:port/", "http://%zz/", "http://"+strings.Repeat("a", 9000)+".com/",
	)
	// Upper case is the same scheme, and data URLs need no fetch.
	f := fetcher(t, nil)
	if u, err := f.guard.judge("HTTP://Example.COM/A.png#x"); err != nil || u.String() != "http://example.com/A.png" {
		t.Errorf("judge of upper case = %v, %v", u, err)
	}
	if got, err := f.Resolve(t.Context(), []Ref{{URL: "data:image/png;base64,AAAA"}}); len(got) != 0 || err != nil {
		t.Errorf("Resolve of a data URL = %v, %v", got, err)
	}
}

func TestT027PrivateAddresses(t *testing.T) {
	for _, a := range private {
		refuses(t, mime.CodeNotAllowed, "http://"+a+"/a.png", "https://"+a+"/")
	}
}

func TestT028OddSpellings(t *testing.T) {
	refuses(t, mime.CodeNotAllowed,
		"http://2852039166/", "http://0xa9fea9fe/", "http://0251.0376.0251.0376/", "http://025177524776/", "http://127.1/", "http://127.0.1/",
		"http://0/", "http://0x7f.1/", "http://0x7f000001/", "http://017700000001/", "http://2130706433/", "http://127.0.0.1./", "http://127.0.0.01/",
		"http://0x7f.0x0.0x0.0x1/", "http://4294967295/", "http://1.1.1.0x/", "http://example.0x7f/", "http://example.com.1/", "http://00000000177.0.0.1/",
	)
}

func TestT029IPv6(t *testing.T) {
	for _, a := range private6 {
		refuses(t, mime.CodeNotAllowed, "http://["+a+"]/a.png", "http://["+a+"%25eth0]/")
	}
}

func TestT030Metadata(t *testing.T) {
	for _, a := range []string{
		"http://metadata.google.internal/computeMetadata/v1/", "http://metadata/", "http://instance-data/latest/", "http://169.254.169.254/latest/meta-data/",
		"http://[fd00:ec2::254]/latest/", "http://100.100.100.200/latest/", "http://168.63.129.16/machine", "http://169.254.170.2/v2/credentials",
		"http://metadata.google.internal./", "http://METADATA.Google.Internal/", "http://metadata.tencentyun.com/",
	} {
		refuses(t, mime.CodeNotAllowed, a)
	}
	// No setting opens them.
	f := fetcher(t, func(c *Config) {
		c.AllowedNetworks = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
		c.Hosts = []string{"metadata.google.internal", "*.internal", "metadata"}
	})
	f.guard.resolver = (&nameServer{zone: func(string, dnsmessage.Type, int) []netip.Addr { return public }}).resolver(t)
	d := watch(f)
	for _, u := range []string{"http://169.254.169.254/", "http://[fd00:ec2::254]/", "http://[::ffff:169.254.169.254]/", "http://metadata.google.internal/", "http://metadata/", "http://168.63.129.16/"} {
		if _, err := f.Fetch(t.Context(), u); code(err) != mime.CodeNotAllowed {
			t.Errorf("with everything allowed, Fetch(%q) = %v", u, err)
		}
	}
	d.none(t)
}

func TestT031Unicode(t *testing.T) {
	refuses(t, mime.CodeNotAllowed,
		"http://①⑥⑨.②⑤④.①⑥⑨.②⑤④/", "http://127。0。0。1/", "http://１２７.０.０.１/", "http://𝟏𝟐𝟕.𝟎.𝟎.𝟏/", "http://127．0｡0.1/",
		"http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "http://ｌｏｃａｌｈｏｓｔ/", "http://localhost./", "http://localhost../", "http://ⅼocalhost/", "http://metadata.google.ｉnternal/x",
		"http://xn--localhost-/", "http://xn--127-.0.0.1/", "http://a.xn--metadata-/", "http://xn--a.com/", "http://xn--/", "http://xn--example-.com/",
	)
	// Foreign names as such are fine.
	for in, want := range map[string]string{
		"https://bücher.example.com/ä.png":             "https://xn--bcher-kva.example.com/%C3%A4.png",
		"https://xn--bcher-kva.example.com/":           "https://xn--bcher-kva.example.com/",
		"https://例え。テスト.example.com/":                  "https://xn--r8jz45g.xn--zckzah.example.com/",
		"https://EXAMPLE.com.:443/?q=http://10.0.0.1/": "https://example.com/?q=http://10.0.0.1/",
	} {
		if u, err := fetcher(t, nil).guard.judge(in); err != nil || u.String() != want {
			t.Errorf("judge(%q) = %v, %v, want %s", in, u, err, want)
		}
	}
}

func TestT032Confusion(t *testing.T) {
	refuses(t, mime.CodeNotAllowed,
		"http://ok.com@10.0.0.1/", "http://user:pass@example.com/", "http://@example.com/", "http://10.0.0.1#@ok.com/", "http://10.0.0.1?@ok.com/",
		"http://example.com:22/", "http://example.com:0/", "http://example.com:8080/", "http://example.com:65536/", "http://example.com:080/",
		"https://example.com:99999999999999999999/", "http://single/", "http://a..b.com/", "http://-.1/",
	)
	refuses(t, mime.CodeInvalidURL,
		`http://ok.com\@10.0.0.1/`, `http://10.0.0.1\@ok.com/`, `http:\\10.0.0.1/`, `http://ok.com/a\b`, "http://10.0.0%2e1/", "http://ok.com\t.evil.com/", "http://ok.com\n/",
		" http://ok.com/", "http://ok.com/ ", "http://ok.com:80+/", "http://ok.com:+80/", "http://ok.com: 80/", "http://ok.com/\x00", "http://ok.com/\x7f", "http://o%6b.com\r/",
	)
}

// What is fetched is what was judged, byte for byte.
func TestT032OneURL(t *testing.T) {
	var got string
	f := fetcher(t, nil)
	u := host(t, f, "images.example.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Host + r.RequestURI
		_, _ = w.Write([]byte("GIF89a"))
	}))
	for _, tail := range []string{"/a.png", "/a%20b.png?x=%2F&y=http://10.0.0.1/", "/%2e%2e/secret", "/ä?ö#ü", "?x-oss-process=image/resize", "//10.0.0.1/a"} {
		judged, err := f.guard.judge(u + tail)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Fetch(t.Context(), u+tail); err != nil {
			t.Errorf("Fetch(%s) = %v", u+tail, err)
		}
		if want := judged.Host + judged.RequestURI(); got != want {
			t.Errorf("judged %s, asked for %s", want, got)
		}
	}
}

func TestT044Self(t *testing.T) {
	// A gateway's own names, and every address of its machine.
	f := fetcher(t, func(c *Config) { c.Self = []string{"gateway.example.com", "93.184.215.14"} })
	f.guard.resolver = (&nameServer{zone: func(string, dnsmessage.Type, int) []netip.Addr { return public }}).resolver(t)
	f.guard.interfaces = func() ([]net.Addr, error) {
		return []net.Addr{&net.IPNet{IP: net.ParseIP("2606:2800::5"), Mask: net.CIDRMask(64, 128)}}, nil
	}
	d := watch(f)
	for _, u := range []string{"http://gateway.example.com/v1/models", "http://GATEWAY.example.com./", "http://93.184.215.14/", "http://[2606:2800::5]/"} {
		if _, err := f.Fetch(t.Context(), u); code(err) != mime.CodeNotAllowed {
			t.Errorf("Fetch(%q) = %v", u, err)
		}
	}
	d.none(t)
	// When the machine's addresses cannot be told, nothing is fetched.
	f.guard.interfaces = func() ([]net.Addr, error) { return nil, errors.New("no netlink") }
	if f.guard.permits(public[0]) {
		t.Error("an address is permitted although it could be our own")
	}
	// Behind another name, the request that comes back is known by its agent.
	own := false
	g := fetcher(t, nil)
	u := host(t, g, "other.example.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		own = FromFetcher(r.Header)
		w.WriteHeader(http.StatusLoopDetected)
	}))
	if _, err := g.Fetch(t.Context(), u); code(err) != mime.CodeNotAllowed || !own {
		t.Errorf("Fetch = %v, recognised %v", err, own)
	}
	if FromFetcher(http.Header{"User-Agent": {"OpenAI/Python 1.77.0"}}) {
		t.Error("a client is taken for a fetcher")
	}
}

func TestModes(t *testing.T) {
	list := fetcher(t, func(c *Config) {
		c.Mode, c.Hosts = ModeHosts, []string{"images.example.com", "*.cdn.example.net", "files.internal", "93.184.215.14"}
	})
	for u, want := range map[string]bool{
		"http://images.example.com/":         true,
		"http://IMAGES.example.com./":        true,
		"https://a.cdn.example.net/":         true,
		"https://a.b.cdn.example.net/":       true,
		"http://files.internal/":             true, // named, so a local name is fine; its address is judged later
		"http://93.184.215.14/":              true,
		"http://93.184.215.15/":              false,
		"http://cdn.example.net/":            false,
		"http://evilcdn.example.net/":        false,
		"http://example.com/":                false,
		"http://images.example.com.evil.co/": false,
	} {
		if _, err := list.guard.judge(u); (err == nil) != want {
			t.Errorf("allow-list: judge(%s) = %v, want allowed %v", u, err, want)
		}
	}
	off := fetcher(t, func(c *Config) { c.Mode = ModeOff })
	d := watch(off)
	if _, err := off.Fetch(t.Context(), "http://93.184.215.14/"); code(err) != mime.CodeNotAllowed || !strings.Contains(err.Error(), "fetches no URLs") {
		t.Errorf("off: Fetch = %v", err)
	}
	d.none(t)
}

func FuzzJudge(f *testing.F) {
	for i, u := range urls() {
		if i%97 == 0 {
			f.Add(u)
		}
	}
	f.Add("https://example.com/a.png?x=1#y")
	f.Add("https://bücher.example.com:443/")
	g := fetcher(f, nil).guard
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := g.judge(raw)
		if err != nil {
			if c := code(err); c != mime.CodeInvalidURL && c != mime.CodeNotAllowed {
				t.Fatalf("judge(%q) = %v", raw, err)
			}
			return
		}
		// What passes is stable, and every parser reads the same host in it.
		again, err := g.judge(u.String())
		if err != nil || again.String() != u.String() {
			t.Fatalf("judge(%q) = %s, and judged again %v, %v", raw, u, again, err)
		}
		parsed, err := url.Parse(u.String())
		if err != nil || parsed.Host != u.Host || parsed.User != nil || parsed.Scheme != "http" && parsed.Scheme != "https" {
			t.Fatalf("judge(%q) = %s, parsed as %+v", raw, u, parsed)
		}
		if a, err := netip.ParseAddr(u.Hostname()); err == nil && !g.permits(a) {
			t.Fatalf("judge(%q) let %s pass", raw, a)
		}
		for i := range len(u.Hostname()) {
			if c := u.Hostname()[i]; c >= 0x80 || strings.IndexByte("@\\/?#% \t\r\n", c) >= 0 {
				t.Fatalf("judge(%q) let the host %q pass", raw, u.Hostname())
			}
		}
	})
}

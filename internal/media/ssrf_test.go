package media

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gemway/gemway/internal/mime"
	"golang.org/x/net/dns/dnsmessage"
)

// hostile answers every question with a private address: whatever form reaches
// the resolver as a name leads inside.
func hostile() *nameServer {
	return &nameServer{zone: func(string, dnsmessage.Type, int) []netip.Addr {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")}
	}}
}

// resolverOf is the pure-Go resolver with a name server of its own or, with
// GEMWAY_TEST_RESOLVER=system and cgo, the system's.
func resolverOf(t *testing.T, n *nameServer) *net.Resolver {
	t.Helper()
	if os.Getenv("GEMWAY_TEST_RESOLVER") == "system" {
		if !withCgo || !strings.Contains(os.Getenv("GODEBUG"), "netdns=cgo") {
			t.Fatal("the system's resolver needs cgo: make test-ssrf-cgo")
		}
		return &net.Resolver{PreferGo: false}
	}
	return n.resolver(t)
}

func (d *dials) none(t *testing.T) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	for a, n := range d.through {
		t.Errorf("%d connections to %s", n, a)
	}
}

// The proof: no form of a URL, given by the client or by a redirect, and no
// answer of a name server leads to an address that is not public.
func TestSSRFDirect(t *testing.T) {
	all := urls()
	slices.Sort(all)
	all = slices.Compact(all)
	if len(all) < 3000 {
		t.Fatalf("only %d URLs, want at least 3,000", len(all))
	}
	f := fetcher(t, nil)
	f.guard.resolver = resolverOf(t, hostile())
	d := watch(f)
	for _, u := range all {
		_, err := f.Fetch(t.Context(), u)
		if c := code(err); c != mime.CodeNotAllowed && c != mime.CodeInvalidURL {
			t.Errorf("Fetch(%q): %v", u, err)
		}
	}
	d.none(t)
	t.Logf("%d URLs", len(all))
}

func TestSSRFRedirect(t *testing.T) {
	all := urls()
	slices.Sort(all)
	all = slices.Compact(all)
	f := fetcher(t, nil)
	f.guard.resolver = resolverOf(t, hostile())
	d := watch(f)
	var to string
	redirector := host(t, f, "images.example.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/go" {
			_, _ = w.Write([]byte("GIF89a")) // an address that leads back here is no way in
			return
		}
		w.Header()["Location"] = []string{to}
		w.WriteHeader(http.StatusFound)
	}))
	sent := 0
	for _, to = range all {
		if strings.ContainsAny(to, "\r\n\x00") { // no header can hold them
			continue
		}
		sent++
		_, err := f.Fetch(t.Context(), redirector+"/go")
		// A Location without a host is a path at the redirector itself.
		at, _ := url.Parse(to)
		if c := code(err); c != mime.CodeNotAllowed && (at == nil || at.Host != "" || at.Scheme != "") {
			t.Errorf("redirected to %q: %v", to, err)
		}
	}
	if sent < 3000 {
		t.Errorf("only %d redirects, want at least 3,000", sent)
	}
	d.none(t)
	t.Logf("%d redirects", sent)
}

// The dialer alone, as if judge let everything pass.
func TestSSRFDialer(t *testing.T) {
	f := fetcher(t, nil)
	f.guard.resolver = resolverOf(t, hostile())
	d := watch(f)
	for _, h := range hosts() {
		h = strings.Trim(h, "[]")
		if conn, err := f.guard.dial(t.Context(), "tcp", net.JoinHostPort(h, "80")); err == nil {
			conn.Close()
			t.Errorf("connected to %q", h)
		}
	}
	d.none(t)
}

// The hook alone, under a dialer that resolves for itself and judges nothing.
// The resolver that reads most forms as addresses is the C library's.
func TestSSRFHook(t *testing.T) {
	f := fetcher(t, nil)
	d := watch(f)
	dialer := net.Dialer{Control: f.guard.control, Resolver: resolverOf(t, hostile())}
	for _, h := range hosts() {
		h = strings.Trim(h, "[]")
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		if conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(h, "80")); err == nil {
			conn.Close()
			t.Errorf("connected to %q", h)
		}
		cancel()
	}
	// The C library reads 010.000.000.001 in octal, and 8.0.0.1 is public indeed.
	for a := range d.through {
		if octal(a.Addr()) {
			delete(d.through, a)
		}
	}
	d.none(t)
	if d.denied < len(private)+len(private6) {
		t.Errorf("only %d attempts reached the hook: it was not tested", d.denied)
	}
	t.Logf("%d attempts refused by the hook", d.denied)
}

// What the hook does with what it decided: an error keeps the kernel out.
func TestHookStops(t *testing.T) {
	g := fetcher(t, nil).guard
	for address, want := range map[string]bool{
		"93.184.215.14:443": true, "[2606:2800:21f:cb07::1]:80": true,
		"93.184.215.14:22": false, "10.0.0.1:80": false, "127.0.0.1:80": false, "[::1]:443": false, "[::ffff:10.0.0.1]:80": false,
		"[fe80::1%lo]:80": false, "localhost:80": false, "": false,
	} {
		if err := g.control("tcp", address, nil); (err == nil) != want {
			t.Errorf("control(%q) = %v, want permitted %v", address, err, want)
		}
	}
}

// octal reports whether a is what the zero-padded spelling of a private address
// says in octal, and no private address by its own.
func octal(a netip.Addr) bool {
	if !a.Is4() || slices.Contains(private, a.String()) {
		return false
	}
	return slices.ContainsFunc(private, func(p string) bool {
		for i, part := range strings.Split(p, ".") {
			base := 10 // three digits are not padded, and mean what they say
			if len(part) < 3 {
				base = 8
			}
			if n, err := strconv.ParseUint(part, base, 8); err != nil || byte(n) != a.As4()[i] {
				return false
			}
		}
		return true
	})
}

// public are addresses of no special purpose. Tests stop before connecting.
var public = []netip.Addr{netip.MustParseAddr("93.184.215.14"), netip.MustParseAddr("2606:2800:21f:cb07::1")}

// T033: every private address behind a name, in every company and at every time.
func TestT033Rebinding(t *testing.T) {
	inside := make([]netip.Addr, 0, len(private)+len(private6))
	for _, a := range slices.Concat(private, private6) {
		inside = append(inside, netip.MustParseAddr(a))
	}
	zone := func(name string, kind dnsmessage.Type, nth int) []netip.Addr {
		// plan-index.rebind.example.com
		plan, index, _ := strings.Cut(strings.SplitN(name, ".", 2)[0], "-")
		i, err := strconv.Atoi(index)
		if err != nil {
			return nil
		}
		bad := inside[i]
		switch plan {
		case "only":
			return []netip.Addr{bad}
		case "first":
			return []netip.Addr{bad, public[0], public[1]}
		case "last":
			return []netip.Addr{public[0], public[1], bad}
		case "many":
			return append(slices.Repeat(public, 20), bad)
		case "family": // a public A beside a private AAAA, or the other way round
			if bad.Is4() == (kind == dnsmessage.TypeA) {
				return []netip.Addr{bad}
			}
			return public
		case "turn": // public for the first question, private ever after
			if nth == 1 {
				return public
			}
			return []netip.Addr{bad}
		}
		return nil
	}
	// Each name in four spellings of a URL, and as an alias: over 3,000 questions.
	shapes := []string{"http://NAME/a.png", "https://NAME.:443/?x=http://example.com", "HTTP://NAME:80", "https://NAME/%2e%2e/#@example.com"}
	tried := 0
	for _, alias := range []string{"", "inside.example.net."} {
		n := &nameServer{zone: zone, cname: alias}
		f := fetcher(t, nil)
		f.guard.resolver = n.resolver(t)
		for _, plan := range []string{"only", "first", "last", "many", "family"} {
			d := watch(f)
			for k := range len(inside) * len(shapes) {
				tried++
				i := k % len(inside)
				name := plan + "-" + strconv.Itoa(i) + ".s" + strconv.Itoa(k) + ".rebind.example.com"
				u := strings.Replace(shapes[k/len(inside)], "NAME", name, 1)
				if _, err := f.Fetch(t.Context(), u); code(err) != mime.CodeNotAllowed {
					t.Errorf("%s for %s: %v", u, inside[i], err)
				}
				if q := n.questions(name+".", dnsmessage.TypeA); q != 1 {
					t.Errorf("%s for %s: %d questions, want 1", u, inside[i], q)
				}
			}
			d.none(t)
		}
		// A name that changes its mind is judged by the answer that is used: the
		// first time all is well, and nobody asks twice.
		for i := range inside {
			tried++
			name := "turn-" + strconv.Itoa(i) + ".rebind.example.com"
			d := watch(f)
			_, err := f.Fetch(t.Context(), "http://"+name+"/a.png")
			if code(err) != mime.CodeNotAllowed {
				t.Errorf("turn for %s: %v", inside[i], err)
			}
			for a := range d.through {
				if !slices.Contains(public, a.Addr()) {
					t.Errorf("turn for %s: connection to %s", inside[i], a)
				}
			}
			if len(d.through) == 0 {
				t.Errorf("turn for %s: the public answer was not used", inside[i])
			}
			if q := n.questions(name+".", dnsmessage.TypeA); q != 1 {
				t.Errorf("turn for %s: %d questions, want 1", inside[i], q)
			}
			d = watch(f)
			if _, err := f.Fetch(t.Context(), "http://"+name+"/a.png"); code(err) != mime.CodeNotAllowed {
				t.Errorf("turn for %s, again: %v", inside[i], err)
			}
			d.none(t)
		}
	}
	if tried < 3000 {
		t.Errorf("only %d names, want at least 3,000", tried)
	}
	t.Logf("%d names", tried)
}

// Every hop of a redirect resolves and is judged anew: a host that was public a
// moment ago may be private now.
func TestT033RebindingOnRedirect(t *testing.T) {
	n := &nameServer{zone: func(string, dnsmessage.Type, int) []netip.Addr {
		return []netip.Addr{netip.MustParseAddr("10.0.0.1")}
	}}
	f := fetcher(t, nil)
	f.guard.resolver = n.resolver(t)
	d := watch(f)
	u := host(t, f, "images.example.com", http.RedirectHandler("http://inside.example.com/", http.StatusFound))
	if _, err := f.Fetch(t.Context(), u); code(err) != mime.CodeNotAllowed {
		t.Errorf("Fetch = %v", err)
	}
	if q := n.questions("inside.example.com.", dnsmessage.TypeA); q != 1 {
		t.Errorf("%d questions for the redirect's host, want 1", q)
	}
	d.none(t)
}

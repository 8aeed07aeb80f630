package media

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/net/dns/dnsmessage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fetcher returns one with the default settings, changed by set.
func fetcher(t testing.TB, set func(*Config)) *Fetcher {
	t.Helper()
	c := Default()
	if set != nil {
		set(&c)
	}
	f, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// host plays a public server of the given name, which exists in no DNS: only
// connections to it bypass the guard's dialer. The URL still has to pass judge.
func host(t testing.TB, f *Fetcher, name string, h http.Handler) (url string) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	route(f, name+":80", s.Listener.Addr().String())
	return "http://" + name
}

// tlsHost is host with https. The fetcher trusts every certificate then.
func tlsHost(t testing.TB, f *Fetcher, name string, h http.Handler) (url string) {
	t.Helper()
	s := httptest.NewTLSServer(h)
	t.Cleanup(s.Close)
	f.transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	route(f, name+":443", s.Listener.Addr().String())
	return "https://" + name
}

func route(f *Fetcher, from, to string) {
	next := f.dial
	f.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == from {
			return new(net.Dialer).DialContext(ctx, network, to)
		}
		return next(ctx, network, address)
	}
}

// loopback plays a server that is reached through the whole guard, by an
// explicit permission that the default settings lack.
func loopback(t testing.TB, h http.Handler, set func(*Config)) (*Fetcher, *httptest.Server) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	a := netip.MustParseAddrPort(s.Listener.Addr().String())
	return fetcher(t, func(c *Config) {
		c.AllowedNetworks = []netip.Prefix{netip.PrefixFrom(a.Addr(), a.Addr().BitLen())}
		c.Ports = append(c.Ports, a.Port())
		if set != nil {
			set(c)
		}
	}), s
}

// serve answers with a file of a type.
func serve(contentType string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(body)
	}
}

// sample is the head of a real file, see package mime.
func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "mime", "testdata", "heads", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// code returns the code of an *Error, "" for no error, and the text of any other.
func code(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	if err != nil {
		return "unexpected: " + err.Error()
	}
	return ""
}

// dials counts what reaches the dialer's hook, and lets nothing but the allowed
// addresses through.
type dials struct {
	mu      sync.Mutex
	denied  int                    // addresses the guard refuses at the hook
	through map[netip.AddrPort]int // addresses the guard would have connected to
}

var errStopped = errors.New("stopped by the test")

// watch makes f connect to nothing at all, however broken the guard is, and
// counts.
func watch(f *Fetcher) *dials {
	d := &dials{through: make(map[netip.AddrPort]int)}
	f.guard.connecting = func(a netip.AddrPort, permitted bool) error {
		d.mu.Lock()
		defer d.mu.Unlock()
		if permitted {
			d.through[a]++
		} else {
			d.denied++
		}
		return errStopped
	}
	return d
}

// nameServer answers on loopback what zone says, and counts questions.
type nameServer struct {
	mu   sync.Mutex
	zone func(name string, kind dnsmessage.Type, nth int) []netip.Addr
	seen map[string]int // questions by name and type
	// cname makes every name an alias of the one below it.
	cname string
}

func (n *nameServer) questions(name string, kind dnsmessage.Type) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.seen[name+kind.String()]
}

// resolver starts the server and returns a pure-Go resolver that asks it alone.
func (n *nameServer) resolver(t testing.TB) *net.Resolver {
	t.Helper()
	n.seen = make(map[string]int)
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			k, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if answer, err := n.answer(buf[:k]); err == nil {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func (n *nameServer) answer(question []byte) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil {
		return nil, err
	}
	q := m.Questions[0]
	n.mu.Lock()
	key := q.Name.String() + q.Type.String()
	n.seen[key]++
	addrs := n.zone(strings.TrimSuffix(q.Name.String(), "."), q.Type, n.seen[key])
	n.mu.Unlock()
	m.Response, m.Authoritative, m.RecursionAvailable = true, true, true
	m.Additionals = nil
	owner := q.Name
	if n.cname != "" {
		owner = dnsmessage.MustNewName(n.cname)
		m.Answers = append(m.Answers, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: dnsmessage.TypeCNAME, Class: dnsmessage.ClassINET},
			Body:   &dnsmessage.CNAMEResource{CNAME: owner},
		})
	}
	for _, a := range addrs {
		h := dnsmessage.ResourceHeader{Name: owner, Type: q.Type, Class: dnsmessage.ClassINET} // TTL 0
		switch {
		case q.Type == dnsmessage.TypeA && a.Is4():
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: a.As4()}})
		case q.Type == dnsmessage.TypeAAAA && a.Is6():
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
	}
	return m.Pack()
}

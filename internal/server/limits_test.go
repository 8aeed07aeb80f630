package server_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gemway/gemway/internal/metrics"
	"github.com/gemway/gemway/internal/server"
)

// dial opens a connection to a gateway.
func (g *gateway) dial(t *testing.T) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(g.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

func write(t *testing.T, c net.Conn, format string, args ...any) {
	t.Helper()
	if _, err := fmt.Fprintf(c, format, args...); err != nil {
		t.Fatal(err)
	}
}

// ends reads a connection to its end and returns what came.
func ends(t *testing.T, c net.Conn) string {
	t.Helper()
	b, err := io.ReadAll(c)
	if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
		t.Fatalf("the connection is still open after %q", b)
	}
	return string(b)
}

func hello(w http.ResponseWriter, r *http.Request) { say(w, r, native(`{"text":"hello"}`, "STOP")) }

// T074: headers that never end, bodies that trickle, and bodies nobody reads
// are cut; others are served meanwhile.
func TestT074SlowClients(t *testing.T) {
	g := newGateway(t, http.HandlerFunc(hello), setup{keys: []string{"k"}, server: func(c *server.Config) {
		c.Limits.HeaderTime, c.Limits.BodyGrace, c.Limits.BodyRate = 200*time.Millisecond, 200*time.Millisecond, 1<<20
	}})
	var wg sync.WaitGroup
	for range 50 {
		headers, body, unread := g.dial(t), g.dial(t), g.dial(t)
		write(t, headers, "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nX-Slow: ")
		write(t, body, "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{\"model\"")
		write(t, unread, "POST /v1/nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{")
		wg.Go(func() { ends(t, headers) })
		wg.Go(func() {
			if got := ends(t, body); !strings.Contains(got, "408") || !strings.Contains(got, "request_timeout") {
				t.Errorf("a slow body got %q", got)
			}
		})
		wg.Go(func() { ends(t, unread) })
	}
	for range 20 {
		if a := g.call(t, "POST", "/v1/chat/completions", question); a.status != 200 {
			t.Fatalf("meanwhile: %d %s", a.status, a.body)
		}
	}
	wg.Wait()
}

// A body that keeps the pace may take longer than the grace.
func TestSteadyBodyIsRead(t *testing.T) {
	g := newGateway(t, http.HandlerFunc(hello), setup{keys: []string{"k"}, server: func(c *server.Config) {
		c.Limits.BodyGrace, c.Limits.BodyRate = 100*time.Millisecond, 10
	}})
	c := g.dial(t)
	write(t, c, "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", len(question))
	for i := 0; i < len(question); i += 12 { // 600 ms for 77 bytes, which are good for 7 s
		write(t, c, "%s", question[i:min(i+12, len(question))])
		time.Sleep(100 * time.Millisecond)
	}
	if got := ends(t, c); !strings.Contains(got, "200 OK") {
		t.Errorf("got %q", got)
	}
}

// A deadline of one request must not end the next one on the connection.
func TestDeadlinesDoNotOutliveTheirRequest(t *testing.T) {
	g := newGateway(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(300 * time.Millisecond)
		hello(w, r)
	}), setup{keys: []string{"k"}, server: func(c *server.Config) {
		c.Limits.BodyGrace, c.WriteTimeout = 100*time.Millisecond, 100*time.Millisecond
	}})
	c := g.dial(t)
	r := bufio.NewReader(c)
	for range 3 {
		write(t, c, "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", len(question))
		time.Sleep(20 * time.Millisecond)
		write(t, c, "%s", question)
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode == http.StatusContinue {
			if resp, err = http.ReadResponse(r, nil); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != 200 {
			t.Fatalf("%d, %v", resp.StatusCode, err)
		}
	}
}

// T048: headers beyond their limits.
func TestT048Headers(t *testing.T) {
	g := newGateway(t, http.HandlerFunc(hello), setup{})
	for name, text := range map[string]string{
		"long":   "X-Long: " + strings.Repeat("x", 40<<10) + "\r\n",
		"cookie": "Cookie: " + strings.Repeat("x", 1<<20) + "\r\n",
		"many": func() (s string) {
			for i := range 200 {
				s += fmt.Sprintf("X-%d: y\r\n", i)
			}
			return
		}(),
	} {
		c := g.dial(t)
		go fmt.Fprintf(c, "GET /healthz HTTP/1.1\r\nHost: x\r\n%s\r\n", text) // may be cut off
		if status, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.Contains(status, "431") {
			t.Errorf("%s: %q, %v", name, status, err)
		}
	}
	c := g.dial(t)
	go fmt.Fprintf(c, "GET /%s HTTP/1.1\r\nHost: x\r\n\r\n", strings.Repeat("x", 10<<20))
	if status, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.Contains(status, "431") {
		t.Errorf("long URL: %q, %v", status, err)
	}
}

// Large bodies together take a bounded memory; small requests go on.
func TestBodiesInMemoryAreBounded(t *testing.T) {
	begun, release := make(chan bool, 8), make(chan struct{})
	g := newGateway(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > 1<<20 {
			begun <- true
			<-release
		}
		hello(w, r)
	}), setup{keys: []string{"k"}, server: func(c *server.Config) { c.MaxBody, c.Limits.Bodies = 4<<20, 7<<20 }})
	large := strings.Replace(question, `"q"`, `"`+strings.Repeat("q", 3<<20)+`"`, 1)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if a, err := g.send(t, "x", "POST", "/v1/chat/completions", large); err != nil || a.status != 200 {
				t.Errorf("within the limit: %d, %v", a.status, err)
			}
		})
	}
	<-begun
	<-begun
	a, err := g.send(t, "x", "POST", "/v1/chat/completions", large)
	if err == nil && (a.status != 503 || a.header.Get("Retry-After") != "1" || !strings.Contains(string(a.body), "overloaded")) {
		t.Errorf("beyond the limit: %d %s", a.status, a.body) // or the connection is closed while it sends
	}
	if a := g.call(t, "POST", "/v1/chat/completions", question); a.status != 200 {
		t.Errorf("a small request: %d", a.status)
	}
	close(release)
	wg.Wait()
	if a := g.call(t, "POST", "/v1/chat/completions", large); a.status != 200 {
		t.Errorf("afterwards: %d %s", a.status, a.body)
	}
}

// addressed is a listener whose connections come from made-up addresses.
type addressed struct {
	net.Listener
	mu   sync.Mutex
	from []string
}

type fromConn struct {
	net.Conn
	from net.Addr
}

func (c fromConn) RemoteAddr() net.Addr { return c.from }

func (a *addressed) Accept() (net.Conn, error) {
	c, err := a.Listener.Accept()
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	from := a.from[0]
	a.from = a.from[1:]
	return fromConn{c, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(from))}, nil
}

// T078: connections are bounded in all and for each address, not for this
// machine and trusted proxies; what is beyond is closed at once, and a place
// that is given back is taken again.
func TestT078Connections(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a := &addressed{Listener: inner}
	m := metrics.New("test", nil)
	limits := server.DefaultLimits()
	limits.Connections, limits.ConnectionsPerIP, limits.TrustedProxies = 6, 2, networks(t, "10.0.0.0/8")
	l := server.NewListener(a, limits, m)
	defer l.Close()
	accepted := make(chan net.Conn, 16)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	open := func(from string) net.Conn { // nil when it was refused
		t.Helper()
		a.mu.Lock()
		a.from = append(a.from, from+":1234")
		a.mu.Unlock()
		c, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		closed := make(chan bool, 1)
		go func() {
			_, err := c.Read(make([]byte, 1))
			closed <- err != nil
		}()
		select {
		case s := <-accepted:
			return s
		case <-closed:
			return nil
		case <-time.After(10 * time.Second):
			t.Fatal("neither accepted nor closed")
			return nil
		}
	}
	one, two := open("192.0.2.1"), open("192.0.2.1")
	if one == nil || two == nil || open("192.0.2.1") != nil {
		t.Fatal("the limit of an address is not 2")
	}
	one.Close()
	one.Close() // twice is once
	if open("192.0.2.1") == nil {
		t.Error("a place given back is not taken")
	}
	if open("192.0.2.1") != nil {
		t.Error("closing twice gave two places")
	}
	for range 4 { // 2 are open
		if open("10.1.1.1") == nil {
			t.Error("a trusted proxy is limited")
		}
	}
	if open("127.0.0.1") != nil || open("192.0.2.99") != nil {
		t.Error("the limit of all is not 6")
	}
	two.Close()
	if open("127.0.0.1") == nil {
		t.Error("the place is not given back")
	}
	var b strings.Builder
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`gemway_connections_open 6`, `gemway_connections_refused_total{limit="per_ip"} 2`, `gemway_connections_refused_total{limit="total"} 2`} {
		if !strings.Contains(b.String(), want+"\n") {
			t.Errorf("%q is missing in %s", want, b.String())
		}
	}
}

// T053: requests that are no plain ones for a path.
func TestT053OddRequests(t *testing.T) {
	g := newGateway(t, http.HandlerFunc(hello), setup{keys: []string{"k"}})
	for request, want := range map[string]string{
		"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n":                                     "40",
		"TRACE /v1/chat/completions HTTP/1.1\r\nHost: x\r\n":                                            "405",
		"GET /v1/chat/completions HTTP/1.1\r\nHost: x\r\nX-HTTP-Method-Override: POST\r\n":              "405",
		"GET /v1/chat/completions HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n": "405", // T080
		"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n":                                               "400",
		"GET /healthz HTTP/1.1\r\n":                                                                     "400",
		"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n":               "400", // T076
		"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n":                          "501",
		"GET /healthz HTTP/1.1\r\nHost : x\r\n":                                                         "400",
	} {
		c := g.dial(t)
		write(t, c, "%s\r\n", request)
		status, err := bufio.NewReader(c).ReadString('\n')
		if err != nil || !strings.HasPrefix(status, "HTTP/1.1 "+want) {
			t.Errorf("%q: %q, %v", request, status, err)
		}
	}
}

// T054: what browsers and old clients add changes nothing.
func TestT054HeadersWithoutEffect(t *testing.T) {
	g := newGateway(t, http.HandlerFunc(hello), setup{keys: []string{"k"}})
	a := g.with(t, "POST", "/v1/chat/completions", question, "Accept: text/html", "Range: bytes=0-1", "If-None-Match: *", "If-Modified-Since: Sat, 21 Nov 2026 00:00:00 GMT")
	if a.status != 200 || a.header.Get("Content-Type") != "application/json" || !strings.Contains(string(a.body), "hello") {
		t.Errorf("%d %v", a.status, a.header)
	}
}

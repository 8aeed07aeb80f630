package upstream

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// dials counts the connections that a client makes.
func dials(c *Client) *atomic.Int64 {
	var n atomic.Int64
	dial := c.transport.DialContext
	c.transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		n.Add(1)
		return dial(ctx, network, addr)
	}
	return &n
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	for name, tt := range map[string]struct {
		script func(*wire)
		want   int64 // connections for three calls
	}{
		"length":           {func(w *wire) { w.json(200, part) }, 1},
		"chunks":           {func(w *wire) { w.events(); w.chunk(part); w.done() }, 1},
		"hints before":     {func(w *wire) { w.say("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"); w.json(200, part) }, 1},
		"an error":         {func(w *wire) { w.json(400, `{"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT"}}`) }, 1},
		"nothing":          {func(w *wire) { w.answer(400, "text/plain", "") }, 1},
		"to be closed":     {func(w *wire) { w.answer(200, "application/json", part, "Connection: close") }, 3},
		"of the old kind":  {func(w *wire) { w.say("HTTP/1.0 200 OK\r\n\r\n%s", part) }, 3},
		"closed at once":   {func(w *wire) { w.json(200, part); w.keep = false }, 3},
		"more than asked":  {func(w *wire) { w.json(200, part); w.say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{1:2}") }, 3},
		"more, a bit late": {func(w *wire) { w.json(200, part); time.Sleep(time.Millisecond); w.say("HTTP/1.1 500 X\r\n\r\n") }, 3},
	} {
		t.Run(name, func(t *testing.T) {
			var over sync.WaitGroup
			up := serve(t, func(w *wire) { defer over.Done(); tt.script(w) })
			c := up.client(t, once)
			n := dials(c)
			for range 3 {
				over.Add(1)
				a, err := c.Do(context.Background(), chat())
				if err == nil && (string(a.Body) != part || a.Attempts != 1) {
					t.Fatalf("%q after %d tries", a.Body, a.Attempts)
				}
				if err != nil && stating(t, err, 400).Attempts != 1 {
					t.Fatal(err)
				}
				over.Wait()
				if tt.want == 3 { // let the news travel
					waitFor(t, func() bool { return !idleIsUntouched(c) })
				}
			}
			if n.Load() != tt.want {
				t.Errorf("%d connections, want %d", n.Load(), tt.want)
			}
		})
	}
}

// idleIsUntouched reports whether a connection is kept that can be used.
func idleIsUntouched(c *Client) bool {
	c.direct.mu.Lock()
	defer c.direct.mu.Unlock()
	for _, v := range c.direct.hosts.Range {
		h := v.(*host)
		for _, l := range h.idle {
			if untouched(l.Conn) {
				return true
			}
		}
	}
	return false
}

func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not come")
		}
	}
}

// A long request may be refused before it is written. The refusal arrives, and
// afterwards nobody looks at the request's memory.
func TestAnswerBeforeTheRequestIsWritten(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 512)) // not even the headers
			_, _ = io.WriteString(conn, "HTTP/1.1 413 X\r\nContent-Type: application/json\r\nContent-Length: 37\r\n\r\n"+`{"error":{"code":413,"message":"no"}}`)
			defer conn.Close()
		}
	}()
	up := &scripted{addr: ln.Addr().String()}
	for _, plain := range []bool{false, true} {
		c := up.client(t, once)
		if plain {
			c.transport.Protocols.SetHTTP2(true) // net/http's transport does it
		}
		call := chat()
		call.Body = [][]byte{make([]byte, 1<<20), make([]byte, 30<<20)}
		_, err = c.Do(context.Background(), call)
		if err == nil {
			t.Fatal("no error")
		}
		for _, s := range call.Body { // the race detector looks here
			clear(s)
		}
		if !plain {
			_ = stating(t, err, 413)
		}
	}
}

// A long request arrives as it is, by either way.
func TestLongRequests(t *testing.T) {
	up := serve(t, func(w *wire) {
		sum := 0
		for _, b := range w.body {
			sum += int(b)
		}
		if len(w.body) != 3<<20 || sum != 6<<20 || w.ContentLength != 3<<20 {
			t.Errorf("%d bytes with the sum %d arrived", len(w.body), sum)
		}
		w.json(200, part)
	})
	for _, plain := range []bool{false, true} {
		c := up.client(t, once)
		c.transport.Protocols.SetHTTP2(plain)
		for range 3 {
			call := chat()
			call.Body = nil
			for i := range 3 {
				call.Body = append(call.Body, bytes.Repeat([]byte{byte(i + 1)}, 1<<20))
			}
			if _, err := c.Do(context.Background(), call); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestHeadersCannotBeInjected(t *testing.T) {
	up := serve(t, func(w *wire) { t.Errorf("arrived: %v", w.Header); w.json(200, part) })
	c := up.client(t, once)
	for _, value := range []string{"a\r\nX-Evil: 1", "a\nb", "a\x00b"} {
		call := chat()
		call.ClientKey = value
		if _, err := c.Do(context.Background(), call); err == nil || strings.Contains(err.Error(), value) {
			t.Errorf("%q: %v", value, err)
		}
	}
	for _, name := range []string{"a b", "a\r\nb", "a:", ""} {
		call := chat()
		call.Header = http.Header{name: {"1"}}
		if _, err := c.Do(context.Background(), call); err == nil {
			t.Errorf("%q was sent", name)
		}
	}
	call := chat()
	call.Query = url.Values{"a\r\nb": {"c d\r\n\r\n"}}
	up = serve(t, func(w *wire) {
		if w.URL.Query().Get("a\r\nb") != "c d\r\n\r\n" || len(w.Header) > 4 {
			t.Errorf("%v %v", w.URL, w.Header)
		}
		w.json(200, part)
	})
	if _, err := up.client(t, once).Do(context.Background(), call); err != nil {
		t.Error(err)
	}
}

// What goes by a proxy is left to net/http's transport.
func TestProxyIsUsed(t *testing.T) {
	proxy := serve(t, func(w *wire) {
		if w.URL.Host != "gemini.example" {
			t.Errorf("asked for %s", w.URL)
		}
		w.json(200, part)
	})
	c := proxy.client(t, once)
	site, err := NewGeminiAPI("http://gemini.example")
	if err != nil {
		t.Fatal(err)
	}
	c.site = site
	c.transport.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: proxy.addr})
	if a, err := c.Do(context.Background(), chat()); err != nil || string(a.Body) != part {
		t.Error(a, err)
	}
	if proxy.calls() != 1 {
		t.Errorf("%d requests at the proxy", proxy.calls())
	}
}

func TestEncryptedConnections(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, part)
	}))
	defer server.Close()
	site, err := NewGeminiAPI(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := (&scripted{addr: "unused"}).client(t, once)
	c.site = site
	c.transport.TLSClientConfig = &tls.Config{RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	n := dials(c)
	for _, size := range []int{10, 3 << 20} {
		for range 3 {
			call := chat()
			call.Body = [][]byte{make([]byte, size), make([]byte, size)}
			if a, err := c.Do(context.Background(), call); err != nil || string(a.Body) != part {
				t.Fatal(a, err)
			}
		}
	}
	if n.Load() != 1 {
		t.Errorf("%d connections, want 1", n.Load())
	}
}

// Connections that nobody uses are closed after a while, and by Close; those
// under way are then not kept.
func TestIdleConnectionsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := inMemory(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, part) }, nil)
		n := dials(c)
		call := func() {
			t.Helper()
			if _, err := c.Do(context.Background(), chat()); err != nil {
				t.Fatal(err)
			}
		}
		idle := func() int {
			c.direct.mu.Lock()
			defer c.direct.mu.Unlock()
			v, _ := c.direct.hosts.Load(place{"http", "upstream"})
			return len(v.(*host).idle)
		}
		call()
		time.Sleep(89 * time.Second)
		call()
		time.Sleep(89 * time.Second)
		if n.Load() != 1 || idle() != 1 {
			t.Fatalf("%d connections, %d idle", n.Load(), idle())
		}
		time.Sleep(5 * time.Second)
		if idle() != 0 {
			t.Error("an idle connection is kept")
		}
		call()
		if n.Load() != 2 || idle() != 1 {
			t.Fatalf("%d connections, %d idle", n.Load(), idle())
		}
		c.Close()
		if idle() != 0 {
			t.Error("an idle connection outlives Close")
		}
	})
}

// A connection that the other side closes is let go, though nobody asks again.
func TestClosedConnectionsAreNotKept(t *testing.T) {
	up := serve(t, func(w *wire) { w.json(200, part); w.keep = false })
	c := up.client(t, once)
	if _, err := c.Do(context.Background(), chat()); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool {
		c.direct.mu.Lock()
		defer c.direct.mu.Unlock()
		kept := 0
		for _, v := range c.direct.hosts.Range {
			kept += len(v.(*host).idle)
		}
		return kept == 0
	})
}

// An answer that began before Close is read to its end, and its connection is
// not kept.
func TestCloseLetsCallsEnd(t *testing.T) {
	began, goOn := make(chan bool), make(chan bool)
	up := serve(t, func(w *wire) {
		w.events()
		w.chunk("data: {}\n\n")
		began <- true
		<-goOn
		w.chunk("data: {}\n\n")
		w.done()
	})
	c := up.client(t, once)
	go func() {
		<-began
		c.Close()
		close(goOn)
	}()
	if got, err := streamAll(t, c); !errors.Is(err, io.EOF) || len(got) != 2 {
		t.Errorf("%q, %v", got, err)
	}
	if idleIsUntouched(c) {
		t.Error("its connection is kept")
	}
}

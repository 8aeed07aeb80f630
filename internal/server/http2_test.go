package server_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gemway/gemway/internal/metrics"
	"github.com/gemway/gemway/internal/server"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// overTLS is a gateway's server over TLS, where HTTP/2 is spoken.
func overTLS(t *testing.T) *httptest.Server {
	t.Helper()
	s := newBare(t, nil)
	s.quiet = true
	hs := httptest.NewUnstartedServer(nil)
	hs.Config = server.NewHTTP(server.DefaultLimits(), s, slog.New(slog.DiscardHandler))
	hs.Listener = server.NewListener(hs.Listener, server.DefaultLimits(), metrics.New("test", server.Endpoints()))
	hs.EnableHTTP2 = true
	hs.StartTLS()
	t.Cleanup(hs.Close)
	return hs
}

// http2Conn is a client's end of a connection, frame by frame.
type http2Conn struct {
	*tls.Conn
	framer *http2.Framer
	block  bytes.Buffer
	enc    *hpack.Encoder
}

func dialHTTP2(t *testing.T, hs *httptest.Server) *http2Conn {
	t.Helper()
	cfg := hs.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	cfg.NextProtos = []string{"h2"}
	d := tls.Dialer{Config: cfg}
	nc, err := d.DialContext(context.Background(), "tcp", hs.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	c := &http2Conn{Conn: nc.(*tls.Conn)}
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	c.framer = http2.NewFramer(c.Conn, c.Conn)
	c.enc = hpack.NewEncoder(&c.block)
	if _, err := io.WriteString(c.Conn, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	if err := c.framer.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	return c
}

// head is the header block of a request.
func (c *http2Conn) head(more ...hpack.HeaderField) []byte {
	c.block.Reset()
	for _, f := range append([]hpack.HeaderField{
		{Name: ":method", Value: "POST"}, {Name: ":scheme", Value: "https"}, {Name: ":path", Value: "/v1/chat/completions"}, {Name: ":authority", Value: "x"},
	}, more...) {
		_ = c.enc.WriteField(f) // into memory
	}
	return c.block.Bytes()
}

// last reads until the connection ends or is told to, and returns the reason;
// ok is false when it is simply kept.
func (c *http2Conn) last(t *testing.T) (code http2.ErrCode, ended bool) {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	for {
		f, err := c.framer.ReadFrame()
		if err != nil {
			var timeout interface{ Timeout() bool }
			return 0, !(errors.As(err, &timeout) && timeout.Timeout())
		}
		if g, ok := f.(*http2.GoAwayFrame); ok {
			return g.ErrCode, true
		}
	}
}

// T077: floods of HTTP/2 end their connection or have no effect: the memory they
// take is bounded, and others are served meanwhile.
func TestT077HTTP2Floods(t *testing.T) {
	hs := overTLS(t)
	ask := func() {
		t.Helper()
		resp, err := hs.Client().Post(hs.URL+"/v1/chat/completions", "application/json", strings.NewReader(normal))
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || resp.ProtoMajor != 2 {
			t.Fatalf("%s %d %s, %v", resp.Proto, resp.StatusCode, b, err)
		}
	}
	ask()
	for name, c := range map[string]struct {
		attack func(c *http2Conn) error
		ends   bool
	}{
		"rapid reset": {func(c *http2Conn) error {
			for id := uint32(1); id < 40_000; id += 2 {
				if err := c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: c.head(), EndHeaders: true}); err != nil {
					return err
				}
				if err := c.framer.WriteRSTStream(id, http2.ErrCodeCancel); err != nil {
					return err
				}
			}
			return nil
		}, false},
		"continuations without end": {func(c *http2Conn) error {
			if err := c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: c.head()}); err != nil {
				return err
			}
			for range 100_000 {
				c.block.Reset()
				_ = c.enc.WriteField(hpack.HeaderField{Name: "x-filler", Value: strings.Repeat("a", 4000), Sensitive: true})
				if err := c.framer.WriteContinuation(1, false, c.block.Bytes()); err != nil {
					return err
				}
			}
			return nil
		}, true},
		"header bomb": {func(c *http2Conn) error { // one entry of the table, referred to again and again
			big := hpack.HeaderField{Name: "x-bomb", Value: strings.Repeat("a", 3900)}
			for id := uint32(1); id < 200; id += 2 {
				fields := make([]hpack.HeaderField, 4000)
				for i := range fields {
					fields[i] = big
				}
				if err := c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: c.head(fields...), EndHeaders: true, EndStream: true}); err != nil {
					return err
				}
			}
			return nil
		}, false},
		"pings": {func(c *http2Conn) error {
			for range 100_000 {
				if err := c.framer.WritePing(false, [8]byte{1}); err != nil {
					return err
				}
			}
			return nil
		}, false},
		"settings": {func(c *http2Conn) error {
			for range 100_000 {
				if err := c.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1}); err != nil {
					return err
				}
			}
			return nil
		}, false},
		"many streams": {func(c *http2Conn) error { // none of which gets its body
			for id := uint32(1); id < 2000; id += 2 {
				if err := c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: c.head(), EndHeaders: true}); err != nil {
					return err
				}
			}
			return nil
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			goroutines, heap := runtime.NumGoroutine(), inUse()
			conn := dialHTTP2(t, hs)
			most := make(chan uint64, 1)
			stop := make(chan bool)
			go func() {
				var peak uint64
				for {
					select {
					case <-stop:
						most <- peak
						return
					case <-time.After(5 * time.Millisecond):
						var m runtime.MemStats
						runtime.ReadMemStats(&m)
						peak = max(peak, m.HeapInuse)
					}
				}
			}()
			// The answers are read, so that what is refused is the flood itself.
			reading := make(chan bool)
			ended := false
			go func() {
				defer close(reading)
				_, ended = conn.last(t)
			}()
			err := c.attack(conn)
			<-reading
			if c.ends && !ended && err == nil {
				t.Error("the connection is kept")
			}
			ask()
			conn.Close()
			close(stop)
			if peak := <-most; peak > heap+16<<20 {
				t.Errorf("%d MiB more in use at times", (peak-heap)>>20)
			} else {
				t.Logf("at most %d KiB more in use; connection ended: %v", (int64(peak)-int64(heap))>>10, ended)
			}
			for began := time.Now(); runtime.NumGoroutine() > goroutines+2; time.Sleep(5 * time.Millisecond) {
				if time.Since(began) > 5*time.Second {
					t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), goroutines)
				}
			}
		})
	}
}

func inUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

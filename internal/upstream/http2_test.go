package upstream

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gemway/gemway/internal/keypool"
)

// Frames of HTTP/2 (RFC 9113).
const (
	frameData = iota
	frameHeaders
	framePriority
	frameRST
	frameSettings
	framePush
	framePing
	frameGoAway
	frameWindow
)

// h2 is one connection of a hand-made HTTP/2 server.
type h2 struct{ net.Conn }

func (c h2) frame(kind, flags byte, stream uint32, payload []byte) {
	b := make([]byte, 9, 9+len(payload))
	b[0], b[1], b[2], b[3], b[4] = byte(len(payload)>>16), byte(len(payload)>>8), byte(len(payload)), kind, flags
	binary.BigEndian.PutUint32(b[5:], stream)
	_, _ = c.Write(append(b, payload...)) // a client that has left is seen when reading
}

// headers answers 200 with the type of a stream.
func (c h2) headers(stream uint32) {
	// ":status: 200" is entry 8 of HPACK's static table, "content-type" 31.
	block := append([]byte{0x88, 0x0f, 0x10, byte(len("text/event-stream"))}, "text/event-stream"...)
	c.frame(frameHeaders, 4, stream, block)
}

func (c h2) event(stream uint32, s string) { c.frame(frameData, 0, stream, []byte(s)) }

// setting is one setting of a SETTINGS frame.
func setting(id uint16, value uint32) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint16(nil, id), value)
}

// serveH2 starts a hand-made HTTP/2 server over TLS. script is called when the
// first request's headers are complete; before that only settings are sent.
func serveH2(t *testing.T, settings []byte, script func(c h2, stream uint32)) *Client {
	t.Helper()
	cert, roots := selfSigned(t)
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	ended := make(chan struct{})
	t.Cleanup(func() { ln.Close(); close(ended); wg.Wait() })
	wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { <-ended; conn.Close() })
			wg.Go(func() { talkH2(h2{conn}, settings, script) })
		}
	})
	site, err := NewGeminiAPI("https://" + ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	cfg := Default()
	once(&cfg)
	cfg.HTTP2, cfg.FirstByte, cfg.Gap = true, time.Second, time.Second
	c, err := New(site, cfg, keypool.New([]string{"key-number-one"}), nil)
	if err != nil {
		t.Fatal(err)
	}
	c.transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	t.Cleanup(c.Close)
	return c
}

func talkH2(c h2, settings []byte, script func(c h2, stream uint32)) {
	defer c.Close()
	if _, err := io.ReadFull(c, make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
		return
	}
	c.frame(frameSettings, 0, 0, settings)
	for {
		head := make([]byte, 9)
		if _, err := io.ReadFull(c, head); err != nil {
			return
		}
		size := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
		if _, err := io.CopyN(io.Discard, c, size); err != nil {
			return
		}
		if head[3] == frameHeaders && script != nil {
			go script(c, binary.BigEndian.Uint32(head[5:])) // ends when the connection does
		}
	}
}

// selfSigned makes a certificate for loopback.
func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// A hostile HTTP/2 server gets an error out of us, not a spinning processor.
func TestT093_HostileHTTP2(t *testing.T) {
	for name, tt := range map[string]struct {
		settings []byte
		script   func(h2, uint32)
		body     int // of the request, in bytes
	}{
		"maximum frame size 0": {settings: setting(5, 0), script: func(h2, uint32) {}},
		"window 0":             {settings: setting(4, 0), script: func(h2, uint32) {}, body: 1 << 20},
		"no streams":           {settings: setting(3, 0)},
		"GOAWAY at once":       {script: func(c h2, _ uint32) { c.frame(frameGoAway, 0, 0, make([]byte, 8)) }},
		"GOAWAY in mid-stream": {script: func(c h2, s uint32) {
			c.headers(s)
			c.event(s, "data: {\"n\":1}\n\n")
			c.frame(frameGoAway, 0, 0, append(binary.BigEndian.AppendUint32(nil, s), 0, 0, 0, 2))
			c.Close()
		}},
		"RST_STREAM in mid-stream": {script: func(c h2, s uint32) {
			c.headers(s)
			c.event(s, "data: {\"n\":1}\n\n")
			c.frame(frameRST, 0, s, []byte{0, 0, 0, 2})
		}},
		"hang in mid-stream": {script: func(c h2, s uint32) { c.headers(s); c.event(s, "data: {\"n\":1}\n\ndata:") }},
		"window overflow": {script: func(c h2, _ uint32) {
			c.frame(frameWindow, 0, 0, []byte{0x7f, 0xff, 0xff, 0xff})
		}},
		"frame too large": {script: func(c h2, s uint32) { c.frame(frameData, 0, s, make([]byte, 1<<24-1)) }},
		"data without headers": {script: func(c h2, s uint32) {
			c.event(s, "data: {}\n\n")
		}},
		"push": {script: func(c h2, s uint32) { c.frame(framePush, 4, s, []byte{0, 0, 0, 2, 0x82}) }},
		"bad header block": {script: func(c h2, s uint32) {
			c.frame(frameHeaders, 4, s, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c := serveH2(t, tt.settings, tt.script)
			call := streamed()
			if tt.body > 0 {
				call.Body = [][]byte{make([]byte, tt.body)}
			}
			began := time.Now()
			s, err := c.Stream(context.Background(), call)
			if err == nil {
				_, err = drain(s)
				s.Close()
			}
			f, ok := err.(*Failure)
			if !ok || f.Kind != Broken && f.Kind != Timeout && f.Kind != Unreachable {
				t.Fatalf("got %T %v", err, err)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

// With an honest server the setting does what it says, and pooled HTTP/1.1 is
// what there is without it.
func TestHTTP2IsASetting(t *testing.T) {
	for _, tt := range []struct {
		on   bool
		want string
	}{{false, "HTTP/1.1"}, {true, "HTTP/2.0"}} {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Proto != tt.want {
				t.Errorf("HTTP2 %v: came as %s", tt.on, r.Proto)
			}
			w.Header().Set("Content-Type", "text/event-stream")
			io.WriteString(w, "data: {}\n\n")
		}))
		server.EnableHTTP2 = true
		server.StartTLS()
		site, err := NewGeminiAPI(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		cfg := Default()
		cfg.HTTP2 = tt.on
		c, err := New(site, cfg, keypool.New([]string{"key-number-one"}), nil)
		if err != nil {
			t.Fatal(err)
		}
		c.transport.TLSClientConfig = &tls.Config{RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
		if got, err := streamAll(t, c); err != io.EOF || len(got) != 1 {
			t.Errorf("HTTP2 %v: %q, %v", tt.on, got, err)
		}
		c.Close()
		server.Close()
	}
}

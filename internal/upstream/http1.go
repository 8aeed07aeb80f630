package upstream

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gemway/gemway/internal/panics"
	"golang.org/x/net/http/httpguts"
)

// http1 speaks HTTP/1.1 over connections that it keeps. It does what net/http's
// transport does, for the one case that matters for speed: a whole request goes
// out in one write and its answer is read by whoever waits for it, where the
// transport hands both over to goroutines of the connection. Whatever is out of
// the ordinary (a proxy, HTTP/2, another scheme) is left to the transport, which
// also says how connections are made. Answers are read by http.ReadResponse.
type http1 struct {
	transport *http.Transport
	panicked  func(*panics.Recovered)

	hosts sync.Map    // *host by place
	mu    sync.Mutex  // for the hosts' idle connections
	sweep *time.Timer // runs while there are any
}

// place is where a host is.
type place struct{ scheme, host string }

// host is one place to connect to.
type host struct {
	plain bool    // the transport does it
	idle  []*link // the last used at the end
	age   int     // connections of an earlier age are not kept
}

// link is one connection.
type link struct {
	net.Conn
	in    *bufio.Reader
	head  int // bytes that an answer may have until its headers end
	host  *host
	age   int
	since time.Time  // idle
	sent  chan error // of a request that is written beside; nil: all is written
}

// errLongHead reports headers that do not end.
var errLongHead = errors.New("the headers of the answer are too long")

// Read implements io.Reader.
func (l *link) Read(p []byte) (int, error) {
	if l.head <= 0 {
		return 0, errLongHead
	}
	n, err := l.Conn.Read(p)
	l.head -= n
	return n, err
}

// roundTrip sends a request with the body in segments. It calls connected as
// soon as there is a connection. The body is needed until the answer's is
// closed or read to its end.
func (h *http1) roundTrip(r *http.Request, to *host, body [][]byte, connected func()) (*http.Response, error) {
	ctx := r.Context()
	head, err := appendHead(nil, r)
	if err != nil {
		return nil, err
	}
	l, err := h.connect(ctx, r.URL, to)
	if err != nil {
		return nil, err
	}
	connected()
	e := &ending{http: h, link: l, ctx: ctx}
	e.stop = context.AfterFunc(ctx, func() {
		defer panics.Recover(h.panicked)
		_ = l.Close() // which ends every read and write
	})
	if r.ContentLength <= joinLimit {
		for _, s := range body {
			head = append(head, s...)
		}
		_, err = l.Write(head)
	} else {
		// The answer may begin before a long request is written.
		l.sent = make(chan error, 1)
		all := append(net.Buffers{head}, body...)
		go func() {
			defer panics.Recover(func(p *panics.Recovered) {
				h.panicked(p)
				l.sent <- p
			})
			_, err := all.WriteTo(l.Conn)
			l.sent <- err
		}()
	}
	// An answer counts even if the request was not taken whole.
	resp, rerr := l.answer(r)
	if rerr != nil {
		if early := e.close(false); err == nil {
			err = early
		}
		if err == nil {
			err = rerr
		}
		return nil, e.cause(err)
	}
	resp.Request = r
	if e.ReadCloser, e.reuse = resp.Body, err == nil && !resp.Close && resp.StatusCode >= 200; resp.Body == http.NoBody {
		_ = e.close(e.reuse)
	} else {
		resp.Body = e
	}
	return resp, nil
}

// answer reads the head of the answer, behind those that only say to wait.
func (l *link) answer(r *http.Request) (*http.Response, error) {
	l.head = maxHead
	for {
		resp, err := http.ReadResponse(l.in, r)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode >= 200 || resp.StatusCode == http.StatusSwitchingProtocols {
			l.head = int(^uint(0) >> 1)
			return resp, nil
		}
	}
}

// maxHead bounds the headers of an answer in bytes.
const maxHead = 256 << 10

// ending is the body of an answer, which gives the connection back or closes it.
type ending struct {
	io.ReadCloser
	http  *http1
	link  *link
	ctx   context.Context
	stop  func() bool
	reuse bool // at the end of the body
	mu    sync.Mutex
	done  bool
}

// Read implements io.Reader.
func (e *ending) Read(p []byte) (int, error) {
	n, err := e.ReadCloser.Read(p)
	switch {
	case err == nil:
	case errors.Is(err, io.EOF):
		_ = e.close(e.reuse)
	default:
		_ = e.close(false)
		err = e.cause(err)
	}
	return n, err
}

// Close implements io.Closer. An answer not read to its end costs the
// connection. It may be called while another goroutine reads.
func (e *ending) Close() error {
	_ = e.close(false)
	return nil
}

// close ends the use of the connection, once. It returns the error of a request
// that was written beside; nothing of it is needed any more.
func (e *ending) close(keep bool) (err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.done {
		return nil
	}
	e.done = true
	l := e.link
	if l.sent != nil {
		// An answer to the end says that the request was taken, if only it is
		// given the moment to say so itself; else nobody waits for it.
		patience := time.Duration(0)
		if keep {
			patience = 50 * time.Millisecond
		}
		select {
		case err = <-l.sent:
		case <-time.After(patience):
			_ = l.Close()
			<-l.sent //nolint:errcheck // it says that the connection is closed
			keep = false
		}
		l.sent = nil
	}
	// A stop that comes too late is a connection that is being closed.
	if !e.stop() || !keep || err != nil || l.in.Buffered() > 0 {
		_ = l.Close()
		return err
	}
	e.http.keep(l)
	return nil
}

// cause says why a read failed, if it is because of the context.
func (e *ending) cause(err error) error {
	if e.ctx.Err() != nil {
		return context.Cause(e.ctx)
	}
	return err
}

// host returns where a URL leads.
func (h *http1) host(u *url.URL) *host {
	key := place{u.Scheme, u.Host}
	if p, ok := h.hosts.Load(key); ok {
		return p.(*host) //nolint:forcetypeassert // nothing else is in it
	}
	p := &host{plain: u.Scheme != "http" && u.Scheme != "https" || h.transport.Protocols.HTTP2()}
	if via := h.transport.Proxy; via != nil && !p.plain {
		proxy, err := via(&http.Request{URL: u})
		p.plain = proxy != nil || err != nil
	}
	got, _ := h.hosts.LoadOrStore(key, p)
	return got.(*host) //nolint:forcetypeassert // nothing else is in it
}

// connect returns a connection, a used one if there is.
func (h *http1) connect(ctx context.Context, u *url.URL, p *host) (*link, error) {
	for {
		h.mu.Lock()
		n := len(p.idle)
		age := p.age
		if n == 0 {
			h.mu.Unlock()
			return h.dial(ctx, u, p, age)
		}
		l := p.idle[n-1]
		p.idle[n-1] = nil
		p.idle = p.idle[:n-1]
		h.mu.Unlock()
		if untouched(l.Conn) {
			return l, nil
		}
		_ = l.Close()
	}
}

func (h *http1) dial(ctx context.Context, u *url.URL, p *host, age int) (*link, error) {
	port := u.Port()
	if port == "" {
		port = "80"
		if u.Scheme == "https" {
			port = "443"
		}
	}
	name, err := httpguts.PunycodeHostPort(u.Hostname())
	if err != nil {
		return nil, err
	}
	c, err := h.transport.DialContext(ctx, "tcp", net.JoinHostPort(name, port))
	if err != nil {
		return nil, err
	}
	if u.Scheme == "https" {
		if c, err = h.shake(ctx, c, name); err != nil {
			return nil, err
		}
	}
	l := &link{Conn: c, host: p, age: age}
	l.in = bufio.NewReader(l)
	return l, nil
}

// shake makes a connection an encrypted one.
func (h *http1) shake(ctx context.Context, c net.Conn, name string) (net.Conn, error) {
	cfg := h.transport.TLSClientConfig.Clone()
	if cfg == nil {
		cfg = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if cfg.ServerName == "" {
		cfg.ServerName = name
	}
	limited, cancel := context.WithTimeout(ctx, h.transport.TLSHandshakeTimeout)
	defer cancel()
	enc := tls.Client(c, cfg)
	if err := enc.HandshakeContext(limited); err != nil {
		_ = c.Close()
		if ctx.Err() == nil && limited.Err() != nil {
			err = errors.New("the TLS handshake takes too long")
		}
		return nil, err
	}
	return enc, nil
}

// keep takes a connection back.
func (h *http1) keep(l *link) {
	l.since = time.Now()
	p := l.host
	h.mu.Lock()
	defer h.mu.Unlock()
	if l.age != p.age || len(p.idle) >= h.transport.MaxIdleConnsPerHost {
		_ = l.Close()
		return
	}
	p.idle = append(p.idle, l)
	if h.sweep == nil {
		h.sweep = time.AfterFunc(sweepEvery, h.drop)
	}
}

// sweepEvery is the time between two looks at the connections that are idle.
// Nobody reads from them, so it takes a look to see that one was closed.
const sweepEvery = time.Second

// drop closes connections that were idle for long, or that the other side has
// closed.
func (h *http1) drop() {
	defer panics.Recover(h.panicked)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sweep = nil
	kept := 0
	for _, v := range h.hosts.Range {
		p := v.(*host) //nolint:forcetypeassert // nothing else is in it
		p.idle = slices.DeleteFunc(p.idle, func(l *link) bool {
			if time.Since(l.since) < h.transport.IdleConnTimeout && untouched(l.Conn) {
				return false
			}
			_ = l.Close()
			return true
		})
		kept += len(p.idle)
	}
	if kept > 0 {
		h.sweep = time.AfterFunc(sweepEvery, h.drop)
	}
}

// closeIdle closes the connections that are idle; those under way are not kept.
func (h *http1) closeIdle() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, v := range h.hosts.Range {
		p := v.(*host) //nolint:forcetypeassert // nothing else is in it
		p.age++
		for _, l := range p.idle {
			_ = l.Close()
		}
		p.idle = nil
	}
	if h.sweep != nil {
		h.sweep.Stop()
		h.sweep = nil
	}
}

// appendHead appends the head of a request.
func appendHead(b []byte, r *http.Request) ([]byte, error) {
	b = append(b, r.Method...)
	b = append(b, ' ')
	b = append(b, r.URL.RequestURI()...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, r.Host...)
	b = append(b, "\r\n"...)
	for name, values := range r.Header {
		if !httpguts.ValidHeaderFieldName(name) {
			return nil, fmt.Errorf("invalid header field name %.40q", name)
		}
		for _, v := range values {
			if !httpguts.ValidHeaderFieldValue(v) {
				return nil, fmt.Errorf("invalid header field value for %q", name) // which may be a secret
			}
			b = append(b, name...)
			b = append(b, ": "...)
			b = append(b, v...)
			b = append(b, "\r\n"...)
		}
	}
	if r.ContentLength > 0 || r.Method == http.MethodPost || r.Method == http.MethodPut || r.Method == http.MethodPatch {
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, r.ContentLength, 10)
		b = append(b, "\r\n"...)
	}
	return append(b, "\r\n"...), nil
}

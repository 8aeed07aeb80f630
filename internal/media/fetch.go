package media

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/gemway/gemway/internal/mime"
	"github.com/gemway/gemway/internal/panics"
)

// Error is why a file could not be had. See mime.Error.
type Error = mime.Error

// Blob is a fetched file.
type Blob struct {
	MIME   string // by the file's own bytes
	Base64 []byte
	Size   int // of the file, in bytes
}

// Fetcher fetches files from public servers. It is safe for concurrent use.
type Fetcher struct {
	guard     *guard
	slots     *slots
	transport *http.Transport // cloned for every request
	dial      func(ctx context.Context, network, address string) (net.Conn, error)
	memory    atomic.Int64 // what requests hold, in bytes of base64
}

// agent is how a fetcher introduces itself, to servers and to other gateways.
const agent = "Gemway-Media/1 (+https://github.com/gemway/gemway)"

// FromFetcher reports whether a request comes from a fetcher like this one: a
// client gave a gateway's own URL for a picture. Such a request must not lead to
// another fetch.
func FromFetcher(h http.Header) bool { return h.Get("User-Agent") == agent }

// New returns a fetcher. The error names a wrong setting.
func New(c Config) (*Fetcher, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	networks, err := special()
	if err != nil {
		return nil, err
	}
	g := &guard{config: c, special: networks, resolver: net.DefaultResolver, interfaces: net.InterfaceAddrs}
	return &Fetcher{
		guard: g,
		slots: newSlots(c.Concurrent, c.PerHost, c.MaxWait),
		dial:  g.dial,
		// Proxy stays nil: a proxy from the environment would connect to addresses
		// that nobody here judges. Connections are not kept, so that each one is
		// judged; DisableKeepAlives would add a header.
		transport: &http.Transport{
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			MaxIdleConnsPerHost:    -1,
			MaxResponseHeaderBytes: 32 << 10,
		},
	}, nil
}

// Fetch gets the file at a URL. The memory it takes counts as in use until ctx
// ends, which should be the context of the request it is for. Errors are
// *Error, or ctx's own.
func (f *Fetcher) Fetch(ctx context.Context, rawURL string) (Blob, error) {
	l := f.lease()
	defer l.end(ctx)
	b, err := f.fetch(ctx, rawURL, l)
	if err != nil {
		l.release()
	}
	return b, err
}

func (f *Fetcher) fetch(ctx context.Context, rawURL string, l *lease) (Blob, error) {
	if f.guard.config.Mode == ModeOff {
		return Blob{}, &Error{
			Status: 400, Code: mime.CodeNotAllowed,
			Message: "this server fetches no URLs: send the file itself, as a data URL with base64",
		}
	}
	u, err := f.guard.judge(rawURL)
	if err != nil {
		return Blob{}, err
	}
	release, err := f.slots.take(ctx, u.Hostname())
	if err != nil {
		return Blob{}, err
	}
	// The clock starts when there is a place: waiting for one has its own limit.
	timed, cancel := context.WithTimeout(ctx, f.guard.config.Timeout)
	defer cancel()
	for redirects := 0; ; redirects++ {
		b, next, err := f.hop(timed, u, l, release)
		switch {
		case ctx.Err() != nil:
			return Blob{}, ctx.Err()
		case timed.Err() != nil && err != nil:
			return Blob{}, slow(f.guard.config)
		case err != nil:
			return Blob{}, err
		case next == nil:
			return b, nil
		case redirects == f.guard.config.MaxRedirects || u.Scheme == "https" && next.Scheme == "http":
			return Blob{}, refused(errors.New("redirected too often, or away from https"))
		}
		u = next
		if release, err = f.slots.take(timed, u.Hostname()); err != nil {
			if timed.Err() != nil && ctx.Err() == nil {
				err = slow(f.guard.config)
			}
			return Blob{}, err
		}
	}
}

func slow(c Config) *Error {
	return &Error{
		Status: 400, Code: mime.CodeTimeout,
		Message: fmt.Sprintf("the server of the URL took longer than %s: send the file itself, as a data URL with base64", c.Timeout),
	}
}

// hop makes one request and releases its place. It returns a file, or the judged
// URL to go on with.
func (f *Fetcher) hop(ctx context.Context, u *url.URL, l *lease, release func()) (b Blob, next *url.URL, err error) {
	defer release()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return b, nil, refused(err)
	}
	req.Header = http.Header{
		"User-Agent":      {agent},
		"Accept":          {"image/*, application/pdf, audio/*, video/*"},
		"Accept-Encoding": {"identity"},
	}
	// A transport follows no redirects and keeps no cookies. A shared one would go
	// on connecting after the request is over, as others might use the connection.
	t := f.transport.Clone()
	t.DialContext = func(_ context.Context, network, address string) (conn net.Conn, err error) {
		defer panics.Recover(func(p *panics.Recovered) { err = p }) // the transport dials in a goroutine of its own
		return f.dial(ctx, network, address)
	}
	resp, err := t.RoundTrip(req)
	if p, ok := errors.AsType[*panics.Recovered](err); ok {
		panic(p)
	}
	if err != nil {
		return b, nil, refused(err)
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		b, err = f.read(resp, l)
		return b, nil, err
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		to, err := u.Parse(resp.Header.Get("Location"))
		if err != nil || resp.Header.Get("Location") == "" {
			return b, nil, refused(errors.New("a redirect to nowhere"))
		}
		if next, err = f.guard.judge(to.String()); err != nil {
			return b, nil, refused(err)
		}
		return b, next, nil
	}
	return b, nil, refused(fmt.Errorf("status %d", resp.StatusCode))
}

// read takes the file out of an answer. It stops at the first sign that the file
// is of no use.
func (f *Fetcher) read(resp *http.Response, l *lease) (Blob, error) {
	if e := resp.Header.Values("Content-Encoding"); len(e) > 0 && (len(e) > 1 || e[0] != "identity") {
		return Blob{}, refused(errors.New("the body is encoded"))
	}
	limit := f.guard.config.MaxBytes
	if resp.ContentLength > int64(limit) {
		return Blob{}, tooLarge("the file is", limit)
	}
	body := io.LimitReader(resp.Body, int64(limit)+1)
	buf := make([]byte, 48<<10) // a multiple of 3, so that pieces of base64 can be joined
	var b Blob
	for {
		n, end, err := fill(body, buf)
		if err != nil {
			return Blob{}, refused(err)
		}
		if b.MIME == "" {
			if b.MIME = mime.Type(buf[:n]); !medium(b.MIME) {
				return Blob{}, unsupported()
			}
		}
		if b.Size += n; b.Size > limit {
			return Blob{}, tooLarge("the file is", limit)
		}
		if err := l.take(encodedLen(n)); err != nil {
			return Blob{}, err
		}
		b.Base64 = base64.StdEncoding.AppendEncode(room(b.Base64, encodedLen(n), resp.ContentLength), buf[:n])
		if end {
			return b, nil
		}
	}
}

// fill reads until buf is full or r ends. Unlike io.ReadFull it tells a body that
// breaks off from one that ends.
func fill(r io.Reader, buf []byte) (n int, end bool, err error) {
	for n < len(buf) && err == nil {
		var k int
		k, err = r.Read(buf[n:])
		n += k
	}
	if errors.Is(err, io.EOF) {
		return n, true, nil
	}
	return n, false, err
}

// room returns b with room for n more bytes. append grows large slices by a
// quarter, which would copy most of a file five times. What the server says of
// the length is believed where a lie costs little.
func room(b []byte, n int, length int64) []byte {
	if cap(b)-len(b) >= n {
		return b
	}
	c := max(2*cap(b), len(b)+n)
	if length > 0 && length <= 1<<20 {
		c = max(c, encodedLen(int(length)))
	}
	return append(make([]byte, 0, c), b...)
}

// medium reports whether a type, as the bytes show it, may come from a URL.
func medium(t string) bool {
	kind, _, _ := strings.Cut(t, "/")
	return t != "image/svg+xml" && (kind == "image" || kind == "audio" || kind == "video" || t == "application/pdf")
}

func unsupported() *Error {
	return &Error{
		Status: 400, Code: mime.CodeUnsupported,
		Message: "the URL leads to something that is no picture, PDF, sound or film: SVG and web pages are not taken",
	}
}

func encodedLen(n int) int { return base64.StdEncoding.EncodedLen(n) }

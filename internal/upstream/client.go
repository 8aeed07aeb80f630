package upstream

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/gemway/gemway/internal/keypool"
)

// Client calls one site. It is safe for concurrent use.
type Client struct {
	site      Site
	cfg       Config
	pool      *keypool.Pool
	observer  *Observer
	transport *http.Transport
}

// New returns a client of site. The pool holds the site's keys; it may be nil
// for a site without any, and then every call needs a ClientKey. The observer
// may be nil.
func New(site Site, cfg Config, pool *keypool.Pool, observer *Observer) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if pool == nil {
		pool = keypool.New(nil)
	}
	return &Client{site: site, cfg: cfg, pool: pool, observer: observer, transport: newTransport(cfg)}, nil
}

// newTransport returns the connections of one site.
func newTransport(cfg Config) *http.Transport {
	t := &http.Transport{
		DialContext:            (&net.Dialer{Timeout: cfg.Dial, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    cfg.TLS,
		MaxIdleConns:           0, // one host only: the next line says it all
		MaxIdleConnsPerHost:    cfg.IdleConns,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
		// Answers come uncompressed: it saves processor time, keeps events as
		// they were flushed, and leaves nothing to inflate without bound.
		DisableCompression: true,
		Protocols:          new(http.Protocols),
	}
	t.Protocols.SetHTTP1(true)
	t.Protocols.SetHTTP2(cfg.HTTP2)
	if cfg.ProxyFromEnvironment {
		t.Proxy = http.ProxyFromEnvironment
	}
	return t
}

// Close lets go of idle connections. Calls under way go on.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Site returns the name of the site.
func (c *Client) Site() string { return c.site.Name() }

// Answer is a whole answer.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	Tried
}

// Do sends a call and returns its whole answer. The error is a *StatusError or
// a *Failure.
func (c *Client) Do(ctx context.Context, call Call) (*Answer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.cfg.Total, errTotal)
	defer cancel()
	var answer *Answer
	tried, err := c.try(ctx, &call, func(x *exchange) error {
		defer x.close()
		body, err := x.whole(c.cfg.MaxAnswer)
		if err != nil {
			return err
		}
		if err := x.checkWhole(body); err != nil {
			return err
		}
		answer = &Answer{Status: x.resp.StatusCode, Header: x.resp.Header, Body: body}
		return nil
	})
	if err != nil {
		return nil, err
	}
	answer.Tried = tried
	return answer, nil
}

// Get fetches a resource, such as "models/gemini-2.5-flash" or "files/abc".
func (c *Client) Get(ctx context.Context, path string, query url.Values, clientKey string) (*Answer, error) {
	return c.Do(ctx, Call{Path: path, Verb: http.MethodGet, Query: query, ClientKey: clientKey})
}

// Stream sends a call and returns the stream of its answer once the first
// event is there. The error is a *StatusError or a *Failure. The caller must
// close the stream; the end of ctx ends it too.
func (c *Client) Stream(ctx context.Context, call Call) (*Stream, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.cfg.Total, errTotal)
	var stream *Stream
	tried, err := c.try(ctx, &call, func(x *exchange) error {
		s := newStream(x, c.cfg.MaxEvent)
		if err := s.begin(); err != nil {
			x.close()
			return err
		}
		stream = s
		return nil
	})
	if err != nil {
		cancel()
		return nil, err
	}
	stream.Tried, stream.release = tried, cancel
	return stream, nil
}

// clientKeyID stands for the caller's own key, which is nobody's business.
const clientKeyID = "client"

// try sends the call until use accepts an answer or no further try is worth it.
func (c *Client) try(ctx context.Context, call *Call, use func(*exchange) error) (Tried, error) {
	var tried Tried
	if err := call.check(); err != nil {
		return tried, &Failure{Kind: Invalid, Cause: err}
	}
	key, id := call.ClientKey, clientKeyID
	if key == "" && c.site.Keyed() {
		var ok bool
		if key, id, ok = c.pool.Pick(); !ok {
			return tried, &Failure{Kind: NoKey}
		}
	}
	tried = Tried{KeyID: id, Attempts: 1}
	began := time.Now()
	err := c.once(ctx, call, key, use)
	a := Attempt{Site: c.site.Name(), Model: call.Model, Method: call.Method, KeyID: id, Took: time.Since(began), Number: 1, Status: http.StatusOK}
	switch e := err.(type) {
	case *StatusError:
		a.Status, e.Tried = e.HTTPStatus, tried
	case *Failure:
		a.Status, a.Failure, e.Tried = 0, e.Kind, tried
	}
	c.observer.attempt(a)
	return tried, err
}

// once makes one try.
func (c *Client) once(ctx context.Context, call *Call, key string, use func(*exchange) error) error {
	x, err := c.send(ctx, call, key)
	if err != nil {
		return err
	}
	return use(x)
}

// failure makes a Failure of an error on the way, telling apart who gave up.
func (x *exchange) failure(err error) *Failure {
	kind := Broken
	var dial *net.OpError
	var dns *net.DNSError
	switch cause := context.Cause(x.ctx); {
	case cause != nil && errors.Is(cause, context.DeadlineExceeded):
		kind, err = Timeout, cause
	case cause != nil:
		kind, err = Cancelled, cause
	case errors.As(err, &dns), errors.As(err, &dial) && (dial.Op == "dial" || dial.Op == "proxyconnect"), isTLS(err):
		kind = Unreachable
	}
	return &Failure{Kind: kind, Cause: x.scrub(err)}
}

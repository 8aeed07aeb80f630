package upstream

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/gemway/gemway/internal/keypool"
	"github.com/gemway/gemway/internal/panics"
	"github.com/gemway/gemway/internal/retry"
	"github.com/gemway/gemway/internal/slab"
)

// Client calls one site. It is safe for concurrent use.
type Client struct {
	site      Site
	cfg       Config
	pool      *keypool.Pool
	budget    *retry.Budget
	observer  *Observer
	transport *http.Transport
	direct    http1
}

// New returns a client of site. The pool holds the site's keys and their state;
// it may be nil for a site that needs none, and for one where every call brings
// its ClientKey. The observer may be nil.
func New(site Site, cfg Config, pool *keypool.Pool, observer *Observer) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	switch {
	case !site.Keyed():
		pool = keypool.Keyless(site.Name())
	case pool == nil:
		pool = keypool.New(nil)
	}
	c := &Client{
		site: site, cfg: cfg, pool: pool, observer: observer,
		budget: retry.NewBudget(time.Now()), transport: newTransport(cfg),
	}
	c.direct.transport = c.transport
	c.direct.panicked = func(p *panics.Recovered) { c.observer.panicked(p) }
	return c, nil
}

// newTransport returns the connections of one site.
func newTransport(cfg Config) *http.Transport {
	t := &http.Transport{
		DialContext:            (&net.Dialer{Timeout: cfg.Dial, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    cfg.TLS,
		MaxIdleConns:           0, // one host only: the next line says it all
		MaxIdleConnsPerHost:    cfg.IdleConns,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: maxHead,
		// Answers come uncompressed: it saves processor time, keeps events as
		// they were flushed, and leaves nothing to inflate without bound.
		DisableCompression: true,
		Protocols:          new(http.Protocols),
	}
	t.Protocols.SetHTTP1(true)
	t.Protocols.SetHTTP2(cfg.HTTP2)
	if cfg.HTTP2 { // all calls share a connection, so a dead one must be noticed
		t.HTTP2 = &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second}
	}
	if cfg.ProxyFromEnvironment {
		t.Proxy = http.ProxyFromEnvironment
	}
	return t
}

// Close lets go of idle connections. Calls under way go on.
func (c *Client) Close() {
	c.transport.CloseIdleConnections()
	c.direct.closeIdle()
}

// Keys returns the state of the site's keys, by their short ids.
func (c *Client) Keys() []keypool.Status { return c.pool.Snapshot(time.Now()) }

// Site returns the name of the site.
func (c *Client) Site() string { return c.site.Name() }

// Answer is a whole answer.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	Tried
}

// Release gives the memory of the body back. It is optional, and nobody may use
// the body any more.
func (a *Answer) Release() {
	slab.Put(a.Body)
	a.Body = nil
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

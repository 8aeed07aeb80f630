package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// Limits bound what clients can take of the server before their requests are
// understood.
type Limits struct {
	// Headers bounds the headers of a request in bytes, HeaderTime the time
	// until they are there.
	Headers    int
	HeaderTime time.Duration
	// BodyGrace is how long a request body may take whatever its size; after
	// it at least BodyRate bytes a second have to come.
	BodyGrace time.Duration
	BodyRate  int64
	// Bodies bounds the bytes of all request bodies in memory. Small ones do
	// not count.
	Bodies int64
	// Idle is how long an unused connection is kept.
	Idle time.Duration
	// Connections bounds the open connections, ConnectionsPerIP those of one
	// address; loopback addresses and trusted proxies have only the first.
	Connections, ConnectionsPerIP int
	// TrustedProxies may say in X-Forwarded-For whom a request comes from.
	TrustedProxies []netip.Prefix
}

// DefaultLimits returns the limits that apply when nothing is configured.
func DefaultLimits() Limits {
	return Limits{
		Headers:          32 << 10,
		HeaderTime:       10 * time.Second,
		BodyGrace:        5 * time.Second,
		BodyRate:         1 << 10,
		Bodies:           256 << 20,
		Idle:             120 * time.Second,
		Connections:      4096,
		ConnectionsPerIP: 256,
	}
}

// Validate reports every setting that cannot work, by its name.
func (c Config) Validate() error {
	var errs []error
	between := func(name string, got, least, most int64) {
		if got < least || got > most {
			errs = append(errs, fmt.Errorf("%s must be between %d and %d, got %d", name, least, most, got))
		}
	}
	positive := func(name string, got time.Duration) {
		if got <= 0 {
			errs = append(errs, fmt.Errorf("%s must be more than 0s, got %s", name, got))
		}
	}
	between("server.max_body", c.MaxBody, 1<<10, 1<<30)
	between("server.max_n", c.MaxN, 1, 128)
	between("server.embedding_calls", int64(c.EmbeddingCalls), 1, 64)
	positive("server.heartbeat", c.Heartbeat)
	positive("server.write_timeout", c.WriteTimeout)
	l := c.Limits
	between("limits.headers", int64(l.Headers), 4<<10, 1<<20)
	positive("limits.header_time", l.HeaderTime)
	positive("limits.body_grace", l.BodyGrace)
	between("limits.body_rate", l.BodyRate, 1, 1<<30)
	between("limits.bodies", l.Bodies, c.MaxBody, 1<<40)
	positive("limits.idle", l.Idle)
	between("limits.connections", int64(l.Connections), 1, 1<<20)
	between("limits.connections_per_ip", int64(l.ConnectionsPerIP), 1, 1<<20)
	if u, err := url.Parse(c.PublicURL); c.PublicURL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "") {
		errs = append(errs, fmt.Errorf("images.public_url must be an address such as https://gemway.example.com, got %q", c.PublicURL))
	}
	for _, o := range c.Origins {
		if u, err := url.Parse(o); o != "*" && (err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "") {
			errs = append(errs, fmt.Errorf("cors.origins must hold origins such as https://app.example.com, or *, got %q", o))
		}
	}
	return errors.Join(errs...)
}

// ErrStopping is the cause that ends requests when the server cannot wait for
// them any longer.
var ErrStopping = errors.New("the server is shutting down")

// maxStreams bounds the requests at the same time on a connection of HTTP/2,
// which is spoken over TLS only.
const maxStreams = 100

// NewHTTP returns an HTTP server with the limits.
func NewHTTP(l Limits, h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: l.HeaderTime,
		IdleTimeout:       l.Idle,
		MaxHeaderBytes:    l.Headers,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // clients' mistakes
	}
}

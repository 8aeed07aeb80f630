package upstream

import (
	"fmt"
	"time"

	"github.com/gemway/gemway/internal/retry"
)

// Config are the limits of calls to one site.
type Config struct {
	// Dial bounds the connection, TLS the handshake on it.
	Dial, TLS time.Duration
	// FirstByte bounds the time from sending the request to the first byte of
	// the answer's body; it has to leave room for a model that thinks.
	FirstByte time.Duration
	// Gap bounds the silence between two reads of an answer, counted only
	// while somebody waits for it.
	Gap time.Duration
	// Total bounds a call with all its tries, and the whole life of a stream.
	Total time.Duration

	// MaxAnswer bounds a whole answer, MaxEvent one event of a stream, in bytes.
	MaxAnswer, MaxEvent int64

	// IdleConns is how many unused connections are kept to the site.
	IdleConns int
	// HTTP2 speaks HTTP/2 where the site offers it. Pooled HTTP/1.1
	// connections cost a third less processor time.
	HTTP2 bool
	// ProxyFromEnvironment obeys HTTPS_PROXY, HTTP_PROXY and NO_PROXY.
	ProxyFromEnvironment bool

	// KeyReasons are the reasons in Google's ErrorInfo that speak of the key
	// and not of the request: a key refused for one of them is quarantined.
	KeyReasons []string
	// Retry says which calls are tried again.
	Retry retry.Policy
}

// Default returns the limits that apply when nothing is configured.
func Default() Config {
	return Config{
		Dial:                 5 * time.Second,
		TLS:                  5 * time.Second,
		FirstByte:            300 * time.Second,
		Gap:                  120 * time.Second,
		Total:                30 * time.Minute,
		MaxAnswer:            64 << 20,
		MaxEvent:             64 << 20,
		IdleConns:            256,
		ProxyFromEnvironment: true,
		KeyReasons:           keyReasons(),
		Retry:                retry.Default(),
	}
}

// Validate reports the first setting that cannot work, by its name.
func (c Config) Validate() error {
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"dial", c.Dial}, {"tls", c.TLS}, {"first_byte", c.FirstByte}, {"gap", c.Gap}, {"total", c.Total},
	} {
		if d.value <= 0 {
			return fmt.Errorf("upstream.%s must be more than 0, got %s", d.name, d.value)
		}
	}
	for _, n := range []struct {
		name  string
		value int64
	}{
		{"max_answer", c.MaxAnswer}, {"max_event", c.MaxEvent},
	} {
		if n.value < 1<<10 || n.value > 1<<30 {
			return fmt.Errorf("upstream.%s must be between 1 KiB and 1 GiB, got %d bytes", n.name, n.value)
		}
	}
	if c.IdleConns < 1 {
		return fmt.Errorf("upstream.idle_conns must be at least 1, got %d", c.IdleConns)
	}
	return c.Retry.Validate()
}

// Package server is HTTP in and HTTP out: OpenAI's API in front of Gemini.
//
// routes.go is the list of everything served. A handler decodes, translates,
// calls Gemini and encodes, in that order; decode.go, encode.go, stream.go and
// errors.go hold the four motions all handlers share.
package server

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/gemway/gemway/internal/auth"
	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/gallery"
	"github.com/gemway/gemway/internal/metrics"
	"github.com/gemway/gemway/internal/routing"
	"github.com/gemway/gemway/internal/tracing"
	"github.com/gemway/gemway/internal/upstream"
	"github.com/gemway/gemway/raw"
)

// Gemini calls Google's native API. *upstream.Client is one.
type Gemini interface {
	Do(ctx context.Context, call upstream.Call) (*upstream.Answer, error)
	Stream(ctx context.Context, call upstream.Call) (*upstream.Stream, error)
	// EmbedMethod says how the site embeds with models that take a task type,
	// or with those that do not.
	EmbedMethod(takesTaskType bool) upstream.EmbedMethod
}

// Signatures remembers thought signatures by caller and tool call. Both
// methods may be called concurrently.
type Signatures interface {
	Put(caller, callID string, signature raw.String)
	Get(caller, callID string) (raw.String, bool)
}

// Config are the settings of the server.
type Config struct {
	// PassThrough makes the client's bearer token its Gemini key.
	PassThrough bool
	// AnyKey accepts every bearer token, and none: offline mode.
	AnyKey bool
	// MaxBody bounds a request body in bytes.
	MaxBody int64
	// MaxN bounds n.
	MaxN int64
	// EmbeddingCalls bounds the calls of one embedding request that are under
	// way at the same time.
	EmbeddingCalls int
	// CountTokens counts the input of embedding models that do not report it
	// by countTokens; otherwise its usage is an estimate.
	CountTokens bool
	// Heartbeat is the silence after which a stream carries a comment; a
	// stream whose first event takes longer commits to its status then.
	Heartbeat time.Duration
	// WriteTimeout bounds each write to a slow reader.
	WriteTimeout time.Duration
	// Limits bound connections, headers and bodies.
	Limits Limits
	// PublicURL is the address under which clients reach this server. With it,
	// images whose URL is asked for are kept for download; "" gives data URLs.
	PublicURL string
	// Pages serves the playground and the description of the API to browsers.
	Pages bool
	// Origins are those whose pages may call, "*" for all. None: see mayCall.
	Origins []string
}

// Default returns the settings that apply when nothing is configured.
func Default() Config {
	return Config{
		PassThrough:    true,
		MaxBody:        32 << 20,
		MaxN:           8,
		EmbeddingCalls: 4,
		CountTokens:    true,
		Heartbeat:      15 * time.Second,
		WriteTimeout:   30 * time.Second,
		Limits:         DefaultLimits(),
		Pages:          true,
	}
}

// Parts are what the server is wired to.
type Parts struct {
	Gemini  Gemini
	Catalog *catalog.Catalog
	// Natives are the sites of Gemini's API that routes name, by name, and
	// Sites those of OpenAI's protocol.
	Natives    map[string]Native
	Sites      map[string]Site
	Routes     routing.Table
	Signatures Signatures
	Learned    *Learned         // what models refuse; nil: remembered for this server only
	Media      Media            // nil: URLs are refused
	Gallery    *gallery.Gallery // of images for download; nil: none are kept
	Keys       *auth.Keys       // of clients; none: whoever connects
	Metrics    *metrics.Metrics // nil: nothing is counted
	Tracing    *tracing.Tracer  // nil: no traces
	Log        *slog.Logger
	// Pages are served to browsers without a key, by exact path; nil for none.
	Pages map[string]http.Handler
	// Now gives the time; nil stands for the clock.
	Now func() time.Time
	// Random gives numbers in [0, 1) for weighted routes; nil stands for chance.
	Random func() float64
}

// Server serves OpenAI's API.
type Server struct {
	cfg      Config
	parts    Parts
	lists    lists
	darkroom chan struct{} // holds one for each image under conversion
	draining atomic.Bool
	bodies   atomic.Int64    // bytes in memory
	guesses  auth.Guesses    // of client keys
	listed   map[string]bool // models of the catalog and of sites
}

// New returns a server.
func New(cfg Config, parts Parts) *Server {
	if parts.Learned == nil {
		parts.Learned = &Learned{}
	}
	if parts.Now == nil {
		parts.Now = time.Now
	}
	if parts.Random == nil {
		parts.Random = rand.Float64 // it shares out load, and is no secret
	}
	s := &Server{cfg: cfg, parts: parts, darkroom: make(chan struct{}, runtime.GOMAXPROCS(0)), listed: map[string]bool{}}
	if parts.Catalog != nil {
		for _, row := range parts.Catalog.List() {
			s.listed[row.ID] = true
		}
	}
	for _, site := range parts.Sites {
		for name := range site.Models {
			s.listed[name] = true
		}
	}
	return s
}

// Drain makes /readyz answer 503, so that no new requests are sent here.
func (s *Server) Drain() { s.draining.Store(true) }

// ServeHTTP serves a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.serve(w, r) }

package server_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gemway/gemway/internal/auth"
	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/gallery"
	"github.com/gemway/gemway/internal/keypool"
	"github.com/gemway/gemway/internal/metrics"
	"github.com/gemway/gemway/internal/server"
	"github.com/gemway/gemway/internal/signatures"
	"github.com/gemway/gemway/internal/upstream"
)

// today is the time of the servers under test.
var today = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

// gateway is a server under test in front of a scripted upstream, both over HTTP.
type gateway struct {
	url   string
	log   *bytes.Buffer
	logMu *lockedWriter // guards log
}

// awaits returns the log, once it holds the text.
func (g *gateway) awaits(t *testing.T, text string) string {
	t.Helper()
	for began := time.Now(); ; time.Sleep(time.Millisecond) {
		all := g.logged()
		if strings.Contains(all, text) {
			return all
		}
		if time.Since(began) > 10*time.Second {
			t.Fatalf("%q is not in the log:\n%s", text, all)
		}
	}
}

// setup changes what a gateway is made of.
type setup struct {
	server   func(*server.Config)
	upstream func(*upstream.Config)
	catalog  catalog.Options
	keys     []string // of the server; none: the client's
	now      func() time.Time
	clients  []string // keys that clients have to use
	metrics  *metrics.Metrics
	memory   server.Signatures // nil: the real one
	parts    func(*server.Parts)
}

// newGateway starts a gateway whose upstream is the handler.
func newGateway(t testing.TB, script http.Handler, s setup) *gateway {
	t.Helper()
	up := httptest.NewServer(script)
	t.Cleanup(up.Close)
	site, err := upstream.NewGeminiAPI(up.URL)
	if err != nil {
		t.Fatal(err)
	}
	return newGatewayAt(t, site, s)
}

// newGatewayAt starts a gateway in front of a site.
func newGatewayAt(t testing.TB, site upstream.Site, s setup) *gateway {
	t.Helper()
	if s.catalog.Models == nil && !s.catalog.Successors && !s.catalog.OpenAIAliases {
		s.catalog.Successors = true
	}
	models, err := catalog.New(s.catalog)
	if err != nil {
		t.Fatal(err)
	}
	way := upstream.Default()
	if s.upstream != nil {
		s.upstream(&way)
	}
	client, err := upstream.New(site, way, keypool.New(s.keys), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	cfg := server.Default()
	cfg.PassThrough = len(s.keys) == 0
	if s.server != nil {
		s.server(&cfg)
	}
	if s.now == nil {
		s.now = func() time.Time { return today }
	}
	clients, err := auth.New(s.clients)
	if err != nil {
		t.Fatal(err)
	}
	if s.memory == nil {
		s.memory = signatures.New(signatures.Default())
	}
	if s.metrics == nil {
		s.metrics = metrics.New("test", server.Endpoints())
	}
	g := &gateway{log: &bytes.Buffer{}}
	g.logMu = &lockedWriter{w: g.log}
	log := slog.New(slog.NewTextHandler(g.logMu, &slog.HandlerOptions{Level: slog.LevelDebug}))
	kept := gallery.New(gallery.Default())
	t.Cleanup(kept.Close)
	parts := server.Parts{
		Gemini: client, Catalog: models, Signatures: s.memory, Gallery: kept,
		Keys: clients, Metrics: s.metrics, Log: log, Now: s.now,
	}
	if s.parts != nil {
		s.parts(&parts)
	}
	hs := httptest.NewUnstartedServer(nil)
	hs.Config = server.NewHTTP(cfg.Limits, server.New(cfg, parts), log)
	hs.Listener = server.NewListener(hs.Listener, cfg.Limits, s.metrics)
	hs.Start()
	t.Cleanup(hs.Close)
	g.url = hs.URL
	return g
}

// lockedWriter is a writer for several goroutines.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (w *lockedWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.w.Write(b)
}

// answer is what a client got.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// call sends a request with a key and reads the whole answer.
func (g *gateway) call(t *testing.T, method, path, body string) answer {
	t.Helper()
	return g.callAs(t, "key-of-a-client", method, path, body)
}

func (g *gateway) callAs(t *testing.T, key, method, path, body string) answer {
	t.Helper()
	a, err := g.send(t, key, method, path, body)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// send is callAs for goroutines, which must not end a test.
func (g *gateway) send(t *testing.T, key, method, path, body string) (answer, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, g.url+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, fmt.Errorf("read the answer: %w", err)
	}
	return answer{resp.StatusCode, resp.Header, b}, nil
}

// logged returns what has been logged so far; requests may still be writing.
func (g *gateway) logged() string {
	g.logMu.mu.Lock()
	defer g.logMu.mu.Unlock()
	return g.log.String()
}

// exchange sends a request and reads the whole answer.
func exchange(req *http.Request) (answer, error) {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, b}, err
}

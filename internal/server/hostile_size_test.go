package server_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/server"
	"github.com/gemway/gemway/internal/signatures"
	"github.com/gemway/gemway/internal/upstream"
)

// floor is what a request may cost whatever its size.
const floor = 1 << 20

// bare is a server without HTTP around it, so that what it takes can be told
// from what clients and upstream take.
type bare struct {
	*server.Server
	live     atomic.Uint64 // heap in use while the upstream is called
	quiet    bool          // it is not asked for
	streamed atomic.Bool
}

func newBare(t testing.TB, change func(*server.Config)) *bare {
	t.Helper()
	models, err := catalog.New(catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	cfg := server.Default()
	cfg.PassThrough = false
	if change != nil {
		change(&cfg)
	}
	b := &bare{}
	b.Server = server.New(cfg, server.Parts{
		Gemini: (*swallower)(b), Catalog: models, Signatures: signatures.New(signatures.Default()), Log: slog.New(slog.DiscardHandler),
	})
	b.cost(t, strings.NewReader(normal), http.StatusOK) // what is made once is made now
	return b
}

// swallower answers everything and keeps nothing.
type swallower bare

func (s *swallower) Do(context.Context, upstream.Call) (*upstream.Answer, error) {
	if !s.quiet {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		s.live.Store(m.HeapAlloc)
	}
	return &upstream.Answer{Body: []byte(native(`{"text":"Hello"}`, "STOP"))}, nil
}

func (s *swallower) Stream(context.Context, upstream.Call) (*upstream.Stream, error) {
	s.streamed.Store(true)
	return nil, errNotStreamed
}

// cost serves a body and returns what was allocated and the time it took.
func (s *bare) cost(t testing.TB, body io.Reader, status int) (uint64, time.Duration) {
	t.Helper()
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/v1/chat/completions", body)
	w := httptest.NewRecorder()
	var took time.Duration
	used := allocated(func() {
		began := clock()
		s.ServeHTTP(w, r)
		took = clock() - began
	})
	if w.Code != status {
		t.Errorf("%d, want %d: %.300s", w.Code, status, w.Body)
	}
	return used, took
}

// reading is what reading a body of that size into memory takes by itself.
func (s *bare) reading(n int) int64 {
	total, room := int64(0), int64(min(n, 64<<10+1<<5))
	for {
		total += room
		if room >= int64(n) {
			return total
		}
		room = min(int64(n), 8*room)
	}
}

// ordinary is a text as long as those of many items have to be on average.
var ordinary = `"` + strings.Repeat("a message, ", 23) + `"`

func messages(n int, content string) string {
	one := `{"role":"user","content":` + content + `}`
	return `{"model":"gemini-2.5-flash","messages":[` + strings.Repeat(one+",", n-1) + one + `]}`
}

func parts(n int) string {
	one := `{"type":"text","text":` + ordinary + `}`
	return `[` + strings.Repeat(one+",", n-1) + one + `]`
}

func TestT015ManyMessages(t *testing.T) {
	v := newVictim(t, nil)
	v.passes(t, messages(10_000, ordinary))
	v.passes(t, messages(2_000, `"a"`))
	v.passes(t, messages(1, `"`+strings.Repeat("a", 30<<20)+`"`))
	v.passes(t, messages(1, parts(20_000)))
	v.refuses(t, messages(10_000, `"a"`), http.StatusBadRequest, "too_many_items", "messages")
	v.refuses(t, messages(60_000, `"a"`), http.StatusBadRequest, "too_many_values", "")
	v.refuses(t, messages(1, listOf(900_000, `{"type":"text","text":"a part"}`)), http.StatusBadRequest, "too_many_values", "")
	v.refuses(t, messages(1, `"`+strings.Repeat("a", 33<<20)+`"`), http.StatusRequestEntityTooLarge, "request_too_large", "")
	v.alive(t)

	s := newBare(t, nil)
	for name, grow := range map[string]func(n int) string{
		"messages": func(n int) string { return messages(n*2_500, ordinary) },
		"text":     func(n int) string { return messages(1, `"`+strings.Repeat("é\\n ", n<<19)+`"`) },
		"parts":    func(n int) string { return messages(1, parts(n*2_500)) },
		"calls": func(n int) string {
			var call, result strings.Builder
			for i := range n * 1_000 {
				if i > 0 {
					call.WriteByte(',')
				}
				fmt.Fprintf(&call, `{"id":"c%d","type":"function","function":{"name":"f%d","arguments":"{}"}}`, i, i)
				fmt.Fprintf(&result, `,{"role":"tool","tool_call_id":"c%d","content":%s}`, i, ordinary[:len(ordinary)-1]+ordinary[1:])
			}
			return `{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"},{"role":"assistant","tool_calls":[` + call.String() + `]}` + result.String() + `]}`
		},
		"names": func(n int) string { // that all get the same one upstream
			var call, result strings.Builder
			for i := range n * 1_000 {
				fmt.Fprintf(&call, `,{"id":"c%d","type":"function","function":{"name":"%c","arguments":"{}"}}`, i, 0x4e00+i)
				fmt.Fprintf(&result, `,{"role":"tool","tool_call_id":"c%d","content":%s}`, i, ordinary[:len(ordinary)-1]+ordinary[1:])
			}
			return `{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"},{"role":"assistant","tool_calls":[` + call.String()[1:] + `]}` + result.String() + `]}`
		},
		"unknown": func(n int) string {
			var b strings.Builder
			for i := range n * 10_000 {
				fmt.Fprintf(&b, `"k%d":%s,`, i, ordinary)
			}
			return `{` + b.String() + normal[1:]
		},
	} {
		once, eightfold := s.fastest(t, grow(1)), s.fastest(t, grow(8))
		// Work that is quadratic takes 64 times as long. The bound lies between,
		// far from what a busy machine adds to the least of three tries.
		if eightfold > 24*once+10*time.Millisecond {
			t.Errorf("%s: %v, and %v for eight times as much", name, once, eightfold)
		}
	}
}

// fastest is the least time of several tries.
func (s *bare) fastest(t testing.TB, body string) time.Duration {
	t.Helper()
	best := time.Hour
	for range 3 {
		_, took := s.cost(t, strings.NewReader(body), http.StatusOK)
		best = min(best, took)
	}
	return best
}

// What is accepted costs at most four times its size, and what is refused at
// most ten times.
func TestMemoryOfBodies(t *testing.T) {
	s := newBare(t, nil)
	image := `[{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgoA` + strings.Repeat("AAAA", 10<<20/4) + `"}}]`
	small := `"` + strings.Repeat("a small message, ", 15) + `"`
	for name, body := range map[string]string{
		"image":          messages(1, image),
		"small messages": messages(10<<20/300, small),
		"one text":       messages(1, `"`+strings.Repeat("text ", 2<<20)+`"`),
		"escapes":        messages(1, `"`+strings.Repeat(`\u00e9\n`, 1<<20)+`"`),
		"newlines":       messages(1, `"`+strings.Repeat("to be repaired\n", 700_000)+`"`),
	} {
		var before runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		s.cost(t, strings.NewReader(body), http.StatusOK)
		if live := int64(s.live.Load()) - int64(before.HeapAlloc); live > 4*int64(len(body)) {
			t.Errorf("%s: %d bytes in use for a body of %d", name, live, len(body))
		} else {
			t.Logf("%s: %.2f times the body in use", name, float64(live)/float64(len(body)))
		}
	}
	for name, body := range hostileBodies() {
		used, _ := s.cost(t, strings.NewReader(body), http.StatusBadRequest)
		if used > 10*uint64(len(body))+floor {
			t.Errorf("%s: %d bytes for a refused body of %d", name, used, len(body))
		}
	}
	// A length alone takes nothing.
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/v1/chat/completions", strings.NewReader("{"))
	r.ContentLength = 32 << 20
	w := httptest.NewRecorder()
	if used := allocated(func() { s.ServeHTTP(w, r) }); used > 2*floor || w.Code != http.StatusBadRequest {
		t.Errorf("an announced body of 32 MiB took %d bytes: %d", used, w.Code)
	}
}

// hostileBodies are bodies that are refused after some work.
func hostileBodies() map[string]string {
	var names strings.Builder
	for i := range 99_000 {
		fmt.Fprintf(&names, `"%d":0,`, i)
	}
	schema := func(s string) string {
		return `{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"response_format":{"type":"json_schema","json_schema":{"name":"r","schema":` + s + `}}}`
	}
	return map[string]string{
		"names":        "{" + names.String() + `"0":0}`,
		"mended names": "{" + names.String() + `"0":0,}`, // checked twice
		"escaped":      `{"` + strings.Repeat(`\u0061`, 10_000) + `":0,"` + strings.Repeat(`\u0061`, 10_000) + `":0}`,
		"depth":        nested(100_000),
		"unended":      `{"model":"` + strings.Repeat("a", 1<<20),
		"newlines":     `{"model":"` + strings.Repeat("\n", 1<<20),
		"surrogates":   `{"model":"` + strings.Repeat(`\ud800`, 1<<18),
		"commas":       `{"model":[` + strings.Repeat("1,]", 1<<18),
		"no model":     messages(20_000, `"x"`)[len(`{"model":"gemini-2.5-flash",`)-1:],
		"big schema":   schema(`{"enum":[` + strings.Repeat(`"a",`, 99_000) + `"b"]}`),
		"tools":        `{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"tools":[` + strings.Repeat(`{"type":"function","function":{"name":"f"}},`, 20_000) + `{}]}`,
		"types":        `{"model":1,"messages":[` + strings.Repeat("{},", 50_000) + `{}]}`,
		"wrong number": `{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"n":` + strings.Repeat("9", 1<<20) + `}`,
	}
}

// EmbedMethod is never asked for here.
func (s *swallower) EmbedMethod(bool) upstream.EmbedMethod { return upstream.BatchEmbed }

package server_test

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gemway/gemway/internal/metrics"
	"github.com/gemway/gemway/internal/server"
	"github.com/gemway/gemway/internal/upstream"
	"github.com/go-json-experiment/json"
)

// mishap is one way of the upstream to fail, and what a client gets for it.
type mishap struct {
	id, name string
	play     func(c net.Conn, stream bool)
	whole    told
	stream   told
}

// told is an error as a client sees it. One that comes after the beginning of a
// stream has no status of its own.
type told struct {
	status int
	code   string
	begun  bool
	header map[string]string
}

const (
	// secretKey is the key the client sends; it may be in no answer and no log.
	secretKey = "canary-key-0123456789"
	shortTime = 150 * time.Millisecond // for the first byte, and between two
	eventHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
	// begun is a first event: a piece of text, and what it cost so far.
	begun = `data: {"candidates":[{"content":{"role":"model","parts":[{"text":"begun"}]},"index":0}],"usageMetadata":{"promptTokenCount":7,"totalTokenCount":7},"modelVersion":"gemini-2.5-flash"}` + "\r\n\r\n"
	shed  = `{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}`
)

func chunked(c net.Conn, text string) { _, _ = fmt.Fprintf(c, "%x\r\n%s\r\n", len(text), text) }

func reply(c net.Conn, status int, contentType, body string, headers ...string) {
	_, _ = fmt.Fprintf(c, "HTTP/1.1 %d Whatever\r\nContent-Type: %s\r\nContent-Length: %d\r\n", status, contentType, len(body))
	for _, h := range headers {
		_, _ = io.WriteString(c, h+"\r\n")
	}
	_, _ = io.WriteString(c, "\r\n"+body)
}

// begins plays a beginning that a client has got before the rest comes: an event
// of a stream, or the start of a whole answer.
func begins(c net.Conn, stream bool) {
	if stream {
		_, _ = io.WriteString(c, eventHead)
		chunked(c, begun)
		time.Sleep(20 * time.Millisecond) // a reset may overtake what was sent before it
		return
	}
	_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{\"candidates\":[")
}

func hang(c net.Conn) { _, _ = io.Copy(io.Discard, c) } // until the gateway gives up

func reset(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) } // the close that follows resets

// afterBegin plays a text behind the beginning of a stream; whole answers are
// only that text.
func afterBegin(text string) func(net.Conn, bool) {
	return func(c net.Conn, stream bool) {
		if !stream {
			reply(c, 200, "application/json", text)
			return
		}
		begins(c, true)
		chunked(c, text)
		_, _ = io.WriteString(c, "0\r\n\r\n")
	}
}

func always(status int, contentType, body string, headers ...string) func(net.Conn, bool) {
	return func(c net.Conn, _ bool) { reply(c, status, contentType, body, headers...) }
}

var (
	timeout  = told{status: 504, code: "upstream_timeout"}
	broken   = told{status: 502, code: "upstream_broken"}
	notJSON  = told{status: 502, code: "upstream_not_json"}
	tooLarge = told{status: 502, code: "upstream_too_large"}
	busy     = told{status: 503, code: "overloaded"}
)

// midway is the same error after the beginning of a stream.
func midway(t told) told { t.begun = true; return t }

const (
	perMinute = `{"error":{"code":429,"message":"Resource exhausted","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"30s"}]}}`
	perDay    = `{"error":{"code":429,"message":"Resource exhausted","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"30s"}]}}`
)

var faults = []mishap{
	{"T082", "hangs before headers", func(c net.Conn, _ bool) { hang(c) }, timeout, timeout},
	{"T082", "hangs after headers", func(c net.Conn, _ bool) { _, _ = io.WriteString(c, eventHead); hang(c) }, timeout, timeout},
	{"T082", "hangs in mid-answer", func(c net.Conn, s bool) { begins(c, s); hang(c) }, timeout, midway(timeout)},
	{"T082", "hangs in mid-event", func(c net.Conn, s bool) { begins(c, s); chunked(c, "data: {\"cand"); hang(c) }, timeout, midway(timeout)},
	{"T083", "closed without an answer", func(net.Conn, bool) {}, broken, broken},
	{"T083", "reset", func(c net.Conn, s bool) { begins(c, s); reset(c) }, broken, midway(broken)},
	{"T083", "closed in mid-answer", begins, broken, midway(broken)},
	{"T083", "clean end, no finishReason", func(c net.Conn, s bool) {
		if s {
			begins(c, s)
			_, _ = io.WriteString(c, "0\r\n\r\n")
			return
		}
		reply(c, 200, "application/json", `{"candidates":[]}`)
	}, told{status: 502, code: "upstream_no_answer"}, told{code: "upstream_no_answer", begun: true}},
	{"T084", "garbage", afterBegin("data: oops\n\n"), notJSON, midway(broken)},
	{"T084", "JSON cut off", afterBegin("data: {\"candidates\":\n\n"), notJSON, midway(broken)},
	{"T084", "last event cut off", afterBegin("data: {\"candidates\":[{"), notJSON, midway(broken)},
	{"T085", "too large", afterBegin("data: {\"x\":\"" + strings.Repeat("x", 70<<10) + "\"}\n\n"), tooLarge, midway(tooLarge)},
	{"T086", "error object", always(200, "application/json", shed), busy, busy},
	{"T086", "page", always(200, "text/html", "<!DOCTYPE html><title>Sign in</title>"), notJSON, notJSON},
	{"T086", "nothing", func(c net.Conn, _ bool) { _, _ = io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n") }, notJSON, notJSON},
	{"T086", "error event", afterBegin("data: " + shed + "\r\n\r\n"), busy, midway(busy)},
	{"T086", "bare error behind events", afterBegin(shed), busy, midway(busy)},
	{
		"T087", "quota of a minute", always(429, "application/json", perMinute),
		told{429, "rate_limit_exceeded", false, map[string]string{"Retry-After": "30", "X-Should-Retry": ""}},
		told{429, "rate_limit_exceeded", false, map[string]string{"Retry-After": "30", "X-Should-Retry": ""}},
	},
	{
		"T087", "quota of a day", always(429, "application/json", perDay),
		told{429, "insufficient_quota", false, map[string]string{"X-Should-Retry": "false"}},
		told{429, "insufficient_quota", false, map[string]string{"X-Should-Retry": "false"}},
	},
	{"T087", "429 as a page", always(429, "text/html", "<html>Too many</html>"), told{status: 429}, told{status: 429}},
	{"T088", "overloaded", always(503, "application/json", shed), busy, busy},
	{"T088", "500", always(500, "application/json", `{"error":{"code":500,"message":"An internal error has occurred.","status":"INTERNAL"}}`), told{status: 500}, told{status: 500}},
	{"T089", "tells the key", always(400, "application/json", `{"error":{"code":400,"message":"API key `+secretKey+` cannot be used","status":"INVALID_ARGUMENT"}}`), told{status: 400}, told{status: 400}},
	{"T090", "compressed", always(200, "application/json", "\x1f\x8b\x08\x00\x00", "Content-Encoding: gzip"), broken, broken},
	{"T090", "two lengths", func(c net.Conn, _ bool) {
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}")
	}, broken, broken},
	{"T090", "bad chunk", func(c net.Conn, s bool) { begins(c, s); _, _ = io.WriteString(c, "zz\r\n") }, broken, midway(broken)},
	{"T090", "endless headers", func(c net.Conn, _ bool) {
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nX-Long: "+strings.Repeat("x", 1<<20)+"\r\n\r\n{}")
	}, broken, broken},
	{"T092", "redirect", always(307, "text/html", "moved", "Location: http://127.0.0.1:1/elsewhere"), notJSON, notJSON},
}

// failing is an upstream that plays the fault that a request names, and answers
// others.
type failing struct {
	net.Listener
	conns sync.WaitGroup
	mu    sync.Mutex
	calls int
}

func newFailing(t *testing.T) *failing {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &failing{Listener: ln}
	f.conns.Go(f.serve)
	t.Cleanup(func() {
		ln.Close()
		f.conns.Wait()
	})
	return f
}

func (f *failing) serve() {
	for {
		c, err := f.Accept()
		if err != nil {
			return
		}
		f.conns.Go(func() {
			defer c.Close()
			f.answer(c)
		})
	}
}

// answer answers one request; the connection is not used again.
func (f *failing) answer(c net.Conn) {
	r, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	f.mu.Lock()
	f.calls++
	f.mu.Unlock()
	stream := strings.Contains(r.URL.Path, ":stream")
	for i := range faults {
		if strings.Contains(string(body), "play: "+faults[i].name+".") {
			faults[i].play(c, stream)
			return
		}
	}
	if stream {
		reply(c, 200, "text/event-stream", "data: "+native(`{"text":"fine"}`, "STOP")+"\r\n\r\n", "Connection: close")
		return
	}
	reply(c, 200, "application/json", native(`{"text":"fine"}`, "STOP"), "Connection: close")
}

// newFaulty is a gateway in front of a failing upstream; clients bring their own
// key, so that no state of keys connects the requests.
func newFaulty(t *testing.T) (*gateway, *failing, *metrics.Metrics) {
	t.Helper()
	f := newFailing(t)
	site, err := upstream.NewGeminiAPI("http://" + f.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	m := metrics.New("test", server.Endpoints())
	return newGatewayAt(t, site, setup{metrics: m, upstream: func(c *upstream.Config) {
		c.FirstByte, c.Gap, c.Retry.Base, c.MaxEvent, c.MaxAnswer = shortTime, shortTime, time.Millisecond, 64<<10, 64<<10
	}}), f, m
}

func playing(f mishap, stream bool) string {
	return fmt.Sprintf(`{"model":"gemini-2.5-flash","stream":%t,"messages":[{"role":"user","content":"play: %s."}]}`, stream, f.name)
}

// check judges an answer to a fault.
func (want told) check(t *testing.T, a answer) {
	t.Helper()
	text := string(a.body)
	for _, secret := range []string{secretKey, "127.0.0.1", ".go:", "goroutine"} {
		if strings.Contains(text, secret) {
			t.Errorf("the answer holds %q: %s", secret, text)
		}
	}
	if a.header.Get("X-Request-Id") == "" {
		t.Error("no x-request-id")
	}
	last := text
	if want.begun {
		if a.status != 200 || !strings.Contains(text, "begun") || strings.Contains(text, "[DONE]") || strings.Contains(text, `"finish_reason":"`) {
			t.Fatalf("%d %s, want a stream that begins, and neither an end nor a reason for one", a.status, text)
		}
		last = strings.TrimPrefix(text[strings.LastIndex(text, "data: "):], "data: ")
	} else if a.status != want.status || !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") {
		t.Fatalf("%d %s %s, want %d", a.status, a.header.Get("Content-Type"), text, want.status)
	}
	var e struct {
		Error struct {
			Message string  `json:"message"`
			Type    string  `json:"type"`
			Code    *string `json:"code"`
		} `json:"error"`
	}
	if err := json.Unmarshal([]byte(strings.TrimSpace(last)), &e); err != nil || e.Error.Message == "" || e.Error.Type == "" {
		t.Fatalf("not OpenAI's error: %v %s", err, last)
	}
	if want.code != "" && (e.Error.Code == nil || *e.Error.Code != want.code) {
		t.Errorf("%s, want the code %s", last, want.code)
	}
	for name, value := range want.header {
		if got := a.header.Get(name); got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
}

// playAll plays all faults of a case, each to a whole request and to a stream.
func playAll(t *testing.T, id string) {
	g, up, m := newFaulty(t)
	played := 0
	for _, f := range faults {
		if f.id != id {
			continue
		}
		for _, stream := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/stream=%t", f.name, stream), func(t *testing.T) {
				played++
				want := f.whole
				if stream {
					want = f.stream
				}
				before := measured(t, m, `gemway_tokens_total{kind="prompt",model="gemini-2.5-flash"} `)
				up.mu.Lock()
				up.calls = 0
				up.mu.Unlock()
				want.check(t, g.callAs(t, secretKey, "POST", "/v1/chat/completions", playing(f, stream)))
				up.mu.Lock()
				calls := up.calls
				up.mu.Unlock()
				if calls > 3 || want.begun && calls != 1 {
					t.Errorf("%d calls upstream", calls)
				}
				if now := measured(t, m, `gemway_tokens_total{kind="prompt",model="gemini-2.5-flash"} `); want.begun && now != before+7 {
					t.Errorf("%g tokens are booked, want the 7 that were told", now-before)
				}
				if a := g.call(t, "POST", "/v1/chat/completions", question); a.status != 200 || !strings.Contains(string(a.body), "fine") {
					t.Errorf("the next request: %d %s", a.status, a.body)
				}
			})
		}
	}
	if played == 0 {
		t.Errorf("%s has no fault", id)
	}
	if strings.Contains(g.logged(), secretKey) {
		t.Error("the log holds the key")
	}
}

// measured returns the value of a metric, 0 where it is not there yet.
func measured(t *testing.T, m *metrics.Metrics, name string) (v float64) {
	t.Helper()
	var b strings.Builder
	for began := time.Now(); !strings.Contains(b.String(), "gemway_requests_in_flight 0\n"); time.Sleep(time.Millisecond) {
		b.Reset() // requests are counted a moment after their answers
		if err := m.Write(&b); err != nil || time.Since(began) > 10*time.Second {
			t.Fatalf("%v %s", err, b.String())
		}
	}
	b.Reset() // what was written before that line may be older
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(b.String()) {
		if value, ok := strings.CutPrefix(l, name); ok {
			if _, err := fmt.Sscan(value, &v); err != nil {
				t.Fatal(err)
			}
		}
	}
	return v
}

func TestT081Unreachable(t *testing.T) {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	unknown := httptest.NewUnstartedServer(http.NotFoundHandler())
	unknown.Config.ErrorLog = log.New(io.Discard, "", 0)
	unknown.StartTLS() // its certificate is nobody's
	defer unknown.Close()
	for name, base := range map[string]string{"refuses": "http://" + gone.Addr().String(), "bad certificate": unknown.URL} {
		site, err := upstream.NewGeminiAPI(base)
		if err != nil {
			t.Fatal(err)
		}
		g := newGatewayAt(t, site, setup{upstream: func(c *upstream.Config) { c.Retry.Base = time.Millisecond }})
		for _, stream := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/stream=%t", name, stream), func(t *testing.T) {
				told{status: 502, code: "upstream_unreachable"}.check(t, g.callAs(t, secretKey, "POST", "/v1/chat/completions", playing(mishap{}, stream)))
			})
		}
		if log := g.awaits(t, "attempts=3"); strings.Contains(log, secretKey) {
			t.Error("the log holds the key")
		}
	}
}

func TestT082Hangs(t *testing.T)             { playAll(t, "T082") }
func TestT083Breaks(t *testing.T)            { playAll(t, "T083") }
func TestT084Garbage(t *testing.T)           { playAll(t, "T084") }
func TestT085TooLarge(t *testing.T)          { playAll(t, "T085") }
func TestT086SuccessThatIsNone(t *testing.T) { playAll(t, "T086") }
func TestT087Quotas(t *testing.T)            { playAll(t, "T087") }
func TestT088Bursts(t *testing.T)            { playAll(t, "T088") }
func TestT089SecretsInErrors(t *testing.T)   { playAll(t, "T089") }
func TestT090TransportFaults(t *testing.T)   { playAll(t, "T090") }
func TestT092Redirect(t *testing.T)          { playAll(t, "T092") }

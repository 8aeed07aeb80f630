package server_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/gemway/gemway/internal/server"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// The tests named T… are the attacks of the threat model on request bodies.

// victim is a gateway that is attacked. Its upstream answers everything.
type victim struct {
	*gateway
	upstream atomic.Int64 // calls that arrived there
	last     atomic.Value // the body of the last one
	sent     int          // requests
}

const normal = `{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"hi"}]}`

func newVictim(t testing.TB, change func(*server.Config)) *victim {
	t.Helper()
	v := &victim{}
	v.last.Store("")
	v.gateway = newGateway(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		v.last.Store(string(b))
		v.upstream.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, native(`{"text":"Hello"}`, "STOP"))
	}), setup{keys: []string{"test-key"}, server: change})
	return v
}

// do sends a request with headers given as "Name: value" and reads the answer.
func (v *victim) do(t testing.TB, path string, body io.Reader, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, v.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header[http.CanonicalHeaderKey(name)] = []string{value}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	v.sent++
	return answer{resp.StatusCode, resp.Header, b}
}

// fault is the error object of an answer.
type fault struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    *string `json:"code"`
}

func faultOf(t testing.TB, a answer) fault {
	t.Helper()
	var e struct {
		Error *fault `json:"error"`
	}
	if err := json.Unmarshal(a.body, &e, json.MatchCaseInsensitiveNames(true)); err != nil || e.Error == nil {
		t.Fatalf("%d, not an error object: %.300s", a.status, a.body)
	}
	if e.Error.Param == nil {
		e.Error.Param = new(string)
	}
	if e.Error.Code == nil {
		e.Error.Code = new(string)
	}
	return *e.Error
}

// refuses sends a chat request that has to be refused with the status, the code
// and the parameter ("*" for any), without a call upstream and in good form.
func (v *victim) refuses(t testing.TB, body string, status int, code, param string, headers ...string) fault {
	t.Helper()
	before := v.upstream.Load()
	a := v.do(t, "/v1/chat/completions", strings.NewReader(body), headers...)
	return v.refusal(t, a, before, fmt.Sprintf("%.120q", body), status, code, param)
}

func (v *victim) refusal(t testing.TB, a answer, before int64, what string, status int, code, param string) fault {
	t.Helper()
	if a.status != status {
		t.Errorf("%s: %d, want %d: %.300s", what, a.status, status, a.body)
		return fault{Param: new(string), Code: new(string)}
	}
	f := faultOf(t, a)
	if *f.Code != code && code != "*" {
		t.Errorf("%s: code %q, want %q: %s", what, *f.Code, code, f.Message)
	}
	if *f.Param != param && param != "*" {
		t.Errorf("%s: param %q, want %q", what, *f.Param, param)
	}
	if a.header.Get("Content-Type") != "application/json" || a.header.Get("X-Request-Id") == "" {
		t.Errorf("%s: headers %v", what, a.header)
	}
	if len(a.body) > 4096 || strings.Contains(string(a.body), ".go") || strings.Contains(string(a.body), "goroutine") {
		t.Errorf("%s: the error tells too much: %.500s", what, a.body)
	}
	if n := v.upstream.Load(); n != before {
		t.Errorf("%s: %d calls went upstream", what, n-before)
	}
	return f
}

// passes sends a chat request that has to be answered, and returns what went
// upstream.
func (v *victim) passes(t testing.TB, body string, headers ...string) string {
	t.Helper()
	before := v.upstream.Load()
	a := v.do(t, "/v1/chat/completions", strings.NewReader(body), headers...)
	if a.status != http.StatusOK || v.upstream.Load() == before {
		t.Fatalf("%.120q: %d: %.300s", body, a.status, a.body)
	}
	up, _ := v.last.Load().(string)
	return up
}

// alive requires that the gateway is well: ready, answering, one line in the
// log for every request so far. Goroutines are counted elsewhere.
func (v *victim) alive(t testing.TB) {
	t.Helper()
	v.passes(t, normal)
	resp, err := http.Get(v.url + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("/readyz: %d", resp.StatusCode)
	}
	until := time.Now().Add(5 * time.Second)
	for lines := 0; lines != v.sent; {
		lines = strings.Count(v.logged(), "level=INFO msg=request ")
		if lines > v.sent || time.Now().After(until) {
			t.Errorf("%d lines in the log for %d requests", lines, v.sent)
			return
		}
		time.Sleep(time.Millisecond) // the line is written behind the answer
	}
	if strings.Contains(v.logged(), "panic") {
		t.Errorf("something panicked: %s", v.logged())
	}
}

func nested(depth int) string {
	return `{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"hi"}],"x":` +
		strings.Repeat("[", depth-1) + strings.Repeat("]", depth-1) + `}`
}

func TestT001TooLargeByLength(t *testing.T) {
	v := newVictim(t, func(c *server.Config) { c.MaxBody = 1 << 20 })
	// Only the head is sent: a server that waited for the body would not answer.
	conn, err := net.Dial("tcp", strings.TrimPrefix(v.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", 1<<20+1)
	all, err := io.ReadAll(conn) // to the end: the connection is closed
	if err != nil {
		t.Fatal(err)
	}
	v.sent++
	head, body, _ := bytes.Cut(all, []byte("\r\n\r\n"))
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 413 ")) || !bytes.Contains(head, []byte("Connection: close")) || !bytes.Contains(body, []byte(`"request_too_large"`)) {
		t.Errorf("%s", all)
	}
	v.alive(t)
}

func TestT002TooLargeWithoutLength(t *testing.T) {
	const limit = 4 << 20
	v := newVictim(t, func(c *server.Config) { c.MaxBody = limit })
	endless := &counted{r: io.MultiReader(strings.NewReader(`{"model":"`), letters{})}
	before := v.upstream.Load()
	a := v.do(t, "/v1/chat/completions", endless)
	v.refusal(t, a, before, "endless body", http.StatusRequestEntityTooLarge, "request_too_large", "")
	if n := endless.n.Load(); n > 2*limit+16<<20 {
		t.Errorf("%d bytes were taken of a body limited to %d", n, limit)
	}
	v.alive(t)

	// In-process, where only the server's memory counts.
	s := newBare(t, func(c *server.Config) { c.MaxBody = limit })
	used, _ := s.cost(t, io.LimitReader(letters{}, limit+1), http.StatusRequestEntityTooLarge)
	if used > 2*limit+floor {
		t.Errorf("a body cut off at %d bytes took %d", limit, used)
	}
}

// letters is an endless text.
type letters struct{}

func (letters) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'a'
	}
	return len(b), nil
}

// counted counts what is read.
type counted struct {
	r io.Reader
	n atomic.Int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n.Add(int64(n))
	return n, err
}

func TestT003NoDocument(t *testing.T) {
	v := newVictim(t, nil)
	for _, body := range []string{
		"", " ", "\n", "null", "[]", `"x"`, "1", "true", normal + normal, normal + "\n" + normal, normal + "x", normal + "\x00", normal + "]",
		"\ufeff" + normal, "{", normal[:len(normal)-1], `{"model"}`, `{model:"x"}`, `{'model':'x'}`, "NaN", `{"a":1,,"b":2}`, `{,}`, "//\n" + normal, "nul", "\x00",
	} {
		v.refuses(t, body, http.StatusBadRequest, "invalid_json", "")
		a := v.do(t, "/v1/embeddings", strings.NewReader(body))
		v.refusal(t, a, v.upstream.Load(), fmt.Sprintf("embeddings %.40q", body), http.StatusBadRequest, "invalid_json", "")
	}
	v.alive(t)
}

func TestT004Depth(t *testing.T) {
	v := newVictim(t, nil)
	s := newBare(t, nil)
	for _, body := range []string{
		strings.Repeat("[", 100_000), strings.Repeat(`{"a":`, 100_000), nested(129), nested(10_000), nested(1_000_000),
	} {
		v.refuses(t, body, http.StatusBadRequest, "too_deep", "")
		used, took := s.cost(t, strings.NewReader(body), http.StatusBadRequest)
		if extra := int64(used) - s.reading(len(body)); extra > 1<<20 {
			t.Errorf("%.20s…: %d bytes beside the body", body, extra)
		}
		if took > 50*time.Millisecond {
			t.Errorf("%.20s…: took %v", body, took)
		}
	}
	v.passes(t, nested(127))
	v.alive(t)
}

func TestT005Crowded(t *testing.T) {
	v := newVictim(t, nil)
	s := newBare(t, nil)
	objects := `{"x":[` + strings.Repeat("{},", 5_000_000) + `{}]}`
	var keys strings.Builder
	keys.WriteString(`{"k":0`)
	for i := range 1_000_000 {
		fmt.Fprintf(&keys, `,"%d":0`, i)
	}
	keys.WriteString("}")
	for _, body := range []string{objects, keys.String()} {
		v.refuses(t, body, http.StatusBadRequest, "too_many_values", "")
		if used, _ := s.cost(t, strings.NewReader(body), http.StatusBadRequest); used > 4*uint64(len(body)) {
			t.Errorf("%.20s…: %d bytes for a body of %d", body, used, len(body))
		}
	}
	v.alive(t)
}

func TestT006Duplicates(t *testing.T) {
	v := newVictim(t, nil)
	for _, c := range [][2]string{
		{`{"model":"gemini-2.5-flash","model":"gemini-2.5-pro","messages":[]}`, "model"},
		{`{"model":"a","messages":[{"role":"user","content":"a","content":"b"}]}`, "content"},
		{`{"model":"a","x":[[[{"deep":[{"y":{"z":1,"z":1}}]}]]]}`, "z"},
		{`{"model":"a","\u006dodel":"b"}`, "model"},
		{`{"":1,"":2}`, ""},
		{`{"user":null,"user":null}`, "user"},
	} {
		v.refuses(t, c[0], http.StatusBadRequest, "duplicate_key", c[1])
	}
	// One more after so many that another way of looking for them is used.
	var many strings.Builder
	many.WriteString(`{"model":"gemini-2.5-flash"`)
	for i := range 500 {
		fmt.Fprintf(&many, `,"k%d":0`, i)
	}
	v.refuses(t, many.String()+`,"k17":0}`, http.StatusBadRequest, "duplicate_key", "k17")
	v.passes(t, many.String()+`,"messages":[{"role":"user","content":"hi"}]}`)

	// A strict parser of others agrees on random documents.
	random := rand.New(rand.NewPCG(6, 6))
	twice := 0
	for range 300 {
		doc := randomDocument(random, 0)
		body := `{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"hi"}],"x":` + doc + `}`
		if jsontext.Value(doc).IsValid() {
			v.passes(t, body)
		} else {
			twice++
			v.refuses(t, body, http.StatusBadRequest, "duplicate_key", "*")
		}
	}
	if twice < 30 || twice > 270 {
		t.Errorf("%d of 300 documents had duplicates: the test is out of balance", twice)
	}
	v.alive(t)
}

// randomDocument makes a document whose only possible fault is a name twice.
func randomDocument(r *rand.Rand, depth int) string {
	switch n := r.IntN(6); {
	case n < 3 && depth < 4:
		var b strings.Builder
		b.WriteByte('{')
		for i := range r.IntN(4) {
			if i > 0 {
				b.WriteByte(',')
			}
			name := []string{"a", "b", "c", "d", "e", "A", `\u0061`, `\u0062`, "é", `\u00e9`}[r.IntN(10)]
			b.WriteString(`"` + name + `":` + randomDocument(r, depth+1))
		}
		return b.String() + "}"
	case n == 3 && depth < 4:
		return "[" + randomDocument(r, depth+1) + "," + randomDocument(r, depth+1) + "]"
	case n == 4:
		return `"text"`
	}
	return "1"
}

func TestT007CaseVariants(t *testing.T) {
	v := newVictim(t, nil)
	v.refuses(t, `{"MODEL":"gemini-2.5-flash","messages":[{"role":"user","content":"hi"}]}`, http.StatusBadRequest, "missing_required_parameter", "model")
	v.refuses(t, `{"model":"gemini-2.5-flash","Messages":[{"role":"user","content":"hi"}]}`, http.StatusBadRequest, "*", "messages")
	up := v.passes(t, `{"model":"gemini-2.5-flash","Model":"gemini-2.5-pro","MAX_TOKENS":7,"Temperature":9,"messages":[{"role":"user","content":"hi","Content":"other"}]}`)
	if strings.Contains(up, "maxOutputTokens") || strings.Contains(up, "temperature") || strings.Contains(up, "other") {
		t.Errorf("a variant was taken for the parameter: %s", up)
	}
	v.alive(t)
}

func TestT008InvalidUTF8(t *testing.T) {
	v := newVictim(t, nil)
	for name, bad := range map[string]string{
		"lone byte": "\xff", "overlong slash": "\xc0\xaf", "overlong NUL": "\xe0\x80\x80", "surrogate": "\xed\xa0\x80", "too high": "\xf4\x90\x80\x80",
		"cut": "\xe2\x82", "continuation": "\x80", "latin-1": "caf\xe9",
	} {
		for _, body := range []string{
			`{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"` + bad + `"}]}`,
			`{"model":"gemini-2.5-flash` + bad + `","messages":[]}`,
			`{"x` + bad + `":1}`,
			`{"a":1}` + bad,
		} {
			f := v.refuses(t, body, http.StatusBadRequest, "invalid_utf8", "")
			if strings.ContainsRune(f.Message, '\ufffd') {
				t.Errorf("%s: %q", name, f.Message)
			}
		}
	}
	for _, order := range []func([]byte, uint16) []byte{
		func(b []byte, u uint16) []byte { return append(b, byte(u), byte(u>>8)) },
		func(b []byte, u uint16) []byte { return append(b, byte(u>>8), byte(u)) },
	} {
		file := order(nil, 0xfeff)
		for _, u := range utf16.Encode([]rune(normal)) {
			file = order(file, u)
		}
		v.refuses(t, string(file), http.StatusBadRequest, "invalid_utf8", "")
	}
	v.alive(t)
}

// Peak memory is bounded from above by all that is allocated, which, unlike a
// peak, is the same in every run.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

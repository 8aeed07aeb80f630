package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// work is one row of the table.
type work struct {
	name    string
	path    string // at Gemway
	proxied string // at the proxy, where it differs
	clients int
	goal    float64
	body    []byte
	check   func(body []byte) bool
}

func works() []work {
	holds := func(s string, least int) func([]byte) bool {
		return func(b []byte) bool { return len(b) >= least && bytes.Contains(b, []byte(s)) }
	}
	chat := `{"model":"gemini-2.5-flash","messages":[{"role":"system","content":"You are a helpful assistant that answers in a few words and never makes things up."},{"role":"user","content":"` +
		strings.Repeat("What is the capital of France, and why? ", 10) + `"}],"temperature":0.7,"max_tokens":500}`
	var tools []string
	for i := range 10 {
		tools = append(tools, fmt.Sprintf(`{"type":"function","function":{"name":"tool_%d","description":"Looks up something in a database and gives it back as JSON","parameters":{"type":"object","properties":{"query":{"type":"string","description":"What to look for"},"limit":{"type":"integer","minimum":1,"maximum":100},"filters":{"type":"array","items":{"type":"object","properties":{"field":{"type":"string"},"value":{"type":"string"}},"required":["field","value"]}}},"required":["query"]}}}`, i))
	}
	withTools := strings.TrimSuffix(chat, "}") + `,"tools":[` + strings.Join(tools, ",") + `]}`
	stream := strings.TrimSuffix(chat, "}") + `,"stream":true}`
	inputs := make([]string, 100)
	for i := range inputs {
		inputs[i] = fmt.Sprintf(`"input number %d of a hundred"`, i)
	}
	embed := func(input, format string) []byte {
		return fmt.Appendf(nil, `{"model":"gemini-embedding-001","input":%s,"encoding_format":%q}`, input, format)
	}
	hundred := "[" + strings.Join(inputs, ",") + "]"
	const completions, embeddings = "/v1/chat/completions", "/v1/embeddings"
	stop, floats := holds(`"finish_reason":"stop"`, 900), holds(`"embedding":[`, 30_000)
	// The proxy carries floats whatever is asked for: one reference for both.
	base64 := func(n int) func([]byte) bool {
		return func(b []byte) bool {
			return len(b) >= n*16_384 && bytes.Contains(b, fmt.Appendf(nil, `"index":%d,`, n-1)) && (len(b) < n*16_600 || len(b) > n*30_000)
		}
	}
	return []work{
		{"chat", completions, "", 16, 1.0, []byte(chat), stop},
		{"chat, 10 tools", completions, "", 16, 1.2, []byte(withTools), stop},
		{"stream, 64 chunks", completions, "/v1/stream", 8, 1.25, []byte(stream), func(b []byte) bool {
			return bytes.Count(b, []byte("Sixty-four")) == chunks && bytes.HasSuffix(b, []byte("data: [DONE]\n\n"))
		}},
		{"image in, 10 MiB", completions, "", 2, 1.3, imageRequest(), stop},
		{"embed 1, float", embeddings, "", 8, 2.0, embed(`"one input to embed"`, "float"), floats},
		{"embed 1, base64", embeddings, "", 8, 2.6, embed(`"one input to embed"`, "base64"), base64(1)},
		{"embed 100, float", embeddings, "", 4, 3.5, embed(hundred, "float"), holds(`"index":99`, 3_000_000)},
		{"embed 100, base64", embeddings, "", 4, 3.5, embed(hundred, "base64"), base64(100)},
		{"image out, 1.4 MB", "/v1/images/generations", "", 4, 1.3, []byte(`{"model":"gemini-2.5-flash-image","prompt":"a small red fox","response_format":"b64_json"}`), holds(`"b64_json"`, 1_400_000)},
	}
}

const imageSize = 10 << 20

func imageRequest() []byte {
	return []byte(`{"model":"gemini-2.5-flash","messages":[{"role":"user","content":[{"type":"text","text":"What is this?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAA` +
		strings.Repeat("QUJDREVGR0hJSktM", imageSize/16) + `"}}]}]}`)
}

// request is the work as it goes to a target.
func (w *work) request(t *target) request {
	path := w.path
	if t.name != "gemway" && w.proxied != "" {
		path = w.proxied
	}
	return newRequest(t.addr, path, w.body)
}

// line is an open connection to a target with one row's request on it.
type line struct {
	*conn
	request request
	work    *work
	buf     bytes.Buffer
}

func (l *line) once() error {
	if err := l.do(l.request, &l.buf); err != nil {
		return fmt.Errorf("%s: %w", l.work.name, err)
	}
	if !l.work.check(l.buf.Bytes()) {
		return fmt.Errorf("%s: wrong answer: %.300s", l.work.name, l.buf.Bytes())
	}
	return nil
}

// clients opens the connections of a row to a target, and sends one request on
// each, so that what is measured is warm.
func clients(t *target, w *work) ([]*line, error) {
	r := w.request(t)
	var all []*line
	for range w.clients {
		c, err := dial(t.addr)
		if err != nil {
			return nil, err
		}
		l := &line{conn: c, request: r, work: w}
		all = append(all, l)
		if err := l.once(); err != nil {
			return nil, fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return all, nil
}

// load keeps a target busy and returns its processor seconds per 1,000
// requests.
func load(t *target, lines []*line, length time.Duration) (float64, error) {
	var done atomic.Int64
	errs := make([]error, len(lines))
	before := t.cpu()
	until := time.Now().Add(length)
	var wg sync.WaitGroup
	for i, l := range lines {
		wg.Go(func() {
			for time.Now().Before(until) {
				if errs[i] = l.once(); errs[i] != nil {
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return 0, fmt.Errorf("%s: %w", t.name, err)
	}
	return (t.cpu() - before) / float64(done.Load()) * 1000, nil
}

// paced sends chat requests at a fixed rate, whatever the answers do, and
// returns how long each took.
func paced(lines chan *line, n int) ([]time.Duration, error) {
	const rate = 200
	took, errs := make([]time.Duration, n), make([]error, n)
	var wg sync.WaitGroup
	tick := time.NewTicker(time.Second / rate)
	defer tick.Stop()
	for i := range n {
		<-tick.C
		wg.Go(func() {
			began := time.Now()
			l := <-lines
			errs[i] = l.once()
			took[i] = time.Since(began)
			lines <- l
		})
	}
	wg.Wait()
	return took, errors.Join(errs...)
}

// quantile returns a quantile in microseconds.
func quantile(took []time.Duration, permille int) float64 {
	return float64(slices.Sorted(slices.Values(took))[len(took)*permille/1000].Microseconds())
}

// openStreams opens streams and returns the KiB of memory that each takes.
func openStreams(t *target, n int) (each float64, err error) {
	path, body := "/v1/chat/completions", []byte(`{"model":"gemini-2.5-pro","stream":true,"messages":[{"role":"user","content":"hold"}]}`)
	if t.name == "proxy" {
		path = "/v1/held"
	}
	r := newRequest(t.addr, path, body)
	before := t.status("VmRSS:")
	open := make([]net.Conn, 0, n)
	defer func() {
		for _, c := range open {
			_ = c.Close()
		}
	}()
	for i := range n {
		c, err := dial(t.addr)
		if err != nil {
			return 0, err
		}
		open = append(open, c)
		if err := c.begin(r); err != nil {
			return 0, fmt.Errorf("%s: stream %d: %w", t.name, i, err)
		}
		c.in = nil // 64 KiB of the load's own memory
	}
	time.Sleep(500 * time.Millisecond)
	return (t.status("VmRSS:") - before) * 1024 / float64(n), nil
}

// bodyMemory returns the memory that a target takes at most for each of four
// 10 MiB images on their way at the same time, as a multiple of the image.
func bodyMemory(t *target) (float64, error) {
	before := t.status("VmRSS:")
	w := &work{name: "memory of images", path: "/v1/chat/completions", clients: 1, body: imageRequest(), check: func(b []byte) bool { return bytes.Contains(b, []byte("stop")) }}
	const flight = 4
	errs := make([]error, flight)
	var wg sync.WaitGroup
	for i := range flight {
		wg.Go(func() {
			c, err := dial(t.addr)
			if err != nil {
				errs[i] = err
				return
			}
			defer c.Close()
			l := &line{conn: c, request: w.request(t), work: w}
			for range 4 {
				errs[i] = errors.Join(errs[i], l.once())
			}
		})
	}
	wg.Wait()
	return (t.status("VmHWM:") - before) / flight / (imageSize >> 20), errors.Join(errs...)
}

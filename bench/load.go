package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
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
	openAI  []byte
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
	image := `{"model":"gemini-2.5-flash","messages":[{"role":"user","content":[{"type":"text","text":"What is this?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAA` +
		strings.Repeat("QUJDREVGR0hJSktM", 10<<20/16) + `"}}]}]}`
	inputs := make([]string, 100)
	for i := range inputs {
		inputs[i] = fmt.Sprintf(`"input number %d of a hundred"`, i)
	}
	embed := func(input, format string) []byte {
		return fmt.Appendf(nil, `{"model":"gemini-embedding-001","input":%s,"encoding_format":%q}`, input, format)
	}
	stop, floats := holds(`"finish_reason":"stop"`, 900), holds(`"embedding":[`, 30_000)
	return []work{
		{"chat", "/v1/chat/completions", "", 16, []byte(chat), stop},
		{"chat, 10 tools", "/v1/chat/completions", "", 16, []byte(withTools), stop},
		{"stream", "/v1/chat/completions", "/v1/stream", 8, []byte(stream), func(b []byte) bool {
			return bytes.Count(b, []byte("Sixty-four")) == chunks && bytes.HasSuffix(b, []byte("data: [DONE]\n\n"))
		}},
		{"image in, 10 MiB", "/v1/chat/completions", "", 2, []byte(image), stop},
		{"embed 1, float", "/v1/embeddings", "", 8, embed(`"one input to embed"`, "float"), floats},
		{"embed 1, base64", "/v1/embeddings", "", 8, embed(`"one input to embed"`, "base64"), holds(`"embedding":`, 16_000)},
		{"embed 100, float", "/v1/embeddings", "", 4, embed("["+strings.Join(inputs, ",")+"]", "float"), holds(`"index":99`, 3_000_000)},
		{"image out, 1.4 MB", "/v1/images/generations", "", 4, []byte(`{"model":"gemini-2.5-flash-image","prompt":"a small red fox","response_format":"b64_json"}`), holds(`"b64_json"`, 1_400_000)},
	}
}

var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1024}}

func post(ctx context.Context, addr, path string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer bench")
	return client.Do(req)
}

func once(ctx context.Context, addr, path string, w *work, body []byte, buf *bytes.Buffer) error {
	resp, err := post(ctx, addr, path, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	buf.Reset()
	if _, err := io.Copy(buf, resp.Body); err != nil {
		return fmt.Errorf("%s %s after %d bytes: %w", addr, path, buf.Len(), err)
	}
	if resp.StatusCode != http.StatusOK || !w.check(buf.Bytes()) {
		return fmt.Errorf("%s %s: wrong answer, status %d: %.300s", addr, path, resp.StatusCode, buf.Bytes())
	}
	return nil
}

// load keeps a target busy and returns its processor seconds per 1,000
// requests.
func load(t *target, w work, body []byte, length time.Duration) (float64, error) {
	path := w.path
	if t.name == "proxy" && w.proxied != "" {
		path = w.proxied
	}
	ctx := context.Background()
	var buf bytes.Buffer
	if err := once(ctx, t.addr, path, &w, body, &buf); err != nil {
		return 0, err
	}
	var done atomic.Int64
	var failed atomic.Value
	before := t.cpu()
	until := time.Now().Add(length)
	var wg sync.WaitGroup
	for range w.clients {
		wg.Go(func() {
			var buf bytes.Buffer
			for time.Now().Before(until) {
				if err := once(ctx, t.addr, path, &w, body, &buf); err != nil {
					failed.Store(err)
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	if err, ok := failed.Load().(error); ok {
		return 0, err
	}
	return (t.cpu() - before) / float64(done.Load()) * 1000, nil
}

type quantiles struct{ p50, p99 time.Duration }

// latency sends chat requests at a fixed rate, whatever the answers do.
func latency(addr string) (quantiles, error) {
	const rate, n = 200, 600
	w := works()[0]
	var mu sync.Mutex
	var took []time.Duration
	var failed error
	var wg sync.WaitGroup
	tick := time.NewTicker(time.Second / rate)
	defer tick.Stop()
	for range n {
		<-tick.C
		wg.Go(func() {
			began := time.Now()
			var buf bytes.Buffer
			err := once(context.Background(), addr, w.path, &w, w.openAI, &buf)
			mu.Lock()
			defer mu.Unlock()
			took = append(took, time.Since(began))
			if err != nil {
				failed = err
			}
		})
	}
	wg.Wait()
	slices.Sort(took)
	return quantiles{took[len(took)/2], took[len(took)*99/100]}, failed
}

// openStreams returns the KiB of memory that one open stream takes.
func openStreams(t *target, n int) (float64, error) {
	path, body := "/v1/chat/completions", []byte(`{"model":"gemini-2.5-pro","stream":true,"messages":[{"role":"user","content":"hold"}]}`)
	if t.name == "proxy" {
		path = "/v1/held"
	}
	before := t.rss()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for range n {
		resp, err := post(ctx, t.addr, path, body)
		if err != nil {
			return 0, err
		}
		defer resp.Body.Close()
		if _, err := io.ReadFull(resp.Body, make([]byte, 100)); err != nil {
			return 0, err
		}
	}
	time.Sleep(500 * time.Millisecond)
	return (t.rss() - before) * 1024 / float64(n), nil
}

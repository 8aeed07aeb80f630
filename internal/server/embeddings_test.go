package server_test

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/server"
	"github.com/gemway/gemway/internal/upstream"
	"github.com/go-json-experiment/json"
)

type nativeEmbed struct {
	Requests []struct {
		Content struct {
			Parts []struct {
				Text string `json:"text"`
			} `json:"parts"`
		} `json:"content"`
	} `json:"requests"`
}

type embedded struct {
	Data []struct {
		Index     int    `json:"index"`
		Embedding string `json:"embedding"`
	} `json:"data"`
	Usage struct {
		Prompt int64 `json:"prompt_tokens"`
		Total  int64 `json:"total_tokens"`
	} `json:"usage"`
}

func manyInputs(n int) string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = strconv.Itoa(i)
	}
	return `["` + strings.Join(texts, `","`) + `"]`
}

// TestEmbeddingOrder sends as many inputs as OpenAI takes; upstream answers
// later calls sooner. Every vector names its input.
func TestEmbeddingOrder(t *testing.T) {
	for _, c := range []struct {
		model string
		calls int64
		most  int // inputs a call
	}{
		{"gemini-embedding-001", 21, 100}, // ceil(2048/100)
		{"gemini-embedding-2", 2048, 1},
	} {
		t.Run(c.model, func(t *testing.T) {
			var calls, running, peak atomic.Int64
			up := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, ":countTokens") {
					io.WriteString(w, `{"totalTokens":2048}`)
					return
				}
				n := running.Add(1)
				defer running.Add(-1)
				for old := peak.Load(); n > old && !peak.CompareAndSwap(old, n); old = peak.Load() {
				}
				var req nativeEmbed
				if err := json.UnmarshalRead(r.Body, &req); err != nil || len(req.Requests) > c.most {
					http.Error(w, fmt.Sprint(err, len(req.Requests)), http.StatusBadRequest)
					return
				}
				if calls.Add(1)%2 == 1 {
					runtime.Gosched()
				}
				var b strings.Builder
				for i, one := range req.Requests {
					if len(one.Content.Parts) != 1 {
						http.Error(w, "several parts are fused into one vector", http.StatusBadRequest)
						return
					}
					if i > 0 {
						b.WriteByte(',')
					}
					fmt.Fprintf(&b, `{"values":[%s,1]}`, one.Content.Parts[0].Text)
				}
				fmt.Fprintf(w, `{"embeddings":[%s],"usageMetadata":{"promptTokenCount":%d}}`, b.String(), len(req.Requests))
			})
			// Raw values tell the inputs apart, so unit length must not be restored.
			g := newGateway(t, up, setup{catalog: catalog.Options{Models: []byte(
				`{"models":[{"id":"gemini-embedding-001","embedding":{"unit_always":true}},{"id":"gemini-embedding-2"}]}`)}})
			a := g.call(t, "POST", "/v1/embeddings", `{"model":"`+c.model+`","encoding_format":"base64","input":`+manyInputs(2048)+`}`)
			if a.status != 200 {
				t.Fatalf("status %d: %.300s", a.status, a.body)
			}
			var got embedded
			if err := json.Unmarshal(a.body, &got); err != nil {
				t.Fatal(err)
			}
			if len(got.Data) != 2048 || calls.Load() != c.calls {
				t.Fatalf("%d vectors by %d calls, not 2048 by %d", len(got.Data), calls.Load(), c.calls)
			}
			for i, d := range got.Data {
				b, err := base64.StdEncoding.DecodeString(d.Embedding)
				if err != nil || len(b) != 8 {
					t.Fatalf("vector %d: %q %v", i, d.Embedding, err)
				}
				if f := math.Float32frombits(binary.LittleEndian.Uint32(b)); d.Index != i || f != float32(i) {
					t.Fatalf("vector %d has index %d and is that of input %v", i, d.Index, f)
				}
			}
			if got.Usage.Prompt != 2048 || got.Usage.Total != 2048 {
				t.Errorf("usage is %+v", got.Usage)
			}
			if most := int64(server.Default().EmbeddingCalls); peak.Load() > most {
				t.Errorf("%d calls at a time, not at most %d", peak.Load(), most)
			}
		})
	}
	t.Run("one more", func(t *testing.T) {
		g := newGateway(t, http.NotFoundHandler(), setup{})
		a := g.call(t, "POST", "/v1/embeddings", `{"model":"gemini-embedding-001","input":`+manyInputs(2049)+`}`)
		if a.status != 400 || !strings.Contains(string(a.body), "at most 2048 strings, got 2049") {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
}

// TestEmbeddingFailure: one failing call fails the request with its own status
// and stops the others.
func TestEmbeddingFailure(t *testing.T) {
	var calls atomic.Int64
	up := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ":countTokens") {
			io.WriteString(w, `{"totalTokens":1}`)
			return
		}
		calls.Add(1)
		w.WriteHeader(http.StatusTooManyRequests)
		io.WriteString(w, `{"error":{"code":429,"message":"Resource exhausted.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"7s"}]}}`)
	})
	a := newGateway(t, up, setup{}).call(t, "POST", "/v1/embeddings", `{"model":"gemini-embedding-2","input":`+manyInputs(500)+`}`)
	if a.status != 429 || a.header.Get("retry-after") != "7" || !strings.Contains(string(a.body), `"code":"rate_limit_exceeded"`) {
		t.Errorf("%d %v %s", a.status, a.header, a.body)
	}
	if n := calls.Load(); n > int64(4*server.Default().EmbeddingCalls) {
		t.Errorf("%d calls were made after the first had failed", n)
	}
	for name, body := range map[string]string{
		"fewer vectors than inputs": `{"embeddings":[{"values":[1]}]}`,
		"words for numbers":         `{"embeddings":[{"values":[1]},{"values":["NaN"]}]}`,
		"nothing":                   `{}`,
	} {
		up := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) })
		a := newGateway(t, up, setup{}).call(t, "POST", "/v1/embeddings", `{"model":"gemini-embedding-001","input":["a","b"]}`)
		if a.status != 502 || !strings.Contains(string(a.body), "upstream_not_json") {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}

// TestEmbeddingUsageSetting: without countTokens the usage is an estimate.
func TestEmbeddingUsageSetting(t *testing.T) {
	up := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ":countTokens") {
			t.Error("countTokens was called")
		}
		io.WriteString(w, `{"embeddings":[{"values":[1]}]}`)
	})
	g := newGateway(t, up, setup{server: func(c *server.Config) { c.CountTokens = false }})
	a := g.call(t, "POST", "/v1/embeddings", `{"model":"gemini-embedding-001","input":"eight ch"}`)
	if a.status != 200 || a.header.Get("x-gemway-usage") != "estimated" || !strings.Contains(string(a.body), `"usage":{"prompt_tokens":2,"total_tokens":2}`) {
		t.Errorf("%d %v %s", a.status, a.header, a.body)
	}
}

// TestEmbeddingMemory: the heap for 2,048 vectors of 3,072 floats stays below
// four times the answer's size, whatever its format.
func TestEmbeddingMemory(t *testing.T) {
	// 100 vectors of 3,072 float32s in the digits Gemini writes.
	var vector strings.Builder
	for i := range 3072 {
		if i > 0 {
			vector.WriteByte(',')
		}
		vector.WriteString(strconv.FormatFloat(math.Sin(float64(i))/40, 'g', -1, 32))
	}
	var chunk strings.Builder
	for range 100 {
		chunk.WriteString(`{"values":[` + vector.String() + `]},`)
	}
	hundred := chunk.String()
	one := len(hundred) / 100
	up := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ":countTokens") {
			io.WriteString(w, `{"totalTokens":2048}`)
			return
		}
		var req nativeEmbed
		if err := json.UnmarshalRead(r.Body, &req); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		// No length is announced, as Google's servers do not.
		io.WriteString(w, `{"embeddings":[`)
		io.WriteString(w, hundred[:one*len(req.Requests)-1])
		io.WriteString(w, `]}`)
	})
	for _, format := range []string{"float", "base64"} {
		t.Run(format, func(t *testing.T) {
			g := newGateway(t, up, setup{})
			body := `{"model":"gemini-embedding-001","encoding_format":"` + format + `","input":` + manyInputs(2048) + `}`
			stop := watchHeap()
			req, err := http.NewRequestWithContext(t.Context(), "POST", g.url+"/v1/embeddings", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer k")
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			size, err := io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			grown := stop()
			if err != nil || resp.StatusCode != 200 || size < 2048*3072*5 {
				t.Fatalf("status %d, %d bytes, %v", resp.StatusCode, size, err)
			}
			t.Logf("answer %d MB, heap grew by %d MB: %.2f times", size>>20, grown>>20, float64(grown)/float64(size))
			if grown > 4*size {
				t.Errorf("the heap grew by %d MB for an answer of %d MB", grown>>20, size>>20)
			}
		})
	}
}

// watchHeap looks at the bytes of all objects, dead ones included, until stop
// is called, which returns by how much they grew at most.
func watchHeap() (stop func() int64) {
	heap := func() int64 {
		s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(s)
		return int64(s[0].Value.Uint64())
	}
	runtime.GC()
	before := heap()
	done := make(chan struct{})
	var peak int64
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			peak = max(peak, heap())
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	})
	return func() int64 {
		close(done)
		wg.Wait()
		return peak - before
	}
}

// TestEmbeddingOnVertex: there each generation of models has a method of its
// own, one input a call.
func TestEmbeddingOnVertex(t *testing.T) {
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1beta1/publishers/google/models/gemini-embedding-001:predict":
			io.WriteString(w, `{"predictions":[{"embeddings":{"values":[1,0],"statistics":{"token_count":3,"truncated":false}}}]}`)
		case "/v1beta1/publishers/google/models/gemini-embedding-2:embedContent":
			io.WriteString(w, `{"embedding":{"values":[1,0]},"usageMetadata":{"promptTokenCount":3}}`)
		default:
			http.Error(w, r.URL.Path, http.StatusNotFound)
		}
	}))
	t.Cleanup(up.Close)
	site, err := upstream.NewVertex(t.Context(), upstream.VertexConfig{Keys: true, BaseURL: up.URL})
	if err != nil {
		t.Fatal(err)
	}
	g := newGatewayAt(t, site, setup{catalog: catalog.Options{Vertex: true}})
	for _, model := range []string{"gemini-embedding-001", "google/gemini-embedding-2"} {
		a := g.call(t, "POST", "/v1/embeddings", `{"model":"`+model+`","input":["a","b"]}`)
		if a.status != 200 || strings.Count(string(a.body), `"embedding":[1.0,0.0]`) != 2 || !strings.Contains(string(a.body), `"prompt_tokens":6`) {
			t.Errorf("%s: %d %s", model, a.status, a.body)
		}
	}
}

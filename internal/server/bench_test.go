package server_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/keypool"
	"github.com/gemway/gemway/internal/metrics"
	"github.com/gemway/gemway/internal/server"
	"github.com/gemway/gemway/internal/signatures"
	"github.com/gemway/gemway/internal/upstream"
)

// echoless is an upstream that answers every request with the same bytes, and
// allocates nothing for it that would spoil a count.
func echoless(t testing.TB, answer func(path string) []byte) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				in := bufio.NewReader(c)
				for {
					length := 0
					var out []byte
					for {
						line, err := in.ReadSlice('\n')
						if err != nil {
							return
						}
						if line = bytes.TrimSpace(line); len(line) == 0 {
							break
						}
						if out == nil {
							out = answer(string(line))
						}
						if n, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
							length, _ = strconv.Atoi(string(n))
						}
					}
					if _, err := in.Discard(length); err != nil {
						return
					}
					if _, err := c.Write(out); err != nil {
						return
					}
				}
			}()
		}
	}()
	return "http://" + ln.Addr().String()
}

func framed(body string) []byte {
	return fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\nVary: Origin\r\nServer: scaffolding on HTTPServer2\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// eventStream is n chunks, each in a chunk of HTTP's.
func eventStream(n int) []byte {
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
	for i := range n {
		end := ""
		if i == n-1 {
			end = `,"finishReason":"STOP"`
		}
		e := `data: {"candidates":[{"content":{"parts":[{"text":"a chunk of a stream, about as long as they are"}],"role":"model"}` + end + `,"index":0}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":12,"totalTokenCount":19,"promptTokensDetails":[{"modality":"TEXT","tokenCount":7}]},"modelVersion":"gemini-2.5-flash","responseId":"4Fn7afv3Btus1MkP9dbZoAY"}` + "\r\n\r\n"
		fmt.Fprintf(&b, "%x\r\n%s\r\n", len(e), e)
	}
	b.WriteString("0\r\n\r\n")
	return b.Bytes()
}

// vectorsOf is an answer with n vectors.
func vectorsOf(n int) string {
	one := `{"values":[` + strings.Repeat("0.012345678,-0.023456789,", 1535) + `0.5,0.25]}`
	return `{"embeddings":[` + strings.Repeat(one+",", n-1) + one + `]}`
}

// loaded is a server in front of an upstream, with all that is on by default.
func loaded(t testing.TB, stream []byte, vectors int) *server.Server {
	t.Helper()
	whole := framed(native(`{"text":"`+strings.Repeat("An answer of an ordinary length. ", 20)+`"}`, "STOP"))
	embedded := framed(vectorsOf(max(1, vectors)))
	counted := framed(`{"totalTokens":7}`)
	url := echoless(t, func(path string) []byte {
		switch {
		case strings.Contains(path, ":stream"):
			return stream
		case strings.Contains(path, ":batchEmbed"):
			return embedded
		case strings.Contains(path, ":count"):
			return counted
		}
		return whole
	})
	site, err := upstream.NewGeminiAPI(url)
	if err != nil {
		t.Fatal(err)
	}
	client, err := upstream.New(site, upstream.Default(), keypool.New([]string{"key"}), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	models, err := catalog.New(catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	cfg := server.Default()
	cfg.PassThrough = false
	return server.New(cfg, server.Parts{
		Gemini: client, Catalog: models, Signatures: signatures.New(signatures.Default()),
		Metrics: metrics.New("bench", server.Endpoints()), Log: slog.New(slog.NewJSONHandler(io.Discard, nil)), //nolint:sloglint // lines are to be made
	})
}

// silent takes an answer and counts its bytes.
type silent struct {
	header http.Header
	status int
	n      int
}

func (s *silent) Header() http.Header         { return s.header }
func (s *silent) WriteHeader(status int)      { s.status = status }
func (s *silent) Write(b []byte) (int, error) { s.n += len(b); return len(b), nil }
func (s *silent) Flush()                      {}

// ask serves one request in-process.
func ask(t testing.TB, s *server.Server, path, body string) {
	t.Helper()
	w := &silent{header: http.Header{}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://x"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer k"}}
	if s.ServeHTTP(w, r); w.status != http.StatusOK || w.n == 0 {
		t.Fatalf("status %d, %d bytes", w.status, w.n)
	}
}

const (
	chatPath  = "/v1/chat/completions"
	embedPath = "/v1/embeddings"
)

func toolList(n int) string {
	one := `{"type":"function","function":{"name":"f%d","description":"Looks up something in a database","parameters":{"type":"object","properties":{"query":{"type":"string","description":"What to look for"},"limit":{"type":"integer","minimum":1}},"required":["query"]}}}`
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(one, i)
	}
	return `,"tools":[` + strings.Join(all, ",") + `]}`
}

func inputsOf(n int, format string) string {
	return `{"model":"gemini-embedding-001","encoding_format":"` + format + `","input":["a"` + strings.Repeat(`,"a"`, n-1) + `]}`
}

// BenchmarkHandler is a request's way through the server and the client of the
// upstream, without HTTP in front.
func BenchmarkHandler(b *testing.B) {
	chat := strings.TrimSuffix(messages(2, ordinary), "}") + `,"temperature":0.7,"max_tokens":500}`
	image := messages(1, `[{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgoA`+strings.Repeat("AAAA", 10<<20/4)+`"}}]`)
	for _, c := range []struct {
		name, path, body string
		chunks, vectors  int
	}{
		{"chat", chatPath, chat, 0, 0},
		{"tools", chatPath, strings.TrimSuffix(chat, "}") + toolList(10), 0, 0},
		{"stream", chatPath, strings.TrimSuffix(chat, "}") + `,"stream":true}`, 64, 0},
		{"image", chatPath, image, 0, 0},
		{"embed 1", embedPath, inputsOf(1, "float"), 0, 1},
		{"embed 100", embedPath, inputsOf(100, "float"), 0, 100},
		{"embed 100 base64", embedPath, inputsOf(100, "base64"), 0, 100},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := loaded(b, eventStream(max(1, c.chunks)), c.vectors)
			ask(b, s, c.path, c.body)
			b.ReportAllocs()
			for b.Loop() {
				ask(b, s, c.path, c.body)
			}
		})
	}
}

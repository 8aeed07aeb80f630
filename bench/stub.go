package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"
)

// stub answers as Gemini does under /v1beta/models and as OpenAI does
// elsewhere, so that the proxy carries what Gemway's clients would see.
func stub(addr string) error {
	chat, chatOpenAI := chatAnswers()
	one, many := embeddings(1), embeddings(100)
	oneOpenAI, manyOpenAI := embeddingsOpenAI(1), embeddingsOpenAI(100)
	picture, pictureOpenAI := pictures()
	tokens := []byte("{\n  \"totalTokens\": 7,\n  \"promptTokensDetails\": [\n    {\n      \"modality\": \"TEXT\",\n      \"tokenCount\": 7\n    }\n  ]\n}\n")
	mux := http.NewServeMux()
	answer := func(pattern string, pick func(call string, body []byte) []byte) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil || len(body) == 0 {
				http.Error(w, "no body", http.StatusBadRequest)
				return
			}
			out := pick(r.PathValue("call"), body)
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", fmt.Sprint(len(out)))
			_, _ = w.Write(out)
		})
	}
	pick := func(n int, small, large []byte) []byte {
		if n > 50 {
			return large
		}
		return small
	}
	answer("/v1beta/models/{call}", func(call string, body []byte) []byte {
		if strings.HasSuffix(call, ":countTokens") {
			return tokens
		}
		if strings.HasSuffix(call, ":batchEmbedContents") {
			return pick(bytes.Count(body, []byte(`"content"`)), one, many)
		}
		if strings.HasPrefix(call, "gemini-2.5-flash-image") {
			return picture
		}
		return chat
	})
	answer("/v1/chat/completions", func(string, []byte) []byte { return chatOpenAI })
	answer("/v1/embeddings", func(_ string, body []byte) []byte {
		return pick(bytes.Count(body, []byte("input ")), oneOpenAI, manyOpenAI)
	})
	answer("/v1/images/generations", func(string, []byte) []byte { return pictureOpenAI })
	stream := func(pattern string, chunk []byte, last string, held bool) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "text/event-stream")
			control := http.NewResponseController(w)
			for range chunks {
				_, _ = w.Write(chunk)
				_ = control.Flush()
				if held {
					select {
					case <-r.Context().Done():
					case <-time.After(time.Minute):
					}
					return
				}
			}
			_, _ = io.WriteString(w, last)
		})
	}
	const native = `data: {"candidates":[{"content":{"parts":[{"text":"Sixty-four chunks of text, each of which is about as long as Gemini's are, go by: "}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":12,"totalTokenCount":19,"promptTokensDetails":[{"modality":"TEXT","tokenCount":7}]},"modelVersion":"gemini-2.5-flash","responseId":"4Fn7afv3Btus1MkP9dbZoAY"}` + "\r\n\r\n"
	const nativeEnd = `data: {"candidates":[{"content":{"parts":[{"text":"end"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":12,"totalTokenCount":19},"modelVersion":"gemini-2.5-flash"}` + "\r\n\r\n"
	const open = `data: {"id":"chatcmpl-123456789012345678901234","object":"chat.completion.chunk","created":1700000000,"model":"gemini-2.5-flash","choices":[{"index":0,"delta":{"content":"Sixty-four chunks of text, each of which is about as long as Gemini's are, go by: "},"logprobs":null,"finish_reason":null}]}` + "\n\n"
	stream("/v1beta/models/gemini-2.5-flash:streamGenerateContent", []byte(native), nativeEnd, false)
	stream("/v1beta/models/gemini-2.5-pro:streamGenerateContent", []byte(native), nativeEnd, true)
	stream("/v1/stream", []byte(open), "data: [DONE]\n\n", false)
	stream("/v1/held", []byte(open), "data: [DONE]\n\n", true)
	mux.HandleFunc("/readyz", func(http.ResponseWriter, *http.Request) {})
	hs := &http.Server{Addr: addr, Handler: mux, ReadHeaderTimeout: time.Minute}
	return hs.ListenAndServe()
}

const chunks = 64

// proxy copies bytes: the physical reference.
func proxy(addr, to string) error {
	u, err := url.Parse(to)
	if err != nil {
		return err
	}
	rp := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(u) },
		FlushInterval: -1,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 256},
	}
	hs := &http.Server{Addr: addr, ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = &exactly{ReadCloser: r.Body, left: r.ContentLength}
		rp.ServeHTTP(w, r)
	})}
	return hs.ListenAndServe()
}

// exactly ends a body at its length. The transport looks for more behind it,
// at times when the server has closed the body because the answer has begun,
// and would break the answer off (golang/go#40747).
type exactly struct {
	io.ReadCloser
	left int64
}

func (b *exactly) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, io.EOF
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

func chatAnswers() (native, open []byte) {
	text := strings.TrimSpace(strings.Repeat("An answer of an ordinary length with a few words in it. ", 14))
	native = fmt.Appendf(nil, `{
  "candidates": [
    {
      "content": {
        "parts": [
          {
            "text": %q
          }
        ],
        "role": "model"
      },
      "finishReason": "STOP",
      "index": 0
    }
  ],
  "usageMetadata": {
    "promptTokenCount": 7,
    "candidatesTokenCount": 160,
    "totalTokenCount": 187,
    "promptTokensDetails": [
      {
        "modality": "TEXT",
        "tokenCount": 7
      }
    ],
    "thoughtsTokenCount": 20
  },
  "modelVersion": "gemini-2.5-flash",
  "responseId": "4Fn7afv3Btus1MkP9dbZoAY"
}
`, text)
	open = fmt.Appendf(nil, `{"id":"chatcmpl-123456789012345678901234","object":"chat.completion","created":1700000000,"model":"gemini-2.5-flash","choices":[{"index":0,"message":{"role":"assistant","content":%q,"refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":180,"total_tokens":187,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":20,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}`, text)
	return native, open
}

// embeddings gives vectors as Gemini prints them, a number a line.
func embeddings(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // G404: test data
	var b bytes.Buffer
	b.WriteString("{\n  \"embeddings\": [\n")
	for i := range n {
		if i > 0 {
			b.WriteString(",\n")
		}
		b.WriteString("    {\n      \"values\": [\n")
		for j := range 3072 {
			if j > 0 {
				b.WriteString(",\n")
			}
			fmt.Fprintf(&b, "        %.9f", r.Float64()*0.1-0.05)
		}
		b.WriteString("\n      ]\n    }")
	}
	b.WriteString("\n  ]\n}\n")
	return b.Bytes()
}

func embeddingsOpenAI(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // G404: test data
	var b bytes.Buffer
	b.WriteString(`{"object":"list","data":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"object":"embedding","index":%d,"embedding":[`, i)
		for j := range 3072 {
			if j > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "%.9f", r.Float64()*0.1-0.05)
		}
		b.WriteString("]}")
	}
	b.WriteString(`],"model":"gemini-embedding-001","usage":{"prompt_tokens":7,"total_tokens":7}}`)
	return b.Bytes()
}

func pictures() (native, open []byte) {
	// A valid beginning of a PNG, so that types can be told, and 1.4 MB in all.
	data := "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAA" + strings.Repeat("QUJDREVGR0hJSktM", 1_400_000/16)
	native = []byte(`{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"` + data + `"}}],"role":"model"},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":1290,"totalTokenCount":1297},"modelVersion":"gemini-2.5-flash-image"}`)
	open = []byte(`{"created":1700000000,"data":[{"b64_json":"` + data + `"}]}`)
	return native, open
}

package server_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gemway/gemway/internal/metrics"
	"github.com/gemway/gemway/internal/server"
	"github.com/go-json-experiment/json"
)

// usageOf is an event with counts, and an end or not.
func usageOf(finish, counts string) string {
	return `{"candidates":[{"content":{"role":"model","parts":[{"text":"word "}]},"index":0` + finish + `}],"usageMetadata":{` + counts + `},"modelVersion":"gemini-2.5-flash"}`
}

// T091: counts that cannot be are neither believed nor handed on: the last of a
// stream stands, as in what was recorded of Gemini; none is negative, the sum is
// right, and the log says so.
func TestT091ImpossibleCounts(t *testing.T) {
	const stop = `,"finishReason":"STOP"`
	for name, tt := range map[string]struct {
		events             []string
		prompt, completion int64
		flagged            bool
	}{
		"sound":      {[]string{usageOf("", `"promptTokenCount":5,"candidatesTokenCount":1`), usageOf(stop, `"promptTokenCount":5,"candidatesTokenCount":9`)}, 5, 9, false},
		"twice":      {[]string{usageOf("", `"promptTokenCount":5,"candidatesTokenCount":9`), usageOf(stop, `"promptTokenCount":5,"candidatesTokenCount":9`)}, 5, 9, false},
		"left out":   {[]string{usageOf("", `"promptTokenCount":5,"candidatesTokenCount":9,"totalTokenCount":14`), usageOf(stop, `"trafficType":"ON_DEMAND"`)}, 5, 9, false},
		"decreasing": {[]string{usageOf("", `"promptTokenCount":5,"candidatesTokenCount":9`), usageOf(stop, `"promptTokenCount":4,"candidatesTokenCount":2`)}, 4, 2, false},
		"negative":   {[]string{usageOf(stop, `"promptTokenCount":-5,"candidatesTokenCount":-9223372036854775808,"thoughtsTokenCount":3`)}, 0, 3, true},
		"enormous":   {[]string{usageOf(stop, `"promptTokenCount":9223372036854775807,"candidatesTokenCount":9223372036854775807,"toolUsePromptTokenCount":9223372036854775807`)}, 2 << 40, 1 << 40, true},
	} {
		for _, stream := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/stream=%t", name, stream), func(t *testing.T) {
				m := metrics.New("test", server.Endpoints())
				g := newGateway(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if !strings.Contains(r.URL.Path, ":stream") {
						_, _ = io.WriteString(w, tt.events[len(tt.events)-1])
						return
					}
					w.Header().Set("Content-Type", "text/event-stream")
					for _, e := range tt.events {
						_, _ = io.WriteString(w, "data: "+e+"\r\n\r\n")
					}
				}), setup{keys: []string{"k"}, metrics: m})
				if !stream && len(tt.events) > 1 {
					return // a whole answer has one count
				}
				a := g.call(t, "POST", "/v1/chat/completions", fmt.Sprintf(`{"model":"gemini-2.5-flash","stream":%t%s,"messages":[{"role":"user","content":"q"}]}`, stream, map[bool]string{true: `,"stream_options":{"include_usage":true}`}[stream]))
				text := string(a.body)
				if stream {
					_, text, _ = strings.Cut(text, `"usage":{`)
					text, _, _ = strings.Cut(text, "\n")
					text = `{"usage":{` + text
				}
				var got struct {
					Usage struct {
						Prompt     int64 `json:"prompt_tokens"`
						Completion int64 `json:"completion_tokens"`
						Total      int64 `json:"total_tokens"`
					} `json:"usage"`
				}
				if err := json.Unmarshal([]byte(text), &got); err != nil {
					t.Fatalf("%v in %s", err, a.body)
				}
				if u := got.Usage; u.Prompt != tt.prompt || u.Completion != tt.completion || u.Total != tt.prompt+tt.completion {
					t.Errorf("got %+v, want %d and %d", u, tt.prompt, tt.completion)
				}
				if log := g.awaits(t, "msg=request"); strings.Contains(log, "miscounted=true") != tt.flagged {
					t.Errorf("the log is %s", log)
				}
				if n := measured(t, m, `gemway_tokens_total{kind="prompt",model="gemini-2.5-flash"} `); n != float64(tt.prompt) {
					t.Errorf("%g prompt tokens are booked, want %d", n, tt.prompt)
				}
			})
		}
	}
}

// T091: numbers that are none, and several candidates of one number, make valid
// JSON or an error, never both or neither.
func TestT091ImpossibleAnswers(t *testing.T) {
	for name, event := range map[string]string{
		"2^63 tokens":      usageOf(`,"finishReason":"STOP"`, `"promptTokenCount":9223372036854775808`),
		"NaN logprobs":     usageOf(`,"finishReason":"STOP","avgLogprobs":NaN`, ``),
		"twice one number": `{"candidates":[{"content":{"parts":[{"text":"a"}]},"index":0,"finishReason":"STOP"},{"content":{"parts":[{"text":"b"}]},"index":0,"finishReason":"STOP"}]}`,
		"negative number":  `{"candidates":[{"content":{"parts":[{"text":"a"}]},"index":-1,"finishReason":"STOP"}]}`,
		"enormous number":  `{"candidates":[{"content":{"parts":[{"text":"a"}]},"index":9223372036854775807,"finishReason":"STOP"}]}`,
	} {
		for _, stream := range []string{"false", "true"} {
			t.Run(name+"/stream="+stream, func(t *testing.T) {
				g := newGateway(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { say(w, r, event) }), setup{keys: []string{"k"}})
				a := g.call(t, "POST", "/v1/chat/completions", `{"model":"gemini-2.5-flash","stream":`+stream+`,"messages":[{"role":"user","content":"q"}]}`)
				text := strings.TrimSuffix(string(a.body), "data: [DONE]\n\n")
				done := len(text) < len(a.body)
				indexes := map[string]bool{}
				for doc := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
					var v struct {
						Choices []struct {
							Index        int     `json:"index"`
							FinishReason *string `json:"finish_reason"`
						} `json:"choices"`
						Error *struct {
							Message string `json:"message"`
						} `json:"error"`
					}
					if err := json.Unmarshal([]byte(strings.TrimPrefix(doc, "data: ")), &v); err != nil {
						t.Fatalf("%v in %s", err, doc)
					}
					if (v.Error != nil) && (done || a.status == 200 && stream == "false") {
						t.Errorf("an error and an end: %d %s", a.status, a.body)
					}
					for _, c := range v.Choices {
						if came := strings.Count(event, `"content"`); c.Index < 0 || c.Index >= came {
							t.Errorf("a choice of number %d where %d came: %s", c.Index, came, doc)
						}
						if c.FinishReason != nil && indexes[fmt.Sprint(c.Index)] {
							t.Errorf("a choice ends twice: %s", a.body)
						}
						indexes[fmt.Sprint(c.Index)] = c.FinishReason != nil
					}
				}
				if a.status != 200 && a.status != 502 {
					t.Errorf("%d %s", a.status, a.body)
				}
			})
		}
	}
}

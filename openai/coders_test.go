package openai

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
)

// requests exercise every field of the fast path and many that it leaves to
// the ordinary decoder.
var requests = []string{
	`{"model":"m","messages":[{"role":"user","content":"hi"}]}`,
	` { "model" : "m" , "messages" : [ { "role" : "user" , "content" : [ { "type" : "text" , "text" : "a\n\"b\"" } ] } ] } `,
	`{"model":"m\u0061","messages":[],"tools":[],"stop":null,"n":null,"stream":null}`,
	`{"model":"m","messages":null,"stream":true,"stream_options":{"include_usage":true},"n":2.0,"max_tokens":1e3,"max_completion_tokens":7,"temperature":0.5,"top_p":1,"seed":-3,"stop":["a","b"],"presence_penalty":0,"frequency_penalty":-1.5,"user":"u","metadata":{"a":"b"}}`,
	`{"model":"m","messages":[{"role":"assistant","content":null,"refusal":"no","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":1}"},"extra_content":{"google":{"thought_signature":"QUJD"}}}]},{"role":"tool","tool_call_id":"c","content":"r","name":"f"}],"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"x":{"type":"integer"}}},"strict":true}}],"tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false,"reasoning_effort":"low"}`,
	`{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"low"}},{"type":"input_audio","input_audio":{"data":"AA==","format":"wav"}},{"type":"file","file":{"file_data":"AA==","filename":"a.pdf"}},"bare"]}]}`,
	`{"model":"m","messages":[{"role":"user","content":"x","unknown":1}],"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"},"strict":true,"description":"d"}}}`,
	`{"model":"m","messages":[{"role":"user","content":{"type":"text","text":"one"}}],"extra_body":{"google":{"thinking_config":{"include_thoughts":true}}}}`,
	`{"model":1}`, `{"messages":{}}`, `{"messages":[1]}`, `{"n":1.5}`, `{"stream":"yes"}`, `[]`, `null`, `"x"`, `{"tools":[{"type":"function","function":null}]}`,
	`{"messages":[{"role":"user","content":7}]}`, `{"\u006dodel":"m"}`, `{"temperature":"1"}`, `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":"http://x"}]}]}`,
}

func sameRequest(t *testing.T, body []byte) {
	t.Helper()
	if raw.Check(body, raw.Limits{}) != nil {
		return
	}
	fast, ferr := DecodeChat(body)
	plain, perr := decodeChatPlain(body)
	if (ferr == nil) != (perr == nil) {
		t.Fatalf("%s: fast says %v, plain %v", body, ferr, perr)
	}
	if ferr == nil && !reflect.DeepEqual(plain, fast) {
		t.Errorf("%.300s: plain and fast differ: %s", body, cmp.Diff(plain, fast))
	}
}

func TestFastDecodeEqualsPlain(t *testing.T) {
	for _, r := range requests {
		sameRequest(t, []byte(r))
	}
}

func FuzzDecodeChat(f *testing.F) {
	for _, r := range requests {
		f.Add([]byte(r))
	}
	f.Fuzz(func(t *testing.T, body []byte) { sameRequest(t, body) })
}

// Answers of OpenAI's own, and such as only Gemway gives, are written the same
// by both encoders.
func TestFastEncodeEqualsPlain(t *testing.T) {
	for _, body := range []string{
		`{"id":"i","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"a\u00e9","refusal":null,"reasoning_content":"r","annotations":[{"type":"url_citation","url_citation":{"start_index":1,"end_index":2,"url":"u","title":"t"}}],"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"s"}}},{"id":"d","type":"custom","custom":{"name":"g","input":"x"}}],"images":[{"type":"image_url","index":0,"image_url":{"url":"data:"},"extra_content":{"google":{"thought_signature":"s","finish_reason":"X"}}}],"extra_content":{"google":{"finish_reason":"OTHER"}}},"logprobs":{"content":[{"token":"t","logprob":-1,"bytes":[116],"top_logprobs":[]}],"refusal":null},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"prompt_tokens_details":{"cached_tokens":1,"audio_tokens":2,"text_tokens":3,"image_tokens":4},"completion_tokens_details":{"reasoning_tokens":1,"audio_tokens":0,"text_tokens":9,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"service_tier":"default"}`,
		`{"id":"i","object":"chat.completion","created":1,"model":"m","choices":[{"index":1,"message":{"role":"assistant","content":null,"refusal":null,"function_call":{"name":"f","arguments":"{\"a\":1}"},"audio":{"id":"a","data":"QQ==","expires_at":1,"transcript":""}},"logprobs":null,"finish_reason":"function_call"}]}`,
	} {
		var c ChatCompletion
		decodeInto(t, body, &c)
		w := raw.NewWriter(nil)
		equalBytes(t, &c, &w, c.Write(&w))
	}
	for _, body := range []string{
		`{"id":"i","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"usage":null}`,
		`{"id":"i","object":"chat.completion.chunk","created":1,"model":"m \"q\"","service_tier":"flex","choices":[{"index":0,"delta":{"reasoning_content":"x","tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":""}}]},"logprobs":{"content":[],"refusal":null},"finish_reason":"tool_calls"},{"index":1,"delta":{"function_call":{"arguments":"{}"},"images":[{"type":"image_url","index":0,"image_url":{"url":"u","detail":"low"}}],"annotations":[{"type":"url_citation","url_citation":{"start_index":1,"end_index":2,"url":"u","title":"t"}}],"extra_content":{"vertex":{"thought_signature":"s"}}},"logprobs":null,"finish_reason":null}]}`,
		`{"id":"i","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":1}}`,
	} {
		var c ChatChunk
		decodeInto(t, body, &c)
		w := raw.NewWriter(nil)
		equalBytes(t, &c, &w, c.Write(&w))
	}
}

func decodeInto(t *testing.T, body string, dst any) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), dst); err != nil {
		t.Fatal(err)
	}
}

func equalBytes(t *testing.T, v any, w *raw.Writer, err error) {
	t.Helper()
	plain, perr := raw.Marshal(v)
	if err != nil || perr != nil {
		t.Fatal(err, perr)
	}
	if string(plain) != string(w.Bytes()) {
		t.Errorf("plain %s\n fast %s", plain, w.Bytes())
	}
}

// The requests OpenAI's own clients sent in the recorded exchanges.
func TestFastDecodeEqualsPlainOnRecordings(t *testing.T) {
	files, err := filepath.Glob("../../shared/corpus/*/*.json")
	if err != nil || len(files) == 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("the corpus is missing")
		}
		t.Skip("the shared corpus is not there: the cases above ran")
	}
	n := 0
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var x struct {
			Twin *struct {
				Request raw.Value `json:"request"`
			} `json:"openai_twin"`
		}
		if json.Unmarshal(b, &x) == nil && x.Twin != nil && x.Twin.Request.Kind() == '{' {
			sameRequest(t, x.Twin.Request)
			n++
		}
	}
	t.Logf("%d recorded requests", n)
	if n == 0 {
		t.Error("no recorded request was found")
	}
}

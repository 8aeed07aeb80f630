package replay_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// rightStream is the right OpenAI stream for testdata/exchanges/stream-parallel-calls.json.
const rightStream = `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gemini-3-flash-preview","choices":[{"index":0,"delta":{"role":"assistant","content":null},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gemini-3-flash-preview","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_a","type":"function","function":{"name":"lookup","arguments":"{\"number\":9007199254740993,\"also\":\"<a&b>\"}"},"extra_content":{"google":{"thought_signature":"c2lnbmF0dXJlLW9mLWEtY2FsbA=="}}}]},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gemini-3-flash-preview","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"call_b","type":"function","function":{"name":"lookup","arguments":"{\"number\":2}"}}]},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gemini-3-flash-preview","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}],"usage":null}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gemini-3-flash-preview","choices":[],"usage":{"prompt_tokens":30,"completion_tokens":18,"total_tokens":48}}

data: [DONE]

`

// TestJudgeStream shows that the right stream passes and that each known fault
// of a translation is noticed: a judge that lets everything pass is none.
func TestJudgeStream(t *testing.T) {
	e, shapes := exchangeNamed(t, "stream-parallel-calls"), loadShapes(t)
	judge := func(body string) []string {
		w, err := expectAnswer(e, true)
		if err != nil {
			t.Fatal(err)
		}
		r := raw{200, http.Header{"Content-Type": {"text/event-stream"}, "X-Request-Id": {"r"}}, []byte(body)}
		return compare(w, readStream(r, true, shapes))
	}
	if problems := judge(rightStream); problems != nil {
		t.Fatalf("the right stream is not right: %q", problems)
	}
	for _, f := range []struct{ fault, old, new string }{
		{"no index", `{"index":1,"id":"call_b"`, `{"id":"call_b"`},
		{"index starts again", `{"index":1,"id":"call_b"`, `{"index":0,"id":"call_b"`},
		{"same id twice", `call_b`, `call_a`},
		{"empty id", `call_b`, ``},
		{"id too long", `call_b`, strings.Repeat("b", 41)},
		{"integer rounded", `9007199254740993`, `9007199254740992`},
		{"keys in another order", `\"number\":9007199254740993,\"also\":\"<a&b>\"`, `\"also\":\"<a&b>\",\"number\":9007199254740993`},
		{"signature lost", `"extra_content"`, `"other"`},
		{"stop instead of tool_calls", `"finish_reason":"tool_calls"`, `"finish_reason":"stop"`},
		{"no finish_reason", `"finish_reason":"tool_calls"`, `"finish_reason":null`},
		{"finish_reason not said to be null", `"content":null},"finish_reason":null`, `"content":null}`},
		{"native word", `"finish_reason":"tool_calls"`, `"finish_reason":"STOP"`},
		{"role twice", `"delta":{"tool_calls":[{"index":1`, `"delta":{"role":"assistant","tool_calls":[{"index":1`},
		{"text from nowhere", `"content":null`, `"content":"null"`},
		{"no [DONE]", "data: [DONE]\n\n", ""},
		{"usage without sum", `"total_tokens":48`, `"total_tokens":49`},
		{"usage with choices", `"choices":[],`, `"choices":[{"index":0,"delta":{},"finish_reason":null}],`},
		{"usage not null before", `"tool_calls"}],"usage":null`, `"tool_calls"}]`},
		{
			"another id in mid-stream", `"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gemini-3-flash-preview","choices":[]`,
			`"id":"chatcmpl-2","object":"chat.completion.chunk","created":1,"model":"gemini-3-flash-preview","choices":[]`,
		},
		{"error and [DONE]", "data: [DONE]", "data: {\"error\":{\"message\":\"m\",\"type\":\"t\",\"param\":null,\"code\":null}}\n\ndata: [DONE]"},
	} {
		if !strings.Contains(rightStream, f.old) {
			t.Fatalf("%s: %q is not in the stream", f.fault, f.old)
		}
		if judge(strings.Replace(rightStream, f.old, f.new, 1)) == nil {
			t.Errorf("%s: not noticed", f.fault)
		}
	}
}

const rightAnswer = `{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gemini-2.5-flash","choices":[{"index":0,"message":{"role":"assistant","content":"Eight — acht.","reasoning_content":"Spiders are arachnids.","refusal":null},"finish_reason":"stop","logprobs":null}],"usage":{"prompt_tokens":9,"completion_tokens":26,"total_tokens":35,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":21,"audio_tokens":0}}}`

// TestJudgeAnswer is TestJudgeStream for whole answers.
func TestJudgeAnswer(t *testing.T) {
	e, shapes := exchangeNamed(t, "whole-text-with-thoughts"), loadShapes(t)
	judge := func(body string) []string {
		w, err := expectAnswer(e, false)
		if err != nil {
			t.Fatal(err)
		}
		return compare(w, readAnswer(raw{200, http.Header{"X-Request-Id": {"r"}}, []byte(body)}, shapes))
	}
	if problems := judge(rightAnswer); problems != nil {
		t.Fatalf("the right answer is not right: %q", problems)
	}
	for _, f := range []struct{ fault, old, new string }{
		{"text lost", "acht.", ""},
		{"thoughts in the content", `"content":"`, `"content":"Spiders are arachnids.`},
		{"thoughts lost", `"reasoning_content":"Spiders are arachnids.",`, ""},
		{"thoughts not counted", `"completion_tokens":26`, `"completion_tokens":5`},
		{"thoughts not told", `"reasoning_tokens":21`, `"reasoning_tokens":0`},
		{"another model", `"model":"gemini-2.5-flash"`, `"model":"models/gemini-2.5-flash"`},
		{"no choice", `"choices":[{`, `"choices":[],"x":[{`},
		{"index from one", `"index":0`, `"index":1`},
		{"empty id", `"id":"chatcmpl-1"`, `"id":""`},
	} {
		if judge(strings.Replace(rightAnswer, f.old, f.new, 1)) == nil {
			t.Errorf("%s: not noticed", f.fault)
		}
	}
}

// TestJudgeRequest shows that a lost or changed part of a request is noticed.
func TestJudgeRequest(t *testing.T) {
	e := exchangeNamed(t, "tool-results-in-call-order")
	asked, err := twinMeaning(e.Twin.Request, e.modelID())
	if err != nil {
		t.Fatal(err)
	}
	native := string(e.Upstream.Request)
	judge := func(body string) []difference {
		m, err := nativeMeaning([]byte(body))
		if err != nil {
			return []difference{{name: err.Error()}}
		}
		return unexplained(e, differences(asked, m), gatewayTolerances, map[string]int{})
	}
	if list := judge(native); list != nil {
		t.Fatalf("the recorded request is not right: %v", list)
	}
	for _, f := range []struct{ fault, old, new string }{
		{"system lost", "Be brief.", ""},
		{"text changed", "Weather in Rome and Oslo?", "Weather?"},
		{"results swapped", `"sunny"`, `"rainy"`},
		{"arguments changed", `"city": "Oslo"`, `"city": "Rome"`},
		{"a result lost", `"functionResponse"`, `"functionAnswer"`},
		{"description lost", "Weather of a city.", ""},
		{"type changed", `"STRING"`, `"INTEGER"`},
		{"forced to call", `"AUTO"`, `"ANY"`},
		{"setting added", `"toolConfig"`, `"generationConfig":{"temperature":1},"toolConfig"`},
		{"tool added", `"toolConfig"`, `"tools":[{"googleSearch":{}}],"toolConfig"`},
	} {
		changed := strings.Replace(native, f.old, f.new, 1)
		if changed == native {
			t.Fatalf("%s: %q is not in the request", f.fault, f.old)
		}
		if judge(changed) == nil {
			t.Errorf("%s: not noticed", f.fault)
		}
	}
}

// TestRecordingsAreRead asks that every recorded answer can be judged at all, and
// that the joined form of a stream means what the stream means.
func TestRecordingsAreRead(t *testing.T) {
	all, _ := loadCorpus(t)
	n := 0
	for _, e := range all {
		if !e.chat() {
			continue
		}
		n++
		w, err := expectAnswer(e, true)
		if err != nil {
			t.Errorf("%s: %v", e.ID, err)
			continue
		}
		if !e.streams() || e.Response.Status != 200 || hasPartialCalls(e) {
			continue
		}
		body, err := joinChunks(e.chunks())
		if err != nil {
			t.Errorf("%s: %v", e.ID, err)
			continue
		}
		joined := *e
		joined.Upstream.Path = strings.Replace(e.Upstream.Path, "streamGenerateContent", "generateContent", 1)
		joined.Response.SSE, joined.Response.Raw, joined.Response.Body = nil, "", body
		again, err := expectAnswer(&joined, true)
		if err != nil {
			t.Errorf("%s: joined: %v", e.ID, err)
			continue
		}
		if a, b := describe(w), describe(again); a != b {
			t.Errorf("%s: joined, the stream means\n%s\nnot\n%s", e.ID, clip(b, 500), clip(a, 500))
		}
	}
	if n == 0 {
		t.Fatal("nothing was read")
	}
}

// describe writes an expectation down, with texts joined.
func describe(w *want) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %v %+v\n", w.status, w.broken, w.usage)
	for _, c := range w.choices {
		fmt.Fprintf(&b, "%d %q %s %v", c.index, c.reasoning, c.native, c.finish)
		for _, p := range c.pieces {
			if p.code {
				b.WriteString("\ncode: ")
			}
			b.WriteString(p.text)
		}
		for _, call := range c.calls {
			var args bytes.Buffer
			if err := json.Compact(&args, call.arguments()); err != nil {
				return err.Error()
			}
			fmt.Fprintf(&b, "\n%s %s %s", call.name, &args, call.signature)
		}
		fmt.Fprintf(&b, "\n%v %q %q %v\n", c.media, c.extras, c.signatures, c.citations)
	}
	return b.String()
}

func exchangeNamed(t *testing.T, id string) *exchange {
	t.Helper()
	all, err := readExchanges(filepath.Join("testdata", "exchanges"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if e.ID == id {
			return e
		}
	}
	t.Fatalf("no case %s", id)
	return nil
}

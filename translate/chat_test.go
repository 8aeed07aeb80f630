package translate_test

import (
	"errors"
	"testing"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
	"github.com/gemway/gemway/translate"
	"github.com/go-json-experiment/json"
)

// gemini3 is a model of the third generation, as the catalog has them.
var gemini3 = translate.Model{
	ID: "gemini-3-test", JSONSchema: true, JSONOutput: true, JSONWithTools: true, Functions: true, SearchWithFunctions: true,
	CallIDs: true, SignaturesEnforced: true, ResponseParts: true, PartMediaResolution: true, SystemInstruction: true,
	Thinking:     translate.Thinking{Control: translate.ThinkingLevel, Levels: []string{"low", "high"}, Default: "high"},
	OutputTokens: 65536, Output: []string{"text"},
}

func request(t *testing.T, body string, opt translate.Options) (*translate.Chat, string) {
	t.Helper()
	var req openai.ChatRequest
	if err := json.Unmarshal([]byte(body), &req); err != nil {
		t.Fatal(err)
	}
	c, err := translate.NewChat(&req, opt)
	if err != nil {
		t.Fatal(err)
	}
	out, err := raw.Marshal(c.Request)
	if err != nil {
		t.Fatal(err)
	}
	return c, string(out)
}

// Results come back in call order in one content, the human's words behind
// them in their own; ids go back as Gemini gave them; a first call without a
// signature gets the documented stand-in, a second one none.
func TestParallelResultsInCallOrder(t *testing.T) {
	_, got := request(t, `{"model":"m","messages":[
		{"role":"system","content":"a"},
		{"role":"user","content":"q"},
		{"role":"assistant","content":null,"tool_calls":[
			{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"n\":12345678901234567890}"}},
			{"id":"c2","type":"function","function":{"name":"g","arguments":""}}]},
		{"role":"tool","tool_call_id":"c2","content":"plain"},
		{"role":"user","content":"and?"},
		{"role":"developer","content":"b"},
		{"role":"tool","tool_call_id":"c1","content":"{\"z\":1,\"a\":2}"}]}`, translate.Options{Model: &gemini3})
	want := `{"contents":[{"role":"user","parts":[{"text":"q"}]},` +
		`{"role":"model","parts":[{"functionCall":{"id":"c1","name":"f","args":{"n":12345678901234567890}},"thoughtSignature":"skip_thought_signature_validator"},{"functionCall":{"id":"c2","name":"g","args":{}}}]},` +
		`{"role":"user","parts":[{"functionResponse":{"id":"c1","name":"f","response":{"z":1,"a":2}}},{"functionResponse":{"id":"c2","name":"g","response":{"output":"plain"}}}]},` +
		`{"role":"user","parts":[{"text":"and?"}]}],"systemInstruction":{"parts":[{"text":"a"},{"text":"b"}]}}`
	if got != want {
		t.Errorf("request:\n got %s\nwant %s", got, want)
	}
}

// A stream ends with the finish reason of the whole answer: a call in an
// earlier chunk makes it tool_calls, and calls are counted over the stream.
func TestStreamCountsCallsOverChunks(t *testing.T) {
	c, _ := request(t, `{"model":"m","stream":true,"messages":[{"role":"user","content":"q"}]}`, translate.Options{Model: &gemini3})
	a := c.NewAnswer(translate.Stamp{ID: "chatcmpl-abc", Created: 1, Model: "m"})
	var got []openai.ChunkChoice
	for _, chunk := range []string{
		`{"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":"f","args":{"a": 1}},"thoughtSignature":"QUJD"}]}}]}`,
		`{"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"id":"x1","name":"g"}}]}}]}`,
		`{"candidates":[{"content":{"role":"model","parts":[{"text":""}]},"finishReason":"STOP"}]}`,
	} {
		var r gemini.GenerateContentResponse
		if err := json.Unmarshal([]byte(chunk), &r); err != nil {
			t.Fatal(err)
		}
		got = append(got, a.Push(0, &r)...)
	}
	last, err := a.Finish()
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, last...)
	b, err := raw.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null},` +
		`{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_abc_0","type":"function","function":{"name":"f","arguments":"{\"a\":1}"},"extra_content":{"google":{"thought_signature":"QUJD"}}}]},"logprobs":null,"finish_reason":null},` +
		`{"index":0,"delta":{"tool_calls":[{"index":1,"id":"x1","type":"function","function":{"name":"g","arguments":"{}"}}]},"logprobs":null,"finish_reason":null},` +
		`{"index":0,"delta":{},"logprobs":null,"finish_reason":"tool_calls"}]`
	if string(b) != want {
		t.Errorf("chunks:\n got %s\nwant %s", b, want)
	}
	if s := a.Signed(); len(s) != 1 || s[0].CallID != "call_abc_0" || string(s[0].Signature) != `"QUJD"` {
		t.Errorf("signatures to remember: %v", s)
	}
}

// A tool message alone leaves nothing to ask.
func TestOrphanResultAloneIsRefused(t *testing.T) {
	var req openai.ChatRequest
	if err := json.Unmarshal([]byte(`{"model":"m","messages":[{"role":"tool","tool_call_id":"x","content":"1"}]}`), &req); err != nil {
		t.Fatal(err)
	}
	_, err := translate.NewChat(&req, translate.Options{Model: &gemini3})
	var e *openai.Error
	if !errors.As(err, &e) || e.Status != 400 || e.Param == nil || *e.Param != "messages[0]" {
		t.Errorf("NewChat = %v, want a 400 that names messages[0]", err)
	}
}

package translate_test

import (
	"strings"
	"testing"

	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
	"github.com/gemway/gemway/translate"
)

// play pushes chunks through a stream that declares the function f, and gives
// the deltas as JSON.
func play(t *testing.T, chunks ...string) string {
	t.Helper()
	c, _ := request(t, `{"model":"m","stream":true,"messages":[{"role":"user","content":"q"}],
		"tools":[{"type":"function","function":{"name":"f"}}]}`, translate.Options{Model: &gemini3})
	a := c.NewAnswer(translate.Stamp{ID: "chatcmpl-abc", Created: 1, Model: "m"})
	var got []openai.ChunkChoice
	for _, chunk := range chunks {
		deltas, err := a.PushJSON(0, []byte(chunk))
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, deltas...)
	}
	deltas, err := a.Finish()
	if err != nil {
		t.Fatal(err)
	}
	b, err := raw.Marshal(append(got, deltas...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func parts(parts string) string { return `{"candidates":[{"content":{"parts":[` + parts + `]}}]}` }

const stop = `{"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"STOP"}]}`

// Vertex AI streams arguments in pieces; the client gets one call with all of
// them, whatever their place in the object.
func TestArgumentsInPieces(t *testing.T) {
	got := play(t,
		parts(`{"functionCall":{"name":"f","willContinue":true},"thoughtSignature":"QUJD"}`),
		parts(`{"functionCall":{"partialArgs":[{"jsonPath":"$.where.city","stringValue":"Bos","willContinue":true}],"willContinue":true}}`),
		parts(`{"functionCall":{"partialArgs":[{"jsonPath":"$.where.city","stringValue":"t\"on"}],"willContinue":true}}`),
		parts(`{"functionCall":{"partialArgs":[{"jsonPath":"$.days[0]","numberValue":9007199254740993},{"jsonPath":"$.days[1]['a b']","boolValue":true},{"jsonPath":"$.x","nullValue":"NULL_VALUE"}],"willContinue":true}}`),
		parts(`{"functionCall":{}}`),
		parts(`{"functionCall":{"name":"f","partialArgs":[{"jsonPath":"$.a","numberValue":2}]}}`),
		stop)
	for _, want := range []string{
		`{"index":0,"id":"call_abc_0","type":"function","function":{"name":"f","arguments":"{\"where\":{\"city\":\"Bost\\\"on\"},\"days\":[9007199254740993,{\"a b\":true}],\"x\":null}"},"extra_content":{"google":{"thought_signature":"QUJD"}}}`,
		`{"index":1,"id":"call_abc_1","type":"function","function":{"name":"f","arguments":"{\"a\":2}"}}`,
		`"finish_reason":"tool_calls"`,
	} {
		if strings.Count(got, want) != 1 {
			t.Errorf("want once %s in\n%s", want, got)
		}
	}
	if n := strings.Count(got, `"tool_calls":[`); n != 2 {
		t.Errorf("%d deltas with calls, want 2: %s", n, got)
	}
}

// A path of an unknown form, and an element far away, must neither lose the value
// nor take memory.
func TestArgumentsWithOddPaths(t *testing.T) {
	got := play(t,
		parts(`{"functionCall":{"name":"f","partialArgs":[{"jsonPath":"a","stringValue":"v"},{"jsonPath":"$.l[4000000000]","stringValue":"w"},{"jsonPath":"$[","stringValue":"x"}]}}`),
		stop)
	for _, want := range []string{`\"a\":\"v\"`, `\"$.l[4000000000]\":\"w\"`, `\"$[\":\"x\"`} {
		if !strings.Contains(got, want) {
			t.Errorf("want %s in %s", want, got)
		}
	}
}

// A call that Google answers itself is none of the client's, also when its
// result comes in the next chunk.
func TestCallsAnsweredUpstream(t *testing.T) {
	got := play(t,
		parts(`{"functionCall":{"name":"server_tool","args":{"a":1}}}`),
		parts(`{"functionResponse":{"name":"server_tool","response":{"b":2}}}`),
		parts(`{"text":"done"}`), stop)
	if strings.Contains(got, "tool_calls") {
		t.Errorf("the client is asked to run Google's tool: %s", got)
	}
	for _, want := range []string{`"content":"done"`, `{"functionCall":{"name":"server_tool","args":{"a":1}}}`, `{"functionResponse":{"name":"server_tool","response":{"b":2}}}`, `"finish_reason":"stop"`} {
		if !strings.Contains(got, want) {
			t.Errorf("want %s in %s", want, got)
		}
	}
}

// A call of a function nobody declared, without a result, still reaches the
// client, before what follows it.
func TestUndeclaredCall(t *testing.T) {
	got := play(t, parts(`{"functionCall":{"name":"other","args":{}}}`), parts(`{"text":"and"}`), stop)
	call, text := strings.Index(got, `"name":"other"`), strings.Index(got, `"content":"and"`)
	if call < 0 || text < call {
		t.Errorf("the call is lost or late: %s", got)
	}
}

// Each chunk names the sources of its own text.
func TestCitationsOfSeveralChunks(t *testing.T) {
	got := play(t,
		`{"candidates":[{"content":{"parts":[{"text":"a"}]},"citationMetadata":{"citations":[{"uri":"https://a.invalid"}]}}]}`,
		`{"candidates":[{"content":{"parts":[{"text":"b"}]},"citationMetadata":{"citations":[{"uri":"https://a.invalid"},{"uri":"https://b.invalid"}]},"finishReason":"STOP"}]}`)
	if want := `"citation_metadata":{"citations":[{"uri":"https://a.invalid"},{"uri":"https://b.invalid"}]}`; !strings.Contains(got, want) {
		t.Errorf("want %s in %s", want, got)
	}
}

// A block may come with nothing but a message.
func TestBlockWithoutReason(t *testing.T) {
	got := play(t, `{"promptFeedback":{"blockReasonMessage":"not here"}}`)
	if !strings.Contains(got, `"finish_reason":"content_filter"`) || !strings.Contains(got, "not here") {
		t.Errorf("the block is not told: %s", got)
	}
}

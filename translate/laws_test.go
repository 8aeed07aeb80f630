package translate_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
	"github.com/gemway/gemway/translate"
	"github.com/go-json-experiment/json"
)

// What the server remembers by the id of a call takes the place of a signature
// that the client dropped; what the client brought back wins.
func TestSignaturesAreRemembered(t *testing.T) {
	memory := map[string]raw.String{"a1": raw.Quote("UkVNRU1CRVJFRA==")}
	recall := func(id string) (raw.String, bool) { s, ok := memory[id]; return s, ok }
	body := func(extra string) string {
		return `{"model":"m","messages":[{"role":"user","content":"q"},
			{"role":"assistant","content":null,"tool_calls":[{"id":"a1","type":"function","function":{"name":"f","arguments":"{}"}` + extra + `}]},
			{"role":"tool","tool_call_id":"a1","content":"1"}]}`
	}
	for extra, want := range map[string]string{
		``: `"thoughtSignature":"UkVNRU1CRVJFRA=="`,
		`,"extra_content":{"google":{"thought_signature":"QUJD"}}`:   `"thoughtSignature":"QUJD"`,
		`,"extra_content":{"google":{"thought_signature":"dam%ag"}}`: `"thoughtSignature":"UkVNRU1CRVJFRA=="`,
	} {
		if _, got := request(t, body(extra), translate.Options{Model: &gemini3, Signature: recall}); !strings.Contains(got, want) {
			t.Errorf("%s: got %s", extra, got)
		}
	}
	_, got := request(t, body(""), translate.Options{Model: &gemini3})
	if !strings.Contains(got, `"thoughtSignature":"`+translate.SkipSignature+`"`) {
		t.Errorf("without memory: %s", got)
	}
	if _, got := request(t, body(""), translate.Options{Model: &gemini15}); strings.Contains(got, "thoughtSignature") {
		t.Errorf("a model that does not insist: %s", got)
	}
}

// A tool loop of twenty turns with parallel calls, by a client that keeps the
// fields of OpenAI's schema alone: every signature goes back where it was.
func TestTwentyTurnsWithAnOrdinaryClient(t *testing.T) {
	memory := map[string]raw.String{}
	messages := []string{`{"role":"user","content":"go"}`}
	for turn := range 20 {
		body := `{"model":"m","messages":[` + strings.Join(messages, ",") + `],"tools":[{"type":"function","function":{"name":"f"}}]}`
		chat := chatOf(t, body, translate.Options{Model: &gemini3, Signature: func(id string) (raw.String, bool) { s, ok := memory[id]; return s, ok }})
		var signed []string
		for _, c := range chat.Request.Contents {
			for i, p := range c.Parts {
				if p.FunctionCall != nil && i == 0 {
					signed = append(signed, p.ThoughtSignature.Decode())
				}
				if p.FunctionCall != nil && i > 0 && p.ThoughtSignature != nil {
					t.Fatalf("turn %d: a second call is signed", turn)
				}
			}
		}
		for i, s := range signed {
			if want := fmt.Sprintf("U0lH%04d", i); s != want {
				t.Fatalf("turn %d: call of turn %d is signed %q, want %q", turn, i, s, want)
			}
		}
		a := chat.NewAnswer(translate.Stamp{ID: fmt.Sprintf("chatcmpl-%d", turn), Model: "m"})
		if _, err := a.PushJSON(0, fmt.Appendf(nil, `{"candidates":[{"content":{"parts":[
			{"functionCall":{"name":"f","args":{"i":%d}},"thoughtSignature":"U0lH%04d"},{"functionCall":{"name":"f","args":{}}}]},"finishReason":"STOP"}]}`, turn, turn)); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Finish(); err != nil {
			t.Fatal(err)
		}
		for _, s := range a.Signed() {
			memory[s.CallID] = s.Signature
		}
		calls := a.Completion().Choices[0].Message.ToolCalls
		var list, results []string
		for _, c := range calls {
			if len(c.ID) > 40 {
				t.Fatalf("id %q is longer than 40 characters", c.ID)
			}
			list = append(list, fmt.Sprintf(`{"id":%q,"type":"function","function":{"name":"f","arguments":"{}"}}`, c.ID))
			results = append(results, fmt.Sprintf(`{"role":"tool","tool_call_id":%q,"content":"1"}`, c.ID))
		}
		messages = append(messages, `{"role":"assistant","content":null,"tool_calls":[`+strings.Join(list, ",")+`]}`)
		messages = append(messages, results...)
	}
}

// An answer that is fed back as history gives Gemini its own parts again, with
// every signature where it was.
func TestAnswerAsHistory(t *testing.T) {
	for _, parts := range []string{
		`{"text":"hi","thoughtSignature":"QUJD"}`,
		`{"functionCall":{"id":"a1","name":"f","args":{"z":1,"a":2}},"thoughtSignature":"QUJD"},{"functionCall":{"id":"b2","name":"g","args":{}}}`,
		`{"text":"see","thoughtSignature":"QUJD"},{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="},"thoughtSignature":"REVG"}`,
		`{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="},"thoughtSignature":"REVG"},{"inlineData":{"mimeType":"image/png","data":"AAAA"},"thoughtSignature":"R0hJ"}`,
		`{"text":"hello"},{"functionCall":{"id":"a1","name":"f","args":{}},"thoughtSignature":"QUJD"}`,
	} {
		chat := chatOf(t, `{"model":"m","messages":[{"role":"user","content":"q"}]}`, translate.Options{Model: &gemini3})
		done := answer(t, chat, `{"candidates":[{"content":{"parts":[`+parts+`]},"finishReason":"STOP"}]}`)
		message, err := raw.Marshal(done.Choices[0].Message)
		if err != nil {
			t.Fatal(err)
		}
		history := `{"role":"user","content":"q"},` + string(message)
		for _, c := range done.Choices[0].Message.ToolCalls {
			history += `,{"role":"tool","tool_call_id":"` + c.ID + `","content":"1"}`
		}
		again := chatOf(t, `{"model":"m","messages":[`+history+`,{"role":"user","content":"r"}]}`, translate.Options{Model: &gemini3})
		back, err := raw.Marshal(again.Request.Contents[1].Parts)
		if err != nil {
			t.Fatal(err)
		}
		if string(back) != "["+parts+"]" {
			t.Errorf("\nsaid %s\nback %s", parts, back)
		}
	}
}

// Log probabilities have bytes and rivals; they belong to a model that has them.
func TestLogprobs(t *testing.T) {
	model := gemini3
	model.Logprobs = true
	chat := chatOf(t, `{"model":"m","logprobs":true,"top_logprobs":2,"messages":[{"role":"user","content":"q"}]}`, translate.Options{Model: &model})
	if c := chat.Request.GenerationConfig; !c.ResponseLogprobs || c.Logprobs == nil || *c.Logprobs != 2 {
		t.Errorf("asked for %+v", c)
	}
	done := answer(t, chat, `{"candidates":[{"content":{"parts":[{"text":"é"}]},"finishReason":"STOP","logprobsResult":{
		"chosenCandidates":[{"token":"é","tokenId":1,"logProbability":-0.5}],
		"topCandidates":[{"candidates":[{"token":"e","logProbability":-0.25},{"token":"a","logProbability":-2}]}]}}]}`)
	got, err := raw.Marshal(done.Choices[0].Logprobs)
	if err != nil {
		t.Fatal(err)
	}
	compareJSON(t, "logprobs", got, []byte(`{"content":[{"token":"é","logprob":-0.5,"bytes":[195,169],"top_logprobs":[
		{"token":"e","logprob":-0.25,"bytes":[101]},{"token":"a","logprob":-2,"bytes":[97]}]}],"refusal":null}`))
	// Without top_logprobs the chosen tokens come all the same.
	chat = chatOf(t, `{"model":"m","logprobs":true,"messages":[{"role":"user","content":"q"}]}`, translate.Options{Model: &model})
	done = answer(t, chat, `{"candidates":[{"content":{"parts":[{"text":"x"}]},"finishReason":"STOP","logprobsResult":{"chosenCandidates":[{"token":"x","logProbability":-1}]}}]}`)
	if l := done.Choices[0].Logprobs; l == nil || len(l.Content) != 1 || l.Content[0].TopLogprobs == nil {
		t.Errorf("logprobs without rivals: %+v", l)
	}
	for body, param := range map[string]string{
		`{"model":"m","logprobs":true,"top_logprobs":21,"messages":[{"role":"user","content":"q"}]}`: "top_logprobs",
		`{"model":"m","top_logprobs":2,"messages":[{"role":"user","content":"q"}]}`:                  "top_logprobs",
	} {
		refusedWith(t, body, &model, param)
	}
}

func refusedWith(t *testing.T, body string, model *translate.Model, param string) {
	t.Helper()
	var req openai.ChatRequest
	if err := json.Unmarshal([]byte(body), &req); err != nil {
		t.Fatal(err)
	}
	_, err := translate.NewChat(&req, translate.Options{Model: model})
	var e *openai.Error
	if !errors.As(err, &e) || e.Status != 400 || e.Param == nil || *e.Param != param {
		t.Errorf("%s: want a refusal of %s, got %v", body, param, err)
	}
}

// n in a stream takes parallel calls: interleaved, each choice has its own
// state, and the usage is the sum.
func TestStreamOfSeveralChoices(t *testing.T) {
	model := gemini3
	model.MaxCandidates = 8
	chat := chatOf(t, `{"model":"m","stream":true,"n":2,"messages":[{"role":"user","content":"q"}]}`, translate.Options{Model: &model})
	if chat.Calls != 2 || chat.Request.GenerationConfig != nil {
		t.Fatalf("%d calls with %+v", chat.Calls, chat.Request.GenerationConfig)
	}
	a := chat.NewAnswer(stamp)
	var got []openai.ChunkChoice
	for _, p := range []struct {
		call  int
		chunk string
	}{
		{1, `{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{}}}]}}]}`},
		{0, `{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}`},
		{1, `{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{}}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2}}`},
		{0, `{"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":4}}`},
	} {
		deltas, err := a.PushJSON(p.call, []byte(p.chunk))
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, slices.Clone(deltas)...)
	}
	last, err := a.Finish()
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, last...)
	reasons, text, ids := map[int]string{}, map[int]string{}, map[string]bool{}
	for _, d := range got {
		text[d.Index] += d.Delta.Content.Decode()
		for _, c := range d.Delta.ToolCalls {
			if ids[c.ID] {
				t.Errorf("id %s twice", c.ID)
			}
			ids[c.ID] = true
			if d.Index != 1 || *c.Index != len(ids)-1 {
				t.Errorf("call %d in choice %d", *c.Index, d.Index)
			}
		}
		if d.FinishReason != nil {
			reasons[d.Index] = *d.FinishReason
		}
	}
	if text[0] != "ab" || text[1] != "" || reasons[0] != "stop" || reasons[1] != "tool_calls" || len(ids) != 2 {
		t.Errorf("texts %v, reasons %v, ids %v", text, reasons, ids)
	}
	if u := a.Usage(); u.PromptTokens != 6 || u.CompletionTokens != 6 || u.TotalTokens != 12 {
		t.Errorf("usage %+v", u)
	}
}

// Every reason of Gemini's becomes one of OpenAI's five; what says more is kept
// under extra_content.
func TestFinishReasons(t *testing.T) {
	for reason, want := range map[string]string{
		"STOP": "stop", "FINISH_REASON_UNSPECIFIED": "stop", "MAX_TOKENS": "length", "CONTINUATION": "length",
		"SAFETY": "content_filter", "RECITATION": "content_filter", "BLOCKLIST": "content_filter", "PROHIBITED_CONTENT": "content_filter",
		"SPII": "content_filter", "MODEL_ARMOR": "content_filter", "IMAGE_SAFETY": "content_filter", "IMAGE_PROHIBITED_CONTENT": "content_filter",
		"IMAGE_RECITATION": "content_filter", "NO_IMAGE": "content_filter", "IMAGE_OTHER": "content_filter", "LANGUAGE": "content_filter",
		"ESCALATION": "content_filter", "OTHER": "content_filter", "JAILBREAK": "content_filter",
		"MALFORMED_FUNCTION_CALL": "stop", "UNEXPECTED_TOOL_CALL": "stop", "TOO_MANY_TOOL_CALLS": "stop", "MALFORMED_RESPONSE": "stop",
		"MISSING_THOUGHT_SIGNATURE": "stop", "SOMETHING_NEW": "stop",
	} {
		chat := chatOf(t, `{"model":"m","messages":[{"role":"user","content":"q"}]}`, translate.Options{Model: &gemini3})
		done := answer(t, chat, `{"candidates":[{"finishReason":"`+reason+`"}]}`)
		c := done.Choices[0]
		if c.FinishReason != want {
			t.Errorf("%s: got %s, want %s", reason, c.FinishReason, want)
		}
		said := ""
		if c.Message.ExtraContent != nil {
			said = c.Message.ExtraContent.Google.FinishReason
		}
		if reason != "STOP" && reason != "MAX_TOKENS" && said != reason {
			t.Errorf("%s: extra_content says %q", reason, said)
		}
		if !c.Message.Content.IsZero() && c.Message.Content.Decode() != "" {
			t.Errorf("%s: content %s", reason, c.Message.Content)
		}
	}
	// The same as numbers, from servers asked for them.
	chat := chatOf(t, `{"model":"m","messages":[{"role":"user","content":"q"}]}`, translate.Options{Model: &gemini3})
	if done := answer(t, chat, `{"candidates":[{"finishReason":2}]}`); done.Choices[0].FinishReason != "length" {
		t.Errorf("2: got %s", done.Choices[0].FinishReason)
	}
}

// A stumble is worth another try only while there is nothing to show for it.
func TestRetryable(t *testing.T) {
	for body, want := range map[string]bool{
		`{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL"}]}`:                                    true,
		`{"candidates":[{"content":{"role":"model"},"finishReason":"STOP"}]}`:                            true,
		`{"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"STOP"}]}`:                     true,
		`{"candidates":[{"finishReason":"UNEXPECTED_TOOL_CALL"}]}`:                                       true,
		`{"candidates":[{"content":{"parts":[{"text":"x"}]},"finishReason":"MALFORMED_FUNCTION_CALL"}]}`: false,
		`{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f"}}]},"finishReason":"STOP"}]}`:   false,
		`{"candidates":[{"finishReason":"SAFETY"}]}`:                                                     false,
		`{"candidates":[{"finishReason":"MAX_TOKENS"}]}`:                                                 false,
		`{"promptFeedback":{"blockReason":"SAFETY"}}`:                                                    false,
	} {
		a := chatOf(t, `{"model":"m","messages":[{"role":"user","content":"q"}]}`, translate.Options{Model: &gemini3}).NewAnswer(stamp)
		if _, err := a.PushJSON(0, []byte(body)); err != nil {
			t.Fatal(err)
		}
		if got := a.Retryable(); got != want {
			t.Errorf("%s: got %v", body, got)
		}
	}
}

// A stream that ends without a reason was cut: an error, no false stop.
func TestStreamThatIsCutOff(t *testing.T) {
	a := chatOf(t, `{"model":"m","stream":true,"messages":[{"role":"user","content":"q"}]}`, translate.Options{Model: &gemini3}).NewAnswer(stamp)
	if _, err := a.PushJSON(0, []byte(`{"candidates":[{"content":{"parts":[{"text":"x"}]}}]}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Finish(); !errors.Is(err, translate.ErrTruncated) {
		t.Errorf("got %v", err)
	}
	a = chatOf(t, `{"model":"m","messages":[{"role":"user","content":"q"}]}`, translate.Options{Model: &gemini3}).NewAnswer(stamp)
	if _, err := a.PushJSON(0, []byte(`{"usageMetadata":{"promptTokenCount":1}}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Finish(); !errors.Is(err, translate.ErrNoAnswer) {
		t.Errorf("got %v", err)
	}
}

// Google's options mean the same wherever a client puts them.
func TestExtraBodyNestings(t *testing.T) {
	const options = `{"thinking_config":{"thinkingLevel":"low","include_thoughts":true},"cached_content":"cachedContents/x"}`
	for _, nesting := range []string{
		`"google":` + options, `"extra_body":{"google":` + options + `}`, `"extra_body":{"extra_body":{"google":` + options + `}}`, `"extra_body":` + options,
	} {
		_, got := request(t, `{"model":"m","messages":[{"role":"user","content":"q"}],`+nesting+`}`, translate.Options{Model: &gemini3})
		compareJSON(t, nesting, []byte(got), []byte(`{"contents":[{"role":"user","parts":[{"text":"q"}]}],
			"generationConfig":{"thinkingConfig":{"includeThoughts":true,"thinkingLevel":"LOW"}},"cachedContent":"cachedContents/x"}`))
	}
}

// Effort becomes a budget or a level, clamped to what the model has; off is
// never claimed where there is none.
// https://ai.google.dev/gemini-api/docs/openai#thinking
func TestEffort(t *testing.T) {
	rows := newCatalog(t)
	for _, c := range []struct{ model, effort, want string }{
		{"gemini-2.5-flash", "none", `"thinkingBudget":0`},
		{"gemini-2.5-flash", "minimal", `"thinkingBudget":1024`},
		{"gemini-2.5-flash", "low", `"thinkingBudget":1024`},
		{"gemini-2.5-flash", "medium", `"thinkingBudget":8192`},
		{"gemini-2.5-flash", "high", `"thinkingBudget":24576`},
		{"gemini-2.5-flash", "max", `"thinkingBudget":24576`},
		{"gemini-2.5-pro", "none", `"thinkingBudget":128`},
		{"gemini-2.5-pro", "xhigh", `"thinkingBudget":32768`},
		{"gemini-2.5-flash-lite", "none", `"thinkingBudget":0`},
		{"gemini-3.1-pro-preview", "minimal", `"thinkingLevel":"LOW"`},
		{"gemini-3.1-pro-preview", "medium", `"thinkingLevel":"MEDIUM"`},
		{"gemini-3.1-pro-preview", "none", `"thinkingLevel":"LOW"`},
		{"gemini-3-flash-preview", "minimal", `"thinkingLevel":"MINIMAL"`},
		{"gemini-3-flash-preview", "none", `"thinkingLevel":"MINIMAL"`},
		{"gemini-3.8-flash", "minimal", `"thinkingLevel":"LOW"`},
		{"gemini-3.8-flash", "xhigh", `"thinkingLevel":"HIGH"`},
	} {
		res, ok := rows.Resolve(c.model)
		if !ok {
			t.Fatal(c.model)
		}
		body := `{"model":"m","reasoning_effort":"` + c.effort + `","messages":[{"role":"user","content":"q"}]}`
		chat, got := request(t, body, translate.Options{Model: &res.Row.Model})
		if !strings.Contains(got, c.want) {
			t.Errorf("%s %s: got %s", c.model, c.effort, got)
		}
		off := c.want == `"thinkingBudget":0`
		if told := slices.Contains(chat.Ignored, "reasoning_effort"); c.effort == "none" && told == off {
			t.Errorf("%s none: ignored %v", c.model, chat.Ignored)
		}
		if strings.Contains(got, `"includeThoughts":true`) == (c.effort == "none") {
			t.Errorf("%s %s: thoughts %s", c.model, c.effort, got)
		}
	}
	refusedWith(t, `{"model":"m","reasoning_effort":"hard","messages":[{"role":"user","content":"q"}]}`, &gemini3, "reasoning_effort")
}

// A model without a system instruction reads it as the first words of the user.
func TestModelWithoutSystemInstruction(t *testing.T) {
	model := gemini3
	model.SystemInstruction = false
	_, got := request(t, `{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"q"}]}`, translate.Options{Model: &model})
	compareJSON(t, "request", []byte(got), []byte(`{"contents":[{"role":"user","parts":[{"text":"s"},{"text":"q"}]}]}`))
}

package translate_test

import (
	"bytes"
	"testing"

	"github.com/gemway/gemway/translate"
)

// An answer of three hops, the second of which only thinks: the text goes on,
// every hop is billed, the reason is the last hop's.
func TestContinuation(t *testing.T) {
	for _, stream := range []string{"false", "true"} {
		chat := chatOf(t, `{"model":"m","stream":`+stream+`,"messages":[{"role":"user","content":"q"}]}`, translate.Options{Model: &gemini3})
		first, err := chat.Body()
		if err != nil {
			t.Fatal(err)
		}
		a := chat.NewAnswer(stamp)
		text, roles := "", 0
		hops := []string{
			`{"candidates":[{"content":{"parts":[{"text":"one "}]},"finishReason":"CONTINUATION","continuationToken":"dG9rMQ=="}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":2,"totalTokenCount":7}}`,
			`{"candidates":[{"content":{"role":"model"},"finishReason":"CONTINUATION","continuationToken":"dG9rMg=="}],"usageMetadata":{"promptTokenCount":5,"thoughtsTokenCount":9,"totalTokenCount":14}}`,
			`{"candidates":[{"content":{"parts":[{"text":"two"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":1,"totalTokenCount":6}}`,
		}
		tokens := []string{"dG9rMQ==", "dG9rMg==", ""}
		for i, h := range hops {
			deltas, err := a.PushJSON(0, []byte(h))
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range deltas {
				text += d.Delta.Content.Decode()
				if d.Delta.Role != "" {
					roles++
				}
			}
			token, ok := a.Continuation(0)
			if token != tokens[i] || ok != (tokens[i] != "") {
				t.Fatalf("hop %d: token %q, %v", i, token, ok)
			}
			if _, again := a.Continuation(0); again {
				t.Fatalf("hop %d: reported twice", i)
			}
			if !ok {
				continue
			}
			if a.Retryable() {
				t.Errorf("hop %d counts as a stumble", i)
			}
			body, err := chat.Resume(token)
			if err != nil {
				t.Fatal(err)
			}
			want := bytes.Replace(bytes.Join(first, nil), []byte("{"), []byte(`{"continuationToken":"`+token+`",`), 1)
			compareJSON(t, "the request of the next hop", bytes.Join(body, nil), want)
		}
		last, err := a.Finish()
		if err != nil {
			t.Fatal(err)
		}
		if stream == "true" {
			if text != "one two" || roles != 1 || *last[len(last)-1].FinishReason != "stop" {
				t.Errorf("stream: %q, %d roles, %v", text, roles, last)
			}
		} else if c := a.Completion().Choices[0]; c.Message.Content.Decode() != "one two" || c.FinishReason != "stop" {
			t.Errorf("whole: %+v", c)
		}
		if u := a.Usage(); u.PromptTokens != 15 || u.CompletionTokens != 12 || u.CompletionTokensDetails.ReasoningTokens != 9 || u.TotalTokens != 27 {
			t.Errorf("usage %+v", u)
		}
	}
}

// A caller that does not go on has an answer that was cut; one that does, and
// gets no more, has none.
func TestContinuationNotFollowed(t *testing.T) {
	const hop = `{"candidates":[{"content":{"parts":[{"text":"one"}]},"finishReason":"CONTINUATION","continuationToken":"dG9r"}]}`
	for _, follow := range []bool{false, true} {
		a := chatOf(t, `{"model":"m","stream":true,"messages":[{"role":"user","content":"q"}]}`, translate.Options{Model: &gemini3}).NewAnswer(stamp)
		if _, err := a.PushJSON(0, []byte(hop)); err != nil {
			t.Fatal(err)
		}
		if follow {
			a.Continuation(0)
		}
		last, err := a.Finish()
		if follow != (err != nil) {
			t.Errorf("followed %v: %v", follow, err)
		}
		if err == nil && *last[len(last)-1].FinishReason != "length" {
			t.Errorf("ends with %s", *last[len(last)-1].FinishReason)
		}
	}
}

// More than a unary call may give is refused by the model, so it is capped and
// told; a stream may ask for all.
func TestUnaryOutputLimit(t *testing.T) {
	model := gemini3
	model.UnaryOutputTokens = 32768
	for stream, want := range map[string]int64{"false": 32768, "true": 65536} {
		chat := chatOf(t, `{"model":"m","stream":`+stream+`,"max_completion_tokens":65536,"messages":[{"role":"user","content":"q"}]}`, translate.Options{Model: &model})
		if got := chat.Request.GenerationConfig.MaxOutputTokens; got != want || (len(chat.Ignored) > 0) != (want < 65536) {
			t.Errorf("stream %s: %d, ignored %v", stream, got, chat.Ignored)
		}
	}
}

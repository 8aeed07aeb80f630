package translate_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
	"github.com/gemway/gemway/translate"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// fuzzModels are models of all kinds that translation tells apart.
var fuzzModels = []*translate.Model{&gemini3, &gemini15, {ID: "bare"}, {
	ID: "budget", Functions: true, JSONSchema: true, JSONOutput: true, TopK: true, Penalties: true, Logprobs: true, MaxCandidates: 8, Prefill: true,
	SystemInstruction: true, Thinking: translate.Thinking{Control: translate.ThinkingBudget, Min: 128, Max: 32768}, Output: []string{"text", "audio", "image"},
}}

// FuzzChat: any request has a native request that is JSON, or an error of
// OpenAI's that is the client's fault.
func FuzzChat(f *testing.F) {
	for _, c := range corpusCases(f) {
		if b := c.files["openai.request.json"]; b != nil {
			f.Add(b, byte(len(b)), true)
		}
	}
	for _, s := range toolSchemas(f) {
		b := []byte(`{"model":"m","messages":[{"role":"user","content":"q"}],"tools":[{"type":"function","function":{"name":"f","parameters":` + string(s.Parameters) + `}}]}`)
		f.Add(b, byte(0), false)
		f.Add(b, byte(1), false)
		f.Add([]byte(`{"model":"m","messages":[{"role":"user","content":"q"}],"response_format":{"type":"json_schema","json_schema":{"name":"r","schema":`+string(s.Parameters)+`}}}`), byte(1), true)
	}
	f.Fuzz(func(t *testing.T, body []byte, model byte, openAPI bool) {
		if !raw.Value(body).IsValid() {
			return
		}
		req, err := openai.DecodeChat(body)
		if err != nil {
			return
		}
		chat, err := translate.NewChat(req, translate.Options{Model: fuzzModels[int(model)%len(fuzzModels)], OpenAPISchema: openAPI})
		if err != nil {
			var e *openai.Error
			if !errors.As(err, &e) || e.Status < 400 || e.Status > 499 || e.Message == "" {
				t.Fatalf("not an error for the client: %v", err)
			}
			return
		}
		segments, err := chat.Body()
		if err != nil {
			t.Fatal(err)
		}
		if out := raw.Value(bytes.Join(segments, nil)); !out.IsValid(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)) {
			t.Fatalf("not JSON: %s", out)
		}
		if chat.Calls < 1 || len(chat.Request.Contents) == 0 {
			t.Fatalf("%d calls with %d contents", chat.Calls, len(chat.Request.Contents))
		}
	})
}

// finishes is OpenAI's closed list.
var finishes = []string{"stop", "length", "tool_calls", "content_filter", "function_call"}

// FuzzAnswer: any answer and any chunk becomes JSON with reasons of OpenAI's, or
// an error.
func FuzzAnswer(f *testing.F) {
	for _, c := range corpusCases(f) {
		if b := c.files["gemini.response.json"]; b != nil {
			f.Add(b, b, byte(0))
		}
		if e := events(c.files["gemini.stream"]); len(e) > 0 {
			f.Add([]byte(e[0]), []byte(e[len(e)-1]), byte(1))
		}
	}
	f.Fuzz(func(t *testing.T, first, second []byte, kind byte) {
		body := []byte(`{"model":"m","messages":[{"role":"user","content":"q"}],"logprobs":true,"web_search_options":{}}`)
		var req openai.ChatRequest
		if err := json.Unmarshal(body, &req); err != nil {
			t.Fatal(err)
		}
		req.Stream = kind&1 == 1
		if kind&2 == 2 {
			n := raw.Int(3)
			req.N = &n
		}
		chat, err := translate.NewChat(&req, translate.Options{Model: fuzzModels[3]})
		if err != nil {
			t.Fatal(err)
		}
		a := chat.NewAnswer(stamp)
		check := func(deltas []openai.ChunkChoice, err error) {
			if err != nil {
				return
			}
			for _, d := range deltas {
				b, err := raw.Marshal(a.Chunk(d))
				if err != nil {
					t.Fatal(err)
				}
				if !raw.Value(b).IsValid(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)) {
					t.Fatalf("not JSON: %s", b)
				}
				if d.FinishReason != nil && !slices.Contains(finishes, *d.FinishReason) {
					t.Fatalf("finish_reason %s", *d.FinishReason)
				}
				for _, c := range d.Delta.ToolCalls {
					if c.Index == nil || len(c.ID) > 40 {
						t.Fatalf("call %+v", c)
					}
				}
			}
		}
		check(a.PushJSON(0, first))
		check(a.PushJSON(0, second))
		a.Continuation(0)
		last, err := a.Finish()
		if check(last, err); err != nil || req.Stream {
			return
		}
		done := a.Completion()
		b, err := raw.Marshal(done)
		if err != nil {
			t.Fatal(err)
		}
		if !raw.Value(b).IsValid(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)) {
			t.Fatalf("not JSON: %s", b)
		}
		for _, c := range done.Choices {
			if !slices.Contains(finishes, c.FinishReason) {
				t.Fatalf("finish_reason %s", c.FinishReason)
			}
		}
	})
}

// FuzzSplit: a stream adds up to the whole answer wherever its parts are cut
// into chunks.
func FuzzSplit(f *testing.F) {
	for _, c := range corpusCases(f) {
		if b := c.files["gemini.response.json"]; b != nil {
			f.Add(b, uint64(0))
			f.Add(b, uint64(0x5555555555555555))
			f.Add(b, ^uint64(0))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte, cuts uint64) {
		var r gemini.GenerateContentResponse
		if json.Unmarshal(body, &r) != nil || len(r.Candidates) != 1 || r.Candidates[0].Content == nil || r.Candidates[0].FinishReason == "" {
			return
		}
		parts := r.Candidates[0].Content.Parts
		// A call that Google answers itself needs its answer in the next part, and
		// calls without a name are streamed arguments: both are laws of their own.
		for i := range parts {
			if parts[i].FunctionResponse != nil || parts[i].FunctionCall != nil && (parts[i].FunctionCall.Name == "" || len(parts[i].FunctionCall.Extra) > 0) {
				return
			}
			if parts[i].InlineData != nil && parts[i].InlineData.MIMEType != "image/png" {
				return // speech comes in another form in streams
			}
		}
		whole := chatOf(t, `{"model":"m","web_search_options":{},"messages":[{"role":"user","content":"q"}]}`, translate.Options{Model: &gemini3}).NewAnswer(stamp)
		whole.Push(0, &r)
		if _, err := whole.Finish(); err != nil {
			return
		}
		want := whole.Completion()

		a := chatOf(t, `{"model":"m","stream":true,"web_search_options":{},"messages":[{"role":"user","content":"q"}]}`, translate.Options{Model: &gemini3}).NewAnswer(stamp)
		var got openai.AnswerMessage
		reason := ""
		add := func(deltas []openai.ChunkChoice) {
			for _, d := range deltas {
				got.Content = raw.Concat(got.Content, slices.Clone(d.Delta.Content))
				got.ReasoningContent = raw.Concat(got.ReasoningContent, slices.Clone(d.Delta.ReasoningContent))
				got.ToolCalls = append(got.ToolCalls, d.Delta.ToolCalls...)
				got.Images = append(got.Images, d.Delta.Images...)
				got.Annotations = append(got.Annotations, d.Delta.Annotations...)
				if d.Delta.ExtraContent != nil {
					got.ExtraContent = d.Delta.ExtraContent
				}
				if d.FinishReason != nil {
					if reason != "" {
						t.Fatal("two reasons")
					}
					reason = *d.FinishReason
				}
			}
		}
		start := 0
		for i := 1; i < len(parts); i++ {
			if cuts>>(i%64)&1 == 1 {
				add(a.Push(0, &gemini.GenerateContentResponse{Candidates: []gemini.Candidate{{Content: &gemini.Content{Parts: parts[start:i]}}}}))
				start = i
			}
		}
		tail, last := r, r.Candidates[0]
		last.Content = &gemini.Content{Parts: parts[start:]}
		tail.Candidates = []gemini.Candidate{last}
		add(a.Push(0, &tail))
		end, err := a.Finish()
		if err != nil {
			t.Fatal(err)
		}
		add(end)

		w := want.Choices[0]
		text := func(s raw.String) string { return string(s.Inner()) }
		if text(got.Content) != text(w.Message.Content) || text(got.ReasoningContent) != text(w.Message.ReasoningContent) || reason != w.FinishReason {
			t.Fatalf("stream %q %q %s, whole %q %q %s", got.Content, got.ReasoningContent, reason, w.Message.Content, w.Message.ReasoningContent, w.FinishReason)
		}
		for i := range got.ToolCalls {
			if *got.ToolCalls[i].Index != i {
				t.Fatalf("call %d has index %d", i, *got.ToolCalls[i].Index)
			}
			got.ToolCalls[i].Index = nil
		}
		for _, p := range [][2]any{{got.ToolCalls, w.Message.ToolCalls}, {got.Images, w.Message.Images}, {got.Annotations, w.Message.Annotations}, {got.ExtraContent, w.Message.ExtraContent}, {a.Usage(), want.Usage}} {
			g, err := raw.Marshal(p[0])
			if err != nil {
				t.Fatal(err)
			}
			h, err := raw.Marshal(p[1])
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(g, h) {
				t.Fatalf("stream %s\nwhole  %s", g, h)
			}
		}
	})
}

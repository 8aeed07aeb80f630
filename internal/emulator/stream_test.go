package emulator

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// streamed sends a request to a streaming method and reads the chunks.
func chunksOf(t testing.TB, e *Emulator, model, body string) []*response {
	t.Helper()
	code, b := post(t, e, "POST /v1beta/models/"+model+":streamGenerateContent?alt=sse", body)
	if code != 200 {
		t.Fatalf("%d %s", code, b)
	}
	text := string(b)
	if strings.Contains(text, "[DONE]") || !strings.HasSuffix(text, "\r\n\r\n") {
		t.Errorf("framing: %q", text)
	}
	var out []*response
	for _, event := range strings.Split(strings.TrimSuffix(text, "\r\n\r\n"), "\r\n\r\n") {
		data, ok := strings.CutPrefix(event, "data: ")
		if !ok || strings.Contains(data, "\n") {
			t.Fatalf("event %q", event)
		}
		r := &response{}
		if err := json.Unmarshal([]byte(data), r); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

const weatherTool = `"tools":[{"functionDeclarations":[{"name":"get_weather","description":"Get the current weather","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}]}]`

func TestStreamsAreWholeAnswersInChunks(t *testing.T) {
	e := newEmulator(t, Config{})
	for _, model := range []string{"gemini-2.5-flash", "gemini-3.5-flash", "gemma-3-27b-it", "gemini-2.5-flash-image", "gemini-3.1-flash-image"} {
		for _, message := range []string{"Tell me about the sea.", "Erzähle mir vom Meer: 海について教えてください、お願いします。", `Say "x"`} {
			body := asked(message, "")
			whole := ask(t, e, model, body)
			chunks := chunksOf(t, e, model, body)
			var text strings.Builder
			var before usage
			for i, c := range chunks {
				u := c.UsageMetadata
				checkUsage(t, u)
				if u.CandidatesTokenCount < before.CandidatesTokenCount || u.ThoughtsTokenCount < before.ThoughtsTokenCount {
					t.Errorf("%s: usage falls in chunk %d", model, i)
				}
				before = *u
				if c.ResponseID != chunks[0].ResponseID || c.ModelVersion != model {
					t.Errorf("%s: chunk %d has id %q, version %q", model, i, c.ResponseID, c.ModelVersion)
				}
				if last := i == len(chunks)-1; (c.Candidates[0].FinishReason != "") != last {
					t.Errorf("%s: chunk %d of %d finishes with %q", model, i, len(chunks), c.Candidates[0].FinishReason)
				}
				text.WriteString(textOf(&c.Candidates[0]))
			}
			if text.String() != textOf(&whole.Candidates[0]) {
				t.Errorf("%s: %q, whole %q", model, text.String(), textOf(&whole.Candidates[0]))
			}
			if before.TotalTokenCount != whole.UsageMetadata.TotalTokenCount || before.CandidatesTokenCount != whole.UsageMetadata.CandidatesTokenCount {
				t.Errorf("%s: usage %+v, whole %+v", model, before, *whole.UsageMetadata)
			}
		}
	}
}

// TestCallsInStreams: 2.x sends all calls in one chunk with the finish, 3 one
// call a chunk and then the finish with an empty text; counted in recordings.
func TestCallsInStreams(t *testing.T) {
	e := newEmulator(t, Config{})
	body := asked("What is the weather in Paris and Rome?", weatherTool)
	form := func(model string) string {
		var out []string
		for _, c := range chunksOf(t, e, model, body) {
			s := ""
			for _, p := range c.Candidates[0].Content.Parts {
				switch {
				case p.FunctionCall != nil:
					s += "call"
					if p.FunctionCall.ID != "" {
						s += "#"
					}
				case p.Text != nil && *p.Text == "":
					s += "empty"
				}
				if p.ThoughtSignature != "" {
					s += "$"
				}
				s += " "
			}
			out = append(out, s+c.Candidates[0].FinishReason)
		}
		return strings.Join(out, "|")
	}
	if got, want := form("gemini-2.5-flash"), "call$ call STOP"; got != want {
		t.Errorf("2.5: %q, want %q", got, want)
	}
	if got, want := form("gemini-3.5-flash"), "call#$ |call# |empty STOP"; got != want {
		t.Errorf("3.5: %q, want %q", got, want)
	}
}

func TestSignatureOfText(t *testing.T) {
	e := newEmulator(t, Config{})
	chunks := chunksOf(t, e, "gemini-3.5-flash", asked("Tell me about the sea.", ""))
	last := chunks[len(chunks)-1].Candidates[0].Content.Parts
	if len(last) != 1 || *last[0].Text != "" || last[0].ThoughtSignature == "" {
		t.Errorf("the last part is %+v, not an empty text with the signature", last)
	}
	for _, c := range chunksOf(t, e, "gemini-2.5-flash", asked("Tell me about the sea.", "")) {
		if c.Candidates[0].Content.Parts[0].ThoughtSignature != "" {
			t.Error("2.5 signs a text without functions")
		}
	}
}

func TestStreamAsArray(t *testing.T) {
	e := newEmulator(t, Config{})
	code, b := post(t, e, "POST /v1beta/models/gemini-2.5-flash:streamGenerateContent", asked("Tell me about the sea.", ""))
	var list []*response
	if err := json.Unmarshal(b, &list); code != 200 || err != nil || len(list) < 3 {
		t.Errorf("%d %v %d chunks", code, err, len(list))
	}
}

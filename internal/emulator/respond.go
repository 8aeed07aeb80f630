package emulator

import (
	"fmt"
	"net/http"

	"github.com/gemway/gemway/internal/catalog"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// send sends a whole answer.
func (c *call) send(ch *chat, a *answer) *Error {
	return c.write(ch.whole(a))
}

// whole makes one response of the answer.
func (ch *chat) whole(a *answer) *response {
	out := ch.envelope()
	if a.feedback != nil {
		out.PromptFeedback = a.feedback
		out.UsageMetadata = ch.usage(a, tokenCount{}, 0)
		return out
	}
	var tokens tokenCount
	var thoughts int64
	for i := range a.replies {
		r := &a.replies[i]
		tokens.add(r.tokens)
		thoughts += r.thoughts
		one := ch.candidate(i)
		if r.thought != "" {
			one.Content.Parts = append(one.Content.Parts, part{Text: &r.thought, Thought: true})
		}
		one.Content.Parts = append(one.Content.Parts, r.parts...)
		one.end(r)
		if ch.model.Thinking.Control == "" && ch.model.Can("text") && !ch.model.Can("image") && r.tokens.text > 0 {
			// Recorded with models that do not think: 1.5 and 2.0.
			one.AvgLogprobs = new(-0.1)
		}
		out.Candidates = append(out.Candidates, one)
	}
	out.UsageMetadata = ch.usage(a, tokens, thoughts)
	return out
}

// envelope is what every response and every chunk has. The moving ids, such as
// gemini-flash-latest, answer with the name of the model they stand for;
// recorded.
func (ch *chat) envelope() *response {
	version := ch.model.ID
	if ch.model.Stage == catalog.Latest && ch.model.Like != "" {
		version = ch.model.Like
	}
	return &response{ModelVersion: version, ResponseID: ch.id.responseID()}
}

// candidate starts a candidate. Index is left out by models that do not think
// (2.0 and before) and by Vertex AI, present otherwise; recorded.
func (ch *chat) candidate(i int) candidate {
	one := candidate{Content: &content{Role: "model"}}
	if i > 0 || !ch.vertex && (ch.model.Thinking.Control != "" || !ch.model.Can("text") || ch.model.Can("image")) {
		one.Index = &i
	}
	return one
}

// end adds what the last chunk of a candidate has.
func (one *candidate) end(r *reply) {
	one.FinishReason, one.FinishMessage = r.finish, r.message
	one.LogprobsResult, one.GroundingMetadata = r.logprobs, r.grounds
	one.URLContextMetadata = urlMetadata(r.urls)
	switch r.finish {
	case "NO_IMAGE": // recorded: no content at all
		one.Content = nil
	case "SAFETY": // recorded: an empty content
		one.Content = &content{}
		one.SafetyRatings = blockedRatings()
	}
}

// urlMetadata is what urlContext says of the pages it was given.
func urlMetadata(urls []string) jsontext.Value {
	if len(urls) == 0 {
		return nil
	}
	type entry struct {
		RetrievedURL       string `json:"retrievedUrl"`
		URLRetrievalStatus string `json:"urlRetrievalStatus"`
	}
	var list []entry
	for _, u := range urls {
		list = append(list, entry{u, "URL_RETRIEVAL_STATUS_ERROR"})
	}
	b, err := json.Marshal(struct {
		URLMetadata []entry `json:"urlMetadata"`
	}{list})
	if err != nil {
		panic(err)
	}
	return b
}

// write sends v as JSON, indented as Google does.
func (c *call) write(v any) *Error {
	b, err := json.Marshal(v, jsontext.WithIndent("  "))
	if err != nil {
		return refusal(http.StatusInternalServerError, statusInternal, "emulator: %v", err)
	}
	h := c.w.Header()
	h.Set("Content-Type", "application/json; charset=UTF-8")
	h.Set("X-Gemini-Service-Tier", "standard")
	c.serverTiming()
	if c.fault.kind == faultCut {
		h.Set("Content-Length", fmt.Sprint(len(b)+1))
		_, _ = c.w.Write(b[:len(b)/2])
		panic(http.ErrAbortHandler)
	}
	_, _ = c.w.Write(append(b, '\n')) // a client that has left is told nothing
	return nil
}

// serverTiming sets the headers that every answer of Google has.
func (c *call) serverTiming() {
	h := c.w.Header()
	h.Set("Server", "scaffolding on HTTPServer2")
	h.Set("Vary", "Origin, X-Origin, Referer")
	h.Set("X-Content-Type-Options", "nosniff")
}

package translate

import (
	"slices"
	"strings"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
)

// finishNumbers are the reasons as numbers, which servers asked with
// enum-encoding=int send.
var finishNumbers = map[gemini.Enum]gemini.Enum{
	"0": "FINISH_REASON_UNSPECIFIED", "1": "STOP", "2": "MAX_TOKENS", "3": "SAFETY", "4": "RECITATION", "5": "OTHER",
	"6": "LANGUAGE", "7": "BLOCKLIST", "8": "PROHIBITED_CONTENT", "9": "SPII", "10": "MALFORMED_FUNCTION_CALL",
	"11": "IMAGE_SAFETY", "12": "UNEXPECTED_TOOL_CALL", "13": "TOO_MANY_TOOL_CALLS",
}

// blockNumbers and modalityNumbers are other enums as numbers.
// https://ai.google.dev/api/generate-content#BlockReason
var (
	blockNumbers = map[gemini.Enum]gemini.Enum{
		"0": "BLOCKED_REASON_UNSPECIFIED", "1": "SAFETY", "2": "OTHER", "3": "BLOCKLIST", "4": "PROHIBITED_CONTENT", "5": "IMAGE_SAFETY",
	}
	modalityNumbers = map[gemini.Enum]gemini.Enum{"1": "TEXT", "2": "IMAGE", "3": "VIDEO", "4": "AUDIO", "5": "DOCUMENT"}
)

// named returns the name of a value of Google's enumerations, known or not. What
// has not the form of one is told as no more than OTHER: it could be anything.
func named(numbers map[gemini.Enum]gemini.Enum, e gemini.Enum) gemini.Enum {
	if n, ok := numbers[e]; ok {
		return n
	}
	if len(e) > 64 || strings.Trim(string(e), "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
		return "OTHER"
	}
	return e
}

func finishName(r gemini.Enum) gemini.Enum { return named(finishNumbers, r) }

// filtered are the reasons that mean the answer was withheld or cut for what it
// says or shows. OpenAI's enumeration has one word for all of them.
var filtered = []gemini.Enum{
	"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "MODEL_ARMOR", "JAILBREAK", "ESCALATION",
	"IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "IMAGE_OTHER", "NO_IMAGE",
}

// failed are the reasons that mean the model stumbled over its own call: worth
// another try while nothing has been sent.
var failed = []gemini.Enum{
	"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE", "MISSING_THOUGHT_SIGNATURE",
}

// finishReason gives the reason of a choice in OpenAI's words, decided from the
// whole answer: Gemini says STOP also when the turn ended in a call, sometimes
// one chunk later.
func (a *Answer) finishReason(c *choice) string {
	switch {
	case a.blocked.BlockReason != "" && c.finish == "", slices.Contains(filtered, c.finish):
		return openai.FinishContentFilter
	case c.finish == "MAX_TOKENS", c.finish == "CONTINUATION":
		return openai.FinishLength
	case len(c.calls) > 0 && a.chat.legacy:
		return openai.FinishFunctionCall
	case len(c.calls) > 0:
		return openai.FinishToolCalls
	case c.finish == "OTHER" && !c.said && len(c.images) == 0:
		return openai.FinishContentFilter // blocked for reasons Gemini does not name
	default:
		return openai.FinishStop
	}
}

// Retryable reports that the answer so far is one of Gemini's known stumbles (a
// malformed call, an empty STOP) and that nothing of it has reached the client
// if the caller has sent nothing: the request may be tried again.
func (a *Answer) Retryable() bool {
	if a.blocked.BlockReason != "" || len(a.choices) == 0 {
		return false
	}
	for _, c := range a.choices {
		empty := !c.said && len(c.calls) == 0 && len(c.images) == 0 && c.audio == nil && len(c.google.Parts) == 0 && c.waiting == nil
		if !empty || c.finish != "STOP" && !slices.Contains(failed, c.finish) {
			return false
		}
	}
	return true
}

// Started reports whether the answer has anything a client could see: text,
// thoughts, calls, media, a block.
func (a *Answer) Started() bool { return a.started }

// Finish ends the answer. It returns the last deltas of a stream, each choice's
// finish_reason among them, or an error when Gemini did not finish.
func (a *Answer) Finish() ([]openai.ChunkChoice, error) {
	a.pending = a.pending[:0]
	if len(a.choices) == 0 {
		return nil, ErrNoAnswer
	}
	for _, c := range a.choices {
		a.release(c)
		if c.finish == "" && a.blocked.BlockReason == "" {
			if a.chat.Stream {
				return nil, ErrTruncated
			}
			if !c.said && len(c.calls)+len(c.images) == 0 && c.audio == nil {
				return nil, ErrNoAnswer
			}
		}
	}
	slices.SortFunc(a.choices, func(x, y *choice) int { return x.index - y.index })
	if a.chat.bareEnum {
		for _, c := range a.choices {
			a.quoteEnum(c)
		}
	}
	if !a.chat.Stream {
		return nil, nil
	}
	for _, c := range a.choices {
		if notes := c.annotations(); len(notes) > 0 {
			a.emit(c, openai.Delta{Annotations: notes})
		}
		reason := a.finishReason(c)
		a.pending = append(a.pending, openai.ChunkChoice{
			Index: c.index, Delta: openai.Delta{ExtraContent: a.extraContent(c)}, FinishReason: &reason,
		})
	}
	return a.pending, nil
}

// quoteEnum makes JSON of the value that came as plain text.
func (a *Answer) quoteEnum(c *choice) {
	if len(c.text) == 0 {
		return
	}
	value := raw.Concat(c.text...).Decode()
	if v := raw.Value(value); !v.IsValid() || v.Kind() != '"' {
		value = string(raw.Quote(value))
	}
	c.text = []raw.String{raw.Quote(value)}
	a.emit(c, openai.Delta{Content: c.text[0]})
}

// extraContent gathers what Gemini says beyond OpenAI's vocabulary, or nil.
func (a *Answer) extraContent(c *choice) *openai.ExtraContent {
	g := c.google
	if c.finish != "STOP" && c.finish != "MAX_TOKENS" {
		g.FinishReason = string(c.finish)
	} else {
		g.FinishMessage = ""
	}
	if a.blocked.BlockReason != "" {
		g.BlockReason = string(a.blocked.BlockReason)
		g.FinishMessage = a.blocked.BlockReasonMessage
		if !trivial(a.blocked.SafetyRatings) {
			g.SafetyRatings = a.blocked.SafetyRatings
		}
	}
	for _, u := range a.usage {
		if t := string(u.TrafficType); t != "" {
			g.TrafficType = t
		}
	}
	if g.ThoughtSignature.IsZero() && g.FinishReason == "" && g.FinishMessage == "" && g.BlockReason == "" && g.SafetyRatings == nil &&
		g.GroundingMetadata == nil && g.CitationMetadata == nil && g.URLContextMetadata == nil && g.TrafficType == "" && g.Parts == nil {
		return nil
	}
	return &openai.ExtraContent{Google: &g}
}

// Completion returns the whole answer. It is called after Finish.
func (a *Answer) Completion() *openai.ChatCompletion {
	out := &openai.ChatCompletion{
		ID: a.stamp.ID, Object: "chat.completion", Created: a.stamp.Created, Model: a.Model(),
		Usage: a.Usage(), ServiceTier: a.serviceTier(),
	}
	for _, c := range a.choices {
		m := openai.AnswerMessage{
			Role: openai.RoleAssistant, Annotations: c.annotations(), Images: c.images, Audio: c.audio, ExtraContent: a.extraContent(c),
		}
		switch {
		case len(c.text) == 1:
			m.Content = c.text[0]
		case len(c.text) > 1:
			m.Content = raw.Concat(c.text...)
		case len(c.calls) == 0 && c.audio == nil:
			m.Content = raw.String(`""`)
		}
		m.Content = a.chat.answerBack.text(m.Content)
		if len(c.reasoning) > 0 {
			m.ReasoningContent = raw.Concat(c.reasoning...)
		}
		if a.chat.legacy && len(c.calls) > 0 {
			m.FunctionCall = c.calls[0].Function
		} else {
			m.ToolCalls = c.calls
		}
		out.Choices = append(out.Choices, openai.Choice{Index: c.index, Message: m, Logprobs: c.logprobs, FinishReason: a.finishReason(c)})
	}
	return out
}

// Chunk wraps deltas of one choice into an event. Deltas of several choices go
// out as one event each, as OpenAI sends them. The event is valid until the next.
func (a *Answer) Chunk(d openai.ChunkChoice) *openai.ChatChunk {
	c := &a.chunk
	*c = a.envelope()
	c.Choices = append(a.one[:0], d)
	if a.chat.IncludeUsage {
		c.Usage = raw.Value("null")
	}
	return c
}

// UsageChunk returns the event with the token counts that ends a stream which
// asked for them.
func (a *Answer) UsageChunk() (*openai.ChatChunk, error) {
	c := a.envelope()
	c.Choices = []openai.ChunkChoice{}
	u, err := raw.Marshal(a.Usage())
	c.Usage = u
	return &c, err
}

func (a *Answer) envelope() openai.ChatChunk {
	return openai.ChatChunk{ID: a.stamp.ID, Object: "chat.completion.chunk", Created: a.stamp.Created, Model: a.Model(), ServiceTier: a.serviceTier()}
}

// Model names the model that answers.
func (a *Answer) Model() string {
	if a.model != "" {
		return a.model
	}
	return a.stamp.Model
}

// WantsUsage reports whether the client asked for the usage of its stream.
func (a *Answer) WantsUsage() bool { return a.chat.IncludeUsage }

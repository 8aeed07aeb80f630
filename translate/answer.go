package translate

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/internal/mime"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
)

// ErrNotGemini reports bytes that are no answer of Gemini's.
var ErrNotGemini = errors.New("upstream's answer does not have the form of Gemini's")

// Stamp is what an answer needs that a pure function cannot know.
type Stamp struct {
	ID      string // chatcmpl-…, random: ids of tool calls are made from it
	Created int64  // Unix seconds
	Model   string // the model that is asked, for answers that do not name one
}

// ErrNoAnswer reports an answer without a candidate and without a reason.
var ErrNoAnswer = errors.New("gemini gave neither an answer nor a reason")

// ErrTruncated reports a stream that ended before every candidate said why it
// stopped.
var ErrTruncated = errors.New("the stream from gemini ended before the answer was finished")

// Answer is the machine that makes an OpenAI answer of Gemini's. Push takes
// what comes from upstream, Finish ends it. It is not safe for concurrent use.
type Answer struct {
	chat    *Chat
	stamp   Stamp
	model   string
	choices []*choice
	usage   []gemini.UsageMetadata // the last of each call
	past    []gemini.UsageMetadata // of hops that were continued
	blocked gemini.PromptFeedback
	pending []openai.ChunkChoice // deltas of the chunk under way
	event   gemini.GenerateContentResponse
	chunk   openai.ChatChunk
	one     [1]openai.ChunkChoice // of chunk
	signed  []Signed
	started bool // something besides roles has been emitted

	miscounted bool // a count of Gemini's was impossible
}

// Signed is a thought signature to remember for a tool call.
type Signed struct {
	CallID    string
	Signature raw.String
}

// NewAnswer returns the machine for one answer.
func (c *Chat) NewAnswer(stamp Stamp) *Answer {
	return &Answer{chat: c, stamp: stamp, usage: make([]gemini.UsageMetadata, c.Calls)}
}

// choice is the state of one candidate over the whole answer.
type choice struct {
	index     int
	open      bool // the role has been sent
	text      []raw.String
	streamed  []byte // the text of a stream, escapes included, where text does not hold it
	reasoning []raw.String
	calls     []openai.ToolCall
	images    []openai.Image
	audio     *openai.AnswerAudio
	spoken    raw.String // what a whole answer has spoken so far, as it came
	logprobs  *openai.Logprobs
	finish    gemini.Enum
	google    openai.GoogleContent
	said      bool // some content has come
	finalUsed bool
	token     string // with which an answer that was broken off goes on
	waiting   *waiting
}

// PushJSON is Push for the bytes of an answer or chunk. What it returns shares
// memory with them.
func (a *Answer) PushJSON(call int, body []byte) ([]openai.ChunkChoice, error) {
	r, err := gemini.DecodeResponse(body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotGemini, err)
	}
	return a.Push(call, r), nil
}

// PushEvent is Push for an event of a stream, which has to be valid JSON. What
// it returns shares memory with the event.
func (a *Answer) PushEvent(call int, event []byte) ([]openai.ChunkChoice, error) {
	if err := gemini.DecodeEvent(event, &a.event); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotGemini, err)
	}
	return a.Push(call, &a.event), nil
}

// Push takes one answer, or one chunk of a stream, of the call with that
// number (0 unless n takes several). It returns the deltas to send, which are
// valid until the next Push; callers that answer whole ignore them.
func (a *Answer) Push(call int, r *gemini.GenerateContentResponse) []openai.ChunkChoice {
	a.pending = a.pending[:0]
	if r.ModelVersion != "" {
		a.model = strings.TrimPrefix(r.ModelVersion, "models/")
	}
	if r.UsageMetadata != nil {
		a.count(&a.usage[call], r.UsageMetadata)
	}
	if f := r.PromptFeedback; f != nil && (f.BlockReason != "" || f.BlockReasonMessage != "") {
		a.blocked = *f
		if a.blocked.BlockReason = named(blockNumbers, f.BlockReason); f.BlockReason == "" {
			a.blocked.BlockReason = "BLOCKED_REASON_UNSPECIFIED"
		}
		a.blocked.SafetyRatings = a.keep(f.SafetyRatings)
		c := a.choice(call * a.chat.perCall)
		a.emit(c, openai.Delta{})
	}
	for i := range r.Candidates {
		cand := &r.Candidates[i]
		index := a.place(r.Candidates, i)
		a.candidate(a.choice(call*a.chat.perCall+index), cand)
	}
	return a.pending
}

// maxPlaces bounds the candidates of a call that were not asked for.
const maxPlaces = 8

// place is the number of a candidate among those of its call. Indexes may be
// left out: candidates of one answer are then told apart by their order. One
// that was not asked for is a choice of its own, unless its number belongs to
// another call.
func (a *Answer) place(all []gemini.Candidate, i int) int {
	index := all[i].Index
	if slices.ContainsFunc(all[:i], func(c gemini.Candidate) bool { return c.Index == index }) {
		index = int64(i)
	}
	most := a.chat.perCall
	if a.chat.Calls == 1 {
		most = max(most, maxPlaces)
	}
	if index < 0 || index >= int64(most) {
		return 0
	}
	return int(index)
}

func (a *Answer) choice(index int) *choice {
	for _, c := range a.choices {
		if c.index == index {
			return c
		}
	}
	c := &choice{index: index}
	a.choices = append(a.choices, c)
	return c
}

// emit adds a delta for the choice, with the role before the first one.
func (a *Answer) emit(c *choice, d openai.Delta) {
	if !a.chat.Stream {
		return
	}
	if !c.open {
		c.open = true
		a.pending = append(a.pending, openai.ChunkChoice{Index: c.index, Delta: openai.Delta{Role: openai.RoleAssistant, Content: raw.String(`""`)}})
	}
	if !emptyDelta(&d) {
		a.started = true
		a.pending = append(a.pending, openai.ChunkChoice{Index: c.index, Delta: d})
	}
}

func emptyDelta(d *openai.Delta) bool {
	return d.Role == "" && d.Content.IsZero() && d.ReasoningContent.IsZero() && d.ToolCalls == nil && d.FunctionCall == nil &&
		d.Images == nil && d.Audio == nil && d.Annotations == nil && d.ExtraContent == nil
}

// candidate takes one candidate, or a piece of it.
func (a *Answer) candidate(c *choice, cand *gemini.Candidate) {
	a.emit(c, openai.Delta{})
	var parts []gemini.Part
	if cand.Content != nil {
		parts = cand.Content.Parts
	}
	for i := range parts {
		if !a.resume(c, &parts[i]) {
			a.part(c, &parts[i], answeredHere(parts[i+1:], &parts[i]))
		}
	}
	if cand.LogprobsResult != nil && a.chat.logprobs {
		l := logprobs(cand.LogprobsResult)
		if c.logprobs == nil {
			c.logprobs = &openai.Logprobs{}
		}
		c.logprobs.Content = append(c.logprobs.Content, l...)
		if a.chat.Stream && len(l) > 0 {
			a.attachLogprobs(c, l)
		}
	}
	// Gemini may say STOP in mid-stream and go on: the last reason holds.
	if cand.FinishReason != "" {
		c.finish = finishName(cand.FinishReason)
		c.google.FinishMessage = cand.FinishMessage
	}
	if cand.ContinuationToken != "" {
		c.token = strings.Clone(cand.ContinuationToken)
	}
	if !trivial(cand.GroundingMetadata) {
		c.google.GroundingMetadata = a.keep(cand.GroundingMetadata)
	}
	for _, m := range []struct{ from, to *raw.Value }{
		{&cand.SafetyRatings, &c.google.SafetyRatings},
		{&cand.URLContextMetadata, &c.google.URLContextMetadata},
	} {
		if !trivial(*m.from) {
			*m.to = a.keep(*m.from)
		}
	}
	if !trivial(cand.CitationMetadata) {
		c.google.CitationMetadata = sources(c.google.CitationMetadata, a.keep(cand.CitationMetadata))
	}
}

// attachLogprobs puts the log probabilities on the delta they belong to.
func (a *Answer) attachLogprobs(c *choice, l []openai.TokenLogprob) {
	for i := len(a.pending) - 1; i >= 0; i-- {
		if a.pending[i].Index == c.index {
			a.pending[i].Logprobs = &openai.Logprobs{Content: l}
			return
		}
	}
	a.pending = append(a.pending, openai.ChunkChoice{Index: c.index, Logprobs: &openai.Logprobs{Content: l}})
}

// answeredHere reports whether a call is answered in the same content: then it
// was made and served on Google's side and is none of the client's.
func answeredHere(rest []gemini.Part, p *gemini.Part) bool {
	if p.FunctionCall == nil {
		return false
	}
	for i := range rest {
		if r := rest[i].FunctionResponse; r != nil && r.Name == p.FunctionCall.Name && r.ID == p.FunctionCall.ID {
			return true
		}
	}
	return false
}

// part takes one part.
func (a *Answer) part(c *choice, p *gemini.Part, served bool) {
	// Parts that are kept whole, or have a place in the answer, keep their own.
	if !p.ThoughtSignature.Empty() && p.FunctionCall == nil && p.InlineData == nil && !keptWhole(p) {
		c.google.ThoughtSignature = raw.String(a.keep(raw.Value(p.ThoughtSignature)))
	}
	switch {
	case p.Thought && p.FunctionCall == nil: // a call is one, whatever the flag
		if !p.Text.Empty() && !a.chat.noThought {
			if !a.chat.Stream {
				c.reasoning = append(c.reasoning, p.Text)
			}
			a.emit(c, openai.Delta{ReasoningContent: p.Text})
		}
	case p.FunctionCall != nil && !served:
		a.call(c, p)
	case p.InlineData != nil:
		a.media(c, p)
	case p.ExecutableCode != nil:
		language := p.ExecutableCode.Language
		if language == "1" { // the number of Google's only one
			language = "python"
		}
		a.content(c, fence(strings.ToLower(string(language)), p.ExecutableCode.Code))
	case p.CodeExecutionResult != nil:
		if !p.CodeExecutionResult.Output.Empty() {
			a.content(c, fence("", p.CodeExecutionResult.Output))
		}
	case !p.Text.IsZero():
		if !p.Text.Empty() {
			a.content(c, p.Text)
		}
	default:
		a.serverPart(c, p)
	}
}

func (a *Answer) content(c *choice, text raw.String) {
	c.said = true
	if a.chat.bareEnum {
		c.text = append(c.text, raw.String(a.keep(raw.Value(text))))
		return
	}
	if !a.chat.Stream || a.chat.grounded {
		c.text = append(c.text, raw.String(a.keep(raw.Value(text))))
	} else {
		// Citations may come though nobody asked for a search.
		c.streamed = append(c.streamed, text.Inner()...)
	}
	a.emit(c, openai.Delta{Content: text})
}

// keep returns v in memory that outlives the chunk it came in. A whole answer
// stays in memory anyway.
func (a *Answer) keep(v raw.Value) raw.Value {
	if a.chat.Stream {
		return v.Clone()
	}
	return v
}

// fence puts code, or what it printed, between fences.
func fence(language string, code raw.String) raw.String {
	open, end := "\\n```"+language+"\\n", "```\\n"
	if !strings.HasSuffix(string(code.Inner()), `\n`) {
		end = `\n` + end
	}
	return raw.String(`"` + open + string(code.Inner()) + end + `"`)
}

// keptWhole reports whether a part has no place in OpenAI's vocabulary.
func keptWhole(p *gemini.Part) bool {
	return p.Text.IsZero() && p.ExecutableCode == nil && p.CodeExecutionResult == nil &&
		(p.Extra != nil || p.FunctionResponse != nil || p.FileData != nil)
}

// serverPart keeps a part that has no place in OpenAI's vocabulary, so that it
// can be looked at and sent back: calls and results of Google's own tools.
func (a *Answer) serverPart(c *choice, p *gemini.Part) {
	if p.FunctionCall == nil && !keptWhole(p) {
		return // a signature alone, which the message has
	}
	v, err := raw.Marshal(p)
	if err != nil || string(v) == "{}" {
		return
	}
	c.google.Parts = append(c.google.Parts, v)
}

// functionCall takes a call: whole in one part, with the index counted over the
// whole answer.
func (a *Answer) functionCall(c *choice, p *gemini.Part) {
	f := p.FunctionCall
	if f.Args.Kind() == 'n' {
		f.Args = nil
	}
	if f.Name == "" { // nothing that anybody could call
		if len(f.Args) > 0 || len(f.Extra) > 0 {
			a.serverPart(c, p)
		}
		return
	}
	if fin := a.chat.final; fin != nil && strings.TrimPrefix(f.Name, "default_api.") == fin.name {
		if !c.finalUsed {
			c.finalUsed = true
			a.content(c, fin.content(f.Args))
		}
		return
	}
	if a.chat.single && len(c.calls) > 0 {
		return // parallel_tool_calls is false: the model will ask again
	}
	index := len(c.calls)
	name := a.chat.names.toClient(f.Name)
	call := openai.ToolCall{ID: a.callID(c, index, f.ID), Type: "function"}
	if a.chat.custom[name] {
		call.Type = "custom"
		call.Custom = &openai.CustomCall{Name: name, Input: customInput(f.Args)}
	} else {
		call.Function = &openai.FunctionCall{Name: name, Arguments: a.chat.arguments(name, f.Args)}
	}
	if !p.ThoughtSignature.Empty() {
		call.ExtraContent = &openai.ExtraContent{Google: &openai.GoogleContent{ThoughtSignature: p.ThoughtSignature}}
		a.signed = append(a.signed, Signed{CallID: call.ID, Signature: p.ThoughtSignature})
	}
	c.calls = append(c.calls, call)
	if a.chat.Stream { // the delta carries it; what is kept must not refer to the chunk
		c.calls[index].ExtraContent, c.calls[index].Custom = nil, nil
	}
	switch {
	case a.chat.legacy && index > 0: // function_call holds one
	case a.chat.legacy:
		a.emit(c, openai.Delta{FunctionCall: call.Function})
	default:
		call.Index = &index
		a.emit(c, openai.Delta{ToolCalls: []openai.ToolCall{call}})
	}
}

// arguments returns the arguments as JSON inside a JSON string, in the types
// that the client declared.
func (c *Chat) arguments(name string, args raw.Value) raw.String {
	return raw.Quote(string(c.argsBack[name].value(compact(args))))
}

// customInput returns the free text of a custom tool's call.
func customInput(args raw.Value) raw.String {
	all, err := members("", args)
	if err == nil {
		for _, m := range all {
			if m.name == "input" && m.value.Kind() == '"' {
				return raw.String(m.value)
			}
		}
	}
	return raw.Quote(string(args))
}

// callID keeps Gemini's own id of a call, or makes one of the answer's id, so
// that ids differ between answers and stay short.
func (a *Answer) callID(c *choice, index int, native string) string {
	if native != "" && len(native) <= 40 && !c.hasCall(native) {
		return native
	}
	_, unique, _ := strings.Cut(a.stamp.ID, "-")
	id := "call_" + unique[:min(len(unique), 24)]
	if c.index > 0 {
		id += "_" + strconv.Itoa(c.index)
	}
	return id + "_" + strconv.Itoa(index)
}

func (c *choice) hasCall(id string) bool {
	for i := range c.calls {
		if c.calls[i].ID == id {
			return true
		}
	}
	return false
}

// media takes an image or a piece of speech.
func (a *Answer) media(c *choice, p *gemini.Part) {
	if strings.HasPrefix(p.InlineData.MIMEType, "audio/") {
		a.speech(c, p.InlineData)
		return
	}
	img := openai.Image{Type: "image_url", Index: len(c.images), ImageURL: openai.MediaURL{URL: dataURL(imageType(p.InlineData), p.InlineData.Data)}}
	if !p.ThoughtSignature.Empty() {
		img.ExtraContent = &openai.ExtraContent{Google: &openai.GoogleContent{ThoughtSignature: p.ThoughtSignature}}
	}
	c.images = append(c.images, img)
	if a.chat.Stream {
		c.images[img.Index].ExtraContent, c.images[img.Index].ImageURL = nil, openai.MediaURL{}
	}
	a.emit(c, openai.Delta{Images: []openai.Image{img}})
}

// imageType is the type of an image by its first bytes: Gemini at times calls
// a JPEG a PNG.
func imageType(b *gemini.Blob) string {
	head := b.Data.Inner()
	typ, err := mime.TypeOfBase64(head[:min(len(head), 64)], b.MIMEType)
	if err != nil {
		return "application/octet-stream"
	}
	return typ
}

// Signed returns the signatures to remember, each once.
func (a *Answer) Signed() []Signed {
	s := a.signed
	a.signed = nil
	return s
}

package emulator

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gemway/gemway/gemini"
)

// Finish reasons the emulator gives.
const (
	finishStop      = "STOP"
	finishMaxTokens = "MAX_TOKENS"
)

// answer is what a chat request is answered with, before it is cut into
// chunks or sent whole.
type answer struct {
	replies  []reply
	feedback *promptFeedback // instead of replies: the prompt was blocked
	toolUse  int64           // tokens of the results of Google's own tools
}

// reply is one candidate.
type reply struct {
	thought  string // the summary that is shown; "" for none
	thoughts int64  // tokens of thinking
	parts    []part
	tokens   tokenCount // of parts
	finish   string
	message  string // finishMessage
	grounds  *grounding
	urls     []string // pages "read" by urlContext
	logprobs *logprobs
}

// answer works the answer out.
func (e *Emulator) answer(ch *chat) (*answer, *Error) {
	a := &answer{}
	if ch.fault.kind == faultBlocked {
		a.feedback = &promptFeedback{BlockReason: "SAFETY", SafetyRatings: blockedRatings()}
		return a, nil
	}
	n := int(max(1, ch.config.CandidateCount))
	for i := range n {
		r, err := e.reply(ch, i, n)
		if err != nil {
			return nil, err
		}
		ch.spoil(&r)
		a.replies = append(a.replies, r)
	}
	if ch.usedTools(&a.replies[0]) {
		a.toolUse = 24
	}
	return a, nil
}

// usedTools reports whether the results of Google's own tools were read, which
// is counted apart. (Searching is, before Gemini 3; recorded.)
func (ch *chat) usedTools(r *reply) bool {
	return r.grounds != nil && !ch.model.SignaturesEnforced || len(r.urls) > 0 ||
		slices.ContainsFunc(r.parts, func(p part) bool { return p.ExecutableCode != nil })
}

// reply works one candidate out.
func (e *Emulator) reply(ch *chat, index, of int) (reply, *Error) {
	id := ch.id.of("candidate", index)
	r := reply{finish: finishStop}
	m := ch.model
	switch {
	case m.Can("audio") && (ch.wants("AUDIO") || !m.Can("text")):
		r.parts, r.tokens = ch.speech()
		return r, nil
	case m.Can("image"):
		ch.think(&r)
		return r, ch.picture(&r, id)
	}
	ch.think(&r)
	if calls := ch.calls(); len(calls) > 0 {
		ch.putCalls(&r, calls, id)
		return r, nil
	}
	var before []part
	var text string
	switch s := ch.schema(); {
	case ch.config.ResponseMIMEType == "text/x.enum":
		f := &filler{root: s, clues: look(ch.material())}
		text = f.enum(s.get("enum"), s).text()
	case s.kind() != 0:
		text = string(instance(s, look(ch.material())))
	case ch.wantsJSON():
		text = ch.describeAsJSON()
	default:
		before = ch.code()
		text = ch.say(index, of)
	}
	r.parts = before
	ch.putText(&r, text, id)
	return r, nil
}

// think decides how much is thought. Thinking counts against
// maxOutputTokens; the emulator leaves at least half of it to the answer.
func (ch *chat) think(r *reply) {
	t := ch.model.Thinking
	c := ch.config.ThinkingConfig
	if t.Control == "" || t.Default == "off" && c == nil {
		return
	}
	level := t.Default
	r.thoughts = 32
	if c != nil {
		if c.ThinkingBudget != nil {
			if *c.ThinkingBudget == 0 && t.Off {
				r.thoughts = 0
				return // Gemini 3 thinks even with a budget of 0
			}
			level = ""
			if *c.ThinkingBudget > 0 {
				r.thoughts = min(*c.ThinkingBudget, 32+*c.ThinkingBudget/256)
			}
		}
		if c.ThinkingLevel != "" {
			level = c.ThinkingLevel
		}
	}
	if level == "off" && (c == nil || !c.IncludeThoughts) && (c == nil || c.ThinkingBudget == nil) {
		r.thoughts = 0
		return
	}
	switch strings.ToLower(level) {
	case "minimal":
		r.thoughts = 8
	case "low":
		r.thoughts = 16
	case "medium":
		r.thoughts = 48
	case "high":
		r.thoughts = 96
	}
	if most := ch.config.MaxOutputTokens; most > 0 {
		r.thoughts = min(r.thoughts, max(1, most/2))
	}
	if c != nil && c.IncludeThoughts {
		question, _ := ch.question()
		r.thought = fmt.Sprintf("**Reading the request**\n\nThe emulator has read %d turns and looks at the last one, %q, to decide what fits it.\n\n\n", len(ch.turns), shorten(question, 80))
	}
}

// putText makes text the reply's text, within stopSequences and
// maxOutputTokens, and signs it as the family does.
func (ch *chat) putText(r *reply, text string, id identity) {
	for _, stop := range ch.config.StopSequences {
		if i := strings.Index(text, stop); i >= 0 && stop != "" {
			text = text[:i]
		}
	}
	if most := ch.config.MaxOutputTokens; most > 0 {
		if left := most - r.thoughts; textTokens(text) > left {
			text, r.finish = cutTokens(text, left), finishMaxTokens
		}
	}
	r.tokens.text += textTokens(text)
	if ch.config.ResponseLogprobs {
		r.logprobs = logprobsOf(text, ch.config.Logprobs)
	}
	if ch.tool("googleSearch") {
		question, _ := ch.question()
		r.grounds = ground(question, text)
	}
	if ch.tool("urlContext") {
		question, _ := ch.question()
		r.urls = look(question).urls
	}
	if text == "" {
		return
	}
	p := part{Text: &text}
	// Recorded: Gemini 3 signs nearly every text, 2.5 with functions declared.
	m := ch.model
	if m.SignaturesEnforced || r.thoughts > 0 && len(ch.functions()) > 0 {
		p.ThoughtSignature = sign(id.of("text", 0), []byte(text))
	}
	r.parts = append(r.parts, p)
}

// putCalls makes function calls of the reply.
func (ch *chat) putCalls(r *reply, calls []functionCall, id identity) {
	for i := range calls {
		c := &calls[i]
		if ch.model.CallIDs {
			c.ID = id.of("call", i).name(8)
		}
		p := part{FunctionCall: c}
		// Of parallel calls only the first is signed: 43 of 43 recorded turns.
		if i == 0 && (ch.model.SignaturesEnforced || r.thoughts > 0) {
			p.ThoughtSignature = sign(id.of("call", i), signedCall(c.Name, c.Args))
		}
		r.parts = append(r.parts, p)
		r.tokens.text += textTokens(c.Name) + textTokens(string(c.Args))
	}
	if ch.model.Thinking.Control != "" {
		r.message = "Model generated function call(s)."
	}
}

// material is the text that schemas are filled from: the last question, what
// functions and files gave, or, when there is nothing else, the system's text.
func (ch *chat) material() string {
	question, since := ch.question()
	parts := []string{question}
	for _, t := range since {
		for _, d := range t.media {
			if d.text != "" {
				parts = append(parts, d.text)
			}
		}
		for _, r := range t.responses {
			parts = append(parts, resultText(r))
		}
	}
	text := strings.TrimSpace(strings.Join(parts, "\n"))
	if text == "" {
		return ch.system
	}
	return text
}

// spoil carries out the faults that change a reply.
func (ch *chat) spoil(r *reply) {
	end := func(finish, message string) {
		*r = reply{thoughts: r.thoughts, finish: finish, message: message}
	}
	name := "some_function"
	if f := ch.functions(); len(f) > 0 {
		name = f[0].Name
	}
	switch ch.fault.kind {
	case faultMaxTokens:
		end(finishMaxTokens, "")
	case faultMalformed:
		end("MALFORMED_FUNCTION_CALL", fmt.Sprintf("Malformed function call: print(default_api.%s(", name))
	case faultUnknown:
		end("UNEXPECTED_TOOL_CALL", "Unexpected tool call: Model tried to call an undeclared function: list_files")
	case faultEmpty:
		end(finishStop, "")
	case faultSafety:
		end("SAFETY", "")
	case faultRecite:
		end("RECITATION", "")
	case faultNoImage:
		end("NO_IMAGE", "")
	}
}

func blockedRatings() []safetyRating {
	return []safetyRating{
		{Category: "HARM_CATEGORY_DANGEROUS_CONTENT", Probability: "HIGH", Blocked: true},
		{Category: "HARM_CATEGORY_HARASSMENT", Probability: "NEGLIGIBLE"},
	}
}

// usage counts what the answer has cost so far: all of it, or the first tokens
// of a stream.
func (ch *chat) usage(a *answer, candidates tokenCount, thoughts int64) *usage {
	u := &usage{
		PromptTokenCount:        ch.prompt.total(),
		PromptTokensDetails:     ch.prompt.details(),
		CandidatesTokenCount:    candidates.total(),
		ThoughtsTokenCount:      thoughts,
		CachedContentTokenCount: ch.cached.total(),
		CacheTokensDetails:      ch.cached.details(),
		ToolUsePromptTokenCount: a.toolUse,
	}
	if a.toolUse > 0 {
		u.ToolUsePromptTokensDetails = []modalityCount{{"TEXT", a.toolUse}}
	}
	// Recorded with models that do not think, or that speak or paint.
	if ch.model.Thinking.Control == "" || candidates.text != candidates.total() {
		u.CandidatesTokensDetails = candidates.details()
	}
	u.TotalTokenCount = u.PromptTokenCount + u.CandidatesTokenCount + u.ThoughtsTokenCount + u.ToolUsePromptTokenCount
	if ch.vertex {
		u.TrafficType = "ON_DEMAND"
	} else if u.ServiceTier = strings.ToLower(ch.ServiceTier); u.ServiceTier == "" {
		u.ServiceTier = "standard"
	}
	return u
}

// shorten cuts a text for quoting.
func shorten(s string, most int) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		return strings.TrimSpace(string(r[:most])) + "…"
	}
	return s
}

// resultText returns a function result as text: what conventional keys hold,
// or the object as it is.
func resultText(r *gemini.FunctionResponse) string {
	n := parse(r.Response)
	for _, key := range []string{"output", "result", "return_value", "content", "error"} {
		if v := n.get(key); v.kind() != 0 {
			if s := v.text(); s != "" {
				return s
			}
			if v.kind() != '"' {
				return v.String()
			}
		}
	}
	return n.String()
}

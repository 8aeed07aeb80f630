package replay_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// want is the right OpenAI answer to a recorded native one. It is derived here
// from the recorded JSON alone.
type want struct {
	status int
	// codes lists the acceptable error codes when status is not 200.
	codes []string
	types []string
	// broken streams end without a finishReason: they must end in an error.
	broken  bool
	choices []*wantChoice
	usage   *wantUsage
	// models lists the names the answer may give itself.
	models []string
}

type wantChoice struct {
	index int
	// pieces are the visible texts and the code parts between them, in order.
	pieces    []piece
	reasoning string
	calls     []*wantCall
	finish    []string
	// native is the native reason, to be told where OpenAI has no word for it.
	native string
	media  []blob
	// extras are values no field of OpenAI's has room for; they must be found
	// somewhere in the choice.
	extras     []string
	signatures []string
	citations  []citation
	logprobs   []logprob
	// blocked prompts have no candidate; the choice is made up for them.
	blocked bool
}

type piece struct {
	text string
	code bool
}

type wantCall struct {
	name      string
	args      json.RawMessage
	signature string
	partial   map[string]any
}

type blob struct{ mime, data string }

type citation struct{ url, title, text string }

type logprob struct {
	token string
	value string
	top   []string
}

// Native reasons by what OpenAI calls them; see §6.2 of the mapping. Numbers are
// the enum's, as clients that ask for enum-encoding=int get them.
var (
	reasonNumbers = map[string]string{
		"0": "FINISH_REASON_UNSPECIFIED", "1": "STOP", "2": "MAX_TOKENS", "3": "SAFETY", "4": "RECITATION", "5": "OTHER",
		"6": "LANGUAGE", "7": "BLOCKLIST", "8": "PROHIBITED_CONTENT", "9": "SPII", "10": "MALFORMED_FUNCTION_CALL",
	}
	filtered = []string{
		"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT",
		"IMAGE_RECITATION", "MODEL_ARMOR", "JAILBREAK",
	}
	undecided = []string{"LANGUAGE", "OTHER", "NO_IMAGE", "IMAGE_OTHER"}
	malformed = []string{"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE"}
)

func reasonName(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	if name, ok := reasonNumbers[string(raw)]; ok {
		return name
	}
	return string(raw)
}

// finishReasons gives what may stand as finish_reason for a native reason.
func finishReasons(native string, calls, empty bool) []string {
	switch {
	case slices.Contains(filtered, native):
		return []string{"content_filter"}
	case slices.Contains(malformed, native):
		if calls {
			return []string{"tool_calls"}
		}
		return []string{"stop"}
	case slices.Contains(undecided, native) && empty:
		return []string{"stop", "content_filter"}
	case native == "LANGUAGE":
		return []string{"stop", "content_filter"}
	case native == "MAX_TOKENS" || native == "CONTINUATION":
		if calls {
			return []string{"length", "tool_calls"}
		}
		return []string{"length"}
	case calls:
		return []string{"tool_calls"}
	}
	return []string{"stop"}
}

type nativeCandidate struct {
	Index   int `json:"index"`
	Content struct {
		Parts []json.RawMessage `json:"parts"`
	} `json:"content"`
	FinishReason      json.RawMessage `json:"finishReason"`
	FinishMessage     string          `json:"finishMessage"`
	GroundingMetadata json.RawMessage `json:"groundingMetadata"`
	CitationMetadata  json.RawMessage `json:"citationMetadata"`
	LogprobsResult    json.RawMessage `json:"logprobsResult"`
}

type nativeChunk struct {
	Candidates     []nativeCandidate `json:"candidates"`
	PromptFeedback *struct {
		BlockReason        json.RawMessage `json:"blockReason"`
		BlockReasonMessage string          `json:"blockReasonMessage"`
	} `json:"promptFeedback"`
	UsageMetadata json.RawMessage `json:"usageMetadata"`
	ModelVersion  string          `json:"modelVersion"`
	Error         json.RawMessage `json:"error"`
}

// expectAnswer derives the right OpenAI answer to the exchange.
func expectAnswer(e *exchange, streamed bool) (*want, error) {
	if e.Response.Status != 200 {
		return expectError(e.Response.Status, e.body()), nil
	}
	w := &want{status: 200, models: []string{e.modelID()}}
	byIndex := map[int]*wantChoice{}
	finished := map[int]bool{}
	parts := map[int][]json.RawMessage{}
	grounding := map[int]json.RawMessage{}
	var usage json.RawMessage
	meaningful := false
	for _, data := range e.chunks() {
		var c nativeChunk
		if err := json.Unmarshal(data, &c); err != nil {
			return nil, fmt.Errorf("native chunk: %w", err)
		}
		if c.Error != nil {
			w.broken = true
		}
		if c.Candidates != nil || c.PromptFeedback != nil || c.UsageMetadata != nil {
			meaningful = true
		}
		if c.UsageMetadata != nil {
			usage = c.UsageMetadata
		}
		if c.ModelVersion != "" {
			w.models = append(w.models, strings.TrimPrefix(c.ModelVersion, "models/"))
		}
		for _, nc := range c.Candidates {
			choice := byIndex[nc.Index]
			if choice == nil {
				choice = &wantChoice{index: nc.Index}
				byIndex[nc.Index] = choice
				w.choices = append(w.choices, choice)
			}
			parts[nc.Index] = append(parts[nc.Index], nc.Content.Parts...)
			if nc.FinishReason != nil {
				choice.native = reasonName(nc.FinishReason)
				finished[nc.Index] = true
				if slices.Contains(malformed, choice.native) && nc.FinishMessage != "" {
					choice.extras = append(choice.extras, nc.FinishMessage)
				}
			}
			if len(nc.GroundingMetadata) > 2 {
				grounding[nc.Index] = nc.GroundingMetadata
			}
			if len(nc.LogprobsResult) > 2 {
				if err := choice.addLogprobs(nc.LogprobsResult); err != nil {
					return nil, err
				}
			}
			choice.addSources(nc.CitationMetadata)
		}
		if c.PromptFeedback != nil && len(c.Candidates) == 0 && len(w.choices) == 0 {
			w.choices = append(w.choices, &wantChoice{blocked: true, finish: []string{"content_filter"}})
			if m := c.PromptFeedback.BlockReasonMessage; m != "" {
				w.choices[0].extras = append(w.choices[0].extras, m)
			}
		}
	}
	if !meaningful {
		w.broken = true
	}
	for index, choice := range byIndex {
		if err := choice.addParts(parts[index]); err != nil {
			return nil, err
		}
		if err := choice.addGrounding(grounding[index]); err != nil {
			return nil, err
		}
		if !finished[index] && (streamed || len(parts[index]) == 0) {
			// A stream was cut off; a whole answer that neither says anything
			// nor why is none.
			w.broken = true
		}
		empty := len(choice.pieces) == 0 && len(choice.calls) == 0 && len(choice.media) == 0
		choice.finish = finishReasons(choice.native, len(choice.calls) > 0, empty)
	}
	slices.SortFunc(w.choices, func(a, b *wantChoice) int { return a.index - b.index })
	var err error
	w.usage, err = expectUsage(usage)
	return w, err
}

// addParts reads the parts of a candidate. A call whose response is there too
// was run by the server: nothing the client has to do.
func (c *wantChoice) addParts(parts []json.RawMessage) error {
	type call struct {
		Name         string            `json:"name"`
		Args         json.RawMessage   `json:"args"`
		PartialArgs  []json.RawMessage `json:"partialArgs"`
		WillContinue bool              `json:"willContinue"`
	}
	var open *wantCall
	var text string
	for _, data := range parts {
		var p struct {
			Text             *string         `json:"text"`
			Thought          bool            `json:"thought"`
			ThoughtSignature string          `json:"thoughtSignature"`
			FunctionCall     *call           `json:"functionCall"`
			FunctionResponse json.RawMessage `json:"functionResponse"`
			InlineData       *struct {
				MimeType string `json:"mimeType"`
				Data     string `json:"data"`
			} `json:"inlineData"`
			ExecutableCode *struct {
				Code string `json:"code"`
			} `json:"executableCode"`
			CodeExecutionResult *struct {
				Outcome string `json:"outcome"`
				Output  string `json:"output"`
			} `json:"codeExecutionResult"`
		}
		if err := json.Unmarshal(data, &p); err != nil {
			return fmt.Errorf("native part: %w", err)
		}
		if p.ThoughtSignature != "" && p.FunctionCall == nil {
			// A message has one place for a signature: of text and code the last
			// one holds. Media and Google's own calls carry theirs along.
			if p.Text != nil || p.ExecutableCode != nil {
				text = p.ThoughtSignature
			} else {
				c.signatures = append(c.signatures, p.ThoughtSignature)
			}
		}
		switch {
		case p.Text != nil && p.Thought:
			c.reasoning += *p.Text
		case p.Text != nil:
			if *p.Text != "" {
				c.pieces = append(c.pieces, piece{text: *p.Text})
			}
		case p.FunctionCall != nil:
			if p.FunctionCall.Name != "" {
				open = &wantCall{name: p.FunctionCall.Name, args: p.FunctionCall.Args, signature: p.ThoughtSignature}
				c.calls = append(c.calls, open)
			}
			if open == nil {
				return fmt.Errorf("a nameless call continues nothing")
			}
			for _, partial := range p.FunctionCall.PartialArgs {
				if err := open.addPartial(partial); err != nil {
					return err
				}
			}
		case p.FunctionResponse != nil:
			if n := len(c.calls); n > 0 {
				done := c.calls[n-1]
				c.calls = c.calls[:n-1]
				c.extras = append(c.extras, done.name)
				if err := c.addExtra(done.args); err != nil {
					return err
				}
			}
			if err := c.addExtra(p.FunctionResponse); err != nil {
				return err
			}
		case p.InlineData != nil:
			c.media = append(c.media, blob{p.InlineData.MimeType, p.InlineData.Data})
		case p.ExecutableCode != nil:
			c.pieces = append(c.pieces, piece{p.ExecutableCode.Code, true})
		case p.CodeExecutionResult != nil:
			if strings.TrimSpace(p.CodeExecutionResult.Output) != "" {
				c.pieces = append(c.pieces, piece{p.CodeExecutionResult.Output, true})
			}
		default:
			if err := c.addExtra(data); err != nil {
				return err
			}
		}
	}
	if text != "" {
		c.signatures = append(c.signatures, text)
	}
	return nil
}

// addExtra asks for every string inside the value to be found in the choice.
func (c *wantChoice) addExtra(data json.RawMessage) error {
	if data == nil {
		return nil
	}
	v, err := decode(data)
	if err != nil {
		return err
	}
	eachString(v, func(key, s string) {
		if key != "thoughtSignature" && s != "" {
			c.extras = append(c.extras, s)
		}
	})
	return nil
}

// addPartial puts a piece of a streamed argument where its path says. Recorded
// paths name a field of the top level.
func (c *wantCall) addPartial(data json.RawMessage) error {
	v, err := decode(data)
	if err != nil {
		return err
	}
	name, ok := strings.CutPrefix(textAt(v, "jsonPath"), "$.")
	if !ok || strings.ContainsAny(name, ".[") {
		return fmt.Errorf("unhandled jsonPath %q", textAt(v, "jsonPath"))
	}
	if c.partial == nil {
		c.partial = map[string]any{}
	}
	if s, ok := at(v, "stringValue").(string); ok {
		before, _ := c.partial[name].(string)
		c.partial[name] = before + s
		return nil
	}
	if n := at(v, "numberValue"); n != nil {
		c.partial[name] = n
		return nil
	}
	return fmt.Errorf("unhandled partial argument %s", data)
}

// arguments is the JSON object the call's arguments string must hold.
func (c *wantCall) arguments() json.RawMessage {
	if c.partial != nil {
		data, err := json.Marshal(c.partial)
		if err == nil {
			return data
		}
	}
	if c.args == nil {
		return json.RawMessage("{}")
	}
	return c.args
}

func (c *wantChoice) addGrounding(data json.RawMessage) error {
	if data == nil {
		return nil
	}
	v, err := decode(data)
	if err != nil {
		return err
	}
	chunks := listAt(v, "groundingChunks")
	for _, chunk := range chunks {
		for _, kind := range []string{"web", "retrievedContext", "maps"} {
			for _, field := range []string{"uri", "title"} {
				if s := textAt(chunk, kind, field); s != "" {
					c.extras = append(c.extras, s)
				}
			}
		}
	}
	for _, support := range listAt(v, "groundingSupports") {
		for _, n := range listAt(support, "groundingChunkIndices") {
			i, err := n.(json.Number).Int64()
			if err != nil || int(i) >= len(chunks) {
				continue
			}
			if web := at(chunks[i], "web"); web != nil {
				c.citations = append(c.citations, citation{textAt(web, "uri"), textAt(web, "title"), textAt(support, "segment", "text")})
			}
		}
	}
	return nil
}

// addSources asks for what the answer was recited from.
func (c *wantChoice) addSources(data json.RawMessage) {
	v, err := decode(data)
	if data == nil || err != nil {
		return
	}
	for _, s := range append(listAt(v, "citationSources"), listAt(v, "citations")...) {
		if uri := textAt(s, "uri"); uri != "" {
			c.extras = append(c.extras, uri)
		}
	}
}

func (c *wantChoice) addLogprobs(data json.RawMessage) error {
	v, err := decode(data)
	if err != nil {
		return err
	}
	steps := listAt(v, "topCandidates")
	for i, chosen := range listAt(v, "chosenCandidates") {
		l := logprob{token: textAt(chosen, "token"), value: fmt.Sprint(at(chosen, "logProbability"))}
		if i < len(steps) {
			for _, top := range listAt(steps[i], "candidates") {
				l.top = append(l.top, textAt(top, "token"))
			}
		}
		c.logprobs = append(c.logprobs, l)
	}
	return nil
}

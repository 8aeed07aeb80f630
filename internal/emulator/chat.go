package emulator

import (
	"bytes"
	"strings"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
)

// chat is a generateContent request, read and ready to be judged by the rules
// and answered.
type chat struct {
	*gemini.GenerateContentRequest
	config gemini.GenerationConfig
	model  *catalog.Row
	id     identity
	stream bool
	vertex bool
	fault  fault

	system string
	turns  []turn
	cache  *cache

	zeroTokens bool // maxOutputTokens was sent, as 0

	prompt tokenCount
	cached tokenCount // part of prompt
}

// turn is one content of the conversation.
type turn struct {
	role      string // user or model
	texts     []string
	media     []*medium
	calls     []*gemini.FunctionCall
	responses []*gemini.FunctionResponse
	content   *gemini.Content
}

// text returns the turn's texts together.
func (t *turn) text() string { return strings.Join(t.texts, "\n") }

// generateContent serves models/{model}:generateContent.
func (e *Emulator) generateContent(c *call) *Error {
	ch, err := e.readChat(c, false)
	if err != nil {
		return err
	}
	a, err := e.answer(ch)
	if err != nil {
		return err
	}
	return c.send(ch, a)
}

// streamGenerateContent serves models/{model}:streamGenerateContent.
func (e *Emulator) streamGenerateContent(c *call) *Error {
	ch, err := e.readChat(c, true)
	if err != nil {
		return err
	}
	a, err := e.answer(ch)
	if err != nil {
		return err
	}
	return c.stream(ch, a)
}

// readChat reads a chat request and lets the rules judge it.
func (e *Emulator) readChat(c *call, stream bool) (*chat, *Error) {
	body, err := e.body(c, e.config.MaxRequest)
	if err != nil {
		return nil, err
	}
	canonical, err := e.decode(body, "GenerateContentRequest", c.vertex)
	if err != nil {
		return nil, err
	}
	model, err := e.resolve(c, "generateContent")
	if err != nil {
		return nil, err
	}
	ch := &chat{model: model, stream: stream, vertex: c.vertex, fault: c.fault}
	if err := e.fillChat(ch, canonical); err != nil {
		return nil, err
	}
	return ch, nil
}

// fillChat reads the canonical request into ch and judges it.
func (e *Emulator) fillChat(ch *chat, canonical []byte) *Error {
	if err := ch.read(canonical); err != nil {
		return err
	}
	if err := e.loadCache(ch); err != nil {
		return err
	}
	for _, rule := range chatRules {
		if err := rule(ch); err != nil {
			return err
		}
	}
	if err := e.readTurns(ch); err != nil {
		return err
	}
	for _, rule := range turnRules {
		if err := rule(e, ch); err != nil {
			return err
		}
	}
	ch.count()
	if err := tooManyTokens(ch); err != nil {
		return err
	}
	ch.useCache()
	return nil
}

// read reads the canonical request.
func (ch *chat) read(canonical []byte) *Error {
	ch.GenerateContentRequest = &gemini.GenerateContentRequest{}
	if err := json.Unmarshal(canonical, ch.GenerateContentRequest); err != nil {
		return invalid("Invalid JSON payload received. %v", err)
	}
	if ch.GenerationConfig != nil {
		ch.config = *ch.GenerationConfig
	}
	ch.id = identify([]byte(ch.model.ID), canonical)
	ch.zeroTokens = ch.config.MaxOutputTokens == 0 && asksForZeroTokens(canonical)
	return nil
}

// asksForZeroTokens tells maxOutputTokens 0 from no maxOutputTokens.
func asksForZeroTokens(canonical []byte) bool {
	if !bytes.Contains(canonical, []byte(`"maxOutputTokens":0`)) {
		return false // most requests need not be read again
	}
	var r struct {
		GenerationConfig struct {
			MaxOutputTokens *int64 `json:"maxOutputTokens"`
		} `json:"generationConfig"`
	}
	return json.Unmarshal(canonical, &r) == nil && r.GenerationConfig.MaxOutputTokens != nil
}

// readTurns decodes the contents' texts and media.
func (e *Emulator) readTurns(ch *chat) *Error {
	if ch.SystemInstruction != nil {
		t, err := e.readTurn(ch, ch.SystemInstruction)
		if err != nil {
			return err
		}
		ch.system = t.text()
	}
	for i := range ch.Contents {
		t, err := e.readTurn(ch, &ch.Contents[i])
		if err != nil {
			return err
		}
		ch.turns = append(ch.turns, t)
	}
	return nil
}

func (e *Emulator) readTurn(ch *chat, c *gemini.Content) (turn, *Error) {
	t := turn{role: gemini.RoleUser, content: c}
	if c.Role == gemini.RoleModel {
		t.role = gemini.RoleModel
	}
	for i := range c.Parts {
		p := &c.Parts[i]
		switch {
		case p.InlineData != nil:
			t.media = append(t.media, inspect(p.InlineData.MIMEType, decodeBase64(p.InlineData.Data)))
		case p.FileData != nil:
			d, err := e.openFile(p.FileData)
			if err != nil {
				return t, err
			}
			t.media = append(t.media, d)
		case p.FunctionCall != nil:
			t.calls = append(t.calls, p.FunctionCall)
		case p.FunctionResponse != nil:
			t.responses = append(t.responses, p.FunctionResponse)
			inner, err := e.readTurn(ch, &gemini.Content{Parts: p.FunctionResponse.Parts})
			if err != nil {
				return t, err
			}
			t.media = append(t.media, inner.media...)
		case !p.Text.Empty() && !p.Thought:
			t.texts = append(t.texts, p.Text.Decode())
		}
	}
	return t, nil
}

// count counts the prompt's tokens.
func (ch *chat) count() {
	ch.prompt = tokenCount{text: textTokens(ch.system)}
	for _, t := range ch.turns {
		ch.prompt.add(ch.turnTokens(&t))
	}
	for _, tool := range ch.Tools {
		for _, f := range tool.FunctionDeclarations {
			ch.prompt.text += textTokens(f.Name) + int64(len(f.Description)+len(f.Parameters)+len(f.ParametersJSONSchema))/runesPerToken
		}
	}
	if ch.prompt.total() == 0 && len(ch.Contents) > 0 {
		ch.prompt.text = 1 // even an empty text counts; recorded
	}
	if ch.cache != nil {
		ch.cached = ch.cache.tokens
		ch.prompt.add(ch.cached)
	}
}

func (ch *chat) turnTokens(t *turn) tokenCount {
	var n tokenCount
	for _, s := range t.texts {
		n.text += textTokens(s)
	}
	for _, d := range t.media {
		n.add(mediaTokens(ch.model, d, ch.config.MediaResolution))
	}
	for _, c := range t.calls {
		n.text += textTokens(c.Name) + textTokens(string(c.Args))
	}
	for _, r := range t.responses {
		n.text += textTokens(r.Name) + textTokens(string(r.Response))
	}
	return n
}

// question returns the text of the last user turn that has one, and the
// results of functions that came since.
func (ch *chat) question() (text string, since []turn) {
	for i := len(ch.turns) - 1; i >= 0; i-- {
		if t := &ch.turns[i]; t.role == gemini.RoleUser && len(t.texts) > 0 {
			return t.text(), ch.turns[i:]
		}
	}
	return "", ch.turns
}

// results returns the function results that the question has so far.
func (ch *chat) results() []*gemini.FunctionResponse {
	_, since := ch.question()
	var out []*gemini.FunctionResponse
	for _, t := range since {
		out = append(out, t.responses...)
	}
	return out
}

// functions returns all declarations.
func (ch *chat) functions() []*gemini.FunctionDeclaration {
	var out []*gemini.FunctionDeclaration
	for i := range ch.Tools {
		for j := range ch.Tools[i].FunctionDeclarations {
			out = append(out, &ch.Tools[i].FunctionDeclarations[j])
		}
	}
	return out
}

// tool reports whether one of Google's own tools is on, such as googleSearch.
func (ch *chat) tool(name string) bool {
	for _, t := range ch.Tools {
		if len(t.Extra) > 0 && parse(t.Extra).has(name) {
			return true
		}
	}
	return false
}

// schema returns the schema the answer has to satisfy, if any.
func (ch *chat) schema() node {
	extra := parse(ch.config.Extra)
	for _, s := range []node{
		parse(ch.config.ResponseJSONSchema), parse(ch.config.ResponseSchema),
		extra.get("_responseJsonSchema"), ch.responseFormat("text").get("schema"),
	} {
		if s.kind() == '{' {
			return s
		}
	}
	return node{}
}

// responseFormat returns one format of generationConfig.responseFormat, which
// is an object in the documentation and a list in the SDK.
func (ch *chat) responseFormat(name string) node {
	f := parse(ch.config.Extra).get("responseFormat")
	for _, one := range append(f.items, f) {
		if n := one.get(name); n.kind() == '{' {
			return n
		}
	}
	return node{}
}

// wantsJSON reports whether the answer has to be JSON.
func (ch *chat) wantsJSON() bool {
	return ch.config.ResponseMIMEType == "application/json" || ch.responseFormat("text").get("mimeType").text() == "APPLICATION_JSON"
}

// wants reports whether the modality is asked for by name.
func (ch *chat) wants(modality string) bool {
	for _, m := range ch.config.ResponseModalities {
		if strings.EqualFold(m, modality) {
			return true
		}
	}
	return false
}

// argument returns a call's arguments in the spelling that does not depend on
// white space or on the order of members.
func argument(args raw.Value) []byte {
	if len(args) == 0 {
		return []byte("{}")
	}
	v := raw.Value(append([]byte(nil), args...))
	if err := v.Canonicalize(); err != nil {
		return args
	}
	return v
}

package translate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json/jsontext"
)

// Rules for turning messages into contents:
//
//   - system and developer messages, wherever they stand, become parts of one
//     system instruction, in order;
//   - neighbouring messages of one side become one content;
//   - a run of assistant messages is one model content, its calls together;
//   - the results of those calls become one user content in call order,
//     wherever the client put them; what a user says among them follows behind,
//     in a content of its own (glued to the results, Gemini 3 answers nothing);
//   - a result without a call is left out and reported; a call without a
//     result is refused, as OpenAI does;
//   - empty texts are left out, since Gemini refuses them;
//   - Gemini needs a user turn first when the history starts with a call, and
//     last where the model takes no prefill: a minimal one is added.

// filler stands where Gemini needs a text and the client gave none.
var filler = raw.String(`" "`)

// conversation builds the contents.
type conversation struct {
	t        *chatRequest
	contents []gemini.Content
	origins  []int // for each content the first message it is made of; -1: none
	system   []gemini.Part
	results  []result
	byID     queues          // the results
	known    map[string]bool // ids of all calls of the history
}

// result is a tool message that waits for its call.
type result struct {
	message int // index into messages
	taken   bool
}

func (t *chatRequest) messages() error {
	b := &conversation{t: t}
	in := t.in.Messages
	for i := range in {
		if role := in[i].Role; role == openai.RoleTool || role == openai.RoleFunction {
			b.results = append(b.results, result{message: i})
		}
	}
	if len(b.results) > 0 {
		b.index()
	}
	for i := 0; i < len(in); {
		path := fmt.Sprintf("messages[%d]", i)
		switch in[i].Role {
		case openai.RoleSystem, openai.RoleDeveloper:
			if err := b.addSystem(path, &in[i]); err != nil {
				return err
			}
			i++
		case openai.RoleUser:
			parts, err := t.parts(path, &in[i])
			if err != nil {
				return err
			}
			b.add(gemini.RoleUser, parts, i)
			i++
		case openai.RoleAssistant, "model":
			n, err := b.addAssistantRun(i)
			if err != nil {
				return err
			}
			i += n
		case openai.RoleTool, openai.RoleFunction:
			i++ // taken where its call stands
		case "":
			return openai.Invalid(path+".role", "missing_required_parameter", path+".role is required")
		default:
			return openai.Invalid(path+".role", "invalid_value",
				fmt.Sprintf("%s.role must be system, developer, user, assistant, tool or function, got %q", path, in[i].Role))
		}
	}
	for _, r := range b.results {
		if !r.taken {
			t.ignore(fmt.Sprintf("messages[%d]", r.message))
		}
	}
	if len(b.contents)+len(b.system) == 0 && len(b.results) > 0 {
		return openai.Invalid("messages[0]", "invalid_value",
			"messages[0]: a tool message must follow an assistant message with the tool_calls it answers")
	}
	b.finish()
	return nil
}

// add appends parts, to the last content if it has the role and no function
// parts stand between.
func (b *conversation) add(role string, parts []gemini.Part, message int) {
	if len(parts) == 0 {
		return
	}
	if n := len(b.contents); n > 0 {
		last := &b.contents[n-1]
		if last.Role == role && !hasResults(last) {
			if have := len(last.Parts); have+len(parts) > cap(last.Parts) {
				// The messages that follow may well belong to it, too.
				last.Parts = slices.Grow(last.Parts, len(parts)+min(7*have, len(b.t.in.Messages)-1-message))
			}
			last.Parts = append(last.Parts, parts...)
			return
		}
	}
	b.put(role, parts, message)
}

// put appends a content of its own, made of the messages from that one on.
func (b *conversation) put(role string, parts []gemini.Part, message int) {
	b.contents = append(b.contents, gemini.Content{Role: role, Parts: parts})
	b.origins = append(b.origins, message)
}

// lead puts a content before all others that no message has.
func (b *conversation) lead(parts []gemini.Part) {
	b.contents = append([]gemini.Content{{Role: gemini.RoleUser, Parts: parts}}, b.contents...)
	b.origins = append([]int{-1}, b.origins...)
}

func hasResults(c *gemini.Content) bool {
	return len(c.Parts) > 0 && c.Parts[0].FunctionResponse != nil
}

func hasCalls(c *gemini.Content) bool {
	for i := range c.Parts {
		if c.Parts[i].FunctionCall != nil {
			return true
		}
	}
	return false
}

func (b *conversation) addSystem(path string, m *openai.Message) error {
	parts, err := b.t.parts(path, m)
	if err != nil {
		return err
	}
	for i := range parts {
		if parts[i].Text.IsZero() {
			return openai.Invalid(path+".content", "invalid_value", path+".content must be text: Gemini takes no media in a system instruction")
		}
	}
	b.system = append(b.system, parts...)
	return nil
}

// addAssistantRun adds the assistant messages from index i on, up to the next
// message that is neither an assistant's nor in between a system's, with their
// results. It returns how many messages it took.
func (b *conversation) addAssistantRun(i int) (int, error) {
	in := b.t.in.Messages
	var parts []gemini.Part
	var calls []call
	n := i
	for ; n < len(in) && (in[n].Role == openai.RoleAssistant || in[n].Role == "model"); n++ {
		path := fmt.Sprintf("messages[%d]", n)
		p, err := b.t.assistantParts(path, &in[n])
		if err != nil {
			return 0, err
		}
		parts = append(parts, p...)
		c, err := b.t.calls(path, &in[n])
		if err != nil {
			return 0, err
		}
		if calls == nil {
			calls = c
		} else {
			calls = append(calls, c...)
		}
	}
	if len(calls) == 0 {
		b.add(gemini.RoleModel, parts, i)
		return n - i, nil
	}
	b.t.sign(calls)
	parts = slices.Grow(parts, len(calls))
	for k := range calls {
		parts = append(parts, gemini.Part{FunctionCall: calls[k].function, ThoughtSignature: calls[k].signature})
	}
	b.add(gemini.RoleModel, parts, i)
	if err := b.addResults(calls, n); err != nil {
		return 0, err
	}
	return n - i, nil
}

// addResults gathers the results of a batch of calls into one content, in call
// order. A result is found by id, wherever it stands behind the calls; what is
// then left is matched by name and at last by order, since some clients lose
// the ids.
func (b *conversation) addResults(calls []call, from int) error {
	in := b.t.in.Messages
	end := from // results for calls without a matching id are looked for up to the next assistant
	for end < len(in) && in[end].Role != openai.RoleAssistant && in[end].Role != "model" {
		end++
	}
	match := make([]*result, len(calls))
	missing := false
	for k := range calls {
		if calls[k].id != "" {
			match[k] = b.byID.take(calls[k].id, from)
		}
		missing = missing || match[k] == nil
	}
	if missing {
		b.guess(calls, match, from, end)
	}

	parts := make([]gemini.Part, 0, len(calls))
	var media []gemini.Part
	for k := range calls {
		if match[k] == nil {
			return openai.Invalid(calls[k].message+".tool_calls", "invalid_value", fmt.Sprintf(
				"%s: an assistant message with tool_calls must be followed by a tool message for each tool_call_id; the result of %q (%s) is missing",
				calls[k].message, calls[k].id, calls[k].name))
		}
		part, more, err := b.t.result(&calls[k], match[k].message)
		if err != nil {
			return err
		}
		parts = append(parts, part)
		media = append(media, more...)
	}
	b.put(gemini.RoleUser, parts, match[0].message)
	if len(media) > 0 {
		b.put(gemini.RoleUser, media, match[0].message)
	}
	return nil
}

// finish puts the system instruction and the turns Gemini needs in place.
func (b *conversation) finish() {
	t := b.t
	if len(b.contents) == 0 {
		// A prompt of system messages alone is answered by OpenAI: its text is
		// all there is to answer, so it becomes the user's.
		parts := b.system
		if b.system = nil; len(parts) == 0 {
			parts = []gemini.Part{{Text: filler}}
		}
		b.put(gemini.RoleUser, parts, 0)
	}
	if first := &b.contents[0]; first.Role == gemini.RoleModel && hasCalls(first) {
		b.lead([]gemini.Part{{Text: filler}})
	}
	if last := &b.contents[len(b.contents)-1]; last.Role == gemini.RoleModel && !t.model.Prefill {
		b.put(gemini.RoleUser, []gemini.Part{{Text: raw.Quote("Continue.")}}, -1)
	}
	switch {
	case len(b.system) == 0:
	case t.model.SystemInstruction:
		t.out.SystemInstruction = &gemini.Content{Parts: b.system}
	default:
		// Models without a system instruction read it as the user's first words.
		if first := &b.contents[0]; first.Role == gemini.RoleUser && !hasResults(first) {
			first.Parts = append(b.system, first.Parts...)
		} else {
			b.lead(b.system)
		}
	}
	t.out.Contents = b.contents
	t.chat.origins.contents = b.origins
}

// call is one function call of the history.
type call struct {
	message   string // path of its message
	id        string // as the client knows it
	name      string // the client's name
	function  *gemini.FunctionCall
	signature raw.String
}

// litellmMark divides an id from a signature that LiteLLM hid behind it.
const litellmMark = "__thought__"

// calls maps the tool calls of an assistant message.
func (t *chatRequest) calls(path string, m *openai.Message) ([]call, error) {
	var out []call
	if len(m.ToolCalls) > 0 {
		out = make([]call, 0, len(m.ToolCalls))
	}
	for i := range m.ToolCalls {
		c := call{message: path, id: m.ToolCalls[i].ID}
		tc := &m.ToolCalls[i]
		invalid := func(member, code, problem string) error {
			param := fmt.Sprintf("%s.tool_calls[%d]%s", path, i, member)
			return openai.Invalid(param, code, param+problem)
		}
		var args raw.Value
		var err error
		signature := firstString(tc.ExtraContent.Signature(), tc.ThoughtSignature)
		switch {
		case tc.Function != nil:
			c.name = tc.Function.Name
			signature = firstString(signature, tc.Function.ThoughtSignature)
			if tc.ProviderFields != nil {
				signature = firstString(signature, tc.ProviderFields.ThoughtSignature)
			}
			var ok bool
			if args, ok = arguments(tc.Function.Arguments); !ok {
				err = invalid(".function.arguments", "invalid_value", noArguments)
			}
		case tc.Custom != nil:
			c.name = tc.Custom.Name
			args = object("input", raw.Value(tc.Custom.Input))
		default:
			err = invalid(".function", "missing_required_parameter", " is required")
		}
		if err != nil {
			return nil, err
		}
		if c.name == "" {
			return nil, invalid(".function.name", "missing_required_parameter", " is required")
		}
		id, hidden, _ := strings.Cut(tc.ID, litellmMark)
		c.function = &gemini.FunctionCall{Name: t.chat.names.toGemini(c.name), Args: args}
		if t.model.CallIDs {
			c.function.ID = id
		}
		if signature == nil && hidden != "" {
			signature = raw.Quote(hidden)
		}
		c.signature = signature
		out = append(out, c)
	}
	if f := m.More().FunctionCall; f != nil && len(out) == 0 {
		args, ok := arguments(f.Arguments)
		if !ok {
			param := path + ".function_call.arguments"
			return nil, openai.Invalid(param, "invalid_value", param+noArguments)
		}
		out = append(out, call{
			message: path, name: f.Name, signature: f.ThoughtSignature,
			function: &gemini.FunctionCall{Name: t.chat.names.toGemini(f.Name), Args: args},
		})
	}
	if len(out) > 0 && out[0].signature == nil {
		out[0].signature = messageSignature(m)
	}
	return out, nil
}

const noArguments = " must be a JSON object as text"

// arguments reads the JSON inside a JSON string: an object, kept byte for byte.
func arguments(s raw.String) (v raw.Value, ok bool) {
	text := strings.TrimSpace(s.Decode())
	if text == "" || text == "null" { // how some clients say that there are none
		return raw.Value("{}"), true
	}
	v = raw.Value(text)
	return v, v.Kind() == '{' && v.IsValid()
}

// result maps a tool message. Media a model cannot take inside the result come
// back as parts to put behind it.
func (t *chatRequest) result(c *call, message int) (gemini.Part, []gemini.Part, error) {
	m, path := &t.in.Messages[message], fmt.Sprintf("messages[%d]", message)
	f := &gemini.FunctionResponse{Name: c.function.Name, ID: c.function.ID}
	var media []gemini.Part
	var texts []raw.String
	if m.Content.Parts == nil {
		texts = []raw.String{m.Content.Text}
	} else {
		parts, err := t.parts(path, m)
		if err != nil {
			return gemini.Part{}, nil, err
		}
		for i := range parts {
			if parts[i].Text.IsZero() {
				media = append(media, parts[i])
			} else {
				texts = append(texts, parts[i].Text)
			}
		}
	}
	media = append(media, serverParts(m)...)
	f.Response = response(raw.Concat(texts...))
	if t.model.ResponseParts {
		f.Parts, media = media, nil
	}
	return gemini.Part{FunctionResponse: f}, media, nil
}

// response makes the object Gemini wants of a tool's output: a JSON object as
// it is, anything else as {"output":…}. Gemini 3 resolves $ref inside objects
// and refuses unknown ones, so objects that hold one travel as text.
func response(text raw.String) raw.Value {
	v := raw.Value(strings.TrimSpace(text.Decode()))
	if len(v) > 0 && v[0] == '{' && v.IsValid() && !holdsRef(v) {
		return v
	}
	return object("output", raw.Value(text))
}

// holdsRef reports whether any object inside v has a member named $ref.
func holdsRef(v raw.Value) bool {
	if !strings.Contains(string(v), `$ref`) && !strings.Contains(string(v), `\u0024`) {
		return false
	}
	dec := jsontext.NewDecoder(strings.NewReader(string(v)))
	for {
		tok, err := dec.ReadToken()
		if err != nil {
			return false
		}
		kind, n := dec.StackIndex(dec.StackDepth())
		if tok.Kind() == '"' && kind == '{' && n%2 == 1 && tok.String() == "$ref" {
			return true
		}
	}
}

func firstString(all ...raw.String) raw.String {
	for _, s := range all {
		if !s.Empty() {
			return s
		}
	}
	return nil
}

package replay_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
)

// meaning is what a request asks for, spelled one way whatever wire format it
// came in. The settings have these names:
//
//	system                 the system texts
//	tool/NAME/description  of a function
//	tool/NAME/schema       of its arguments
//	builtin/NAME           a tool Gemini runs itself
//	choice                 which functions may or must be called
//	gen/NAME               a setting, in Gemini's words
type meaning struct {
	settings map[string]string
	turns    conversation
}

func newMeaning() *meaning { return &meaning{settings: map[string]string{}} }

// difference is one thing in which two requests do not mean the same.
type difference struct {
	name string // of a setting, or turns, turn or item
	role string // whose turn
	a, b item
}

func (d difference) String() string {
	at := d.name
	if d.role != "" {
		at += " of " + d.role
	}
	return fmt.Sprintf("%s: %s | %s", at, clip(d.a.String(), 300), clip(d.b.String(), 300))
}

// differences lists in what two requests differ in meaning.
func differences(a, b *meaning) []difference {
	var list []difference
	names := map[string]bool{}
	for name := range a.settings {
		names[name] = true
	}
	for name := range b.settings {
		names[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if x, y := a.settings[name], b.settings[name]; x != y {
			list = append(list, difference{name: name, a: item{value: x}, b: item{value: y}})
		}
	}
	x, y := a.turns.merged(), b.turns.merged()
	if len(x) != len(y) {
		return append(list, difference{name: "turns", a: item{value: x.String()}, b: item{value: y.String()}})
	}
	for i := range x {
		list = append(list, x[i].differences(y[i])...)
	}
	return list
}

// turn is a run of content by one side, whatever number of messages it came in.
type turn struct {
	role  string
	items []item
}

// item is a text, a medium, a call or a result.
type item struct {
	kind  string
	name  string
	value string
}

func (t *turn) add(kind, name, value string) {
	if kind == "text" {
		value = squeeze(value)
		if value == "" {
			return
		}
		if n := len(t.items); n > 0 && t.items[n-1].kind == "text" {
			t.items[n-1].value += " " + value
			return
		}
	}
	t.items = append(t.items, item{kind, name, value})
}

func (t *turn) String() string {
	var b strings.Builder
	b.WriteString(t.role + ":")
	for _, it := range t.items {
		fmt.Fprintf(&b, " [%s]", it)
	}
	return b.String()
}

func (it item) String() string {
	return strings.TrimSpace(it.kind + " " + it.name + " " + it.value)
}

func (t *turn) differences(u *turn) []difference {
	if t.role != u.role || len(t.items) != len(u.items) {
		return []difference{{"turn", t.role, item{value: t.String()}, item{value: u.String()}}}
	}
	var list []difference
	for i := range t.items {
		if t.items[i] != u.items[i] {
			list = append(list, difference{"item", t.role, t.items[i], u.items[i]})
		}
	}
	return list
}

type conversation []*turn

// side gives the last turn if it is the role's, else a new one.
func (c *conversation) side(role string) *turn {
	if n := len(*c); n > 0 && (*c)[n-1].role == role {
		return (*c)[n-1]
	}
	t := &turn{role: role}
	*c = append(*c, t)
	return t
}

// merged leaves out turns that say nothing, and joins neighbouring turns of one
// side: where a message ends does not matter.
func (c conversation) merged() conversation {
	var out conversation
	for _, t := range c {
		if len(t.items) == 0 {
			continue
		}
		into := out.side(t.role)
		for _, it := range t.items {
			into.add(it.kind, it.name, it.value)
		}
	}
	return out
}

func (c conversation) String() string {
	var all []string
	for _, t := range c {
		all = append(all, t.String())
	}
	return strings.Join(all, " ")
}

// squeeze makes one space of every run of white space.
func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// field reads a protobuf field under either of its JSON names.
func field(v any, camel string) any {
	if f := at(v, camel); f != nil {
		return f
	}
	return at(v, snake(camel))
}

func snake(camel string) string {
	var b strings.Builder
	for _, r := range camel {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// asList takes a list, or one object where a list was meant.
func asList(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case nil:
		return nil
	}
	return []any{v}
}

// nativeMeaning reads a generateContent request.
func nativeMeaning(data []byte) (*meaning, error) {
	v, err := decode(data)
	if err != nil {
		return nil, err
	}
	m := newMeaning()
	var system []string
	for _, p := range asList(field(field(v, "systemInstruction"), "parts")) {
		system = append(system, textAt(p, "text"))
	}
	if s := squeeze(strings.Join(system, "\n")); s != "" {
		m.settings["system"] = s
	}
	turns := &m.turns
	for _, c := range asList(at(v, "contents")) {
		if s, ok := c.(string); ok {
			turns.side("user").add("text", "", s)
			continue
		}
		role := textAt(c, "role")
		if role != "model" {
			role = "user"
		}
		t := turns.side(role)
		for _, p := range asList(at(c, "parts")) {
			if err := t.addPart(p); err != nil {
				return nil, err
			}
		}
	}
	functions := false
	for _, tool := range asList(at(v, "tools")) {
		object, ok := tool.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("a tool is no object: %v", tool)
		}
		for name := range object {
			if name != "functionDeclarations" && name != "function_declarations" {
				m.settings["builtin/"+name] = "on"
			}
		}
		for _, f := range asList(field(tool, "functionDeclarations")) {
			functions = true
			schema := at(f, "parameters")
			for _, k := range []string{"parametersJsonSchema"} {
				if s := field(f, k); s != nil {
					schema = s
				}
			}
			m.function(textAt(f, "name"), textAt(f, "description"), schema)
		}
	}
	if c := field(field(v, "toolConfig"), "functionCallingConfig"); c != nil && functions {
		var names []string
		for _, n := range asList(field(c, "allowedFunctionNames")) {
			names = append(names, fmt.Sprint(n))
		}
		m.choice(strings.ToUpper(textAt(c, "mode")), names)
	}
	if err := m.generation(field(v, "generationConfig")); err != nil {
		return nil, err
	}
	for _, k := range []string{"safetySettings", "cachedContent", "serviceTier", "labels"} {
		if f := field(v, k); f != nil && len(asList(f)) > 0 {
			m.settings["gen/"+k] = canonical(f)
		}
	}
	return m, nil
}

func (t *turn) addPart(p any) error {
	if thought, _ := at(p, "thought").(bool); thought {
		return nil // a thought that was sent back has no bearing
	}
	switch {
	case at(p, "text") != nil:
		t.add("text", "", textAt(p, "text"))
	case field(p, "inlineData") != nil:
		d := field(p, "inlineData")
		return t.addMedium(textOf(field(d, "mimeType")), textOf(field(d, "data")))
	case field(p, "fileData") != nil:
		d := field(p, "fileData")
		t.add("file", "", textOf(field(d, "fileUri")))
	case field(p, "functionCall") != nil:
		c := field(p, "functionCall")
		t.add("call", textAt(c, "name"), canonical(orEmpty(at(c, "args"))))
	case field(p, "functionResponse") != nil:
		r := field(p, "functionResponse")
		t.add("result", textAt(r, "name"), canonical(result(at(r, "response"))))
		for _, part := range asList(at(r, "parts")) {
			if err := t.addPart(part); err != nil {
				return err
			}
		}
	case field(p, "executableCode") != nil:
		t.add("code", "", textAt(field(p, "executableCode"), "code"))
	case field(p, "codeExecutionResult") != nil:
		t.add("output", "", textAt(field(p, "codeExecutionResult"), "output"))
	}
	return nil
}

func textOf(v any) string {
	s, _ := v.(string)
	return s
}

func orEmpty(v any) any {
	if v == nil {
		return map[string]any{}
	}
	return v
}

// addMedium adds bytes by their hash, under one name per kind of medium.
func (t *turn) addMedium(mime, data string) error {
	raw, err := base64.RawStdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/", "=", "", "\n", "", "\r", "").Replace(data))
	if err != nil {
		return fmt.Errorf("a medium of type %s: %w", mime, err)
	}
	t.add("media", mimeName(mime), fmt.Sprintf("%x", sha256.Sum256(raw)))
	return nil
}

func mimeName(mime string) string {
	switch mime {
	case "audio/mp3":
		return "audio/mpeg"
	case "audio/x-wav", "audio/wave":
		return "audio/wav"
	case "image/jpg":
		return "image/jpeg"
	}
	return mime
}

// result takes what a function gave out of the wrapping that makes an object of
// it; recorded clients use several.
func result(v any) any {
	object, ok := v.(map[string]any)
	if !ok {
		return parsed(v)
	}
	if len(object) == 1 {
		for _, k := range []string{"result", "output", "return_value", "content", "error"} {
			if inner, ok := object[k]; ok {
				return result(inner)
			}
		}
	}
	if len(object) == 2 && object["name"] != nil && object["content"] != nil {
		return parsed(plain(object["content"]))
	}
	return v
}

// parsed reads a string that holds JSON, and squeezes one that does not.
func parsed(v any) any {
	s, ok := v.(string)
	if !ok {
		return v
	}
	if inner, err := decode([]byte(s)); err == nil {
		if object, ok := inner.(map[string]any); ok {
			return result(object)
		}
		return inner
	}
	return squeeze(s)
}

func (m *meaning) function(name, description string, schema any) {
	m.settings["tool/"+name+"/description"] = squeeze(description)
	m.settings["tool/"+name+"/schema"] = schemaMeaning(schema)
}

func (m *meaning) choice(mode string, names []string) {
	sort.Strings(names)
	if mode == "AUTO" || mode == "MODE_UNSPECIFIED" || mode == "" || mode == "VALIDATED" && names == nil {
		return // VALIDATED is AUTO with the schema held to
	}
	m.settings["choice"] = strings.TrimSpace(mode + " " + strings.Join(names, " "))
}

// generation reads generationConfig.
func (m *meaning) generation(v any) error {
	object, _ := v.(map[string]any)
	for name, value := range object {
		if value == nil {
			continue
		}
		switch name := camel(name); name {
		case "maxOutputTokens", "temperature", "topP", "topK", "seed", "presencePenalty", "frequencyPenalty",
			"responseLogprobs", "logprobs", "stopSequences", "speechConfig", "imageConfig", "mediaResolution":
			if list, ok := value.([]any); ok && len(list) == 0 {
				continue
			}
			m.settings["gen/"+name] = canonical(value)
		case "candidateCount":
			if s := canonical(value); s != "1" {
				m.settings["gen/"+name] = s
			}
		case "responseMimeType":
			if value != "text/plain" {
				m.settings["gen/"+name] = fmt.Sprint(value)
			}
		case "responseSchema", "responseJsonSchema":
			m.settings["gen/responseSchema"] = schemaMeaning(value)
		case "responseModalities":
			if s := canonical(value); !strings.EqualFold(s, `["TEXT"]`) {
				m.settings["gen/"+name] = strings.ToUpper(s)
			}
		case "thinkingConfig":
			if b := field(value, "thinkingBudget"); b != nil {
				m.settings["gen/thinking"] = "budget " + canonical(b)
			}
			if l := field(value, "thinkingLevel"); l != nil {
				m.settings["gen/thinking"] = "level " + strings.ToLower(fmt.Sprint(l))
			}
		default:
			return fmt.Errorf("setting %q has no meaning here yet", name)
		}
	}
	return nil
}

func camel(snake string) string {
	parts := strings.Split(snake, "_")
	for i, p := range parts[1:] {
		if p != "" {
			parts[i+1] = strings.ToUpper(p[:1]) + p[1:]
		}
	}
	return strings.Join(parts, "")
}

// canonical writes a value with sorted keys and numbers by value.
func canonical(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(numbers(v)); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(b.String())
}

// numbers makes 1.0 and 1 the same.
func numbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if f, err := v.Float64(); err == nil && f == float64(int64(f)) && f < 1<<53 && f > -1<<53 {
			return int64(f)
		}
		return v
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = numbers(v[i])
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k := range v {
			out[k] = numbers(v[k])
		}
		return out
	}
	return v
}

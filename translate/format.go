package translate

import (
	"fmt"
	"slices"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
)

// finalAnswer emulates structured output beside functions on models that
// refuse the pair: the schema becomes a function of its own that the model must
// call when it is done, and that call becomes the content of the answer.
type finalAnswer struct {
	name string
	wrap bool // the schema is not an object, so it stands under "value"
	back *restorer
}

// finalName is what the emulated function is called, unless a tool is.
const finalName = "final_answer"

// responseFormat maps response_format.
func (t *chatRequest) responseFormat() error {
	f := t.in.ResponseFormat
	if f == nil {
		return nil
	}
	var schema raw.Value
	var description raw.String
	switch f.Type {
	case "text", "":
		return nil
	case "json_object":
		schema = f.Schema
		if len(schema) == 0 {
			schema = f.ResponseSchema
		}
	case "json_schema":
		const path = "response_format.json_schema"
		if f.JSONSchema == nil {
			return openai.Invalid(path, "missing_required_parameter", path+" is required with the type json_schema")
		}
		schema, description = f.JSONSchema.Schema, f.JSONSchema.Description
		if trivial(schema) {
			return openai.Invalid(path+".schema", "missing_required_parameter", path+".schema is required")
		}
	default:
		return openai.Invalid("response_format.type", "invalid_value",
			fmt.Sprintf("response_format.type must be text, json_object or json_schema, got %q", f.Type))
	}
	if trivial(schema) {
		schema = nil
	}
	if len(schema) > 0 && schema.Kind() != '{' {
		return openai.Invalid("response_format.json_schema.schema", "invalid_type",
			"response_format.json_schema.schema must be a JSON Schema object, got "+raw.KindName(schema.Kind()))
	}
	if functions := t.functions(); len(functions) > 0 && !t.model.JSONWithTools {
		return t.emulateFormat(schema, description)
	}
	if t.model.JSONWithTools && t.chosenMode() == gemini.ModeAny {
		// Gemini refuses JSON output where a function must be called; such a turn
		// gives calls and no text, so nothing is lost.
		return nil
	}
	if !t.model.JSONOutput {
		t.ignore("response_format")
		return nil
	}
	t.config.ResponseMIMEType = "application/json"
	if schema == nil {
		return nil
	}
	if bareEnum(schema) {
		// A list of values alone works with a type of its own only, and comes
		// back without the quotes that make it JSON.
		t.config.ResponseMIMEType = "text/x.enum"
		t.chat.bareEnum = true
		clean, _, err := t.openAPISchema("response_format.json_schema.schema", schema, false, true)
		t.config.ResponseSchema = clean
		return err
	}
	return t.answerSchema("response_format.json_schema.schema", schema)
}

// bareEnum reports whether a schema is nothing but a list of strings.
func bareEnum(schema raw.Value) bool {
	if len(schema) > maxSchemaBytes { // it is refused anyway
		return false
	}
	all, err := objectMembers(schema)
	if err != nil {
		return false
	}
	list := false
	for _, m := range all {
		switch m.name {
		case "enum":
			values, err := elements(m.value)
			list = m.value.Kind() == '[' && err == nil && len(values) > 0 && len(stringsOf(m.value)) == len(values)
		case "type":
			if string(m.value) != `"string"` {
				return false
			}
		}
	}
	return list
}

func (t *chatRequest) chosenMode() string {
	if t.out.ToolConfig == nil || t.out.ToolConfig.FunctionCallingConfig == nil {
		return ""
	}
	return t.out.ToolConfig.FunctionCallingConfig.Mode
}

// emulateFormat offers the schema as a function. The model has to call one of
// the functions, so it either goes on working or gives its final answer.
func (t *chatRequest) emulateFormat(schema raw.Value, description raw.String) error {
	switch t.chosenMode() {
	case gemini.ModeAny: // a call is demanded: there is no text to format
		return nil
	case gemini.ModeNone: // no call is wanted: then no functions either
		t.out.Tools = slices.DeleteFunc(t.out.Tools, func(tool gemini.Tool) bool { return len(tool.FunctionDeclarations) > 0 })
		t.out.ToolConfig.FunctionCallingConfig = nil
		return t.responseFormat()
	}
	final := &finalAnswer{name: t.chat.names.toGemini(finalName)}
	if schema == nil {
		schema = raw.Value(`{"type":"object","additionalProperties":true}`)
	}
	var root struct {
		Type  raw.Value `json:"type"`
		Enum  raw.Value `json:"enum"`
		Const raw.Value `json:"const"`
		AnyOf raw.Value `json:"anyOf"`
		OneOf raw.Value `json:"oneOf"`
	}
	if json.Unmarshal(schema, &root) != nil || root.Type != nil && string(root.Type) != `"object"` ||
		root.Type == nil && (root.Enum != nil || root.Const != nil || root.AnyOf != nil || root.OneOf != nil) {
		final.wrap = true
		schema = raw.Value(`{"type":"object","properties":{"value":` + string(schema) + `},"required":["value"]}`)
	}
	about := "Call this function to give your final answer to the user, and only when no other function is needed."
	if !description.Empty() {
		about += " " + description.Decode()
	}
	d := gemini.FunctionDeclaration{Name: final.name, Description: raw.Quote(about)}
	clean, back, err := t.parameters("response_format.json_schema.schema", schema)
	if err != nil {
		return err
	}
	switch final.back = back; {
	case clean == nil: // any object will do
		d.ParametersJSONSchema = schema
		if !t.jsonSchema() {
			d.Parameters, d.ParametersJSONSchema = raw.Value(`{"type":"OBJECT"}`), nil
		}
	case t.jsonSchema():
		d.ParametersJSONSchema = clean
	default:
		d.Parameters = clean
	}
	for i := range t.out.Tools {
		if len(t.out.Tools[i].FunctionDeclarations) > 0 {
			t.out.Tools[i].FunctionDeclarations = append(t.out.Tools[i].FunctionDeclarations, d)
			t.chat.origins.functions = append(t.chat.origins.functions[:len(t.out.Tools[i].FunctionDeclarations)-1], formatOrigin)
		}
	}
	var allowed []string
	if c := t.toolConfig().FunctionCallingConfig; c != nil && len(c.AllowedFunctionNames) > 0 {
		allowed = append(slices.Clone(c.AllowedFunctionNames), final.name)
	}
	t.mode(gemini.ModeAny, allowed...)
	t.chat.final = final
	return nil
}

// content returns the final answer as the JSON text it stands for.
func (f *finalAnswer) content(args raw.Value) raw.String {
	args = f.back.value(compact(args))
	if f.wrap {
		var o struct {
			Value raw.Value `json:"value"`
		}
		if json.Unmarshal(args, &o) == nil && len(o.Value) > 0 {
			args = o.Value
		}
	}
	return raw.Quote(string(compact(args)))
}

// compact removes insignificant white space; strings and numbers keep their
// spelling.
func compact(v raw.Value) raw.Value {
	if len(v) == 0 {
		return raw.Value("{}")
	}
	c := slices.Clone(v)
	if c.Compact() != nil {
		return v
	}
	return c
}

// modalities maps modalities and audio.
func (t *chatRequest) modalities() error {
	for i, m := range t.in.Modalities {
		switch m {
		case "text":
		case "image":
			if !t.model.Can("image") {
				return openai.Invalid(fmt.Sprintf("modalities[%d]", i), "unsupported_value", "model "+t.model.ID+" does not make images")
			}
			t.config.ResponseModalities = []string{"TEXT", "IMAGE"}
		case "audio":
			if !t.model.Can("audio") {
				return openai.Invalid(fmt.Sprintf("modalities[%d]", i), "unsupported_value",
					"model "+t.model.ID+" does not speak: choose one of the speech models that GET /v1/models lists")
			}
			if err := t.speech(); err != nil {
				return err
			}
		default:
			return openai.Invalid(fmt.Sprintf("modalities[%d]", i), "invalid_value", fmt.Sprintf("modalities must be text, audio or image, got %q", m))
		}
	}
	return nil
}

// speech asks a speech model for audio in one of its voices.
func (t *chatRequest) speech() error {
	t.config.ResponseModalities = []string{"AUDIO"}
	var audio struct {
		Voice  raw.Value `json:"voice"`
		Format string    `json:"format"`
	}
	if len(t.in.Audio) > 0 {
		if err := decode("audio", t.in.Audio, &audio); err != nil {
			return err
		}
	}
	if f := audio.Format; f != "" && f != "pcm16" && f != "wav" {
		return openai.Invalid("audio.format", "unsupported_value", fmt.Sprintf("audio.format must be wav or pcm16, got %q: Gemini speaks no other", f))
	}
	t.chat.audioFormat = audio.Format
	if voice := raw.String(audio.Voice).Decode(); audio.Voice.Kind() == '"' && voice != "" && len(t.config.SpeechConfig) == 0 {
		t.config.SpeechConfig = object("voiceConfig", object("prebuiltVoiceConfig", object("voiceName", raw.Value(raw.Quote(t.model.voice(voice))))))
	}
	return nil
}

// openAIVoices gives OpenAI's voices a Gemini voice of like character.
var openAIVoices = map[string]string{
	"alloy": "Zephyr", "ash": "Charon", "ballad": "Algieba", "cedar": "Iapetus", "coral": "Leda", "echo": "Puck", "fable": "Aoede",
	"marin": "Callirrhoe", "nova": "Kore", "onyx": "Fenrir", "sage": "Despina", "shimmer": "Autonoe", "verse": "Orus",
}

// voice maps a voice of OpenAI's; other names are Gemini's and pass.
func (m *Model) voice(name string) string {
	if v, ok := openAIVoices[name]; ok {
		return v
	}
	return name
}

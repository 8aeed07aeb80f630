package translate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gemway/gemway/raw"
)

// jsonSchema reports whether schemas are sent as JSON Schema, in the client's
// own bytes, or in Google's OpenAPI subset.
func (t *chatRequest) jsonSchema() bool { return t.model.JSONSchema && !t.opt.OpenAPISchema }

// parameters prepares the schema of a function's parameters. It returns an
// absent value for a function without parameters: an object schema without
// properties is refused by some versions of the API.
func (t *chatRequest) parameters(path string, v raw.Value) (raw.Value, *restorer, error) {
	if trivial(v) {
		return nil, nil, nil
	}
	if t.jsonSchema() && ordinary(v) {
		return v, nil, nil
	}
	if v.Kind() != '{' {
		return nil, nil, invalidSchema(path, "must be a JSON Schema object, got "+raw.KindName(v.Kind()))
	}
	if err := schemaSize(path, v); err != nil {
		return nil, nil, err
	}
	all, err := objectMembers(v)
	if err != nil {
		return nil, nil, invalidSchema(path, "is not JSON")
	}
	empty := true
	for _, m := range all {
		switch m.name {
		case "type":
			if err := objectType(path, m.value); err != nil {
				return nil, nil, err
			}
		case "additionalProperties", "unevaluatedProperties":
			empty = empty && (trivial(m.value) || m.value.Kind() == 't')
		case "title", "description", "default", "$defs", "definitions":
		default:
			empty = empty && (trivial(m.value) || annotations[m.name])
		}
	}
	if empty {
		return nil, nil, nil
	}
	if t.jsonSchema() {
		plain, err := t.plainSchema(path, v, true)
		return plain, nil, err
	}
	return t.openAPISchema(path, v, true, false)
}

// objectType refuses parameters that are said to be no object, as OpenAI does.
func objectType(path string, v raw.Value) error {
	names := stringsOf(v)
	if v.Kind() == '"' {
		names = []string{raw.String(v).Decode()}
	}
	if len(names) == 0 || slices.ContainsFunc(names, func(n string) bool { return typeNames[strings.ToLower(n)] == "object" }) {
		return nil
	}
	return invalidSchema(path, fmt.Sprintf("must be a schema of type \"object\", got type %q", shorten(names[0])))
}

// answerSchema prepares the schema of the answer.
func (t *chatRequest) answerSchema(path string, v raw.Value) error {
	if t.jsonSchema() {
		plain, err := t.plainSchema(path, v, false)
		t.config.ResponseJSONSchema = plain
		return err
	}
	clean, back, err := t.openAPISchema(path, v, false, t.in.Stream)
	t.config.ResponseSchema = clean
	t.chat.answerBack = back
	return err
}

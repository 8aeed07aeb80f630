package translate

import (
	"fmt"

	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
)

// jsonSchema reports whether schemas are sent as JSON Schema, in the client's
// own bytes, or in Google's OpenAPI subset.
func (t *chatRequest) jsonSchema() bool { return t.model.JSONSchema && !t.opt.OpenAPISchema }

// schema prepares the schema of a function's parameters. It returns an absent
// value for a function without parameters: an object schema without properties
// is refused by some versions of the API.
func (t *chatRequest) schema(path string, v raw.Value) (raw.Value, error) {
	if trivial(v) {
		return nil, nil
	}
	if v.Kind() != '{' {
		return nil, openai.Invalid(path, "invalid_type", fmt.Sprintf("%s must be a JSON Schema object, got %s", path, raw.KindName(v.Kind())))
	}
	var root struct {
		Type       raw.Value `json:"type"`
		Properties raw.Value `json:"properties"`
		Ref        raw.Value `json:"$ref"`
		AnyOf      raw.Value `json:"anyOf"`
		OneOf      raw.Value `json:"oneOf"`
		AllOf      raw.Value `json:"allOf"`
		Additional raw.Value `json:"additionalProperties"`
	}
	if err := json.Unmarshal(v, &root); err != nil {
		return nil, openai.Invalid(path, "invalid_schema", path+" is not a JSON Schema")
	}
	if trivial(root.Properties) && root.Ref == nil && root.AnyOf == nil && root.OneOf == nil && root.AllOf == nil &&
		(trivial(root.Additional) || string(root.Additional) == "true") {
		return nil, nil
	}
	if !t.jsonSchema() {
		return t.openAPISchema(path, v)
	}
	return v, nil
}

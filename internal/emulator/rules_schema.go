package emulator

import (
	"fmt"
	"slices"
	"strings"
)

// maxNesting is how deep schemas may nest. That there is a limit is reported,
// its value is UNCONFIRMED.
const maxNesting = 32

// functionSchemas: parameters are an object in Google's Schema, or JSON Schema.
func functionSchemas(ch *chat) *Error {
	for i, t := range ch.Tools {
		for j, f := range t.FunctionDeclarations {
			path := fmt.Sprintf("tools[%d].function_declarations[%d].", i, j)
			if len(f.Parameters) > 0 && len(f.ParametersJSONSchema) > 0 {
				return at(path+"parameters", "parameters and parameters_json_schema are mutually exclusive.") // UNCONFIRMED wording
			}
			if s := parse(f.Parameters); s.kind() == '{' {
				if s.get("type").text() != "OBJECT" {
					return at(path+"parameters", "parameters schema should be of type OBJECT.") // reported
				}
				if err := googleSchema(s, path+"parameters", 0); err != nil {
					return err
				}
			}
			if err := jsonSchema(parse(f.ParametersJSONSchema), path+"parameters_json_schema", 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// answerSchema: one schema at most, and it goes with a MIME type.
func answerSchema(ch *chat) *Error {
	google, json := parse(ch.config.ResponseSchema), parse(ch.config.ResponseJSONSchema)
	switch {
	case google.kind() == 0 && json.kind() == 0:
		return nil
	case google.kind() != 0 && json.kind() != 0: // UNCONFIRMED wording; documented
		return at("generation_config.response_json_schema", "response_schema and response_json_schema are mutually exclusive.")
	case ch.config.ResponseMIMEType != "application/json" && ch.config.ResponseMIMEType != "text/x.enum": // UNCONFIRMED wording; documented
		return at("generation_config.response_schema", "only allowed when response_mime_type is `application/json` or `text/x.enum`.")
	}
	if google.kind() != 0 {
		return googleSchema(google, "generation_config.response_schema", 0)
	}
	return jsonSchema(json, "generation_config.response_json_schema", 0)
}

// googleSchema checks what Google's Schema asks for beyond its keywords, which
// decode.go has checked. All wordings: reported. (An object without properties
// was refused until 2025; it is recorded with 200 on 2.5 and 3.)
func googleSchema(s node, path string, depth int) *Error {
	if depth > maxNesting {
		return invalid("A schema in GenerationConfig in the request exceeds the maximum allowed nesting depth.")
	}
	typ := s.get("type").text()
	union := len(s.get("anyOf").items) > 0
	if typ == "" && !union {
		return at(path+".type", "must be specified when not using one_of, any_of or all_of")
	}
	for i, v := range s.get("enum").items {
		switch {
		case typ != "STRING":
			return at(path+".enum", "only allowed for STRING type")
		case v.text() == "":
			return at(fmt.Sprintf("%s.enum[%d]", path, i), "cannot be empty")
		}
	}
	if f := s.get("format").text(); typ == "STRING" && f != "" && f != "enum" && f != "date-time" {
		return at(path+".format", "only 'enum' and 'date-time' are supported for STRING type")
	}
	switch items := s.get("items"); {
	case typ == "ARRAY" && items.kind() == 0:
		return at(path+".items", "missing field.")
	case typ != "ARRAY" && items.kind() != 0:
		return at(path+".items", "field predicate failed: $type == Type.ARRAY")
	case items.kind() != 0:
		if err := googleSchema(items, path+".items", depth+1); err != nil {
			return err
		}
	}
	properties := s.get("properties")
	for i, name := range s.get("required").texts() {
		if !properties.has(name) {
			return at(fmt.Sprintf("%s.required[%d]", path, i), "property is not defined")
		}
	}
	for _, m := range properties.members {
		if err := googleSchema(m.node, path+".properties["+m.name+"]", depth+1); err != nil {
			return err
		}
	}
	for i, one := range s.get("anyOf").items {
		if err := googleSchema(one, fmt.Sprintf("%s.any_of[%d]", path, i), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// besideRef are the keywords that may stand beside $ref. Wording: reported.
var besideRef = []string{"description", "default", "title"}

// jsonSchema checks JSON Schema: it may hold keywords that Gemini does not
// honour (recorded: $schema, pattern, default), but a $ref stands alone.
func jsonSchema(s node, path string, depth int) *Error {
	if depth > maxNesting {
		return invalid("A schema in GenerationConfig in the request exceeds the maximum allowed nesting depth.")
	}
	for _, m := range s.members {
		if s.has("$ref") && !strings.HasPrefix(m.name, "$") && !slices.Contains(besideRef, m.name) {
			return at(path, "reference %s was set alongside unsupported fields: only description and default may stand beside $ref.", s.get("$ref").text())
		}
		switch m.name {
		case "properties", "$defs", "definitions":
			for _, p := range m.node.members {
				if err := jsonSchema(p.node, path+"."+m.name+"["+p.name+"]", depth+1); err != nil {
					return err
				}
			}
		case "items", "additionalProperties":
			if err := jsonSchema(m.node, path+"."+m.name, depth+1); err != nil {
				return err
			}
		case "anyOf", "oneOf", "allOf", "prefixItems":
			for i, one := range m.node.items {
				if err := jsonSchema(one, fmt.Sprintf("%s.%s[%d]", path, m.name, i), depth+1); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

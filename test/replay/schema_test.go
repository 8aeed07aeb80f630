package replay_test

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// schemaMeaning spells a schema one way, be it JSON Schema or the subset of
// OpenAPI that Gemini's Schema type has. Left out is what one of the two cannot
// say or recorded clients drop: title, additionalProperties, strict, $schema,
// propertyOrdering, examples; references are put in place, null types and
// nullable are one, types are in lower case. No schema, and an object without
// properties, are the same.
func schemaMeaning(v any) string {
	s := &schemaReader{root: v}
	out := s.read(v, 0)
	if object, ok := out.(map[string]any); ok {
		props, _ := object["properties"].(map[string]any)
		if len(props) == 0 && object["anyOf"] == nil && object["enum"] == nil && (object["type"] == "object" || object["type"] == nil) {
			return ""
		}
	}
	if out == nil {
		return ""
	}
	return canonical(out)
}

type schemaReader struct{ root any }

func (s *schemaReader) read(v any, depth int) any {
	object, ok := v.(map[string]any)
	if !ok {
		return v
	}
	if ref, ok := object["$ref"].(string); ok {
		if depth > 6 {
			return "recursion"
		}
		target := s.resolve(ref)
		out, _ := s.read(target, depth+1).(map[string]any)
		merged := map[string]any{}
		for k, v := range out {
			merged[k] = v
		}
		if d, ok := object["description"]; ok {
			merged["description"] = d
		}
		return merged
	}
	out := map[string]any{}
	for k, v := range object {
		switch k = camel(k); k {
		case "title", "additionalProperties", "strict", "$schema", "propertyOrdering", "examples", "$defs", "definitions", "nullable", "default":
			if k == "title" {
				if _, ok := v.(string); !ok {
					out[k] = s.read(v, depth)
				}
			}
		case "type":
			out[k] = typeMeaning(v)
		case "properties":
			props := map[string]any{}
			for name, p := range v.(map[string]any) {
				props[name] = s.read(p, depth)
			}
			out[k] = props
		case "items":
			out[k] = s.read(v, depth)
		case "anyOf", "oneOf", "allOf", "prefixItems":
			if k == "oneOf" {
				k = "anyOf"
			}
			var list []any
			for _, e := range asList(v) {
				list = append(list, s.read(e, depth))
			}
			out[k] = list
		case "required":
			list := slices.Clone(asList(v))
			sort.Slice(list, func(i, j int) bool { return fmt.Sprint(list[i]) < fmt.Sprint(list[j]) })
			if len(list) > 0 {
				out[k] = list
			}
		case "const":
			out["enum"] = []any{v}
		case "description":
			if d := squeeze(fmt.Sprint(v)); d != "" {
				out[k] = d
			}
		case "minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties":
			out[k] = fmt.Sprint(v) // protobuf's JSON writes these as strings
		default:
			out[k] = v
		}
	}
	if out["type"] == nil && out["properties"] != nil {
		out["type"] = "object"
	}
	return s.nullable(object, out)
}

// nullable adds null to the types when the schema says so, and makes one type
// list of anyOf with plain types.
func (s *schemaReader) nullable(in, out map[string]any) any {
	null, _ := in["nullable"].(bool)
	if list, ok := out["anyOf"].([]any); ok {
		var rest []any
		for _, e := range list {
			if m, ok := e.(map[string]any); ok && m["type"] == "null" {
				null = true
				continue
			}
			rest = append(rest, e)
		}
		out["anyOf"] = rest
		if len(rest) == 1 {
			if only, ok := rest[0].(map[string]any); ok {
				delete(out, "anyOf")
				for k, v := range only {
					if out[k] == nil {
						out[k] = v
					}
				}
			}
		}
	}
	if null {
		if t, ok := out["type"].(string); ok && !strings.Contains(t, "null") {
			out["type"] = t + " null"
		} else if !ok {
			out["null"] = true
		}
	}
	return out
}

func typeMeaning(v any) any {
	if list, ok := v.([]any); ok {
		var names []string
		null := false
		for _, t := range list {
			if s := strings.ToLower(fmt.Sprint(t)); s == "null" {
				null = true
			} else {
				names = append(names, s)
			}
		}
		sort.Strings(names)
		if null {
			names = append(names, "null")
		}
		return strings.Join(names, " ")
	}
	return strings.ToLower(fmt.Sprint(v))
}

func (s *schemaReader) resolve(ref string) any {
	v := s.root
	for _, step := range strings.Split(strings.TrimPrefix(ref, "#"), "/") {
		if step != "" {
			v = at(v, step)
		}
	}
	return v
}

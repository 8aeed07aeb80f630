package translate

import "github.com/gemway/gemway/raw"

// Bounds below which a schema is looked at by the short way.
const (
	ordinaryDepth   = 8
	ordinaryMembers = 500
)

// ordinary reports that the parameters of a function are what most are: an
// object of properties, with none of the keywords that need care on the way to
// a model that takes JSON Schema. Such a schema goes out as it is; a test holds
// this to what plainSchema decides.
func ordinary(v raw.Value) bool {
	if len(v) > maxSchemaBytes {
		return false
	}
	o := ordinaryReader{Reader: raw.NewReader(v)}
	return o.schema(0) && o.End() && o.object && o.properties > 0
}

// ordinaryReader walks a schema once, without memory.
type ordinaryReader struct {
	raw.Reader
	members    int
	properties int  // of the root
	object     bool // the root says so
}

func (o *ordinaryReader) schema(depth int) bool {
	if depth > ordinaryDepth || o.Kind() != '{' || !o.Open('{') {
		return false
	}
	for name, ok := o.Name(); ok; name, ok = o.Name() {
		if o.members++; o.members > ordinaryMembers {
			return false
		}
		switch string(name) {
		case "type":
			t := o.Value()
			if t.Kind() != '"' {
				return false
			}
			if depth == 0 {
				o.object = string(t) == `"object"`
			}
		case "properties":
			if !o.named(depth) {
				return false
			}
		case "items":
			if !o.schema(depth + 1) {
				return false
			}
		case "additionalProperties":
			if k := o.Kind(); k != 't' && k != 'f' {
				return false
			}
			o.Value()
		case "title", "description", "format", "required", "enum", "default", "$schema",
			"minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength":
			o.Value()
		default:
			return false
		}
	}
	return !o.Failed()
}

func (o *ordinaryReader) named(depth int) bool {
	if o.Kind() != '{' || !o.Open('{') {
		return false
	}
	for _, ok := o.Name(); ok; _, ok = o.Name() {
		if o.members++; o.members > ordinaryMembers {
			return false
		}
		if depth == 0 {
			o.properties++
		}
		if !o.schema(depth + 1) {
			return false
		}
	}
	return !o.Failed()
}

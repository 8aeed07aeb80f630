package translate

import (
	"slices"
	"strings"

	"github.com/gemway/gemway/raw"
)

// single appends a node of one type.
func (l *openAPIWriter) single(out []byte, n *schemaNode, types []string) ([]byte, *restorer) {
	typ := ""
	if len(types) > 0 {
		typ = types[0]
	}
	var back *restorer
	var enum []string
	words := slices.Clone(n.words)
	if n.enum != nil {
		var said string
		enum, typ, said, back = l.enum(n, typ)
		if said != "" {
			words = append(words, said)
		}
	}
	if typ == "" {
		if typ = n.inferType(); typ == "" {
			typ = "string"
			l.s.note(n.path, "any type is allowed, but a string asked for")
		}
	}
	o := objectWriter{out: append(out, '{')}
	o.member("type", `"`+strings.ToUpper(typ)+`"`)
	if f := l.format(n, typ, enum); f != "" {
		o.member("format", string(raw.Quote(f)))
	} else if n.format != "" {
		words = append(words, "format: "+n.format)
	}
	if !n.title.Empty() {
		o.member("title", string(n.title))
	}
	if d := describe(n.description, words); !d.Empty() {
		o.member("description", string(d))
	}
	if n.nullable {
		o.member("nullable", "true")
	}
	if len(enum) > 0 {
		o.member("enum", quoteList(enum))
	}
	l.bounds(&o, n, typ, len(enum) > 0)
	if typ == "array" {
		back = back.or(l.items(&o, n))
	} else if n.items != nil {
		l.s.note(n.path, "items is left out: it goes with arrays only")
	}
	if typ == "object" {
		back = back.or(l.properties(&o, n))
	} else if len(n.properties) > 0 {
		l.s.note(n.path, "properties is left out: it goes with objects only")
	}
	if len(n.def) > 0 && (fitsType(n.def, typ) && len(enum) == 0 || n.def.Kind() == '"' && slices.Contains(enum, raw.String(n.def).Decode())) {
		o.member("default", string(n.def))
	}
	if len(n.example) > 0 && fitsType(n.example, typ) {
		o.member("example", string(n.example))
	}
	return append(o.out, '}'), back
}

// enum gives the values as the strings that Google's enum is made of. Values
// of other types are restored on the way back, or only described.
func (l *openAPIWriter) enum(n *schemaNode, typ string) (enum []string, newType, said string, back *restorer) {
	strs, bools := 0, 0
	for _, v := range n.enum {
		switch v.Kind() {
		case '"':
			strs++
		case 't', 'f':
			bools++
		}
	}
	switch {
	case len(n.enum) == 0:
		l.s.note(n.path, "no value is valid here, which cannot be said")
		return nil, typ, "", nil
	case bools == len(n.enum):
		if bools == 1 {
			l.s.note(n.path, "the only value is only described")
			said = "must be " + string(n.enum[0])
		}
		return nil, "boolean", said, nil
	case l.typed && strs < len(n.enum):
		l.s.note(n.path, "enum is only described: a stream's values cannot be turned back from strings")
		var all []string
		for _, v := range n.enum {
			all = append(all, string(compact(v)))
		}
		if typ == "" && strs == 0 {
			typ = "number"
		}
		return nil, typ, "must be one of " + strings.Join(all, ", "), nil
	}
	for _, v := range n.enum {
		text := string(compact(v))
		if v.Kind() == '"' {
			text = raw.String(v).Decode()
		}
		if text == "" {
			l.s.note(n.path, "the empty string is left out of enum")
			continue
		}
		if slices.Contains(enum, text) {
			continue
		}
		enum = append(enum, text)
		if v.Kind() != '"' {
			if back == nil {
				back = &restorer{values: map[string]raw.Value{}}
			}
			back.values[text] = compact(v)
		}
	}
	return enum, "string", "", back
}

// inferType guesses the type of a node from its keywords.
func (n *schemaNode) inferType() string {
	switch {
	case len(n.properties) > 0 || len(n.required) > 0:
		return "object"
	case n.items != nil:
		return "array"
	}
	for _, k := range boundKeywords {
		if _, ok := n.bounds[k.name]; ok {
			return k.of
		}
	}
	switch n.def.Kind() {
	case '{':
		return "object"
	case 't', 'f':
		return "boolean"
	case '0':
		return "number"
	}
	if n.format != "" || n.def.Kind() == '"' {
		return "string"
	}
	return ""
}

func fitsType(v raw.Value, typ string) bool {
	switch v.Kind() {
	case '"':
		return typ == "string"
	case '0':
		return typ == "number" || typ == "integer"
	case 't', 'f':
		return typ == "boolean"
	case '[':
		return typ == "array"
	case '{':
		return typ == "object"
	}
	return false
}

// format keeps the formats Google takes for the type.
func (l *openAPIWriter) format(n *schemaNode, typ string, enum []string) string {
	switch f := n.format; {
	case f == "":
		return ""
	case typ == "string" && f == "date-time", typ == "string" && f == "enum" && len(enum) > 0,
		typ == "integer" && (f == "int32" || f == "int64"), typ == "number" && (f == "float" || f == "double"):
		return f
	}
	l.s.note(n.path, "format is only described")
	return ""
}

// bounds writes the keywords with one value that fit the type.
func (l *openAPIWriter) bounds(o *objectWriter, n *schemaNode, typ string, listed bool) {
	for _, k := range boundKeywords {
		v, ok := n.bounds[k.name]
		switch {
		case !ok:
		case k.of == typ && !listed, k.of == "number" && typ == "integer":
			o.member(k.name, string(v))
		default:
			l.s.note(n.path, "%s is left out: it goes with type %s only", k.name, k.of)
		}
	}
}

// items writes what an array holds; Google wants it said.
func (l *openAPIWriter) items(o *objectWriter, n *schemaNode) *restorer {
	one := n.items
	if one == nil || one.never {
		one = &schemaNode{path: n.path + ".items"}
	}
	o.name("items")
	var back *restorer
	if o.out, back = l.schema(o.out, one); back != nil {
		return &restorer{items: back}
	}
	return nil
}

// properties writes the properties of an object in the client's order, which
// the answer will have. An object without any is open: Google refuses an empty
// list of properties, not an absent one.
func (l *openAPIWriter) properties(o *objectWriter, n *schemaNode) *restorer {
	var names []string
	var back *restorer
	for _, p := range n.properties {
		if p.node.never {
			continue
		}
		if names = append(names, p.name); len(names) == 1 {
			o.name("properties")
			o.out = append(o.out, '{')
		} else {
			o.out = append(o.out, ',')
		}
		o.out = append(append(o.out, raw.Quote(p.name)...), ':')
		var r *restorer
		if o.out, r = l.schema(o.out, p.node); r != nil {
			if back == nil {
				back = &restorer{properties: map[string]*restorer{}}
			}
			back.properties[p.name] = r
		}
	}
	if names != nil {
		o.out = append(o.out, '}')
	}
	var required []string
	for _, r := range n.required {
		switch {
		case slices.Contains(required, r):
		case slices.Contains(names, r):
			required = append(required, r)
		default:
			l.s.note(n.path, "required names %q, which is no property", shorten(r))
		}
	}
	if required != nil {
		o.member("required", quoteList(required))
	}
	if len(names) > 1 {
		o.member("propertyOrdering", quoteList(names))
	}
	return back
}

// describe puts words behind a description.
func describe(description raw.String, words []string) raw.String {
	if len(words) == 0 {
		return description
	}
	text := "(" + strings.Join(slices.Compact(words), "; ") + ")"
	if d := description.Decode(); d != "" {
		text = d + " " + text
	}
	return raw.Quote(text)
}

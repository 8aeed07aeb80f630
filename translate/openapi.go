package translate

import (
	"slices"
	"strings"

	"github.com/gemway/gemway/raw"
)

// openAPISchema brings a JSON Schema into the subset of OpenAPI that Google
// calls Schema, for models and surfaces that take no JSON Schema. What the
// subset cannot say is said in the description where words can, and reported
// in Chat.Weakened. The restorer, which may be nil, brings values back into the
// types the client declared.
//
// A parameters schema is an object at its root. typed keeps the types of
// numbers although the subset knows only enums of strings: for answers that
// stream, whose text cannot be restored piece by piece.
// https://ai.google.dev/api/caching#Schema
func (t *chatRequest) openAPISchema(path string, v raw.Value, parameters, typed bool) (raw.Value, *restorer, error) {
	if err := schemaSize(path, v); err != nil {
		return nil, nil, err
	}
	var s *schemaParser
	var n *schemaNode
	for unroll := maxUnroll; ; unroll-- {
		s = &schemaParser{t: t, root: v, unroll: unroll}
		var err error
		n, err = s.parse(schemaPlace{path: path}, v)
		if err == nil {
			break
		}
		if unroll == 0 || !s.rings {
			return nil, nil, err
		}
	}
	l := &openAPIWriter{s: s, typed: typed}
	if parameters {
		n = l.objectRoot(n)
	}
	out, back := l.schema(nil, n)
	if l.nodes > maxWritten {
		return nil, nil, invalidSchema(path, "combines too many alternatives to write them out: use fewer")
	}
	for _, note := range s.notes {
		path, what, _ := strings.Cut(note, ": ")
		t.weaken(path, what)
	}
	return out, back, nil
}

// maxWritten bounds how many schemas one schema may become: alternatives that
// hold each other multiply.
const maxWritten = 4 * maxSchemaProperties

// openAPIWriter writes nodes in Google's subset.
type openAPIWriter struct {
	s     *schemaParser
	typed bool
	nodes int
}

// objectRoot makes an object of the root: Gemini takes no other parameters.
func (l *openAPIWriter) objectRoot(n *schemaNode) *schemaNode {
	if len(n.anyOf) > 0 {
		base := *n
		base.anyOf = nil
		l.s.note(n.path, "the alternatives are merged into one object: parameters are an object at their root")
		all := &schemaNode{path: n.path}
		for i, b := range n.anyOf {
			b = l.objectRoot(b)
			if i == 0 {
				all.required = b.required
			} else {
				all.required = slices.DeleteFunc(slices.Clone(all.required), func(r string) bool { return !slices.Contains(b.required, r) })
			}
			for _, p := range b.properties {
				if have := all.property(p.name); have != nil {
					*have = union(*have, p.node)
				} else {
					all.properties = append(all.properties, p)
				}
			}
		}
		n = merged(&base, all)
	}
	root := *n
	root.types, root.nullable, root.enum = []string{"object"}, false, nil
	return &root
}

func (n *schemaNode) property(name string) **schemaNode {
	for i := range n.properties {
		if n.properties[i].name == name {
			return &n.properties[i].node
		}
	}
	return nil
}

// schema appends the node as a Schema and returns what restores its values.
func (l *openAPIWriter) schema(out []byte, n *schemaNode) ([]byte, *restorer) {
	if l.nodes++; l.nodes > maxWritten {
		return append(out, "{}"...), nil // refused by the caller
	}
	if n.never {
		l.s.note(n.path, "no value is valid here, which cannot be said")
	}
	if n.onlyNull() {
		l.s.note(n.path, "the type null is a string that may be null")
		one := *n
		one.enum = nil
		n = &one
	}
	if len(n.anyOf) > 0 {
		base := *n
		base.anyOf = nil
		var branches []*schemaNode
		for _, b := range n.anyOf {
			if base.shaped() || len(n.anyOf) == 1 || len(base.required) > 0 {
				b = merged(b, &base)
				b.path = n.path
			}
			branches = append(branches, b)
		}
		return l.union(out, &base, branches)
	}
	types := n.types
	if slices.Contains(types, "number") { // integers are numbers
		types = slices.DeleteFunc(slices.Clone(types), func(t string) bool { return t == "integer" })
	}
	if n.enum == nil && len(types) > 1 {
		base := schemaNode{path: n.path, title: n.title, description: n.description, words: n.words, nullable: n.nullable}
		var branches []*schemaNode
		for _, t := range types {
			b := *n
			b.types, b.title, b.description, b.words, b.nullable = []string{t}, nil, nil, nil, false
			b.trim(t)
			branches = append(branches, &b)
		}
		return l.union(out, &base, branches)
	}
	return l.single(out, n, types)
}

// trim drops the keywords that are about other types than t.
func (n *schemaNode) trim(t string) {
	if t != "object" {
		n.properties, n.required = nil, nil
	}
	if t != "array" {
		n.items = nil
	}
	if t != "string" && t != "number" && t != "integer" {
		n.format = ""
	}
	if n.def != nil && !fitsType(n.def, t) {
		n.def = nil
	}
}

// union appends alternatives. anyOf stands alone, since Vertex AI refuses it
// beside other members: what describes it goes to its branches.
func (l *openAPIWriter) union(out []byte, base *schemaNode, branches []*schemaNode) ([]byte, *restorer) {
	if one := literals(base, branches); one != nil {
		return l.schema(out, one)
	}
	if len(branches) == 1 {
		one := merged(branches[0], base)
		one.nullable = branches[0].nullable || base.nullable
		one.words = branches[0].words
		if !base.description.Empty() {
			one.description = base.description
		}
		return l.schema(out, one)
	}
	var back *restorer
	out = append(out, `{"anyOf":[`...)
	free := false // a branch takes any string
	for i, b := range branches {
		if i > 0 {
			out = append(out, ',')
		}
		one := *b
		one.nullable = b.nullable || base.nullable
		if one.description.Empty() {
			one.description = base.description
		}
		if one.title.Empty() {
			one.title = base.title
		}
		if !base.shaped() {
			one.words = slices.Concat(b.words, base.words)
		}
		var r *restorer
		out, r = l.schema(out, &one)
		free = free || one.enum == nil && (len(one.types) == 0 || slices.Contains(one.types, "string"))
		back = back.or(r)
	}
	if free && back != nil {
		back.values = nil // what a string stands for cannot be told
	}
	return append(out, "]}"...), back
}

// literals makes one enum of alternatives that are nothing but values, the way
// unions of literals come out of schema libraries.
func literals(base *schemaNode, branches []*schemaNode) *schemaNode {
	if len(branches) < 2 {
		return nil
	}
	one := *base
	one.enum, one.types = []raw.Value{}, nil
	for _, b := range branches {
		if len(b.enum) == 0 || len(b.anyOf) > 0 || !b.description.Empty() {
			return nil
		}
		for _, v := range b.enum {
			if !slices.ContainsFunc(one.enum, func(o raw.Value) bool { return string(o) == string(v) }) {
				one.enum = append(one.enum, v)
			}
		}
		one.nullable = one.nullable || b.nullable
	}
	return &one
}

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
		bare := *n
		bare.enum = nil
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

func quoteList(all []string) string {
	out := []byte{'['}
	for i, s := range all {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, raw.Quote(s)...)
	}
	return string(append(out, ']'))
}

// objectWriter writes members into an object that is open.
type objectWriter struct {
	out []byte
	any bool
}

func (o *objectWriter) name(name string) {
	if o.any {
		o.out = append(o.out, ',')
	}
	o.any = true
	o.out = append(append(o.out, raw.Quote(name)...), ':')
}

func (o *objectWriter) member(name, value string) {
	o.name(name)
	o.out = append(o.out, value...)
}

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

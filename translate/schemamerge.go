package translate

import (
	"fmt"
	"slices"

	"github.com/gemway/gemway/raw"
)

// reference puts what a reference means into the place of the node that holds
// it. The node's own keywords win over those of the definition where both
// describe, and narrow them where both constrain.
func (s *schemaParser) reference(p schemaPlace, n *schemaNode, v raw.Value) (*schemaNode, error) {
	if v.Kind() != '"' {
		return nil, invalidSchema(p.path+".$ref", "must be a string, got "+raw.KindName(v.Kind()))
	}
	ref := raw.String(v).Decode()
	target, err := localRef(p.path+".$ref", s.root, ref)
	if err != nil {
		return nil, err
	}
	seen := 0
	for _, st := range p.trail {
		if st.ref != ref {
			continue
		}
		if st.level == p.level {
			return nil, invalidSchema(p.path+".$ref", "refers to itself: "+shorten(ref))
		}
		seen++
	}
	if seen > 0 {
		s.rings = true
	}
	if seen > s.unroll {
		s.note(p.path, "recursion by %s is left open below this level", shorten(ref))
		return merged(n, open(p.path, target)), nil
	}
	if s.used++; s.used > maxSchemaExpansions {
		return nil, invalidSchema(p.path, fmt.Sprintf(
			"has more than %d references to write out, which the model's form of schemas needs: use fewer", maxSchemaExpansions))
	}
	q := p
	q.depth++
	q.trail = append(slices.Clip(p.trail), step{ref, p.level})
	one, err := s.parse(q, target)
	if err != nil {
		return nil, err
	}
	return merged(n, one), nil
}

// open is what is left of a definition whose recursion is cut off: its type
// and its description.
func open(path string, target raw.Value) *schemaNode {
	n := &schemaNode{path: path}
	if target.Kind() != '{' {
		return n
	}
	all, err := objectMembers(target)
	if err != nil {
		return n
	}
	discard := &schemaParser{}
	discard.addTypes(n, all)
	for _, m := range all {
		switch {
		case m.name == "description" && m.value.Kind() == '"':
			n.description = raw.String(m.value)
		case m.name == "properties" && len(n.types) == 0:
			n.types = []string{"object"}
		}
	}
	return n
}

// allOf merges every schema of the list into the node.
func (s *schemaParser) allOf(p schemaPlace, n *schemaNode, v raw.Value) error {
	if v.Kind() != '[' {
		return nil
	}
	all, err := elements(v)
	if err != nil {
		return invalidSchema(p.path+".allOf", "is not JSON")
	}
	for i, e := range all {
		one, err := s.parse(p.at(fmt.Sprintf("allOf[%d]", i)), e)
		if err != nil {
			return err
		}
		*n = *merged(n, one)
	}
	return nil
}

// oneOf reads anyOf and oneOf, which Gemini does not tell apart.
func (s *schemaParser) oneOf(p schemaPlace, n *schemaNode, m member) error {
	if m.value.Kind() != '[' {
		return nil
	}
	all, err := elements(m.value)
	if err != nil {
		return invalidSchema(p.path+"."+m.name, "is not JSON")
	}
	if len(n.anyOf) > 0 {
		s.inWords(p, n, m, "must also be valid against "+m.name+" %s")
		return nil
	}
	var branches []*schemaNode
	for i, e := range all {
		one, err := s.parse(p.at(fmt.Sprintf("%s[%d]", m.name, i)), e)
		if err != nil {
			return err
		}
		switch {
		case one.never:
		case one.onlyNull():
			n.nullable = true
		default:
			branches = append(branches, one)
		}
	}
	// Branches that only name properties to require cannot be told apart by
	// what they hold.
	if len(branches) > 1 && !slices.ContainsFunc(branches, (*schemaNode).shaped) {
		s.inWords(p, n, m, "must be valid against "+m.name+" %s")
		return nil
	}
	n.anyOf = branches
	return nil
}

func (n *schemaNode) onlyNull() bool {
	return n.nullable && len(n.types) == 0 && len(n.enum) == 0 && n.enum != nil
}

// takeNull turns null among the values into the flag.
func (n *schemaNode) takeNull() {
	if i := slices.IndexFunc(n.enum, func(v raw.Value) bool { return v.Kind() == 'n' }); i >= 0 {
		n.enum = slices.Delete(slices.Clone(n.enum), i, i+1)
		n.nullable = true
	}
}

// shaped reports whether the node says what a value looks like.
func (n *schemaNode) shaped() bool {
	return len(n.types) > 0 || n.enum != nil || len(n.properties) > 0 || n.items != nil || len(n.anyOf) > 0 || len(n.bounds) > 0 || n.format != ""
}

// merged is a node that satisfies both; a's descriptions win.
func merged(a, b *schemaNode) *schemaNode {
	n := *a
	n.never = a.never || b.never
	n.types = commonTypes(a.types, b.types)
	// A value may be null where both say so; a side that says nothing else, such
	// as {"$ref":…,"nullable":true}, means to add it.
	n.nullable = a.nullable && b.nullable || (a.nullable || b.nullable) && (!a.shaped() || !b.shaped())
	if n.title.Empty() {
		n.title = b.title
	}
	if n.description.Empty() {
		n.description = b.description
	}
	if n.format == "" {
		n.format = b.format
	}
	if n.def == nil {
		n.def = b.def
	}
	if n.example == nil {
		n.example = b.example
	}
	if b.enum != nil {
		n.enum = slices.Clip(a.enum)
		n.restrict(b.enum)
	}
	n.bounds = nil
	for _, from := range []*schemaNode{b, a} {
		for _, k := range boundKeywords {
			if v, ok := from.bounds[k.name]; ok {
				n.setBound(k.name, v)
			}
		}
	}
	n.properties = slices.Clone(a.properties)
	for _, p := range b.properties {
		n.addProperty(p)
	}
	n.required = slices.Concat(a.required, b.required)
	switch {
	case a.items == nil:
		n.items = b.items
	case b.items != nil:
		n.items = merged(a.items, b.items)
	}
	n.words = slices.Concat(a.words, b.words)
	switch {
	case len(a.anyOf) == 0:
		n.anyOf = b.anyOf
	case len(b.anyOf) > 0:
		// Both hold alternatives: those of one side, each with the other's as
		// words, would double with every level; the first side's are kept.
		n.words = append(n.words, "further alternatives apply")
	}
	return &n
}

// commonTypes intersects two lists of types, of which an empty one allows all.
func commonTypes(a, b []string) []string {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	var out []string
	for _, t := range a {
		switch {
		case slices.Contains(b, t):
			out = append(out, t)
		case t == "number" && slices.Contains(b, "integer"), t == "integer" && slices.Contains(b, "number"):
			out = append(out, "integer")
		}
	}
	if len(out) == 0 {
		return a
	}
	return out
}

// union is a node whose values satisfy one of both.
func union(a, b *schemaNode) *schemaNode {
	all := []*schemaNode{a}
	if !a.shaped() || !b.shaped() {
		return &schemaNode{path: a.path}
	}
	if len(a.anyOf) > 0 && len(a.types) == 0 && len(a.properties) == 0 {
		all = slices.Clone(a.anyOf)
	}
	if len(b.anyOf) > 0 && len(b.types) == 0 && len(b.properties) == 0 {
		all = append(all, b.anyOf...)
	} else {
		all = append(all, b)
	}
	return &schemaNode{path: a.path, anyOf: all}
}

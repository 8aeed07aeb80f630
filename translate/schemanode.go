package translate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gemway/gemway/raw"
)

// schemaNode is a JSON Schema taken apart for Google's subset of OpenAPI:
// references are resolved, allOf is merged, const is an enum, null is a flag.
// Names of keywords are looked at in schema positions only, so a property may
// be called $ref, definitions or type.
type schemaNode struct {
	path     string   // in OpenAI's terms
	types    []string // without null; empty where nothing is said
	nullable bool
	never    bool // the schema false

	title, description raw.String
	format             string
	enum               []raw.Value // nil: any value
	bounds             map[string]raw.Value
	def, example       raw.Value

	properties []schemaProperty
	required   []string
	items      *schemaNode
	anyOf      []*schemaNode

	// words says in the description what the subset has no keyword for.
	words []string
}

type schemaProperty struct {
	name string
	node *schemaNode
}

// boundKeywords are the keywords with one value that Google's Schema has, in
// the order they are written, with the type they are about.
var boundKeywords = []struct{ name, of string }{
	{"pattern", "string"},
	{"minLength", "string"},
	{"maxLength", "string"},
	{"minimum", "number"},
	{"maximum", "number"},
	{"minItems", "array"},
	{"maxItems", "array"},
	{"minProperties", "object"},
	{"maxProperties", "object"},
}

// annotations say nothing about what is valid; they are left out without a word.
var annotations = map[string]bool{
	"$schema": true, "$id": true, "id": true, "$comment": true, "$anchor": true, "$dynamicAnchor": true, "$vocabulary": true,
	"$defs": true, "definitions": true, "examples": true, "deprecated": true, "readOnly": true, "writeOnly": true,
	"contentEncoding": true, "contentMediaType": true, "discriminator": true, "xml": true, "externalDocs": true,
	"propertyOrdering": true, "strict": true,
}

// typeNames are spellings of types that are met in the wild.
var typeNames = map[string]string{
	"string": "string", "str": "string", "text": "string",
	"number": "number", "float": "number", "double": "number",
	"integer": "integer", "int": "integer", "long": "integer",
	"boolean": "boolean", "bool": "boolean",
	"object": "object", "dict": "object", "map": "object",
	"array": "array", "list": "array",
}

// schemaParser takes one schema apart.
type schemaParser struct {
	t      *chatRequest
	root   raw.Value
	count  schemaCount
	unroll int // how often a recursive reference is written out
	used   int // references written out
	rings  bool
	notes  []string // weakenings, kept apart since a schema may be read twice
}

// step is a reference on the way to where the parser is.
type step struct {
	ref   string
	level int // of the instance: how many values deep the schema speaks
}

// place is where the parser is.
type schemaPlace struct {
	path  string
	depth int
	level int
	trail []step
}

func (p schemaPlace) at(name string) schemaPlace {
	p.path += "." + name
	p.depth++
	return p
}

func (p schemaPlace) inside(name string) schemaPlace {
	p = p.at(name)
	p.level++
	return p
}

func (s *schemaParser) note(path, format string, args ...any) {
	s.notes = append(s.notes, path+": "+fmt.Sprintf(format, args...))
}

// parse takes the schema v apart.
func (s *schemaParser) parse(p schemaPlace, v raw.Value) (*schemaNode, error) {
	if err := s.count.level(p.path, p.depth); err != nil {
		return nil, err
	}
	n := &schemaNode{path: p.path}
	switch v.Kind() {
	case 't':
		return n, nil
	case 'f':
		n.never = true
		return n, nil
	case '{':
	default:
		return nil, invalidSchema(p.path, "must be a schema, got "+raw.KindName(v.Kind()))
	}
	all, err := objectMembers(v)
	if err != nil {
		return nil, invalidSchema(p.path, "is not JSON: "+err.Error())
	}
	s.addTypes(n, all)
	for _, m := range all {
		if err := s.keyword(p, n, m); err != nil {
			return nil, err
		}
	}
	n.takeNull()
	for _, m := range all { // what adds to the rest comes last
		switch m.name {
		case "allOf":
			err = s.allOf(p, n, m.value)
		case "anyOf", "oneOf":
			err = s.oneOf(p, n, m)
		case "$ref":
			n, err = s.reference(p, n, m.value)
		}
		if err != nil {
			return nil, err
		}
	}
	return n, nil
}

// addTypes reads type first: other keywords depend on it.
func (s *schemaParser) addTypes(n *schemaNode, all []member) {
	for _, m := range all {
		if m.name != "type" {
			continue
		}
		names := stringsOf(m.value)
		if m.value.Kind() == '"' {
			names = []string{raw.String(m.value).Decode()}
		}
		for _, name := range names {
			lower := strings.ToLower(name)
			if lower == "null" {
				n.nullable = true
			} else if known, ok := typeNames[lower]; ok {
				if !slices.Contains(n.types, known) {
					n.types = append(n.types, known)
				}
			} else if lower != "any" {
				s.note(n.path, "type %q is not known and left out", shorten(name))
			}
		}
		if n.nullable && len(n.types) == 0 {
			n.enum = []raw.Value{} // only null is valid
		}
	}
}

// keyword reads one member of a schema.
func (s *schemaParser) keyword(p schemaPlace, n *schemaNode, m member) error {
	v := m.value
	switch m.name {
	case "type", "allOf", "anyOf", "oneOf", "$ref": // read elsewhere
	case "title":
		if v.Kind() == '"' {
			n.title = raw.String(v)
		}
	case "description":
		if v.Kind() == '"' {
			n.description = raw.String(v)
		}
	case "format":
		if v.Kind() == '"' {
			n.format = raw.String(v).Decode()
		}
	case "default":
		n.def = v
	case "example":
		n.example = v
	case "nullable":
		n.nullable = n.nullable || v.Kind() == 't'
	case "enum":
		if v.Kind() == '[' {
			values, err := elements(v)
			if err != nil {
				return invalidSchema(p.path+".enum", "is not JSON")
			}
			n.restrict(values)
		}
	case "const":
		n.restrict([]raw.Value{v})
	case "pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "minProperties", "maxProperties":
		return s.bound(p, n, m)
	case "exclusiveMinimum", "exclusiveMaximum":
		s.exclusive(p, n, m)
	case "properties":
		return s.properties(p, n, v)
	case "required":
		n.required = append(n.required, stringsOf(v)...)
	case "items":
		return s.items(p, n, v)
	case "prefixItems":
		return s.tuple(p, n, v)
	case "additionalProperties", "unevaluatedProperties":
		if v.Kind() == '{' && !trivial(v) {
			s.inWords(p, n, m, "other properties are allowed, each valid against %s")
		}
	case "additionalItems", "unevaluatedItems":
	case "multipleOf":
		s.inWords(p, n, m, "must be a multiple of %s")
	case "uniqueItems":
		if v.Kind() == 't' {
			s.inWords(p, n, m, "items must differ from each other")
		}
	case "contains":
		s.inWords(p, n, m, "must contain an item valid against %s")
	case "minContains", "maxContains":
		s.inWords(p, n, m, m.name+" %s")
	case "propertyNames":
		s.inWords(p, n, m, "names of properties must be valid against %s")
	case "patternProperties":
		s.inWords(p, n, m, "properties whose names match a pattern must be valid against its schema: %s")
	case "not":
		s.inWords(p, n, m, "must not be valid against %s")
	case "if", "then", "else":
		s.inWords(p, n, m, m.name+" %s")
	case "dependentRequired", "dependentSchemas", "dependencies":
		s.inWords(p, n, m, "properties that need others: %s")
	default:
		if !annotations[m.name] && !strings.HasPrefix(m.name, "x-") {
			s.note(p.path, "%s is left out", shorten(m.name))
		}
	}
	return nil
}

// longestWords bounds what of a keyword is repeated in a description.
const longestWords = 300

// inWords moves a constraint into the description.
func (s *schemaParser) inWords(p schemaPlace, n *schemaNode, m member, form string) {
	s.note(p.path, "%s is only described", m.name)
	text := string(compact(m.value))
	if !strings.Contains(form, "%s") {
		n.words = append(n.words, form)
	} else if len(text) <= longestWords {
		n.words = append(n.words, strings.Replace(form, "%s", text, 1))
	}
}

// bound reads a keyword with one value.
func (s *schemaParser) bound(p schemaPlace, n *schemaNode, m member) error {
	want := byte('0')
	if m.name == "pattern" {
		want = '"'
		if err := checkPattern(p.path, m.value); err != nil {
			return err
		}
	}
	if byte(m.value.Kind()) != want {
		s.note(p.path, "%s is no %s and left out", m.name, raw.KindName(m.value.Kind()))
		return nil
	}
	if m.name != "pattern" && m.name != "minimum" && m.name != "maximum" {
		if _, err := raw.ParseInt(m.value); err != nil {
			s.note(p.path, "%s is no whole number and left out", m.name)
			return nil
		}
	}
	n.setBound(m.name, m.value)
	return nil
}

func (n *schemaNode) setBound(name string, v raw.Value) {
	if n.bounds == nil {
		n.bounds = map[string]raw.Value{}
	}
	n.bounds[name] = v
}

// exclusive turns an open bound into a closed one where numbers are whole, and
// into words elsewhere. Draft 4 has it as a boolean beside minimum.
func (s *schemaParser) exclusive(p schemaPlace, n *schemaNode, m member) {
	bound, word, by := "minimum", "must be greater than %s", int64(1)
	if m.name == "exclusiveMaximum" {
		bound, word, by = "maximum", "must be less than %s", -1
	}
	switch m.value.Kind() {
	case 't':
		s.note(p.path, "%s is only described", m.name)
		n.words = append(n.words, bound+" is exclusive")
	case '0':
		if i, err := raw.ParseInt(m.value); err == nil && slices.Equal(n.types, []string{"integer"}) && i < 1<<52 && i > -1<<52 {
			n.setBound(bound, raw.Value(fmt.Sprint(i+by)))
			return
		}
		s.inWords(p, n, m, word)
		n.setBound(bound, m.value)
	}
}

// restrict narrows the values to those of the list.
func (n *schemaNode) restrict(values []raw.Value) {
	var out []raw.Value
	for _, v := range values {
		if n.enum == nil || slices.ContainsFunc(n.enum, func(o raw.Value) bool { return string(o) == string(v) }) {
			if !slices.ContainsFunc(out, func(o raw.Value) bool { return string(o) == string(v) }) {
				out = append(out, v)
			}
		}
	}
	if n.enum = out; out == nil {
		n.enum = []raw.Value{}
	}
}

func (s *schemaParser) properties(p schemaPlace, n *schemaNode, v raw.Value) error {
	if v.Kind() != '{' {
		s.note(p.path, "properties is no object and left out")
		return nil
	}
	all, err := objectMembers(v)
	if err != nil {
		return invalidSchema(p.path+".properties", "is not JSON")
	}
	for _, m := range all {
		q := p.inside("properties." + m.name)
		if err := s.count.property(q.path); err != nil {
			return err
		}
		one, err := s.parse(q, m.value)
		if err != nil {
			return err
		}
		n.addProperty(schemaProperty{m.name, one})
	}
	return nil
}

// addProperty adds a property; one that is there already has to satisfy both.
func (n *schemaNode) addProperty(p schemaProperty) {
	for i := range n.properties {
		if n.properties[i].name == p.name {
			n.properties[i].node = merged(n.properties[i].node, p.node)
			return
		}
	}
	n.properties = append(n.properties, p)
}

// items reads items: one schema, or draft 4's list of them.
func (s *schemaParser) items(p schemaPlace, n *schemaNode, v raw.Value) error {
	if v.Kind() == '[' {
		return s.tuple(p, n, v)
	}
	if v.Kind() == 'f' { // the end of a tuple
		return nil
	}
	one, err := s.parse(p.inside("items"), v)
	if err != nil {
		return err
	}
	if n.items != nil { // prefixItems came first: items is for what follows them
		one = union(n.items, one)
	}
	n.items = one
	return nil
}

// tuple makes a list of any of the positions' schemas.
func (s *schemaParser) tuple(p schemaPlace, n *schemaNode, v raw.Value) error {
	if v.Kind() != '[' {
		return nil
	}
	all, err := elements(v)
	if err != nil {
		return invalidSchema(p.path, "is not JSON")
	}
	s.note(p.path, "the order of items is only described")
	if text := string(compact(v)); len(text) <= longestWords {
		n.words = append(n.words, "the items are, in order, "+text)
	}
	for i, e := range all {
		one, err := s.parse(p.inside(fmt.Sprintf("prefixItems[%d]", i)), e)
		if err != nil {
			return err
		}
		if n.items == nil {
			n.items = one
		} else {
			n.items = union(n.items, one)
		}
	}
	return nil
}

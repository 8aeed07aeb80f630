package emulator

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gemway/gemway/raw"
)

// filler makes an instance of a schema, filled from the clues of a text where
// they fit. It reads both JSON Schema and Google's own Schema.
type filler struct {
	root  node
	clues *clues
	// sparse leaves out optional properties for which the text has nothing:
	// so models do with arguments, but not with answers.
	sparse bool
	found  int // how many values came from the text
	depth  int
	made   int // values
}

// place is where in the schema a value stands.
type place struct {
	name     string   // of the property
	owner    string   // title of the object that has it
	siblings []string // properties beside it
	index    int      // within a list
}

const (
	// maxSchemaDepth is where recursion in a schema is cut off.
	maxSchemaDepth = 12
	// mostValues is how many values an instance has at most.
	mostValues = 5000
)

// instance returns a value that satisfies the schema.
func instance(schema node, c *clues) []byte {
	f := &filler{root: schema, clues: c}
	return f.fill(nil, schema, place{})
}

// fill appends a value for the schema s. Schemas that no finite value
// satisfies, and those that only a huge one does, get null where it ends.
func (f *filler) fill(out []byte, s node, at place) []byte {
	if f.made++; f.made > mostValues || f.depth > 3*maxSchemaDepth {
		return append(out, "null"...)
	}
	f.depth++
	defer func() { f.depth-- }()
	s = f.resolve(s)
	if c := s.get("const"); c.kind() != 0 {
		return c.appendTo(out)
	}
	if e := s.get("enum"); len(e.items) > 0 {
		return f.enum(e, s).appendTo(out)
	}
	switch typ := f.typeOf(s); typ {
	case "object":
		return f.object(out, s, at)
	case "array":
		return f.array(out, s, at)
	case "integer", "number":
		return append(out, f.number(s, at, typ == "integer")...)
	case "boolean":
		return strconv.AppendBool(out, f.boolean(s, at))
	case "null":
		return append(out, "null"...)
	}
	return append(out, raw.Quote(f.string(s, at))...)
}

// resolve follows $ref, picks a branch of anyOf and oneOf, and merges allOf.
func (f *filler) resolve(s node) node {
	for range 32 { // a ring of references ends
		switch {
		case s.has("$ref"):
			s = f.pointer(s.get("$ref").text())
		case len(s.get("anyOf").items) > 0:
			s = merge(s, f.branch(s.get("anyOf").items), "anyOf")
		case len(s.get("oneOf").items) > 0:
			s = merge(s, f.branch(s.get("oneOf").items), "oneOf")
		case len(s.get("allOf").items) > 0:
			all := s.get("allOf").items
			s = merge(s, node{}, "allOf")
			for _, one := range all {
				s = merge(s, f.resolve(one), "")
			}
		default:
			return s
		}
	}
	return s
}

// branch picks the first branch that is no null; deep down, null if offered.
func (f *filler) branch(branches []node) node {
	deep := f.depth > maxSchemaDepth
	for _, b := range branches {
		if (f.typeOf(b) == "null") == deep {
			return b
		}
	}
	return branches[0]
}

// merge adds b's members to a's, without the one called drop.
func merge(a, b node, drop string) node {
	out := node{value: []byte("{")}
	for _, m := range a.members {
		if m.name != drop {
			out.members = append(out.members, m)
		}
	}
	for _, m := range b.members {
		i := slices.IndexFunc(out.members, func(o member) bool { return o.name == m.name })
		switch {
		case i < 0:
			out.members = append(out.members, m)
		case m.name == "properties":
			both := out.members[i].node
			both.members = append(slices.Clone(both.members), m.node.members...)
			out.members[i].node = both
		case m.name == "required":
			both := out.members[i].node
			both.items = append(slices.Clone(both.items), m.node.items...)
			out.members[i].node = both
		}
	}
	return out
}

// pointer finds what a local reference means.
func (f *filler) pointer(ref string) node {
	s := f.root
	path, _ := strings.CutPrefix(ref, "#")
	for _, step := range strings.Split(strings.Trim(path, "/"), "/") {
		if step != "" {
			s = s.get(strings.NewReplacer("~1", "/", "~0", "~").Replace(step))
		}
	}
	return s
}

// typeOf returns the type of a schema in lower case, guessed where it is not
// said; of several the first that is not null.
func (f *filler) typeOf(s node) string {
	typ := strings.ToLower(s.get("type").text())
	for _, t := range s.get("type").texts() {
		if t = strings.ToLower(t); typ == "" || typ == "null" {
			typ = t
		}
	}
	switch {
	case typ != "" && typ != "type_unspecified":
		return typ
	case s.has("properties"), s.has("additionalProperties"):
		return "object"
	case s.has("items"), s.has("prefixItems"):
		return "array"
	}
	return "string"
}

// enum picks the value that the text mentions, or the first.
func (f *filler) enum(e, s node) node {
	lower := " " + strings.Join(splitWords(f.clues.text), " ") + " "
	for _, v := range e.items {
		words := strings.Join(splitWords(v.text()), " ")
		if words != "" && strings.Contains(lower, " "+words+" ") {
			f.found++
			return v
		}
	}
	if d := s.get("default"); d.kind() != 0 && slices.ContainsFunc(e.items, func(v node) bool { return v.String() == d.String() }) {
		return d
	}
	return e.items[0]
}

// object fills properties in the order of propertyOrdering, else as declared.
func (f *filler) object(out []byte, s node, at place) []byte {
	properties := s.get("properties")
	required := s.get("required").texts()
	var names []string
	for _, n := range append(s.get("propertyOrdering").texts(), memberNames(properties)...) {
		if properties.has(n) && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	for _, n := range required {
		if !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	owner := cmp.Or(s.get("title").text(), at.name, at.owner)
	out = append(out, '{')
	first := true
	put := func(name string, value []byte) {
		if !first {
			out = append(out, ',')
		}
		first = false
		out = append(append(out, raw.Quote(name)...), ':')
		out = append(out, value...)
	}
	for _, n := range names {
		must := slices.Contains(required, n)
		if f.depth > maxSchemaDepth && !must {
			continue
		}
		before := f.found
		value := f.fill(nil, properties.get(n), place{n, owner, names, at.index})
		if f.sparse && !must && f.found == before {
			continue
		}
		put(n, value)
	}
	if extra := s.get("additionalProperties"); extra.kind() == '{' && len(names) == 0 && f.depth <= maxSchemaDepth && !f.sparse {
		put("example", f.fill(nil, extra, place{name: "example"}))
	}
	return append(out, '}')
}

func memberNames(n node) []string {
	out := make([]string, len(n.members))
	for i, m := range n.members {
		out[i] = m.name
	}
	return out
}

// howMany reads how many things the text asks for: "list 3 recipes".
var howMany = pattern(`(?i)\b(?:list|give(?: me)?|name|write|generate|create|suggest|provide|return|extract|make)\s+(?:me\s+)?(?:exactly\s+|the\s+|a list of\s+|top\s+)*(\d{1,2}|two|three|four|five|six|seven|eight|nine|ten)\b`)

// array fills as many items as the text has clues for, asks for, or the
// schema needs.
func (f *filler) array(out []byte, s node, at place) []byte {
	least, _ := size(s, "minItems", 0)
	most, bounded := size(s, "maxItems", math.MaxInt32)
	prefix := s.get("prefixItems").items
	items := s.get("items")
	want := 1
	if f.depth > maxSchemaDepth {
		want = 0
	}
	var texts []string
	one := f.resolve(items)
	if len(prefix) == 0 && f.typeOf(one) == "string" && !one.has("enum") && f.depth <= maxSchemaDepth {
		if t := topicOf(at.name, s.get("description").text(), at.owner, nil); t != topicWhole && t != topicEvent {
			texts = f.clues.all(t, at.name)
		}
		if len(texts) > 0 {
			want = len(texts)
		}
	}
	if m := howMany().FindStringSubmatch(f.clues.text); m != nil && len(texts) == 0 && len(prefix) == 0 && want > 0 {
		want = slices.Index(numberWords, strings.ToLower(m[1]))
		if n, err := strconv.Atoi(m[1]); err == nil {
			want = n
		}
		want = min(want, 20)
	}
	want = min(max(want, len(prefix), least), mostValues)
	if bounded {
		want = min(want, most)
	}
	out = append(out, '[')
	for i := range want {
		if i > 0 {
			out = append(out, ',')
		}
		item := items
		if i < len(prefix) {
			item = prefix[i]
		}
		if i < len(texts) {
			f.found++
			out = append(out, raw.Quote(fit(texts[i], one))...)
			continue
		}
		out = f.fill(out, item, place{singular(at.name), at.owner, nil, at.index*10 + i + 1})
	}
	return append(out, ']')
}

func singular(name string) string { return strings.TrimSuffix(name, "s") }

package translate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gemway/gemway/raw"
)

// plainSchema prepares a schema for models that take JSON Schema. It goes out
// in the client's own bytes but for what Gemini refuses or overlooks there:
//
//   - references lead into $defs of the root, the only place Gemini looks for
//     them, and stand alone (description and default may stay beside);
//   - the schemas true and false, draft 4's lists of items and its definitions
//     take the forms that Gemini knows;
//   - const is written as an enum of one, allOf of one as that one, since both
//     keywords are not honoured;
//   - parameters have the type object at their root.
//
// https://ai.google.dev/api/generate-content#FIELDS.response_json_schema
func (t *chatRequest) plainSchema(path string, v raw.Value, parameters bool) (raw.Value, error) {
	if err := schemaSize(path, v); err != nil {
		return nil, err
	}
	w := &plainWriter{root: v, path: path, names: map[string]string{}, refs: map[string][]string{}}
	out, err := w.document(parameters)
	if err != nil {
		return nil, err
	}
	for _, n := range w.notes {
		path, what, _ := strings.Cut(n, ": ")
		t.weaken(path, what)
	}
	return out, nil
}

// plainWriter rewrites one JSON Schema.
type plainWriter struct {
	root    raw.Value
	path    string
	count   schemaCount
	changed bool
	notes   []string

	defs  []member            // of the root, under their new names
	names map[string]string   // reference of the client → name in $defs
	refs  map[string][]string // references each definition holds; "" is the root
	owner string              // the definition that is being written
}

// document writes the whole schema.
func (w *plainWriter) document(parameters bool) (raw.Value, error) {
	all, err := w.rootMembers()
	if err != nil {
		return nil, err
	}
	for _, m := range all { // names first: references may come before them
		if m.name == "$defs" || m.name == "definitions" {
			if err := w.define(m); err != nil {
				return nil, err
			}
		}
	}
	defined := len(w.defs)
	var rest []member
	typed, moved := false, false
	for _, m := range all {
		switch m.name {
		case "$defs":
			continue
		case "definitions":
			moved = true
			continue
		case "type":
			typed = m.value.Kind() != 'n'
			if !typed {
				w.changed = true
				continue
			}
		}
		rest = append(rest, m)
	}
	if parameters && !typed {
		w.changed = true
		rest = slices.Insert(rest, 0, member{"type", raw.Value(`"object"`)})
	}
	body, err := w.members(w.path, rest, 0)
	if err != nil {
		return nil, err
	}
	for i := 0; i < len(w.defs); i++ {
		w.owner = w.defs[i].name
		value, err := w.schema(w.path+".$defs."+w.owner, w.defs[i].value, 1)
		if err != nil {
			return nil, err
		}
		w.defs[i].value = value
	}
	for _, d := range w.defs {
		if w.circular(d.name, d.name, map[string]bool{}) {
			return nil, invalidSchema(w.path+".$defs."+d.name, "refers to itself without saying anything")
		}
	}
	if w.fanOut("", map[string]int{}) > maxSchemaFanOut {
		return nil, invalidSchema(w.path, fmt.Sprintf("has references that come to more than %d when written out", maxSchemaFanOut))
	}
	if !w.changed && !moved && len(w.defs) == defined {
		return w.root, nil
	}
	o := objectWriter{out: raw.Value{'{'}}
	for _, m := range body {
		o.member(m.name, string(m.value))
	}
	if len(w.defs) > 0 {
		o.name("$defs")
		inner := objectWriter{out: append(o.out, '{')}
		for _, m := range w.defs {
			inner.member(m.name, string(m.value))
		}
		o.out = append(inner.out, '}')
	}
	return append(o.out, '}'), nil
}

// rootMembers lists the members of the root. A root that is a reference is
// replaced by what it means, beside its own members.
func (w *plainWriter) rootMembers() ([]member, error) {
	all, err := objectMembers(w.root)
	if err != nil {
		return nil, invalidSchema(w.path, "is not JSON")
	}
	for range maxSchemaExpansions {
		i := slices.IndexFunc(all, func(m member) bool { return m.name == "$ref" && m.value.Kind() == '"' })
		if i < 0 {
			return all, nil
		}
		target, err := localRef(w.path+".$ref", w.root, raw.String(all[i].value).Decode())
		if err != nil {
			return nil, err
		}
		more, err := objectMembers(target)
		if err != nil {
			return nil, invalidSchema(w.path+".$ref", "is not a reference to an object schema")
		}
		w.changed = true
		all = slices.Delete(slices.Clone(all), i, i+1)
		for _, m := range more {
			if !slices.ContainsFunc(all, func(have member) bool { return have.name == m.name }) {
				all = append(all, m)
			}
		}
	}
	return nil, invalidSchema(w.path+".$ref", "refers to itself")
}

// define takes the definitions of the root in.
func (w *plainWriter) define(m member) error {
	if m.value.Kind() != '{' {
		return nil
	}
	all, err := objectMembers(m.value)
	if err != nil {
		return invalidSchema(w.path+"."+m.name, "is not JSON")
	}
	for _, d := range all {
		name := w.freshName(d.name)
		w.names["#/"+m.name+"/"+escapeStep(d.name)] = name
		w.defs = append(w.defs, member{name, d.value})
	}
	return nil
}

// freshName is a name that no definition has yet.
func (w *plainWriter) freshName(name string) string {
	fresh := name
	for i := 2; slices.ContainsFunc(w.defs, func(m member) bool { return m.name == fresh }); i++ {
		fresh = name + "_" + strconv.Itoa(i)
	}
	return fresh
}

func escapeStep(s string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(s) }

// reference returns the reference to write for the client's, putting its
// target into $defs if it is not there.
func (w *plainWriter) reference(path string, v raw.Value) (raw.Value, error) {
	if v.Kind() != '"' {
		return nil, invalidSchema(path, "must be a string, got "+raw.KindName(v.Kind()))
	}
	ref := raw.String(v).Decode()
	name, ok := w.names[ref]
	if !ok {
		target, err := localRef(path, w.root, ref)
		if err != nil {
			return nil, err
		}
		name = w.freshName(defName(ref))
		w.names[ref] = name
		if target.Kind() == '{' { // a copy of the root has no use for definitions
			target = without(target, "$defs", "definitions")
		}
		w.defs = append(w.defs, member{name, target})
	}
	w.refs[w.owner] = append(w.refs[w.owner], name)
	if want := "#/$defs/" + escapeStep(name); want != ref {
		w.changed = true
		return raw.Value(raw.Quote(want)), nil
	}
	return v, nil
}

// defName names the definition of a reference after its last step.
func defName(ref string) string {
	step := unescapeStep(ref[strings.LastIndexAny(ref, "#/")+1:])
	if step == "" {
		return "root"
	}
	return shorten(step)
}

// without returns the object without members of those names.
func without(v raw.Value, names ...string) raw.Value {
	all, err := objectMembers(v)
	if err != nil {
		return v
	}
	o := objectWriter{out: raw.Value{'{'}}
	for _, m := range all {
		if !slices.Contains(names, m.name) {
			o.member(m.name, string(m.value))
		}
	}
	return append(o.out, '}')
}

// fanOut counts the references that writing out a definition would take,
// recursion once. It saturates beyond the bound.
func (w *plainWriter) fanOut(name string, known map[string]int) int {
	if n, ok := known[name]; ok {
		return n
	}
	known[name] = 0 // recursion
	n := 0
	for _, r := range w.refs[name] {
		if n += 1 + w.fanOut(r, known); n > maxSchemaFanOut {
			break
		}
	}
	known[name] = n
	return n
}

// circular reports whether a definition means itself: a way of references and
// alternatives back to it that no property or item interrupts.
func (w *plainWriter) circular(name, start string, seen map[string]bool) bool {
	if seen[name] {
		return false
	}
	seen[name] = true
	i := slices.IndexFunc(w.defs, func(m member) bool { return m.name == name })
	if i < 0 {
		return false
	}
	for _, r := range inPlaceRefs(w.defs[i].value, 0) {
		next := defName(r)
		if next == start || w.circular(next, start, seen) {
			return true
		}
	}
	return false
}

// inPlaceRefs lists the references that speak of the same value as the schema.
func inPlaceRefs(v raw.Value, depth int) []string {
	if v.Kind() != '{' || depth > maxSchemaDepth {
		return nil
	}
	all, err := objectMembers(v)
	if err != nil {
		return nil
	}
	var out []string
	for _, m := range all {
		switch m.name {
		case "$ref":
			if m.value.Kind() == '"' {
				out = append(out, raw.String(m.value).Decode())
			}
		case "anyOf", "oneOf", "allOf":
			if list, err := elements(m.value); m.value.Kind() == '[' && err == nil {
				for _, e := range list {
					out = append(out, inPlaceRefs(e, depth+1)...)
				}
			}
		}
	}
	return out
}

// schema writes a schema below the root.
func (w *plainWriter) schema(path string, v raw.Value, depth int) (raw.Value, error) {
	if err := w.count.level(path, depth); err != nil {
		return nil, err
	}
	switch v.Kind() {
	case 't', 'f':
		w.changed = true
		return raw.Value("{}"), nil
	case '{':
	default:
		return nil, invalidSchema(path, "must be a schema, got "+raw.KindName(v.Kind()))
	}
	all, err := objectMembers(v)
	if err != nil {
		return nil, invalidSchema(path, "is not JSON")
	}
	before := w.changed
	w.changed = false
	all, err = w.members(path, all, depth)
	if err != nil {
		return nil, err
	}
	if !w.changed {
		w.changed = before
		return v, nil
	}
	o := objectWriter{out: raw.Value{'{'}}
	for _, m := range all {
		o.member(m.name, string(m.value))
	}
	return append(o.out, '}'), nil
}

// members rewrites the members of a schema.
func (w *plainWriter) members(path string, all []member, depth int) ([]member, error) {
	has := func(name string) bool {
		return slices.ContainsFunc(all, func(m member) bool { return m.name == name })
	}
	out := make([]member, 0, len(all))
	for _, m := range all {
		at := path + "." + m.name
		var err error
		switch m.name {
		case "$ref":
			m.value, err = w.reference(at, m.value)
		case "pattern":
			err = checkPattern(path, m.value)
		case "const":
			if k := m.value.Kind(); (k == '"' || k == '0') && !has("enum") {
				w.changed = true
				m = member{"enum", raw.Value("[" + string(m.value) + "]")}
			}
		case "properties", "patternProperties", "dependentSchemas":
			m.value, err = w.named(at, m, depth)
		case "items":
			switch m.value.Kind() {
			case '[':
				w.changed = true
				m.name = "prefixItems"
				m.value, err = w.list(at, m.value, depth)
			case 'f':
				w.changed = true
				continue
			default:
				m.value, err = w.schema(at, m.value, depth+1)
			}
		case "additionalProperties", "additionalItems", "unevaluatedProperties", "unevaluatedItems", "contains", "propertyNames",
			"not", "if", "then", "else":
			if m.value.Kind() == '{' {
				m.value, err = w.schema(at, m.value, depth+1)
			}
		case "anyOf", "oneOf", "allOf", "prefixItems":
			m.value, err = w.list(at, m.value, depth)
			if err == nil && m.name == "allOf" && !has("anyOf") && !has("oneOf") {
				if one, e := elements(m.value); e == nil && len(one) == 1 {
					w.changed = true
					m.name = "anyOf"
				}
			}
		}
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return w.alone(out), nil
}

// alone moves what may not stand beside a $ref: constraints around it, titles
// and the like away.
func (w *plainWriter) alone(all []member) []member {
	i := slices.IndexFunc(all, func(m member) bool { return m.name == "$ref" })
	if i < 0 {
		return all
	}
	var beside, constraints []member
	for _, m := range all {
		switch {
		case strings.HasPrefix(m.name, "$"), m.name == "description", m.name == "default":
			beside = append(beside, m)
		case m.name == "title" || annotations[m.name]:
			w.changed = true
		default:
			constraints = append(constraints, m)
		}
	}
	if constraints == nil {
		return beside
	}
	w.changed = true
	out := slices.DeleteFunc(beside, func(m member) bool { return m.name == "$ref" })
	out = append(out, constraints...)
	if slices.ContainsFunc(constraints, func(m member) bool { return m.name == "anyOf" }) {
		return append(out, member{"allOf", raw.Value(`[{"$ref":` + string(all[i].value) + `}]`)})
	}
	return append(out, member{"anyOf", raw.Value(`[{"$ref":` + string(all[i].value) + `}]`)})
}

// named rewrites an object whose members are schemas. A property that may hold
// nothing is left out.
func (w *plainWriter) named(path string, m member, depth int) (raw.Value, error) {
	if m.value.Kind() != '{' {
		return m.value, nil
	}
	all, err := objectMembers(m.value)
	if err != nil {
		return nil, invalidSchema(path, "is not JSON")
	}
	before := w.changed
	w.changed = false
	o := objectWriter{out: raw.Value{'{'}}
	for _, p := range all {
		at := path + "." + p.name
		if m.name == "properties" {
			if err := w.count.property(at); err != nil {
				return nil, err
			}
			if p.value.Kind() == 'f' {
				w.changed = true
				w.notes = append(w.notes, at+": the schema false is left out")
				continue
			}
		}
		value, err := w.schema(at, p.value, depth+1)
		if err != nil {
			return nil, err
		}
		o.member(p.name, string(value))
	}
	if !w.changed {
		w.changed = before
		return m.value, nil
	}
	return append(o.out, '}'), nil
}

// list rewrites a list of schemas; alternatives that hold nothing are left out.
func (w *plainWriter) list(path string, v raw.Value, depth int) (raw.Value, error) {
	if v.Kind() != '[' {
		return v, nil
	}
	all, err := elements(v)
	if err != nil {
		return nil, invalidSchema(path, "is not JSON")
	}
	before := w.changed
	w.changed = false
	var out []string
	for i, e := range all {
		if e.Kind() == 'f' {
			w.changed = true
			continue
		}
		one, err := w.schema(fmt.Sprintf("%s[%d]", path, i), e, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, string(one))
	}
	if !w.changed {
		w.changed = before
		return v, nil
	}
	return raw.Value("[" + strings.Join(out, ",") + "]"), nil
}

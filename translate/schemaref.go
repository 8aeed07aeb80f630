package translate

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json/jsontext"
)

// localRef returns what a reference within the document points to. Remote
// references are refused: a schema is no reason to fetch anything.
func localRef(path string, root raw.Value, ref string) (raw.Value, error) {
	fragment, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return nil, invalidSchema(path, "refers to "+strconv.Quote(shorten(ref))+
			": only references within the schema (#/$defs/…) are followed; put the definition into $defs")
	}
	if fragment == "" {
		return root, nil
	}
	if !strings.HasPrefix(fragment, "/") {
		if v := findAnchor(root, fragment, 0); v != nil {
			return v, nil
		}
		return nil, invalidSchema(path, "refers to "+strconv.Quote(shorten(ref))+", which the schema does not define")
	}
	v := root
	for step := range strings.SplitSeq(fragment[1:], "/") {
		if v = child(v, unescapeStep(step)); v == nil {
			return nil, invalidSchema(path, "refers to "+strconv.Quote(shorten(ref))+", which the schema does not define")
		}
	}
	if k := v.Kind(); k != '{' && k != 't' && k != 'f' {
		return nil, invalidSchema(path, "refers to "+strconv.Quote(shorten(ref))+", which is not a schema")
	}
	return v, nil
}

// unescapeStep resolves the escapes of a JSON pointer in a URI fragment.
func unescapeStep(step string) string {
	if strings.Contains(step, "%") {
		var b strings.Builder
		for i := 0; i < len(step); i++ {
			if step[i] == '%' && i+2 < len(step) {
				if n, err := strconv.ParseUint(step[i+1:i+3], 16, 8); err == nil {
					b.WriteByte(byte(n))
					i += 2
					continue
				}
			}
			b.WriteByte(step[i])
		}
		step = b.String()
	}
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
}

// child returns the member or element of that name, or nil.
func child(v raw.Value, name string) raw.Value {
	switch v.Kind() {
	case '{':
		all, err := objectMembers(v)
		if err != nil {
			return nil
		}
		for _, m := range all {
			if m.name == name {
				return m.value
			}
		}
	case '[':
		all, err := elements(v)
		if i, e := strconv.Atoi(name); err == nil && e == nil && i >= 0 && i < len(all) {
			return all[i]
		}
	}
	return nil
}

// findAnchor looks for a schema that calls itself name by $anchor.
func findAnchor(v raw.Value, name string, depth int) raw.Value {
	if depth > 2*maxSchemaDepth {
		return nil
	}
	switch v.Kind() {
	case '{':
		all, err := objectMembers(v)
		if err != nil {
			return nil
		}
		for _, m := range all {
			if m.name == "$anchor" && m.value.Kind() == '"' && raw.String(m.value).Decode() == name {
				return v
			}
		}
		for _, m := range all {
			if found := findAnchor(m.value, name, depth+1); found != nil {
				return found
			}
		}
	case '[':
		all, err := elements(v)
		if err != nil {
			return nil
		}
		for _, e := range all {
			if found := findAnchor(e, name, depth+1); found != nil {
				return found
			}
		}
	}
	return nil
}

// objectMembers lists the members of an object in order, the last of several
// with one name. The values share the memory of v.
func objectMembers(v raw.Value) ([]member, error) {
	dec := leafDecoder(v)
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	var out []member
	var seen map[string]int
	for dec.PeekKind() != '}' {
		tok, err := dec.ReadToken()
		if err != nil {
			return nil, err
		}
		name := tok.String()
		value, err := dec.ReadValue()
		if err != nil {
			return nil, err
		}
		end := int(dec.InputOffset())
		value = v[end-len(value) : end : end]
		if i, ok := seen[name]; ok {
			out[i].value = value
			continue
		}
		if seen == nil {
			seen = map[string]int{}
		}
		seen[name] = len(out)
		out = append(out, member{name, value})
	}
	return out, nil
}

// elements lists the elements of an array. They share the memory of v.
func elements(v raw.Value) ([]raw.Value, error) {
	dec := leafDecoder(v)
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	var out []raw.Value
	for dec.PeekKind() != ']' {
		value, err := dec.ReadValue()
		if err != nil {
			return nil, err
		}
		end := int(dec.InputOffset())
		out = append(out, v[end-len(value):end:end])
	}
	return out, nil
}

// leafDecoder reads a value that was checked when it came in.
func leafDecoder(v raw.Value) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewBuffer(v), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// stringsOf lists the strings of an array; everything else in it is left out.
func stringsOf(v raw.Value) []string {
	if v.Kind() != '[' {
		return nil
	}
	all, err := elements(v)
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range all {
		if e.Kind() == '"' {
			out = append(out, raw.String(e).Decode())
		}
	}
	return out
}

// shorten cuts a client's text for a message.
func shorten(s string) string {
	const longest = 100
	if len(s) <= longest {
		return s
	}
	return strings.ToValidUTF8(s[:longest], "") + "…"
}

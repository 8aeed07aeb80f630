package emulator

import (
	"bytes"

	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json/jsontext"
)

// node is a JSON value read for walking: members keep their order, which
// decides the order of an answer's properties. The zero node is absent.
type node struct {
	value   jsontext.Value // as it was written
	members []member
	items   []node
}

type member struct {
	name string
	node node
}

// parse reads a JSON value. Values that are no JSON are absent: the decoder of
// the request has refused them already.
func parse(v jsontext.Value) node {
	if len(v) == 0 {
		return node{}
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(v), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	n, err := read(dec)
	if err != nil {
		return node{}
	}
	return n
}

func read(dec *jsontext.Decoder) (node, error) {
	k := dec.PeekKind()
	if k != '{' && k != '[' {
		v, err := dec.ReadValue()
		return node{value: v.Clone()}, err
	}
	if _, err := dec.ReadToken(); err != nil {
		return node{}, err
	}
	n := node{value: jsontext.Value(string(rune(k)))}
	for dec.PeekKind() != '}' && dec.PeekKind() != ']' {
		name := ""
		if k == '{' {
			tok, err := dec.ReadToken()
			if err != nil {
				return node{}, err
			}
			name = tok.String()
		}
		one, err := read(dec)
		if err != nil {
			return node{}, err
		}
		if k == '{' {
			n.members = append(n.members, member{name, one})
		} else {
			n.items = append(n.items, one)
		}
	}
	_, err := dec.ReadToken()
	return n, err
}

// kind returns the kind of JSON value, 0 when absent.
func (n node) kind() jsontext.Kind {
	if len(n.value) == 0 {
		return 0
	}
	return n.value.Kind()
}

// get returns the member called name.
func (n node) get(name string) node {
	for _, m := range n.members {
		if m.name == name {
			return m.node
		}
	}
	return node{}
}

// has reports whether there is a member called name.
func (n node) has(name string) bool { return n.get(name).kind() != 0 }

// text returns a string's text, or "".
func (n node) text() string {
	if n.kind() != '"' {
		return ""
	}
	return raw.String(n.value).Decode()
}

// number returns a number's value, or false.
func (n node) number() (float64, bool) {
	if n.kind() != '0' {
		return 0, false
	}
	return jsonFloat(n.value)
}

// texts returns the strings of a list.
func (n node) texts() []string {
	var out []string
	for _, i := range n.items {
		if i.kind() == '"' {
			out = append(out, i.text())
		}
	}
	return out
}

// appendTo writes the value back, without white space.
func (n node) appendTo(out []byte) []byte {
	switch n.kind() {
	case '{':
		out = append(out, '{')
		for i, m := range n.members {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(append(out, raw.Quote(m.name)...), ':')
			out = m.node.appendTo(out)
		}
		return append(out, '}')
	case '[':
		out = append(out, '[')
		for i, v := range n.items {
			if i > 0 {
				out = append(out, ',')
			}
			out = v.appendTo(out)
		}
		return append(out, ']')
	}
	return append(out, n.value...)
}

func (n node) String() string { return string(n.appendTo(nil)) }

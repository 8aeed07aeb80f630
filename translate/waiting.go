package translate

import (
	"strconv"
	"strings"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
)

// waiting is a call that cannot be told to the client yet: its arguments are
// still coming, or the next part may show that Google answers it itself.
type waiting struct {
	part gemini.Part
	call gemini.FunctionCall
	more bool      // pieces of the arguments are to come
	args *argument // put together from pieces; nil when they came whole
}

// callPieces is how Vertex AI streams arguments:
// {"partialArgs":[{"jsonPath":"$.a","stringValue":"…","willContinue":true}],"willContinue":true}
type callPieces struct {
	PartialArgs []struct {
		JSONPath    string     `json:"jsonPath"`
		StringValue raw.String `json:"stringValue"`
		NumberValue raw.Value  `json:"numberValue"`
		BoolValue   raw.Value  `json:"boolValue"`
	} `json:"partialArgs"`
	WillContinue bool `json:"willContinue"`
}

// call takes a function call, and keeps it back where it may not be complete or
// not be the client's: a call of a function that the client did not declare is
// often one of an MCP server that Google runs, with its result in the next chunk.
func (a *Answer) call(c *choice, p *gemini.Part) {
	f := p.FunctionCall
	pieces := readPieces(f)
	if pieces == nil && (!a.chat.Stream || a.chat.declared(f.Name)) {
		a.functionCall(c, p)
		return
	}
	w := &waiting{call: gemini.FunctionCall{ID: f.ID, Name: f.Name, Args: a.keep(f.Args)}}
	w.part = gemini.Part{FunctionCall: &w.call, ThoughtSignature: raw.String(a.keep(raw.Value(p.ThoughtSignature)))}
	c.waiting = w
	if pieces != nil {
		w.add(pieces)
		if !w.more && a.chat.declared(f.Name) {
			a.release(c)
		}
	}
}

// declared reports whether the client declared the function.
func (c *Chat) declared(native string) bool {
	for _, prefix := range []string{"default_api.", "default_api:"} {
		native = strings.TrimPrefix(native, prefix)
	}
	_, ok := c.names.client[native]
	return ok
}

// resume looks at a part in the light of the call that waits. It reports
// whether the part was nothing but a piece of that call.
func (a *Answer) resume(c *choice, p *gemini.Part) bool {
	w := c.waiting
	if w == nil {
		return false
	}
	if f := p.FunctionCall; w.more && f != nil && f.Name == "" {
		pieces := readPieces(f)
		if pieces == nil {
			pieces = &callPieces{} // the bare closing part
		}
		if w.part.ThoughtSignature.Empty() {
			w.part.ThoughtSignature = raw.String(a.keep(raw.Value(p.ThoughtSignature)))
		}
		w.add(pieces)
		if !w.more && a.chat.declared(w.call.Name) {
			a.release(c)
		}
		return true
	}
	if r := p.FunctionResponse; r != nil && r.Name == w.call.Name && r.ID == w.call.ID {
		c.waiting = nil
		a.serverPart(c, &w.part)
		return false
	}
	a.release(c)
	return false
}

// release tells the client the call that waited.
func (a *Answer) release(c *choice) {
	if w := c.waiting; w != nil {
		c.waiting = nil
		a.functionCall(c, &w.part)
	}
}

func readPieces(f *gemini.FunctionCall) *callPieces {
	if len(f.Extra) == 0 {
		return nil
	}
	var p callPieces
	if json.Unmarshal(f.Extra, &p) != nil || p.PartialArgs == nil && !p.WillContinue {
		return nil
	}
	return &p
}

func (w *waiting) add(p *callPieces) {
	if w.args == nil {
		w.args = &argument{}
	}
	for _, piece := range p.PartialArgs {
		n := w.args.at(piece.JSONPath)
		switch {
		case !piece.StringValue.IsZero():
			n.text = append(n.text, piece.StringValue)
		case piece.NumberValue != nil:
			n.value = piece.NumberValue
		case piece.BoolValue != nil:
			n.value = piece.BoolValue
		}
	}
	if w.more = p.WillContinue; !w.more && trivial(w.call.Args) {
		w.call.Args = w.args.append(nil)
	}
}

// argument is a node of arguments that are put together from pieces: an object,
// an array, a string in pieces or another scalar. What no piece gave a value is
// null, the root an empty object.
type argument struct {
	names   []string // in the order in which they came
	members map[string]*argument
	items   []*argument
	text    []raw.String
	value   raw.Value
}

// at gives the node at a path such as $.a.b[0]['c d'], and makes what is
// missing. A path that has another form names a member of the root.
func (n *argument) at(path string) *argument {
	rest, ok := strings.CutPrefix(path, "$")
	for at := n; ok; {
		switch {
		case rest == "":
			return at
		case rest[0] == '.':
			end := strings.IndexAny(rest[1:], ".[")
			if end < 0 {
				end = len(rest) - 1
			}
			at, rest = at.member(rest[1:1+end]), rest[1+end:]
		case rest[0] == '[':
			var name string
			name, rest, ok = strings.Cut(rest[1:], "]")
			if !ok {
				continue
			}
			if quoted := strings.Trim(name, `'"`); quoted != name {
				at = at.member(quoted)
				continue
			}
			i, err := strconv.Atoi(name)
			if ok = err == nil && i >= 0 && i <= len(at.items); ok {
				at = at.item(i)
			}
		default:
			ok = false
		}
	}
	return n.member(path)
}

func (n *argument) member(name string) *argument {
	if m, ok := n.members[name]; ok {
		return m
	}
	if n.members == nil {
		n.members = map[string]*argument{}
	}
	m := &argument{}
	n.names, n.members[name] = append(n.names, name), m
	return m
}

// item gives the element i, which is there or the next one.
func (n *argument) item(i int) *argument {
	if i == len(n.items) {
		n.items = append(n.items, &argument{})
	}
	return n.items[i]
}

// append writes the root, which is an object whatever it holds.
func (n *argument) append(b []byte) []byte {
	b = append(b, '{')
	for i, name := range n.names {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, raw.Quote(name)...), ':')
		b = n.members[name].appendValue(b)
	}
	return append(b, '}')
}

func (n *argument) appendValue(b []byte) []byte {
	switch {
	case n.text != nil:
		return append(b, raw.Concat(n.text...)...)
	case n.value != nil:
		return append(b, n.value...)
	case n.names != nil:
		return n.append(b)
	case n.items != nil:
		b = append(b, '[')
		for i, item := range n.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = item.appendValue(b)
		}
		return append(b, ']')
	default:
		return append(b, "null"...)
	}
}

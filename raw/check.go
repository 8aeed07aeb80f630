package raw

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sync"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Limits bound the shape of a JSON document. A zero limit is none.
type Limits struct {
	Depth  int // of objects and arrays inside each other; at most 1,000 even without a limit
	Values int // objects, arrays, strings, numbers, literals and names in all
	Name   int // bytes of an object's member name
	Number int // bytes of a number
}

// maxDepth holds without a limit too: it bounds the memory of the check.
const maxDepth = 1000

// Fault says what kind of mistake a document has.
type Fault string

// Faults.
const (
	FaultSyntax     Fault = "syntax"
	FaultUTF8       Fault = "utf8"
	FaultSurrogate  Fault = "surrogate" // a \u escape of half a character
	FaultDuplicate  Fault = "duplicate"
	FaultDepth      Fault = "depth"
	FaultValues     Fault = "values"
	FaultLongName   Fault = "name"
	FaultLongNumber Fault = "number"
)

// CheckError is the first fault of a document.
type CheckError struct {
	Fault  Fault
	Offset int    // of the byte at fault
	Name   string // the member name at fault, for FaultDuplicate
}

// Error implements the error interface.
func (e *CheckError) Error() string {
	return fmt.Sprintf("%s fault at byte %d", e.Fault, e.Offset)
}

// Check verifies that b is one JSON document of the strict kind (RFC 8259,
// UTF-8, no name twice in an object) within the limits. It takes one pass, and
// memory only for the names of the objects that are open.
func Check(b []byte, lim Limits) error {
	_, err := CheckCount(b, lim)
	return err
}

// CheckCount is Check, and returns how many values and names the document has.
func CheckCount(b []byte, lim Limits) (int, error) {
	c, ok := checkers.Get().(*checker)
	if !ok {
		c = &checker{stack: make([]frame, 0, 16), names: make([][]byte, 0, 32)}
	}
	c.b, c.i, c.values, c.lim = b, 0, 0, lim
	if c.lim.Depth == 0 || c.lim.Depth > maxDepth {
		c.lim.Depth = maxDepth
	}
	err := c.document()
	values := c.values
	// Nothing of the document may be held on to, and nothing big either.
	clear(c.stack[:cap(c.stack)])
	clear(c.names[:cap(c.names)])
	if c.b = nil; cap(c.names) <= 1024 {
		checkers.Put(c)
	}
	if err != nil {
		return values, err // a typed nil must not become an error
	}
	return values, nil
}

// checkers are checkers that have done their work.
var checkers sync.Pool

// checker walks a document with its own stack, so that depth costs no stack of
// the goroutine.
type checker struct {
	b      []byte
	i      int
	lim    Limits
	values int
	stack  []frame
	names  [][]byte // of all open objects, one behind the other
}

// frame is an object or array that is open.
type frame struct {
	object bool
	first  int                 // index of its first name in names
	seen   map[string]struct{} // names of an object with many
}

// manyNames is where comparing names one by one gives way to a map.
const manyNames = 24

func (c *checker) fail(f Fault, at int) *CheckError { return &CheckError{Fault: f, Offset: at} }

func (c *checker) space() {
	for c.i < len(c.b) {
		switch c.b[c.i] {
		case ' ', '\n', '\t', '\r':
			c.i++
		default:
			return
		}
	}
}

func (c *checker) document() *CheckError {
	c.stack, c.names = c.stack[:0], c.names[:0]
	for {
		opened, err := c.value()
		if err != nil {
			return err
		}
		if opened {
			continue // the first value of an array, or the value of a first member
		}
		for { // after a value
			c.space()
			if len(c.stack) == 0 {
				if c.i < len(c.b) {
					return c.fail(FaultSyntax, c.i)
				}
				return nil
			}
			if c.i >= len(c.b) {
				return c.fail(FaultSyntax, c.i)
			}
			top := &c.stack[len(c.stack)-1]
			switch ch := c.b[c.i]; {
			case ch == ',':
				c.i++
				if top.object {
					c.space()
					if err := c.name(top); err != nil {
						return err
					}
				}
			case ch == '}' && top.object, ch == ']' && !top.object:
				c.i++
				c.names = c.names[:top.first]
				c.stack = c.stack[:len(c.stack)-1]
				continue
			default:
				return c.fail(FaultSyntax, c.i)
			}
			break
		}
	}
}

// value checks a value. For an object or array that is not empty it stops
// before the first value inside and reports opened.
func (c *checker) value() (opened bool, err *CheckError) {
	c.space()
	if c.values++; c.lim.Values > 0 && c.values > c.lim.Values {
		return false, c.fail(FaultValues, c.i)
	}
	if c.i >= len(c.b) {
		return false, c.fail(FaultSyntax, c.i)
	}
	switch ch := c.b[c.i]; ch {
	case '{', '[':
		if len(c.stack) >= c.lim.Depth {
			return false, c.fail(FaultDepth, c.i)
		}
		c.i++
		c.space()
		if c.i < len(c.b) && c.b[c.i] == ch+2 { // } and ] stand two behind { and [
			c.i++
			return false, nil
		}
		c.stack = append(c.stack, frame{object: ch == '{', first: len(c.names)})
		if ch == '{' {
			return true, c.name(&c.stack[len(c.stack)-1])
		}
		return true, nil
	case '"':
		_, err := c.string()
		return false, err
	case 't':
		return false, c.literal("true")
	case 'f':
		return false, c.literal("false")
	case 'n':
		return false, c.literal("null")
	default:
		return false, c.number()
	}
}

func (c *checker) literal(s string) *CheckError {
	if len(c.b)-c.i < len(s) || string(c.b[c.i:c.i+len(s)]) != s {
		return c.fail(FaultSyntax, c.i)
	}
	c.i += len(s)
	return nil
}

// name checks a member's name and its colon.
func (c *checker) name(top *frame) *CheckError {
	at := c.i
	if at >= len(c.b) || c.b[at] != '"' {
		return c.fail(FaultSyntax, at)
	}
	escaped, err := c.string()
	if err != nil {
		return err
	}
	if c.values++; c.lim.Values > 0 && c.values > c.lim.Values {
		return c.fail(FaultValues, at)
	}
	name := c.b[at+1 : c.i-1]
	if c.lim.Name > 0 && len(name) > c.lim.Name {
		return c.fail(FaultLongName, at)
	}
	if escaped {
		// Two spellings of one name are one name.
		name, _ = jsontext.AppendUnquote(nil, c.b[at:c.i])
	}
	if top.seen == nil {
		for _, n := range c.names[top.first:] {
			if len(n) == len(name) && string(n) == string(name) {
				return &CheckError{Fault: FaultDuplicate, Offset: at, Name: string(name)}
			}
		}
		c.names = append(c.names, name)
		if len(c.names)-top.first > manyNames {
			top.seen = make(map[string]struct{}, 4*manyNames)
			for _, n := range c.names[top.first:] {
				top.seen[string(n)] = struct{}{}
			}
		}
	} else {
		before := len(top.seen)
		if top.seen[string(name)] = struct{}{}; len(top.seen) == before {
			return &CheckError{Fault: FaultDuplicate, Offset: at, Name: string(name)}
		}
	}
	c.space()
	if c.i >= len(c.b) || c.b[c.i] != ':' {
		return c.fail(FaultSyntax, c.i)
	}
	c.i++
	return nil
}

func (c *checker) number() *CheckError {
	at, b := c.i, c.b
	i := at
	digits := func() bool {
		from := i
		for i < len(b) && b[i]-'0' <= 9 {
			i++
		}
		return i > from
	}
	if i < len(b) && b[i] == '-' {
		i++
	}
	switch {
	case i < len(b) && b[i] == '0':
		i++
	case !digits():
		return c.fail(FaultSyntax, at)
	}
	if i < len(b) && b[i] == '.' {
		if i++; !digits() {
			return c.fail(FaultSyntax, i)
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if !digits() {
			return c.fail(FaultSyntax, i)
		}
	}
	if c.lim.Number > 0 && i-at > c.lim.Number {
		return c.fail(FaultLongNumber, at)
	}
	c.i = i
	return nil
}

// string checks a string and moves behind it.
func (c *checker) string() (escaped bool, err *CheckError) {
	b := c.b
	i := c.i + 1
	// Short strings, by far the most, are done byte by byte.
	for stop := min(len(b), i+32); i < stop; i++ {
		if ch := b[i]; ch == '"' {
			c.i = i + 1
			return false, nil
		} else if ch < ' ' || ch == '\\' || ch >= utf8.RuneSelf {
			break
		}
	}
	// Long ones by the fast search functions of the library. The place of the
	// next quote is kept, so that many escapes do not make the time quadratic.
	quote := i - 1
	for {
		if quote < i {
			n := bytes.IndexByte(b[i:], '"')
			if n < 0 {
				return false, c.fail(FaultSyntax, len(b))
			}
			quote = i + n
		}
		end := quote
		n := bytes.IndexByte(b[i:quote], '\\')
		if n >= 0 {
			end = i + n
		}
		if err := c.text(i, end); err != nil {
			return false, err
		}
		if n < 0 {
			c.i = quote + 1
			return escaped, nil
		}
		escaped = true
		if i, err = c.escape(end); err != nil {
			return false, err
		}
	}
}

// text checks the bytes of a string between escapes.
func (c *checker) text(from, to int) *CheckError {
	b := c.b[from:to]
	plain, ascii := class(b)
	if !plain {
		for i, ch := range b {
			if ch < ' ' {
				return c.fail(FaultSyntax, from+i)
			}
		}
	}
	if !ascii && !utf8.Valid(b) {
		i := 0
		for {
			r, n := utf8.DecodeRune(b[i:])
			if r == utf8.RuneError && n <= 1 {
				return c.fail(FaultUTF8, from+i)
			}
			i += n
		}
	}
	return nil
}

// class reports whether b holds no control characters, and whether it is ASCII.
// It looks at eight bytes at a time.
func class(b []byte) (plain, ascii bool) {
	const high, space = 0x8080808080808080, 0x2020202020202020
	var control, any uint64
	for len(b) >= 32 {
		v0, v1 := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
		v2, v3 := binary.LittleEndian.Uint64(b[16:]), binary.LittleEndian.Uint64(b[24:])
		// A byte below 0x20 borrows; bytes from 0x80 on are masked out. A borrow
		// can only raise a false alarm, which the caller looks into.
		control |= (v0-space)&^v0 | (v1-space)&^v1 | (v2-space)&^v2 | (v3-space)&^v3
		any |= v0 | v1 | v2 | v3
		b = b[32:]
	}
	plain, ascii = control&high == 0, any&high == 0
	for _, ch := range b {
		plain = plain && ch >= ' '
		ascii = ascii && ch < utf8.RuneSelf
	}
	return plain, ascii
}

// escape checks the escape at i and returns the place behind it.
func (c *checker) escape(i int) (int, *CheckError) {
	b := c.b
	if i+1 >= len(b) {
		return 0, c.fail(FaultSyntax, len(b))
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2, nil
	case 'u':
		r, ok := hex4(b, i)
		if !ok {
			return 0, c.fail(FaultSyntax, i)
		}
		if !utf16.IsSurrogate(r) {
			return i + 6, nil
		}
		if low, ok := hex4(b, i+6); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
			return i + 12, nil
		}
		return 0, c.fail(FaultSurrogate, i)
	}
	return 0, c.fail(FaultSyntax, i)
}

// hex4 reads the \uXXXX at i.
func hex4(b []byte, i int) (rune, bool) {
	if len(b)-i < 6 || b[i] != '\\' || b[i+1] != 'u' {
		return 0, false
	}
	var r rune
	for _, ch := range b[i+2 : i+6] {
		switch {
		case ch-'0' <= 9:
			ch -= '0'
		case ch-'a' < 6:
			ch -= 'a' - 10
		case ch-'A' < 6:
			ch -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(ch)
	}
	return r, true
}

package raw

import (
	"bytes"
	"strings"
)

// Reader cuts a JSON document into the spans of its values, without decoding
// or copying them. It trusts its input: Check has passed over it. What it
// returns shares memory with the document.
//
// Its users are the fast paths of the wire types, which give up (Failed) at
// anything out of the ordinary and leave it to the ordinary decoder.
type Reader struct {
	b   []byte
	i   int
	bad bool
}

// NewReader returns a reader of one document.
func NewReader(b []byte) Reader { return Reader{b: b} }

// Failed reports that the document did not have the form that was asked for.
func (r *Reader) Failed() bool { return r.bad }

// Fail gives up.
func (r *Reader) Fail() { r.bad, r.i = true, len(r.b) }

// Size returns the bytes of the document.
func (r *Reader) Size() int { return len(r.b) }

// Left returns how many bytes of the document are left.
func (r *Reader) Left() int { return len(r.b) - r.i }

func (r *Reader) space() {
	for r.i < len(r.b) && r.b[r.i] <= ' ' {
		r.i++
	}
}

// Kind returns the first byte of the next value, 0 at the end.
func (r *Reader) Kind() byte {
	r.space()
	if r.i >= len(r.b) {
		return 0
	}
	return r.b[r.i]
}

// Null takes a null, if it is next.
func (r *Reader) Null() bool {
	if r.Kind() != 'n' || len(r.b)-r.i < 4 {
		return false
	}
	r.i += 4
	return true
}

// Open enters an object or array, given by its first byte. It fails at
// anything else.
func (r *Reader) Open(kind byte) bool {
	if r.Kind() != kind {
		r.Fail()
		return false
	}
	r.i++
	return true
}

// Name returns the name of the next member of the object that is open, and
// false at its end. A name with escapes fails: no name of the API has any.
func (r *Reader) Name() ([]byte, bool) {
	name, ok := r.Spelled()
	if ok && bytes.IndexByte(name, '\\') >= 0 {
		r.Fail()
		return nil, false
	}
	return name, ok
}

// Spelled is Name, and takes names with escapes as they are spelled.
func (r *Reader) Spelled() ([]byte, bool) {
	switch r.Kind() {
	case ',':
		r.i++
		r.space()
	case '}':
		r.i++
		return nil, false
	}
	if r.i >= len(r.b) || r.b[r.i] != '"' {
		r.Fail()
		return nil, false
	}
	at := r.i
	r.skipString()
	if r.bad {
		return nil, false
	}
	name := r.b[at+1 : r.i-1]
	if r.Kind() != ':' {
		r.Fail()
		return nil, false
	}
	r.i++
	return name, true
}

// More reports whether the array that is open has another element, and leaves
// the array if not.
func (r *Reader) More() bool {
	switch r.Kind() {
	case ',':
		r.i++
		return true
	case ']':
		r.i++
		return false
	case 0:
		r.Fail()
		return false
	}
	return true
}

// Value returns the span of the next value.
func (r *Reader) Value() Value {
	kind := r.Kind()
	at := r.i
	switch kind {
	case '"':
		r.skipString()
	case '{', '[':
		r.skipNested()
	case 0:
		r.Fail()
	default:
		for r.i < len(r.b) {
			switch r.b[r.i] {
			case ',', '}', ']', ' ', '\n', '\t', '\r':
				return Value(r.b[at:r.i:r.i])
			}
			r.i++
		}
	}
	if r.bad {
		return nil
	}
	return Value(r.b[at:r.i:r.i])
}

// String returns the next value, which is a string or null (absent).
func (r *Reader) String() String {
	switch r.Kind() {
	case '"':
		return String(r.Value())
	case 'n':
		r.i += 4
	default:
		r.Fail()
	}
	return nil
}

// Text returns the next value, a string or null, decoded.
func (r *Reader) Text() string { return r.String().Decode() }

// TextLike is Text for a value that is likely to be a certain text: then that
// is returned, and no memory is taken.
func (r *Reader) TextLike(likely string) string {
	s := r.String()
	if n := len(s); n >= 2 && string(s[1:n-1]) == likely && strings.IndexByte(likely, '\\') < 0 {
		return likely
	}
	return s.Decode()
}

// Bool returns the next value, a boolean or null (false).
func (r *Reader) Bool() bool {
	switch v := r.Value(); string(v) {
	case "true":
		return true
	case "false", "null":
	default:
		r.Fail()
	}
	return false
}

// Int returns the next value, a whole number.
func (r *Reader) Int() int64 {
	v := r.Value()
	n, digits := int64(0), 0
	for _, c := range v {
		if c-'0' > 9 {
			digits = 0
			break
		}
		n = n*10 + int64(c-'0')
		digits++
	}
	if digits > 0 && digits < 18 {
		return n
	}
	n, err := ParseInt(v)
	if err != nil {
		r.Fail()
	}
	return n
}

// End fails unless the document is at its end.
func (r *Reader) End() bool {
	if r.Kind() != 0 {
		r.Fail()
	}
	return !r.bad
}

// skipString moves behind the string that begins here.
func (r *Reader) skipString() {
	b := r.b
	i := r.i + 1
	for stop := min(len(b), i+16); i < stop; i++ {
		if b[i] == '"' {
			r.i = i + 1
			return
		}
		if b[i] == '\\' {
			break
		}
	}
	for {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			r.Fail()
			return
		}
		end := i + n
		// A quote behind an odd number of backslashes belongs to the text.
		back := end
		for back > r.i+1 && b[back-1] == '\\' {
			back--
		}
		i = end + 1
		if (end-back)%2 == 0 {
			r.i = i
			return
		}
	}
}

// skipNested moves behind the object or array that begins here.
func (r *Reader) skipNested() {
	// A list of numbers, as embeddings are, ends at the first bracket.
	if r.b[r.i] == '[' {
		if n := bytes.IndexByte(r.b[r.i:], ']'); n > 64 {
			inside := r.b[r.i+1 : r.i+n]
			if bytes.IndexByte(inside, '"') < 0 && bytes.IndexByte(inside, '[') < 0 && bytes.IndexByte(inside, '{') < 0 {
				r.i += n + 1
				return
			}
		}
	}
	depth := 0
	for r.i < len(r.b) {
		switch r.b[r.i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				r.i++
				return
			}
		case '"':
			if r.skipString(); r.bad {
				return
			}
			continue
		}
		r.i++
	}
	r.Fail()
}

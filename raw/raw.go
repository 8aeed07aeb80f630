// Package raw holds JSON values as the bytes they arrived in.
//
// User data (texts, base64, schemas, arguments) passes through Gemway without
// being decoded and encoded again: it is cheaper, and it is the only way to
// hand on big integers, key order and escapes exactly. The wire types of the
// packages openai and gemini use these types for their leaves.
package raw

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Value is any JSON value in its original spelling. The zero value is absent.
type Value = jsontext.Value

// String is a JSON string in its original spelling, quotes and escapes
// included. The zero value is an absent string, which is different from the
// empty string `""`. In a string made by Tail another byte stands in for the
// opening quote.
type String []byte

// Quote returns s as a JSON string. Invalid UTF-8 becomes U+FFFD.
func Quote(s string) String {
	b, err := jsontext.AppendQuote(nil, s)
	if err != nil { // AppendQuote reports invalid UTF-8 but has replaced it
		return b
	}
	return b
}

// OfBase64 returns base64 as a JSON string: it needs no escapes.
func OfBase64(b []byte) String {
	s := make(String, 0, len(b)+2)
	s = append(s, '"')
	s = append(s, b...)
	return append(s, '"')
}

// IsZero reports whether the string is absent.
func (s String) IsZero() bool { return len(s) == 0 }

// Empty reports whether the string is absent or has no characters.
func (s String) Empty() bool { return len(s) <= 2 }

// Inner returns the escaped bytes between the quotes.
func (s String) Inner() []byte {
	if len(s) < 2 {
		return nil
	}
	return s[1 : len(s)-1]
}

// Tail returns the string from an offset into Inner on, which must not be 0,
// in the same memory: a picture cut out of its data URL is not copied.
func (s String) Tail(from int) String { return s[from:len(s):len(s)] }

// quoted returns the string with both quotes.
func (s String) quoted() String {
	if s[0] == '"' {
		return s
	}
	q := bytes.Clone(s)
	q[0] = '"'
	return q
}

// Decode returns the text with its escapes resolved. It returns "" for an
// absent string.
func (s String) Decode() string {
	if len(s) < 2 {
		return ""
	}
	if bytes.IndexByte(s, '\\') < 0 {
		return string(s[1 : len(s)-1])
	}
	// An error here means a lone surrogate or invalid UTF-8: the result then
	// holds U+FFFD in its place, which is what the caller wants.
	b, _ := jsontext.AppendUnquote(nil, s.quoted())
	return string(b)
}

// String implements fmt.Stringer with the decoded text.
func (s String) String() string { return s.Decode() }

// Concat joins the strings into one without decoding them. Absent strings
// count as empty; the result is never absent.
func Concat(parts ...String) String {
	n := 2
	for _, p := range parts {
		n += len(p.Inner())
	}
	out := make(String, 0, n)
	out = append(out, '"')
	for _, p := range parts {
		out = append(out, p.Inner()...)
	}
	return append(out, '"')
}

// MarshalJSONTo writes the string as it is; an absent string is written as null.
func (s String) MarshalJSONTo(enc *jsontext.Encoder) error {
	if len(s) == 0 {
		return enc.WriteToken(jsontext.Null)
	}
	return enc.WriteValue(jsontext.Value(s.quoted()))
}

// UnmarshalJSONFrom takes a JSON string or null (absent).
func (s *String) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	switch k := dec.PeekKind(); k {
	case 'n':
		*s = nil
		return dec.SkipValue()
	case '"':
		v, err := dec.ReadValue()
		if err != nil {
			return err
		}
		*s = bytes.Clone(v)
		return nil
	default:
		return wrongKind(dec, k, "a string")
	}
}

// Int is a whole number. Spellings such as 10.0 and 1e3, which clients that
// know only floats produce, are read as the integer they mean.
type Int int64

// UnmarshalJSONFrom takes a JSON number that is a whole number.
func (i *Int) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	k := dec.PeekKind()
	if k != '0' {
		return wrongKind(dec, k, "an integer")
	}
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	n, err := ParseInt(v)
	if err != nil {
		return err
	}
	*i = Int(n)
	return nil
}

// ParseInt reads a JSON number that is a whole number within 64 bits.
func ParseInt(v []byte) (int64, error) {
	if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(string(v), 64)
	const exact = 1 << 53 // beyond it a float no longer names one integer
	if err != nil || f != float64(int64(f)) || f > exact || f < -exact {
		return 0, fmt.Errorf("expected an integer, got %.64s", v)
	}
	return int64(f), nil
}

// Kinds in error messages.
var kindNames = map[jsontext.Kind]string{
	'n': "null", 't': "a boolean", 'f': "a boolean", '"': "a string",
	'0': "a number", '{': "an object", '[': "an array",
}

// KindName returns the name of a JSON kind with its article: "a string".
func KindName(k jsontext.Kind) string {
	if s, ok := kindNames[k]; ok {
		return s
	}
	return "invalid JSON"
}

// wrongKind consumes the value and reports what was expected in its place.
func wrongKind(dec *jsontext.Decoder, k jsontext.Kind, want string) error {
	if err := dec.SkipValue(); err != nil {
		return err
	}
	return fmt.Errorf("expected %s, got %s", want, KindName(k))
}

// Preserve are the options every encoder of wire types uses: strings keep
// their spelling, and neither duplicate names nor invalid UTF-8 are looked for
// again in bytes that were checked when they came in; maps come in order.
var Preserve = json.JoinOptions(
	jsontext.PreserveRawStrings(true),
	jsontext.AllowDuplicateNames(true),
	jsontext.AllowInvalidUTF8(true),
	json.Deterministic(true),
)

// Marshal encodes a wire type, keeping the spelling of its raw members.
func Marshal(v any) ([]byte, error) { return json.Marshal(v, Preserve) }

// ErrTrailing reports bytes after the end of a JSON document.
var ErrTrailing = errors.New("unexpected data after the JSON document")

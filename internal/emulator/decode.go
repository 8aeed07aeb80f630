package emulator

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth is how deep a request may nest. Google's limit is 100
// (protobuf's default recursion limit).
const maxDepth = 100

// violation is one entry of google.rpc.BadRequest.
type violation struct {
	Field       string `json:"field,omitempty"`
	Description string `json:"description"`
}

// decode reads a request body as the named message, the way Google's servers
// read JSON: names in camelCase or snake_case, enums by name in any case or by
// number, a single value where a list is due, null as absent; and refuses
// unknown names and wrong types with their path. It returns the same request
// in canonical spelling: camelCase names, no nulls, enums by upper-case name.
func (e *Emulator) decode(body []byte, name string, vertex bool) ([]byte, *Error) {
	m := e.messages[name]
	d := &decoder{
		dec:    jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowInvalidUTF8(true)),
		out:    make([]byte, 0, len(body)+16),
		vertex: vertex,
	}
	if len(bytes.TrimSpace(body)) == 0 { // an empty body is an empty message
		return []byte("{}"), nil
	}
	if k := d.dec.PeekKind(); k != '{' {
		return nil, syntaxError(body, nil, d.dec.InputOffset())
	}
	err := d.message(m, "", 0)
	if err == nil {
		err = trailing(d.dec)
	}
	switch {
	case errors.Is(err, errDepth):
		return nil, invalid("Invalid JSON payload received. Message too deep. Max recursion depth reached for key '%s'", d.deep)
	case err != nil:
		return nil, syntaxError(body, err, d.dec.InputOffset())
	case len(d.violations) > 0:
		return nil, badRequest(d.violations)
	}
	return d.out, nil
}

// decoder walks one request.
type decoder struct {
	dec        *jsontext.Decoder
	out        []byte // the canonical spelling; of no use once there are violations
	violations []violation
	vertex     bool
	deep       string
}

var errDepth = errors.New("too deep")

func trailing(dec *jsontext.Decoder) error {
	if dec.PeekKind() != 0 {
		return raw.ErrTrailing
	}
	return nil
}

// refuse notes a violation at path.
func (d *decoder) refuse(path, format string, args ...any) {
	d.violations = append(d.violations, violation{Field: path, Description: fmt.Sprintf(format, args...)})
}

// unknown notes a name Google does not know, or knows otherwise.
func (d *decoder) unknown(path, name, why string) {
	at := ""
	if path != "" {
		at = " at '" + path + "'"
	}
	d.refuse(path, "Invalid JSON payload received. Unknown name %q%s: %s", name, at, why)
}

// invalidValue notes a value of the wrong type.
func (d *decoder) invalidValue(path, shown string, v jsontext.Value) {
	const most = 120 // Google repeats the value; megabytes of base64 help nobody
	if len(v) > most {
		v = append(bytes.Clone(v[:most]), "..."...)
	}
	d.refuse(path, "Invalid value at '%s' (%s), %s", path, shown, v)
}

// message reads an object as m. The next token must be its opening brace.
func (d *decoder) message(m *message, path string, depth int) error {
	if depth > maxDepth {
		d.deep = path
		return errDepth
	}
	if _, err := d.dec.ReadToken(); err != nil {
		return err
	}
	d.out = append(d.out, '{')
	first := true
	set := map[string]string{} // by oneof group
	for d.dec.PeekKind() != '}' {
		tok, err := d.dec.ReadToken()
		if err != nil {
			return err
		}
		name := tok.String()
		f := m.fields[name]
		switch {
		case f == nil || f.vertex && !d.vertex:
			d.unknown(path, name, "Cannot find field.")
			if err := d.dec.SkipValue(); err != nil {
				return err
			}
			continue
		case d.dec.PeekKind() == 'n' && f.kind != kindValue:
			if err := d.dec.SkipValue(); err != nil {
				return err
			}
			continue
		}
		if f.oneof != "" {
			if before, ok := set[f.oneof]; ok && before != f.camel {
				d.refuse(path, "Invalid value at '%s' (oneof), oneof field '%s' is already set. Cannot set '%s'", path, f.oneof, f.camel)
			}
			set[f.oneof] = f.camel
		}
		if !first {
			d.out = append(d.out, ',')
		}
		first = false
		d.out = append(d.out, '"')
		d.out = append(d.out, f.camel...)
		d.out = append(d.out, '"', ':')
		at := f.snake
		if path != "" {
			at = path + "." + f.snake
		}
		if err := d.field(f, path, at, depth+1); err != nil {
			return err
		}
	}
	if _, err := d.dec.ReadToken(); err != nil {
		return err
	}
	d.out = append(d.out, '}')
	return nil
}

// field reads the value of f, which stands at the path at inside parent.
func (d *decoder) field(f *field, parent, at string, depth int) error {
	k := d.dec.PeekKind()
	switch {
	case f.mapped:
		return d.mapping(f, at, depth)
	case f.repeated && k == '[':
		return d.list(f, at, depth)
	case f.repeated:
		// One value stands for a list of one: recorded for parts and tools.
		d.out = append(d.out, '[')
		err := d.value(f, at+"[0]", depth)
		d.out = append(d.out, ']')
		return err
	case k == '[' && f.kind != kindValue:
		d.unknown(parent, f.camel, "Proto field is not repeating, cannot start list.")
		return d.dec.SkipValue()
	}
	return d.value(f, at, depth)
}

func (d *decoder) list(f *field, at string, depth int) error {
	if _, err := d.dec.ReadToken(); err != nil {
		return err
	}
	d.out = append(d.out, '[')
	for i := 0; d.dec.PeekKind() != ']'; i++ {
		if i > 0 {
			d.out = append(d.out, ',')
		}
		if err := d.value(f, at+"["+strconv.Itoa(i)+"]", depth); err != nil {
			return err
		}
	}
	_, err := d.dec.ReadToken()
	d.out = append(d.out, ']')
	return err
}

func (d *decoder) mapping(f *field, at string, depth int) error {
	if d.dec.PeekKind() != '{' {
		return d.wrong(f, at)
	}
	if _, err := d.dec.ReadToken(); err != nil {
		return err
	}
	d.out = append(d.out, '{')
	for i := 0; d.dec.PeekKind() != '}'; i++ {
		key, err := d.dec.ReadValue()
		if err != nil {
			return err
		}
		if i > 0 {
			d.out = append(d.out, ',')
		}
		d.out = append(append(d.out, key...), ':')
		if err := d.value(f, at+"["+strconv.Itoa(i)+"].value", depth); err != nil {
			return err
		}
	}
	_, err := d.dec.ReadToken()
	d.out = append(d.out, '}')
	return err
}

// wrong consumes a value and notes that its type is wrong.
func (d *decoder) wrong(f *field, at string) error {
	v, err := d.dec.ReadValue()
	if err != nil {
		return err
	}
	d.invalidValue(at, f.shown, v)
	return nil
}

// value reads one value of f's kind.
func (d *decoder) value(f *field, at string, depth int) error {
	k := d.dec.PeekKind()
	if f.kind == kindMessage {
		if k != '{' {
			return d.wrong(f, at)
		}
		return d.message(f.message, at, depth)
	}
	v, err := d.dec.ReadValue()
	if err != nil {
		return err
	}
	out, ok := scalar(f, v)
	if f.kind == kindBytes && k == '"' && !ok {
		shown := raw.String(v).Decode()
		if len(shown) > 100 {
			shown = shown[:100] + "..."
		}
		d.refuse(at, "Invalid value at '%s' (TYPE_BYTES), Base64 decoding failed for %q", at, shown)
		return nil
	}
	if !ok {
		d.invalidValue(at, f.shown, v)
		return nil
	}
	d.out = append(d.out, out...)
	return nil
}

// scalar returns v in canonical spelling, or false when it is not of f's kind.
func scalar(f *field, v jsontext.Value) ([]byte, bool) {
	k := v.Kind()
	switch f.kind {
	case kindString:
		return v, k == '"'
	case kindBytes:
		return v, k == '"' && validBase64(raw.String(v))
	case kindBool:
		return v, k == 't' || k == 'f'
	case kindInt32, kindInt64:
		n, err := raw.ParseInt(number(v))
		if err != nil || f.kind == kindInt32 && (n > math.MaxInt32 || n < math.MinInt32) {
			return nil, false
		}
		return strconv.AppendInt(nil, n, 10), true
	case kindFloat, kindDouble:
		n := number(v)
		_, err := strconv.ParseFloat(string(n), 64)
		return n, err == nil && k != 'n'
	case kindDuration:
		_, ok := seconds(raw.String(v).Decode())
		return v, k == '"' && ok
	case kindTimestamp:
		_, err := time.Parse(time.RFC3339Nano, raw.String(v).Decode())
		return v, k == '"' && err == nil
	case kindStruct:
		return v, k == '{'
	case kindEnum:
		name, ok := enumName(f, v)
		return []byte(`"` + name + `"`), ok
	}
	return v, true
}

// number takes the digits out of a number written as a string, which proto3
// JSON allows.
func number(v jsontext.Value) []byte {
	if v.Kind() == '"' {
		return raw.String(v).Inner()
	}
	return v
}

// enumName finds an enum value by name, in upper or lower case, or by number.
func enumName(f *field, v jsontext.Value) (string, bool) {
	switch v.Kind() {
	case '"':
		s := strings.ToUpper(raw.String(v).Decode())
		for _, name := range f.enum {
			if name == s {
				return name, true
			}
		}
	case '0':
		n, err := raw.ParseInt(v)
		if err == nil && n >= 0 && n < int64(len(f.enum)) {
			return f.enum[n], true
		}
	}
	return "", false
}

// seconds reads Google's duration form, "3.5s".
func seconds(s string) (time.Duration, bool) {
	digits, ok := strings.CutSuffix(s, "s")
	f, err := strconv.ParseFloat(digits, 64)
	if !ok || err != nil || math.Abs(f) > 315576000000 {
		return 0, false
	}
	return time.Duration(f * float64(time.Second)), true
}

// validBase64 reports whether s is base64 or base64url, padded or not, white
// space ignored. All of these are recorded with 200.
func validBase64(s raw.String) bool {
	b := s.Inner()
	if bytes.IndexByte(b, '\\') >= 0 { // "\/" is a slash, "\n" white space
		b = []byte(s.Decode())
	}
	n, pad := 0, 0
	for _, c := range b {
		switch {
		case c == ' ' || c == '\n' || c == '\r' || c == '\t':
		case c == '=':
			pad++
		case pad > 0:
			return false
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '+', c == '/', c == '-', c == '_':
			n++
		default:
			return false
		}
	}
	if pad > 0 {
		return pad <= 2 && (n+pad)%4 == 0
	}
	return n%4 != 1
}

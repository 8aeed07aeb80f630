package raw

import (
	"math"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// bigSpan is the size from which a span is handed on as a segment of its own
// instead of being copied.
const bigSpan = 8 << 10

// Writer builds a JSON document by appending. Big spans are not copied: the
// document is a list of segments to be written one after another.
type Writer struct {
	buf      []byte
	cut      int // where the open segment begins in buf
	segments [][]byte
}

// NewWriter returns a writer that appends to buf.
func NewWriter(buf []byte) Writer { return Writer{buf: buf[:0]} }

// Raw appends JSON text as it is.
func (w *Writer) Raw(s string) { w.buf = append(w.buf, s...) }

// Byte appends one byte of JSON text.
func (w *Writer) Byte(c byte) { w.buf = append(w.buf, c) }

// Value appends a value as it is; an absent one as null.
func (w *Writer) Value(v Value) {
	if len(v) == 0 {
		w.Raw("null")
		return
	}
	w.span(v)
}

// String appends a string as it is; an absent one as null.
func (w *Writer) String(s String) {
	if len(s) == 0 {
		w.Raw("null")
		return
	}
	w.buf = append(w.buf, '"')
	w.span(s[1:])
}

func (w *Writer) span(b []byte) {
	if len(b) < bigSpan {
		w.buf = append(w.buf, b...)
		return
	}
	// Later appends may move buf; what was cut off before stays where it is.
	w.segments = append(w.segments, w.buf[w.cut:len(w.buf):len(w.buf)], b)
	w.cut = len(w.buf)
}

// Text appends a Go string as a JSON string.
func (w *Writer) Text(s string) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			w.buf, _ = jsontext.AppendQuote(w.buf, s)
			return
		}
	}
	w.buf = append(w.buf, '"')
	w.buf = append(w.buf, s...)
	w.buf = append(w.buf, '"')
}

// Int appends a whole number.
func (w *Writer) Int(n int64) { w.buf = strconv.AppendInt(w.buf, n, 10) }

// Float appends a number as the ordinary encoder writes it.
func (w *Writer) Float(f float64) error {
	if a := math.Abs(f); a != 0 && a < 1e-6 || !(a < 1e21) {
		return w.Encode(f) // by an exponent, or not at all
	}
	w.buf = strconv.AppendFloat(w.buf, f, 'f', -1, 64)
	return nil
}

// Encode appends any value by the ordinary encoder.
func (w *Writer) Encode(v any) error {
	b, err := Marshal(v)
	if err == nil {
		w.span(b)
	}
	return err
}

// Comma appends a comma, except behind the beginning of an object or array.
func (w *Writer) Comma() {
	if n := len(w.buf); n > w.cut || len(w.segments) > 0 {
		if n > w.cut && (w.buf[n-1] == '{' || w.buf[n-1] == '[') {
			return
		}
		w.buf = append(w.buf, ',')
	}
}

// Name appends a comma where one is needed, and a member's name with its
// colon. The name must need no escapes.
func (w *Writer) Name(name string) {
	w.Comma()
	w.buf = append(w.buf, '"')
	w.buf = append(w.buf, name...)
	w.buf = append(w.buf, '"', ':')
}

// Bytes returns the document in one piece.
func (w *Writer) Bytes() []byte {
	if len(w.segments) == 0 {
		return w.buf
	}
	n := 0
	all := w.Segments()
	for _, s := range all {
		n += len(s)
	}
	out := make([]byte, 0, n)
	for _, s := range all {
		out = append(out, s...)
	}
	return out
}

// Buffer returns the memory the writer appends to, for the next writer.
func (w *Writer) Buffer() []byte { return w.buf }

// Segments returns the document in pieces.
func (w *Writer) Segments() [][]byte {
	if len(w.buf) > w.cut {
		w.segments = append(w.segments, w.buf[w.cut:])
		w.cut = len(w.buf)
	}
	return w.segments
}

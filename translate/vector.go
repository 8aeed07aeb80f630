package translate

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"

	"github.com/gemway/gemway/raw"
)

// estimate bounds the size of a call's vectors in the answer.
func (e *Embeddings) estimate(vectors []raw.Value) int {
	n := 0
	for _, v := range vectors {
		switch {
		case e.base64 && v.Kind() == '[':
			n += base64.StdEncoding.EncodedLen(4*countNumbers(v)) + len(embeddingHead) + 32
		case e.scale:
			n += 15*countNumbers(v) + len(embeddingHead) + 32 // such as -1.2345678e-05
		default:
			n += len(v) + len(embeddingHead) + 64
		}
	}
	return n
}

const embeddingHead = `{"object":"embedding","index":`

// appendEmbedding appends one entry of the answer's data.
func (e *Embeddings) appendEmbedding(dst []byte, index int, values raw.Value) ([]byte, error) {
	if values.Kind() != '[' {
		return nil, fmt.Errorf("%w: vector %d is no array", ErrNotGemini, index)
	}
	dst = append(dst, embeddingHead...)
	dst = strconv.AppendInt(dst, int64(index), 10)
	dst = append(dst, `,"embedding":`...)
	factor := 1.0
	var err error
	if e.scale {
		factor, err = unitFactor(values)
	}
	if err == nil {
		switch {
		case e.base64:
			dst, err = appendBase64(dst, values, factor)
		case factor != 1:
			dst, err = appendScaled(dst, values, factor)
		default:
			dst, err = appendDigits(dst, values)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%w: vector %d: %w", ErrNotGemini, index, err)
	}
	return append(dst, '}'), nil
}

// unitFactor returns what a vector has to be multiplied with to get unit
// length: exactly 1 where it has unit length already, so that its digits stay
// as they are, and for the zero vector, which cannot have it.
func unitFactor(values raw.Value) (float64, error) {
	sum := 0.0
	for v := newNumbers(values); ; {
		f, more, err := v.float(64)
		if err != nil {
			return 0, err
		}
		if !more {
			break
		}
		sum += f * f
	}
	length := math.Sqrt(sum)
	// Vectors of unit length come as float32 digits, whose rounding shows up to here.
	const rounding = 1e-6
	if length == 0 || math.Abs(length-1) < rounding {
		return 1, nil
	}
	return 1 / length, nil
}

// appendDigits appends the array with its numbers as they came, without white
// space.
func appendDigits(dst []byte, values raw.Value) ([]byte, error) {
	dst = append(dst, '[')
	v := newNumbers(values)
	for n := 0; ; n++ {
		digits, more := v.next()
		if !more {
			return append(dst, ']'), nil
		}
		if !isNumber(digits) {
			return nil, notNumber(digits)
		}
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, digits...)
		if v.whole {
			dst = append(dst, fraction...)
		}
	}
}

// fraction is put behind whole numbers: a vector that begins with 0 is still
// one of floats to clients that look at a number's form.
const fraction = ".0"

// appendScaled appends the array with every number multiplied, in the shortest
// digits that give the same float32.
func appendScaled(dst []byte, values raw.Value, factor float64) ([]byte, error) {
	dst = append(dst, '[')
	v := newNumbers(values)
	for n := 0; ; n++ {
		f, more, err := v.float(64)
		if err != nil {
			return nil, err
		}
		if !more {
			return append(dst, ']'), nil
		}
		if n > 0 {
			dst = append(dst, ',')
		}
		f *= factor
		dst = strconv.AppendFloat(dst, f, 'g', -1, 32)
		if f == 0 || f == 1 || f == -1 { // the only whole numbers of a unit vector
			dst = append(dst, fraction...)
		}
	}
}

// appendBase64 appends the numbers as a JSON string: base64 of their
// little-endian float32s, which is how OpenAI's SDKs ask for them.
func appendBase64(dst []byte, values raw.Value, factor float64) ([]byte, error) {
	dst = append(dst, '"')
	// A multiple of 3 bytes becomes base64 without padding.
	var floats [3 * 1024]byte
	n := 0
	bits := 32
	if factor != 1 {
		bits = 64 // rounded once, after the multiplication
	}
	for v := newNumbers(values); ; {
		f, more, err := v.float(bits)
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
		binary.LittleEndian.PutUint32(floats[n:], math.Float32bits(float32(f*factor)))
		if n += 4; n == len(floats) {
			dst = base64.StdEncoding.AppendEncode(dst, floats[:])
			n = 0
		}
	}
	dst = base64.StdEncoding.AppendEncode(dst, floats[:n])
	return append(dst, '"'), nil
}

// numbers walks a JSON array of numbers; the decoder has checked that it is a
// JSON array.
type numbers struct {
	rest  []byte
	whole bool // the last number had neither a fraction nor an exponent
}

func newNumbers(values raw.Value) numbers { return numbers{rest: values[1:]} }

// next returns the next element, or what stands in its place, and false at the
// end.
func (v *numbers) next() ([]byte, bool) {
	b := v.rest
	i := 0
	for i < len(b) && (b[i] <= ' ' || b[i] == ',') {
		i++
	}
	if i == len(b) || b[i] == ']' {
		return nil, false
	}
	start := i
	v.whole = true
	for ; i < len(b); i++ {
		c := b[i]
		if c <= ' ' || c == ',' || c == ']' {
			break
		}
		if c == '.' || c|0x20 == 'e' {
			v.whole = false
		}
	}
	v.rest = b[i:]
	return b[start:i], true
}

// float returns the next element as a number, and false at the end.
func (v *numbers) float(bits int) (float64, bool, error) {
	digits, more := v.next()
	if !more {
		return 0, false, nil
	}
	if !isNumber(digits) { // ParseFloat takes words such as NaN
		return 0, false, notNumber(digits)
	}
	f, err := strconv.ParseFloat(string(digits), bits)
	if err != nil {
		return 0, false, notNumber(digits)
	}
	return f, true, nil
}

func isNumber(digits []byte) bool {
	c := digits[0]
	return c == '-' || c >= '0' && c <= '9'
}

func notNumber(digits []byte) error {
	return fmt.Errorf("%.40q is not a number", digits)
}

// countNumbers returns the number of elements of an array of numbers that is
// not empty.
func countNumbers(values raw.Value) int { return bytes.Count(values, []byte{','}) + 1 }

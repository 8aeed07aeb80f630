package translate

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"strconv"

	"github.com/gemway/gemway/gemini"
)

// This file is the short way for answers of batchEmbedContents in the ordinary
// form whose vectors have unit length: they are checked and moved in one pass,
// eight bytes at a time, where the plain way takes one to check, one to find the
// vectors and one to move them.

// scan returns the vectors of a call's answer as they stand in the answer to
// the client, and the tokens of its input or -1. It reports false for whatever
// it does not know; a test holds it to what the plain way makes.
func (e *Embeddings) scan(call int, body []byte) (piece []byte, tokens int64, ok bool) {
	if e.method != EmbedBatch || e.scale {
		return nil, 0, false
	}
	texts, first := e.inputs(call)
	s := scanner{b: body}
	if !s.opens(`{`, `"embeddings"`, `:`, `[`) {
		return nil, 0, false
	}
	piece = make([]byte, 0, e.room(len(texts)))
	for n := 0; ; n++ {
		if n >= len(texts) || !s.opens(`{`, `"values"`, `:`, `[`) {
			return nil, 0, false
		}
		if n > 0 {
			piece = append(piece, ',')
		}
		piece = append(piece, embeddingHead...)
		piece = strconv.AppendInt(piece, int64(first+n), 10)
		piece = append(piece, `,"embedding":`...)
		if e.base64 {
			piece = s.base64(piece)
		} else {
			piece = s.digits(piece)
		}
		if s.bad || !s.opens(`}`) {
			return nil, 0, false
		}
		piece = append(piece, '}')
		if s.opens(`,`) {
			continue
		}
		tokens, ok = s.rest()
		return piece, tokens, ok && n == len(texts)-1
	}
}

// room is how much the vectors of n texts take in the answer, about.
func (e *Embeddings) room(n int) int {
	size := e.size
	if size == 0 {
		size = e.model.Embedding.Dimensions
	}
	one := 14 * size // such as -0.012345678,
	if e.base64 {
		one = size*16/3 + 4
	}
	return n * (int(one) + len(embeddingHead) + 32)
}

// scanner walks an answer and checks it on the way.
type scanner struct {
	b   []byte
	i   int
	bad bool
}

const eightSpaces = 0x2020202020202020

func (s *scanner) space() {
	b, i := s.b, s.i
	for i < len(b) {
		switch b[i] {
		case ' ':
			if i+8 <= len(b) && binary.LittleEndian.Uint64(b[i:]) == eightSpaces {
				i += 7
			}
		case '\n', '\r', '\t':
		default:
			s.i = i
			return
		}
		i++
	}
	s.i = i
}

// opens takes tokens, with white space before each; all or none.
func (s *scanner) opens(tokens ...string) bool {
	at := s.i
	for _, t := range tokens {
		s.space()
		if len(s.b)-s.i < len(t) || string(s.b[s.i:s.i+len(t)]) != t {
			s.i = at
			return false
		}
		s.i += len(t)
	}
	return true
}

// rest takes what follows the vectors: nothing, or the usage.
func (s *scanner) rest() (tokens int64, ok bool) {
	if !s.opens(`]`) {
		return 0, false
	}
	tokens = -1
	if s.opens(`,`) {
		s.space()
		tail := s.b[s.i:]
		if len(tail) > 4<<10 || !bytes.HasPrefix(tail, []byte{'"'}) || bytes.IndexByte(tail, '\\') >= 0 || bytes.Contains(tail, []byte(`"embeddings"`)) {
			return 0, false
		}
		r, err := gemini.DecodeBatchEmbed(append([]byte{'{'}, tail...))
		if err != nil {
			return 0, false
		}
		if u := r.UsageMetadata; u != nil && u.PromptTokenCount > 0 {
			tokens = u.PromptTokenCount
		}
		return tokens, true
	}
	if !s.opens(`}`) {
		return 0, false
	}
	s.space()
	return tokens, s.i == len(s.b)
}

// more moves to the next number of an array, before the first one when n is 0.
// It reports false at the array's end, and when something is wrong.
func (s *scanner) more(n int) bool {
	s.space()
	if s.i >= len(s.b) {
		s.bad = true
		return false
	}
	switch c := s.b[s.i]; {
	case c == ']':
		s.i++
		return false
	case n > 0 && c == ',':
		s.i++
		s.space()
	case n > 0:
		s.bad = true
	}
	return !s.bad
}

// longest bounds what the short way for a number reads and writes.
const longest = 32

// decimals returns how many of eight bytes are digits before the first that is
// none.
func decimals(v uint64) int {
	v ^= 0x3030303030303030 // a digit becomes 0 to 9
	return bits.TrailingZeros64(((v+0x7676767676767676)|v)&0x8080808080808080) / 8
}

// digits appends the array with its numbers as they came, without white space.
func (s *scanner) digits(dst []byte) []byte {
	dst = append(dst, '[')
	for n := 0; s.more(n); n++ {
		if cap(dst)-len(dst) < 2*longest {
			dst = slices.Grow(dst, len(dst)+2*longest)
		}
		if n > 0 {
			dst = append(dst, ',')
		}
		if len(s.b)-s.i < longest {
			dst = s.number(dst)
			continue
		}
		// The common form is -0.012345678.
		in, out := s.b[s.i:s.i+longest], dst[len(dst):len(dst)+longest]
		k := 0
		if in[0] == '-' {
			out[0] = '-'
			k = 1
		}
		if in[k] != '0' || in[k+1] != '.' {
			dst = s.number(dst)
			continue
		}
		out[k], out[k+1] = '0', '.'
		k += 2
		v := binary.LittleEndian.Uint64(in[k:])
		binary.LittleEndian.PutUint64(out[k:], v)
		d := decimals(v)
		if k += d; d == 8 {
			v = binary.LittleEndian.Uint64(in[k:])
			binary.LittleEndian.PutUint64(out[k:], v)
			d = decimals(v)
			k += d
		}
		if c := in[k]; d == 8 || c != ',' && c > ' ' && c != ']' || in[k-1] == '.' {
			dst = s.number(dst)
			continue
		}
		s.i += k
		dst = dst[:len(dst)+k]
	}
	return append(dst, ']')
}

// number appends a number of any form.
func (s *scanner) number(dst []byte) []byte {
	span, whole := s.span()
	dst = append(dst, span...)
	if whole {
		dst = append(dst, fraction...)
	}
	return dst
}

// span takes a number of any form.
func (s *scanner) span() (span []byte, whole bool) {
	b, at := s.b, s.i
	i := at
	digits := func() bool {
		from := i
		for i < len(b) && b[i]-'0' <= 9 {
			i++
		}
		return i > from
	}
	whole = true
	if i < len(b) && b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if !digits() {
		s.bad = true
	}
	if i < len(b) && b[i] == '.' {
		i++
		whole = false
		s.bad = s.bad || !digits()
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		whole = false
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		s.bad = s.bad || !digits()
	}
	s.i = i
	return b[at:i], whole
}

// base64 appends the numbers as appendBase64 does.
func (s *scanner) base64(dst []byte) []byte {
	dst = append(dst, '"')
	var floats [3 * 1024]byte
	n := 0
	for i := 0; s.more(i); i++ {
		f, ok := s.short()
		if !ok {
			span, _ := s.span()
			if s.bad {
				return dst
			}
			long, err := strconv.ParseFloat(string(span), 32)
			if err != nil {
				s.bad = true
				return dst
			}
			f = float32(long)
		}
		binary.LittleEndian.PutUint32(floats[n:], math.Float32bits(f))
		if n += 4; n == len(floats) {
			dst = base64.StdEncoding.AppendEncode(dst, floats[:])
			n = 0
		}
	}
	dst = base64.StdEncoding.AppendEncode(dst, floats[:n])
	return append(dst, '"')
}

// tens are the powers of ten up to 16 digits; a float64 holds them exactly.
var tens = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16}

// shifts are the same for whole numbers.
var shifts = [...]uint64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7}

// short takes a number of the form -0.012345678, as the float32 that is nearest
// to it. It reports false, and takes nothing, where the form is another or the
// nearest one is not certain.
func (s *scanner) short() (float32, bool) {
	if len(s.b)-s.i < longest {
		return 0, false
	}
	in := s.b[s.i : s.i+longest]
	k := 0
	if in[0] == '-' {
		k = 1
	}
	if in[k] != '0' || in[k+1] != '.' {
		return 0, false
	}
	k += 2
	v := binary.LittleEndian.Uint64(in[k:])
	d := decimals(v)
	if d == 0 {
		return 0, false
	}
	k += d
	w := eight(v, d)
	if d == 8 {
		v = binary.LittleEndian.Uint64(in[k:])
		more := decimals(v)
		if more == 8 {
			return 0, false
		}
		k += more
		w = w*shifts[more] + eight(v, more)
		d += more
	}
	if c := in[k]; c != ',' && c > ' ' && c != ']' || w>>53 != 0 {
		return 0, false
	}
	// Both are exact, so that this is the float64 nearest to the decimal. It is
	// rounded once more; that goes wrong only where it lies just between two
	// float32s, or where these are fewer because the number is tiny.
	f := float64(w) / tens[d]
	if math.Float64bits(f)&(1<<29-1) == 1<<28 || f < 1e-30 && f != 0 {
		return 0, false
	}
	s.i += k
	if in[0] == '-' {
		f = -f
	}
	return float32(f), true
}

// eight is the number that the first d of eight digits make.
func eight(v uint64, d int) uint64 {
	if d == 0 {
		return 0
	}
	v <<= 64 - 8*uint(d) // the bytes shifted in count for leading zeros
	v &= 0x0f0f0f0f0f0f0f0f
	v = v*10 + v>>8 // pairs
	return ((v&0x000000ff000000ff)*0x000f424000000064 + (v>>16&0x000000ff000000ff)*0x0000271000000001) >> 32
}

package mime

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"sync"
)

// What a character is to base64.
const (
	bad      = 0x80 // stands nowhere in base64
	escape   = 0x40 // a backslash: the JSON string escapes something
	padding  = 0x20
	space    = 0x10
	standard = 0x01 // + and /
	urlSafe  = 0x02 // - and _
)

var (
	classes = classTable()
	values  = valueTable()
)

func classTable() (t [256]byte) {
	for i := range t {
		t[i] = bad
	}
	for c := range alphabet {
		t[alphabet[c]] = 0
	}
	t['+'], t['/'], t['-'], t['_'] = standard, standard, urlSafe, urlSafe
	t['='], t['\\'] = padding, escape
	t[' '], t['\t'], t['\r'], t['\n'] = space, space, space, space
	return t
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

func valueTable() (t [256]byte) {
	for i := range len(alphabet) {
		t[alphabet[i]] = byte(i)
	}
	t['+'], t['-'], t['/'], t['_'] = 62, 62, 63, 63
	return t
}

// next returns the first character of the raw inside of a JSON string and how
// many bytes it takes. What is no ASCII is 0xff.
func next(b []byte) (c byte, n int) {
	if b[0] != '\\' {
		return b[0], 1
	}
	if len(b) < 2 {
		return 0xff, 1
	}
	switch b[1] {
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case '/':
		return '/', 2
	case 'u':
		if len(b) >= 6 { // Gson writes = as \u003d
			if v, err := strconv.ParseUint(string(b[2:6]), 16, 16); err == nil && v < 0x80 {
				return byte(v), 6
			}
		}
	}
	return 0xff, 2
}

// CleanBase64 returns base64 without the line breaks and spaces that e-mail and
// shell tools put into it, which Gemini's parser is not known to take. The
// argument is the raw inside of a JSON string, and so is the result; it is the
// argument itself when there is nothing to remove. Whether it is base64 at all
// is left to TypeOfBase64.
func CleanBase64(raw []byte) []byte {
	if !spaced(raw) {
		return raw
	}
	out := make([]byte, 0, len(raw))
	for rest := raw; len(rest) > 0; {
		c, n := next(rest)
		switch classes[c] {
		case space:
		case bad, escape:
			return raw // for TypeOfBase64 to refuse
		default:
			out = append(out, c)
		}
		rest = rest[n:]
	}
	return out
}

func spaced(raw []byte) bool {
	if bytes.IndexByte(raw, ' ') >= 0 || bytes.IndexByte(raw, '\n') >= 0 {
		return true
	}
	for {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 {
			return false
		}
		c, n := next(raw[i:])
		if classes[c] == space {
			return true
		}
		raw = raw[i+n:]
	}
}

// TypeOfBase64 returns the label Gemini is to get for base64 data with the
// client's label, as Normalize does for bytes. It decodes only the head, and
// checks that all the rest is base64: either alphabet, with or without padding,
// as protobuf's JSON takes them, with white space and JSON escapes. The error is
// an *Error.
func TypeOfBase64(b64 []byte, declared string) (string, error) {
	n, ok := symbols(b64)
	switch {
	case !ok:
		return "", refuse(CodeInvalidBase64, "the data are not valid base64")
	case n == 0:
		return "", refuse(CodeInvalidBase64, "the data are empty")
	}
	return Normalize(declared, decodeHead(b64))
}

// Size returns how many bytes valid base64 stands for, without decoding it.
func Size(b64 []byte) int {
	n, _ := symbols(b64)
	return n/4*3 + max(0, n%4-1)
}

// symbols counts the characters of base64 that carry data and reports whether it
// is well-formed.
func symbols(b []byte) (n int, ok bool) {
	n, pad, seen := plain(b)
	if seen&^(standard|urlSafe) != 0 {
		if seen&bad != 0 {
			return 0, false
		}
		if n, pad, seen, ok = escaped(b); !ok {
			return 0, false
		}
	}
	return n, wellFormed64(n, pad, seen)
}

// pure reports whether b is base64 as it should be, with nothing to clean.
func pure(b []byte) bool {
	n, pad, seen := plain(b)
	return n > 0 && seen&^(standard|urlSafe) == 0 && wellFormed64(n, pad, seen)
}

func wellFormed64(n, pad int, seen byte) bool {
	return pad <= 2 && n%4 != 1 && (pad == 0 || (n+pad)%4 == 0) && seen != standard|urlSafe
}

// plain counts what stands before the padding at the end, and tells what kinds
// of characters are there.
func plain(b []byte) (n, pad int, seen byte) {
	end := len(b)
	for end > 0 && b[end-1] == '=' {
		end--
	}
	i := 0
	if end >= worthPairs { // most of the body of a request passes here
		p := pairs()
		var other byte // two chains of work go on side by side
		for ; i+16 <= end; i += 16 {
			v, w := binary.LittleEndian.Uint64(b[i:]), binary.LittleEndian.Uint64(b[i+8:])
			seen |= p[uint16(v)] | p[uint16(v>>16)] | p[uint16(v>>32)] | p[uint16(v>>48)]
			other |= p[uint16(w)] | p[uint16(w>>16)] | p[uint16(w>>32)] | p[uint16(w>>48)]
		}
		seen |= other
	}
	for ; i < end; i++ {
		seen |= classes[b[i]]
	}
	return end, len(b) - end, seen
}

// worthPairs is the length from which looking at two characters at once is worth
// the table for it.
const worthPairs = 64 << 10

// pairs is what two characters are to base64, together. It is half again as
// fast as one by one, and faster than arithmetic on eight bytes.
var pairs = sync.OnceValue(func() *[1 << 16]byte {
	var p [1 << 16]byte
	for i := range p {
		p[i] = classes[i&0xff] | classes[i>>8]
	}
	return &p
})

// escaped is symbols for base64 with escapes, white space, or padding in odd
// places: slower, and rare.
func escaped(b []byte) (n, pad int, seen byte, ok bool) {
	for len(b) > 0 {
		c, width := next(b)
		b = b[width:]
		switch class := classes[c]; class {
		case bad, escape:
			return 0, 0, 0, false
		case space:
		case padding:
			pad++
		default:
			if pad > 0 {
				return 0, 0, 0, false // data after the end
			}
			n++
			seen |= class
		}
	}
	return n, pad, seen, true
}

// decodeHead returns the first HeadLen bytes of valid base64, or fewer.
func decodeHead(b []byte) []byte {
	out := make([]byte, 0, HeadLen)
	var bits uint32
	have := 0
	for len(b) > 0 && len(out) < HeadLen {
		c, n := next(b)
		b = b[n:]
		switch classes[c] {
		case space:
			continue
		case 0, standard, urlSafe:
		default:
			return out
		}
		bits, have = bits<<6|uint32(values[c]), have+6
		if have >= 8 {
			have -= 8
			out = append(out, byte(bits>>have&0xff))
		}
	}
	return out
}

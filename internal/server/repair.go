package server

import (
	"bytes"
	"unicode/utf16"
)

// Names of the repairs, as the x-gemway-repaired header gives them.
const (
	rawNewlines   = "raw-newlines"
	trailingComma = "trailing-comma"
	surrogates    = "lone-surrogates" // not reported: it is a matter of encoding
)

// repair mends the faults that Google's endpoint forgives and that its own
// samples have: raw line breaks inside strings (base64 wraps its lines) and a
// comma before the end of an object or array. Lone surrogates, which
// JavaScript clients make by cutting emoji in half, become U+FFFD. It returns
// the faults it found; nil means there is nothing to mend.
func repair(body []byte) ([]byte, []string) {
	out := make([]byte, 0, len(body)+16)
	found := map[string]bool{}
	inString := false
	for i := 0; i < len(body); i++ {
		c := body[i]
		switch {
		case inString && c == '\\' && i+1 < len(body):
			if n, lone := escape(body[i:]); n > 0 {
				if lone {
					found[surrogates] = true
					out = append(out, `\ufffd`...)
				} else {
					out = append(out, body[i:i+n]...)
				}
				i += n - 1
				continue
			}
			out = append(out, c, body[i+1])
			i++
		case inString && c == '\n':
			found[rawNewlines] = true
			out = append(out, `\n`...)
		case inString && c == '\r':
			found[rawNewlines] = true
			out = append(out, `\r`...)
		case inString:
			end := bytes.IndexAny(body[i:], "\"\\\n\r")
			if end < 0 {
				end = len(body) - i
			}
			if end == 0 { // the closing quote
				inString = false
				end = 1
			}
			out = append(out, body[i:i+end]...)
			i += end - 1
		case c == '"':
			inString = true
			out = append(out, c)
		case c == ',' && closes(body[i+1:]) && !opens(out):
			found[trailingComma] = true
		default:
			out = append(out, c)
		}
	}
	var what []string
	for _, name := range []string{rawNewlines, trailingComma, surrogates} {
		if found[name] {
			what = append(what, name)
		}
	}
	return out, what
}

// closes reports whether the next token closes an object or array.
func closes(b []byte) bool {
	b = bytes.TrimLeft(b, " \t\r\n")
	return len(b) > 0 && (b[0] == '}' || b[0] == ']')
}

// opens reports whether the last token opens an object or array: a comma there
// is no trailing one.
func opens(b []byte) bool {
	b = bytes.TrimRight(b, " \t\r\n")
	return len(b) > 0 && (b[len(b)-1] == '{' || b[len(b)-1] == '[')
}

// escape measures a \u escape at the start of b: its length, that of both
// halves for a surrogate pair, and whether it is a surrogate on its own.
func escape(b []byte) (n int, lone bool) {
	r, ok := unit(b)
	if !ok {
		return 0, false
	}
	if !utf16.IsSurrogate(r) {
		return 6, false
	}
	if low, ok := unit(b[6:]); ok && utf16.DecodeRune(r, low) != '\uFFFD' {
		return 12, false
	}
	return 6, true
}

// unit reads one \uXXXX.
func unit(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range b[2:6] {
		r <<= 4
		switch {
		case c >= '0' && c <= '9':
			r |= rune(c - '0')
		case c >= 'a' && c <= 'f':
			r |= rune(c-'a') + 10
		case c >= 'A' && c <= 'F':
			r |= rune(c-'A') + 10
		default:
			return 0, false
		}
	}
	return r, true
}

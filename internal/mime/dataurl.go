package mime

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// maxHeader bounds what may stand before the comma of a data URL. The longest
// registered types with their parameters stay far below.
const maxHeader = 512

// IsDataURL reports whether the raw inside of a JSON string is a data URL.
func IsDataURL(raw []byte) bool {
	raw = bytes.TrimLeft(raw, " ")
	return len(raw) >= 5 && strings.EqualFold(string(raw[:5]), "data:")
}

// ParseDataURL takes a data URL apart. The argument is the raw inside of a JSON
// string. It returns the type as the client wrote it, "" when it is missing, and
// the data as base64, again the inside of a JSON string: part of the argument
// where possible, which it is for every ordinary data URL. Percent-encoded data
// are turned into base64. Neither type nor data are checked: TypeOfBase64 does
// that. The error is an *Error.
func ParseDataURL(raw []byte) (declared string, data []byte, err error) {
	if !IsDataURL(raw) {
		return "", nil, refuse(CodeInvalidURL, "not a data URL")
	}
	rest := bytes.TrimLeft(raw, " ")[5:]
	comma := bytes.IndexByte(rest[:min(len(rest), maxHeader)], ',')
	if comma < 0 {
		return "", nil, refuse(CodeInvalidURL, "the data URL has no comma: it has to look like data:image/png;base64,iVBORw0…")
	}
	declared, encoded := header(unquote(rest[:comma]))
	data = rest[comma+1:]
	percent := bytes.IndexByte(data, '%') >= 0
	switch {
	case encoded && !percent:
		return declared, CleanBase64(data), nil
	case encoded:
		return declared, CleanBase64([]byte(unescape(unquote(data)))), nil
	}
	// The marker is also forgotten. Binary data in percent encoding exist in
	// theory only, so a label that is no text on base64 that begins like a file
	// settles it.
	if label, _ := splitLabel(declared); !percent && !textual(label) {
		if clean := CleanBase64(data); wellEncoded(clean) && known(Type(decodeHead(clean))) {
			return declared, clean, nil
		}
	}
	plain := unescape(unquote(data))
	if declared == "" {
		declared = typeText // RFC 2397
	}
	return declared, base64.StdEncoding.AppendEncode(nil, []byte(plain)), nil
}

// header splits "image/png;base64" into the type with its parameters and
// whether base64 follows.
func header(s string) (declared string, encoded bool) {
	var kept []string
	for i, p := range strings.Split(s, ";") {
		p = strings.TrimSpace(p)
		switch {
		case strings.EqualFold(p, "base64"):
			encoded = true
		case p != "" || i == 0:
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, ";"), encoded
}

func wellEncoded(b64 []byte) bool {
	n, ok := symbols(b64)
	return ok && n > 0
}

// unquote resolves JSON's escapes.
func unquote(inner []byte) string {
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	quoted := append(append(append(make([]byte, 0, len(inner)+2), '"'), inner...), '"')
	// An error means a lone surrogate or the like: U+FFFD stands in its place.
	out, _ := jsontext.AppendUnquote(nil, quoted)
	return string(out)
}

// unescape resolves percent encoding. A percent sign that begins none stays, as
// browsers have it.
func unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				out = append(out, byte(v))
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

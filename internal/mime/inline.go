package mime

import (
	"bytes"
	"fmt"
)

// Data is a medium ready for Gemini's inlineData.
type Data struct {
	MIME   string
	Base64 []byte // the raw inside of a JSON string; it may share memory with the request
}

// Inline reads a medium that a request carries itself: a data URL, or bare
// base64 as in input_audio.data and file.file_data. The argument is the raw
// inside of a JSON string; hint is what else the request says of the type: a
// MIME type, a format such as "mp3", or a file's name. limit is the largest
// decoded size in bytes, 0 for none. The error is an *Error.
func Inline(raw []byte, hint string, limit int) (Data, error) {
	// Most base64 has nothing to clean: one pass over it tells.
	declared, data, ready := plainDataURL(raw)
	switch {
	case ready:
	case IsDataURL(raw):
		var err error
		if declared, data, err = ParseDataURL(raw); err != nil {
			return Data{}, err
		}
	default:
		data = CleanBase64(raw)
	}
	if label, _ := splitLabel(declared); vague(label) {
		declared = hint
		if t := ByExtension(hint); t != "" {
			declared = t
		}
	}
	if limit > 0 && len(data)/4*3 > limit && Size(data) > limit {
		return Data{}, refuse(CodeTooLarge, fmt.Sprintf("the file is larger than the limit of %d bytes", limit))
	}
	if ready {
		t, err := Normalize(declared, decodeHead(data))
		return Data{MIME: t, Base64: data}, err
	}
	t, err := TypeOfBase64(data, declared)
	return Data{MIME: t, Base64: data}, err
}

// plainDataURL takes an ordinary data URL apart: marked as base64, and with
// nothing in it but base64.
func plainDataURL(raw []byte) (declared string, data []byte, ok bool) {
	if !bytes.HasPrefix(raw, []byte("data:")) {
		return "", nil, false
	}
	comma := bytes.IndexByte(raw[:min(len(raw), maxHeader)], ',')
	if comma < 0 {
		return "", nil, false
	}
	declared, encoded := header(unquote(raw[len("data:"):comma]))
	data = raw[comma+1:]
	return declared, data, encoded && pure(data)
}

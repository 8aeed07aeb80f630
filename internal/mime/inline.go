package mime

import "fmt"

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
	var declared string
	var data []byte
	if IsDataURL(raw) {
		var err error
		if declared, data, err = ParseDataURL(raw); err != nil {
			return Data{}, err
		}
	} else {
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
	t, err := TypeOfBase64(data, declared)
	return Data{MIME: t, Base64: data}, err
}

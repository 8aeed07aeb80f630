package mime

import "strings"

// Normalize returns the label Gemini is to get for a file, from the label the
// client gave and the first bytes (HeadLen are enough). Bytes of a known format
// win over any label: clients mistake JPEG, PNG and WebP for one another all the
// time, and Gemini refuses a wrong label. Where the bytes say little, the label
// counts, in the spelling Gemini knows. The error is an *Error: SVG, HTML, or a
// type that nothing tells.
func Normalize(declared string, head []byte) (string, error) {
	label, params := splitLabel(declared)
	if f, ok := byAlias[label]; ok {
		label = f.MIME
	}
	switch found := Type(head); found {
	case "":
		return fromLabel(label, params)
	case typeText, typeHTML, typeSVG:
		if textual(label) && !unwanted(label) {
			return label, nil // as text, the source of a page is as good as any other
		}
		if found != typeText {
			return "", errMarkup()
		}
		if vague(label) || !wellFormed(label) && !unwanted(label) { // such as the name of a file
			return typeText, nil
		}
		return fromLabel(label, params)
	case "audio/mp3":
		// ID3 tags are also put before other sound.
		if has(head, "ID3") && (label == "audio/aac" || label == "audio/flac" || label == "audio/wav" || label == "audio/aiff") {
			return label, nil
		}
		return kept(found, label), nil
	default:
		return kept(found, label), nil
	}
}

// known reports whether the bytes alone prove the type.
func known(t string) bool {
	return t != "" && t != typeText && t != typeHTML && t != typeSVG
}

// kept returns the client's label when it is as good as the one found.
func kept(found, label string) string {
	for _, k := range byMIME[found].Keep {
		if k == label {
			return label
		}
	}
	return found
}

// fromLabel decides by the label alone.
func fromLabel(label, params string) (string, error) {
	switch {
	case unwanted(label):
		return "", errMarkup()
	case vague(label) || !wellFormed(label):
		return "", refuse(CodeUnsupported, "the type of the file could not be told from its content: name it, "+
			"as in data:image/png;base64,… or by the file's name or format")
	case label == "audio/l16" || label == "audio/pcm":
		// Sound without a header means nothing without its rate.
		if label == "audio/l16" {
			label = "audio/L16"
		}
		if strings.Trim(params, "; =-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == "" {
			label += params
		}
	}
	return label, nil
}

func errMarkup() *Error {
	return refuse(CodeUnsupported, "SVG and HTML are not taken as media: send a PNG or a PDF of it, or its source as text")
}

// splitLabel takes parameters such as "; codecs=opus" off a label and brings the
// rest to lower case. The parameters keep their semicolon.
func splitLabel(s string) (label, params string) {
	if i := strings.IndexByte(s, ';'); i >= 0 {
		s, params = s[:i], s[i:]
	}
	return strings.ToLower(strings.TrimSpace(s)), strings.ReplaceAll(params, " ", "")
}

// wellFormed reports whether a label is type/subtype, with a type that exists
// and in the characters RFC 6838 allows. Anything else could only be refused by
// Gemini, or is the path of a file.
// https://www.iana.org/assignments/top-level-media-types
func wellFormed(label string) bool {
	switch top, _, _ := strings.Cut(label, "/"); top {
	case "application", "audio", "chemical", "font", "image", "message", "model", "multipart", "text", "video":
	default:
		return false
	}
	if len(label) > 127 {
		return false
	}
	slash := 0
	for i := range len(label) {
		switch c := label[i]; {
		case c == '/':
			slash++
			if i == 0 || i == len(label)-1 {
				return false
			}
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', strings.IndexByte("!#$&-^_.+", c) >= 0:
		default:
			return false
		}
	}
	return slash == 1
}

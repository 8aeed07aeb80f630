package mime

import (
	"slices"
	"strings"
)

// Support says how well Gemini takes a format, as far as is known.
type Support string

const (
	// Documented formats stand in the Gemini API's own lists.
	Documented Support = "documented"
	// Vertex formats stand only in Vertex AI's lists; the Gemini API may take them too.
	Vertex Support = "vertex"
	// Unconfirmed formats are in no list. They are passed on, and Gemini decides.
	Unconfirmed Support = "unconfirmed"
	// Rejected formats have been seen refused. They are passed on as well, as
	// models change and Gemini's own words are the best explanation.
	Rejected Support = "rejected"
)

// Format is one kind of media file.
type Format struct {
	// MIME is the label Gemini documents, used when the bytes are of this format.
	MIME string
	// Keep lists labels that are left as they are when the bytes are of this
	// format: other spellings Gemini takes, and types that share the container.
	Keep []string
	// Aliases lists labels that clients use and Gemini refuses; MIME replaces them.
	Aliases []string
	// Ext lists file name extensions, the usual one first.
	Ext     []string
	Support Support
	Source  string
}

// Where Gemini's lists are.
const (
	docImage = "https://ai.google.dev/gemini-api/docs/image-understanding#supported-formats"
	docAudio = "https://ai.google.dev/gemini-api/docs/audio#supported-formats"
	docVideo = "https://ai.google.dev/gemini-api/docs/video-understanding#supported-formats"
	docDoc   = "https://ai.google.dev/gemini-api/docs/document-processing"
	docURL   = "https://ai.google.dev/gemini-api/docs/file-input-methods"
	docAI    = "https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference#parameters"
)

// Formats returns what is known of every format, images first.
func Formats() []Format { return slices.Clone(formats) }

var formats = []Format{
	{"image/png", nil, []string{"png", "image/x-png", "image/apng"}, []string{"png", "apng"}, Documented, docImage},
	{"image/jpeg", nil, []string{"jpeg", "jpg", "image/jpg", "image/pjpeg", "image/x-jpeg", "image/x-jpg", "image/jfif"}, []string{"jpg", "jpeg", "jpe", "jfif"}, Documented, docImage},
	{"image/webp", nil, []string{"webp", "image/x-webp"}, []string{"webp"}, Documented, docImage},
	{"image/heic", []string{"image/heif"}, []string{"heic", "image/heic-sequence"}, []string{"heic"}, Documented, docImage},
	{"image/heif", []string{"image/heic"}, []string{"heif", "image/heif-sequence"}, []string{"heif", "hif"}, Documented, docImage},
	{"image/bmp", nil, []string{"bmp", "image/x-ms-bmp", "image/x-bmp"}, []string{"bmp", "dib"}, Documented, docURL},
	{"image/gif", nil, []string{"gif"}, []string{"gif"}, Rejected, "https://github.com/microsoft/vscode/issues/286628"},
	{"image/avif", nil, []string{"avif", "image/avif-sequence"}, []string{"avif"}, Unconfirmed, ""},
	{"image/tiff", nil, []string{"tiff", "tif", "image/tif", "image/x-tiff"}, []string{"tiff", "tif"}, Unconfirmed, ""},

	{"audio/wav", nil, []string{"wav", "wave", "audio/x-wav", "audio/wave", "audio/vnd.wave", "audio/x-pn-wav"}, []string{"wav", "wave"}, Documented, docAudio},
	{"audio/mp3", []string{"audio/mpeg"}, []string{"mp3", "mpga", "audio/x-mp3", "audio/mpeg3", "audio/x-mpeg-3", "audio/x-mpeg", "audio/mpga", "audio/mpg"}, []string{"mp3", "mpga"}, Documented, docAudio},
	{"audio/aiff", nil, []string{"aiff", "aif", "audio/x-aiff", "audio/aif"}, []string{"aiff", "aif", "aifc"}, Documented, docAudio},
	{"audio/aac", nil, []string{"aac", "audio/x-aac", "audio/aacp", "audio/vnd.dlna.adts", "audio/x-hx-aac-adts"}, []string{"aac", "adts"}, Documented, docAudio},
	{"audio/ogg", []string{"video/ogg"}, []string{"ogg", "oga", "opus", "application/ogg", "audio/vorbis", "audio/opus", "audio/x-ogg"}, []string{"ogg", "oga", "opus"}, Documented, docAudio},
	{"audio/flac", nil, []string{"flac", "audio/x-flac"}, []string{"flac"}, Documented, docAudio},
	{"audio/mp4", []string{"audio/m4a"}, []string{"m4a", "audio/x-m4a", "audio/mp4a-latm"}, []string{"m4a", "m4b"}, Vertex, docAI},
	{"audio/webm", nil, nil, []string{"weba"}, Vertex, docAI},

	// Nothing in the first bytes tells a sound file from a film when both are
	// in the same container, so the client's word counts.
	{"video/mp4", []string{"audio/mp4", "audio/m4a", "video/x-m4v"}, []string{"mp4", "video/mpeg4", "application/mp4"}, []string{"mp4", "m4v"}, Documented, docVideo},
	{"video/mpeg", []string{"video/mpg", "video/mpegps", "video/mpegs"}, []string{"mpeg", "video/x-mpeg"}, []string{"mpeg", "mpe"}, Documented, docVideo},
	{"video/mpg", []string{"video/mpeg"}, []string{"mpg"}, []string{"mpg"}, Documented, docVideo},
	{"video/mov", []string{"video/quicktime"}, []string{"mov", "video/x-quicktime"}, []string{"mov", "qt"}, Documented, docVideo},
	{"video/avi", nil, []string{"avi", "video/x-msvideo", "video/msvideo", "video/vnd.avi"}, []string{"avi"}, Documented, docVideo},
	{"video/x-flv", []string{"video/flv"}, []string{"flv"}, []string{"flv"}, Documented, docVideo},
	{"video/webm", []string{"audio/webm"}, []string{"webm"}, []string{"webm"}, Documented, docVideo},
	{"video/wmv", []string{"audio/x-ms-wma"}, []string{"wmv", "video/x-ms-wmv", "video/x-ms-asf"}, []string{"wmv", "asf"}, Documented, docVideo},
	{"video/3gpp", []string{"video/3gpp2", "audio/3gpp"}, []string{"3gp", "3gpp", "video/3gp"}, []string{"3gp", "3g2"}, Documented, docVideo},
	{"video/x-matroska", nil, []string{"mkv", "video/matroska"}, []string{"mkv"}, Unconfirmed, ""},

	{"application/pdf", nil, []string{"pdf", "application/x-pdf", "text/pdf"}, []string{"pdf"}, Documented, docDoc},
	{"text/plain", nil, []string{"txt", "text", "plain"}, []string{"txt", "text", "log"}, Documented, docDoc},
	{"text/markdown", nil, []string{"md", "markdown", "text/x-markdown", "text/md"}, []string{"md", "markdown"}, Documented, docDoc},
	{"text/csv", nil, []string{"csv", "application/csv", "text/x-csv"}, []string{"csv"}, Documented, docURL},
	{"text/xml", []string{"application/xml"}, []string{"xml"}, []string{"xml"}, Documented, docDoc},
	{"text/css", nil, []string{"css"}, []string{"css"}, Documented, docURL},
	{"text/javascript", []string{"application/x-javascript"}, []string{"js", "javascript", "application/javascript"}, []string{"js", "mjs"}, Documented, docURL},
	{"text/x-python", []string{"application/x-python-code"}, []string{"py", "python"}, []string{"py"}, Documented, docURL},
	{"text/rtf", []string{"application/rtf"}, []string{"rtf"}, []string{"rtf"}, Documented, docURL},
	{"application/json", nil, []string{"json", "text/json", "application/x-json"}, []string{"json"}, Documented, docURL},
}

// Where a label or an extension leads. Labels in Keep are no aliases.
var (
	byMIME  = index(func(f Format) []string { return []string{f.MIME} })
	byAlias = index(func(f Format) []string { return f.Aliases })
	byExt   = index(func(f Format) []string { return f.Ext })
)

func index(keys func(Format) []string) map[string]Format {
	m := make(map[string]Format)
	for _, f := range formats {
		for _, k := range keys(f) {
			m[k] = f
		}
	}
	return m
}

// ByExtension returns the type that the extension of a file name, path or URL
// stands for, or "" when it says nothing. It is a guess for what Gemini fetches
// itself; where the bytes are at hand they decide.
func ByExtension(name string) string {
	name, _, _ = strings.Cut(name, "#")
	name, _, _ = strings.Cut(name, "?")
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return ""
	}
	return byExt[strings.ToLower(name[i+1:])].MIME
}

// unwanted reports whether a label is SVG or HTML: text that runs as a program
// in a browser, and that Gemini does not take as an image. They are refused
// whatever carries them.
func unwanted(label string) bool {
	switch label {
	case "image/svg+xml", "image/svg", "svg", "text/html", "html", "htm", "application/xhtml+xml", "xhtml":
		return true
	}
	return false
}

// vague reports whether a label says nothing: absent, a placeholder, or a
// wildcard.
func vague(label string) bool {
	switch label {
	case "", "application/octet-stream", "binary/octet-stream", "application/x-binary",
		"application/unknown", "unknown/unknown", "application/x-www-form-urlencoded",
		"image/generic", "image/unknown", "image", "audio", "video", "file", "binary", "null", "undefined":
		return true
	}
	return strings.HasSuffix(label, "/*")
}

// textual reports whether a label means text of some kind.
func textual(label string) bool {
	switch label {
	case "application/json", "application/xml", "application/x-javascript", "application/x-python-code",
		"application/rtf", "application/yaml", "application/x-yaml", "application/toml", "application/sql",
		"application/x-sh", "application/x-typescript", "application/typescript", "application/x-ndjson",
		"application/jsonl", "application/x-latex", "application/x-tex":
		return true
	}
	return strings.HasPrefix(label, "text/") || strings.HasSuffix(label, "+json") || strings.HasSuffix(label, "+xml")
}

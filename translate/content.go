package translate

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/internal/mime"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
)

// parts maps the content of a message. Empty texts are left out: Gemini
// refuses them.
func (t *chatRequest) parts(path string, m *openai.Message) ([]gemini.Part, error) {
	if m.Content.Parts == nil {
		if m.Content.Text.Empty() {
			return nil, nil
		}
		return []gemini.Part{{Text: m.Content.Text}}, nil
	}
	out := make([]gemini.Part, 0, len(m.Content.Parts))
	for i := range m.Content.Parts {
		p, ok, err := t.part(fmt.Sprintf("%s.content[%d]", path, i), &m.Content.Parts[i])
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, p)
		}
	}
	return out, nil
}

// part maps one content part; ok is false for an empty one.
func (t *chatRequest) part(path string, p *openai.ContentPart) (out gemini.Part, ok bool, err error) {
	switch p.Type {
	case "text", "input_text", "output_text":
		return gemini.Part{Text: p.Text}, !p.Text.Empty(), nil
	case "refusal":
		return gemini.Part{Text: p.Refusal}, !p.Refusal.Empty(), nil
	case "image_url", "input_image":
		if p.ImageURL == nil {
			return out, false, missing(path, "image_url")
		}
		out, err = t.mediaURL(path+".image_url.url", p.ImageURL.URL, "image/jpeg")
		if err == nil {
			err = t.detail(path+".image_url.detail", p.ImageURL.Detail, &out)
		}
		return out, true, err
	case "video_url":
		if p.VideoURL == nil {
			return out, false, missing(path, "video_url")
		}
		out, err = t.mediaURL(path+".video_url.url", p.VideoURL.URL, "video/mp4")
		return out, true, err
	case "input_audio":
		if p.InputAudio == nil {
			return out, false, missing(path, "input_audio")
		}
		out, err = t.audio(path+".input_audio", p.InputAudio)
		return out, true, err
	case "file", "input_file":
		if p.File == nil {
			return out, false, missing(path, "file")
		}
		out, err = t.file(path+".file", p.File)
		return out, true, err
	case "":
		return out, false, missing(path, "type")
	default:
		return out, false, openai.Invalid(path+".type", "invalid_value",
			fmt.Sprintf("%s.type %q is not supported: use text, image_url, input_audio, file, video_url or refusal", path, p.Type))
	}
}

func missing(path, name string) error {
	return openai.Invalid(path+"."+name, "missing_required_parameter", path+"."+name+" is required")
}

// detail maps the resolution at which an image is looked at: for the image
// alone where the model can, else for the whole request, the highest asked for.
func (t *chatRequest) detail(path, detail string, p *gemini.Part) error {
	level := ""
	switch detail {
	case "", "auto":
		return nil
	case "low":
		level = "MEDIA_RESOLUTION_LOW"
	case "medium":
		level = "MEDIA_RESOLUTION_MEDIUM"
	case "high":
		level = "MEDIA_RESOLUTION_HIGH"
	case "original", "ultra_high":
		level = "MEDIA_RESOLUTION_ULTRA_HIGH"
	default:
		return openai.Invalid(path, "invalid_value", fmt.Sprintf("%s must be auto, low or high, got %q", path, detail))
	}
	if t.without("detail") {
		return nil
	}
	if t.model.PartMediaResolution {
		p.MediaResolution = &gemini.MediaResolution{Level: level}
		return nil
	}
	// ULTRA_HIGH exists for single parts only.
	level = strings.Replace(level, "ULTRA_", "", 1)
	rank := map[string]int{"": 0, "MEDIA_RESOLUTION_LOW": 1, "MEDIA_RESOLUTION_MEDIUM": 2, "MEDIA_RESOLUTION_HIGH": 3}
	if rank[level] > rank[t.config.MediaResolution] {
		t.config.MediaResolution = level
	}
	return nil
}

// assistantParts maps what an assistant message says and shows; its calls are
// mapped apart. Its thoughts are not sent back: Gemini does not want them, and
// as text the model would copy them into its answer.
func (t *chatRequest) assistantParts(path string, m *openai.Message) ([]gemini.Part, error) {
	more := m.More()
	if !trivial(more.Audio) {
		return nil, openai.Invalid(path+".audio", "unsupported_parameter",
			path+".audio refers to audio of an earlier answer, which is not kept: send its transcript as content")
	}
	parts, err := t.parts(path, m)
	if err != nil {
		return nil, err
	}
	for i := range more.Images {
		img := &more.Images[i]
		p, err := t.mediaURL(fmt.Sprintf("%s.images[%d].image_url.url", path, i), img.ImageURL.URL, "image/png")
		if err != nil {
			return nil, err
		}
		p.ThoughtSignature = img.ExtraContent.Signature()
		parts = append(parts, p)
	}
	if !m.Refusal.Empty() {
		parts = append(parts, gemini.Part{Text: m.Refusal})
	}
	if len(m.ToolCalls) == 0 && more.FunctionCall == nil {
		parts = signText(parts, messageSignature(m))
	}
	return append(serverParts(m), parts...), nil
}

// signText puts the signature of a message without calls where Gemini had it:
// on the last text, or on an empty one of its own when there is none.
func signText(parts []gemini.Part, signature raw.String) []gemini.Part {
	if !validSignature(signature) {
		return parts
	}
	for i := len(parts) - 1; i >= 0; i-- {
		if !parts[i].Text.IsZero() {
			parts[i].ThoughtSignature = signature
			return parts
		}
	}
	return append(parts, gemini.Part{Text: raw.String(`""`), ThoughtSignature: signature})
}

// serverParts returns Gemini's own parts that a message carries: those of
// Google's tools, which an earlier answer had and which have to go back as they
// were, or the media of a tool's result, as Vertex AI takes them.
// https://cloud.google.com/vertex-ai/generative-ai/docs/start/openai
func serverParts(m *openai.Message) []gemini.Part {
	extra := m.More().ExtraContent
	if extra == nil || extra.Google == nil {
		return nil
	}
	var out []gemini.Part
	for _, v := range extra.Google.Parts {
		if v.Kind() == '{' && !trivial(v) {
			out = append(out, gemini.Part{Extra: v})
		}
	}
	return out
}

// audioFormats are the formats that input_audio may name: OpenAI's two, and
// those Gemini takes beyond them.
var audioFormats = []string{"wav", "mp3", "aiff", "aac", "ogg", "opus", "flac", "m4a", "mp4", "webm", "mpeg", "mpga", "pcm16"}

func (t *chatRequest) audio(path string, a *openai.InputAudio) (gemini.Part, error) {
	format := strings.ToLower(a.Format)
	if bare, ok := strings.CutPrefix(format, "audio/"); !ok && format != "" && !slices.Contains(audioFormats, bare) {
		return gemini.Part{}, openai.Invalid(path+".format", "invalid_value",
			fmt.Sprintf("%s.format must be one of %s, got %q", path, strings.Join(audioFormats, ", "), a.Format))
	}
	hint := format
	switch format {
	case "":
		hint = "audio/wav"
	case "mp3":
		hint = "audio/mp3"
	case "pcm16":
		hint = "audio/l16"
	}
	if isURL(a.Data) {
		return t.mediaURL(path+".data", a.Data, hint)
	}
	return inline(path+".data", a.Data, hint)
}

func (t *chatRequest) file(path string, f *openai.File) (gemini.Part, error) {
	hint := f.Format
	if hint == "" {
		hint = f.Filename
	}
	switch {
	case !f.FileData.Empty():
		if isURL(f.FileData) {
			return t.mediaURL(path+".file_data", f.FileData, hint)
		}
		return inline(path+".file_data", f.FileData, hint)
	case !f.FileURL.Empty():
		return t.mediaURL(path+".file_url", f.FileURL, hint)
	case f.FileID != "":
		switch mime.Classify(f.FileID) {
		case mime.File, mime.Storage, mime.YouTube:
			return t.mediaURL(path+".file_id", raw.Quote(f.FileID), hint)
		}
		return gemini.Part{}, openai.Invalid(path+".file_id", "invalid_value",
			fmt.Sprintf("%s.file_id %q is not known here: use the name of a Gemini file (files/…) or send the file as file_data", path, f.FileID))
	default:
		return gemini.Part{}, openai.Invalid(path, "missing_required_parameter", path+" needs file_data or file_id")
	}
}

// isURL reports whether a string that may be bare base64 is a URL.
func isURL(s raw.String) bool {
	in := s.Inner()
	return bytes.Contains(in[:min(len(in), 64)], []byte(":"))
}

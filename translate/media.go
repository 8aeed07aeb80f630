package translate

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
)

// MediaRef is a URL that a request refers to and that has to be fetched before
// it can be translated.
type MediaRef struct {
	Param string // where it stands, in OpenAI's terms
	URL   string
}

// ChatMedia lists the http and https URLs a chat request refers to, except
// those that Gemini resolves itself.
func ChatMedia(req *openai.ChatRequest) []MediaRef {
	var out []MediaRef
	add := func(param string, url raw.String) {
		in := url.Inner()
		if !hasPrefixFold(in, "http://") && !hasPrefixFold(in, "https://") {
			return
		}
		u := url.Decode()
		if _, ok := fileURI(u); !ok && !youTube(u) {
			out = append(out, MediaRef{Param: param, URL: u})
		}
	}
	for i := range req.Messages {
		m := &req.Messages[i]
		for j := range m.Content.Parts {
			p, path := &m.Content.Parts[j], fmt.Sprintf("messages[%d].content[%d]", i, j)
			if p.ImageURL != nil {
				add(path+".image_url.url", p.ImageURL.URL)
			}
			if p.VideoURL != nil {
				add(path+".video_url.url", p.VideoURL.URL)
			}
			if p.InputAudio != nil {
				add(path+".input_audio.data", p.InputAudio.Data)
			}
			if p.File != nil {
				add(path+".file.file_url", p.File.FileURL)
				add(path+".file.file_data", p.File.FileData)
			}
		}
		for j := range m.Images {
			add(fmt.Sprintf("messages[%d].images[%d].image_url.url", i, j), m.Images[j].ImageURL.URL)
		}
	}
	return out
}

// mediaURL maps a URL: a data URL to its bytes, a file of Gemini's own or a
// YouTube video to a reference, anything else to what was fetched for it.
func (t *chatRequest) mediaURL(path string, url raw.String, fallback string) (gemini.Part, error) {
	in := url.Inner()
	if hasPrefixFold(in, "data:") {
		mime, data, err := dataURL(in)
		if err != nil {
			return gemini.Part{}, openai.Invalid(path, "invalid_value", fmt.Sprintf("%s is not a data URL with base64: %v", path, err))
		}
		if mime == "" {
			mime = fallback
		}
		return inline(path, mime, data)
	}
	u := url.Decode()
	if uri, ok := fileURI(u); ok {
		return gemini.Part{FileData: &gemini.FileData{FileURI: uri, MIMEType: fallback}}, nil
	}
	if youTube(u) {
		return gemini.Part{FileData: &gemini.FileData{FileURI: u, MIMEType: "video/mp4"}}, nil
	}
	if strings.HasPrefix(u, "gs://") {
		return gemini.Part{FileData: &gemini.FileData{FileURI: u, MIMEType: fallback}}, nil
	}
	if m, ok := t.opt.Media[u]; ok {
		if m.FileURI != "" {
			return gemini.Part{FileData: &gemini.FileData{FileURI: m.FileURI, MIMEType: m.MIMEType}}, nil
		}
		return inline(path, m.MIMEType, m.Data)
	}
	return gemini.Part{}, openai.Invalid(path, "invalid_image_url",
		path+" must be a data URL with base64, or a URL this server may fetch")
}

// fileURI recognises files of the Files API: files/x, or their full URI.
func fileURI(s string) (string, bool) {
	const base = "https://generativelanguage.googleapis.com/v1beta/files/"
	if name, ok := strings.CutPrefix(s, "files/"); ok && name != "" {
		return base + name, true
	}
	return s, strings.HasPrefix(s, base)
}

// youTube recognises links to videos, which Gemini watches itself.
func youTube(u string) bool {
	_, rest, ok := strings.Cut(u, "://")
	if !ok {
		return false
	}
	host, path, _ := strings.Cut(rest, "/")
	switch host {
	case "youtu.be":
		return path != ""
	case "youtube.com", "www.youtube.com", "m.youtube.com":
		return strings.HasPrefix(path, "watch?") || strings.HasPrefix(path, "shorts/") || strings.HasPrefix(path, "live/")
	}
	return false
}

// inline makes a part of base64 data.
func inline(path, mime string, data raw.String) (gemini.Part, error) {
	if data.Empty() {
		return gemini.Part{}, openai.Invalid(path, "invalid_value", path+" is empty")
	}
	return gemini.Part{InlineData: &gemini.Blob{MIMEType: mime, Data: data}}, nil
}

// dataURL takes a data URL, as the escaped bytes of its JSON string, apart.
func dataURL(in []byte) (mime string, data raw.String, err error) {
	head, body, ok := bytes.Cut(in, []byte(","))
	if !ok {
		return "", nil, fmt.Errorf("no comma")
	}
	mime, ok = strings.CutSuffix(string(head[len("data:"):]), ";base64")
	if !ok {
		return "", nil, fmt.Errorf("not base64")
	}
	mime = strings.ReplaceAll(mime, `\/`, "/")
	mime, _, _ = strings.Cut(mime, ";")
	return mime, raw.String(`"` + string(body) + `"`), nil
}

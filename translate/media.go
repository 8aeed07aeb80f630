package translate

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/internal/mime"
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
		if mime.Classify(u) == mime.Remote {
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
		for j, img := range m.More().Images {
			add(fmt.Sprintf("messages[%d].images[%d].image_url.url", i, j), img.ImageURL.URL)
		}
	}
	return out
}

// mediaURL maps a URL: a data URL to its bytes, a file of Gemini's own or a
// YouTube video to a reference, anything else to what was fetched for it. hint
// is the type to assume where nothing tells.
func (t *chatRequest) mediaURL(path string, url raw.String, hint string) (gemini.Part, error) {
	if mime.IsDataURL(url.Inner()) {
		return inline(path, url, hint)
	}
	u := url.Decode()
	reference := func(uri, typ string) (gemini.Part, error) {
		return gemini.Part{FileData: &gemini.FileData{FileURI: uri, MIMEType: typ}}, nil
	}
	typ := mime.ByExtension(u)
	if typ == "" {
		typ = hint
	}
	switch mime.Classify(u) {
	case mime.File:
		// The type of a file is known where it was uploaded; a guess could
		// contradict it.
		return reference(fileURI(u), "")
	case mime.YouTube:
		return reference(u, "video/mp4")
	case mime.Storage:
		return reference(u, typ)
	case mime.Remote:
		m, ok := t.opt.Media[u]
		switch {
		case ok && m.FileURI != "":
			return reference(m.FileURI, m.MIMEType)
		case ok:
			return gemini.Part{InlineData: &gemini.Blob{MIMEType: m.MIMEType, Data: m.Data}}, nil
		}
		return gemini.Part{}, openai.Invalid(path, "url_not_allowed", path+": this server does not fetch URLs; send the bytes as a data URL with base64")
	default:
		return gemini.Part{}, openai.Invalid(path, mime.CodeInvalidURL, path+" must be an http or https URL, or a data URL with base64")
	}
}

// fileURI gives the full URI of a file of the Files API.
func fileURI(s string) string {
	if strings.HasPrefix(s, "files/") {
		return "https://generativelanguage.googleapis.com/v1beta/" + s
	}
	return s
}

// inline makes a part of a data URL or of bare base64. The bytes decide over
// the type; hint is what the request says of it.
func inline(path string, s raw.String, hint string) (gemini.Part, error) {
	if s.Empty() {
		return gemini.Part{}, openai.Invalid(path, "invalid_value", path+" is empty")
	}
	d, err := mime.Inline(s.Inner(), hint, 0)
	if err != nil {
		e, ok := errors.AsType[*mime.Error](err)
		if !ok {
			return gemini.Part{}, err
		}
		return gemini.Part{}, openai.NewError(e.Status, openai.TypeInvalidRequest, path, e.Code, path+": "+e.Message)
	}
	return gemini.Part{InlineData: &gemini.Blob{MIMEType: d.MIME, Data: dataOf(s, d.Base64)}}, nil
}

func hasPrefixFold(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && strings.EqualFold(string(b[:len(prefix)]), prefix)
}

// dataOf makes a string of base64 that was cut out of s: in the same memory
// where it is the end of s, which it is for every ordinary data URL.
func dataOf(s raw.String, base64 []byte) raw.String {
	if from := len(s.Inner()) - len(base64); from > 0 && len(base64) > 0 && &s.Inner()[from] == &base64[0] {
		return s.Tail(from)
	}
	return raw.OfBase64(base64)
}

package server

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
	"github.com/gemway/gemway/translate"
)

const filesPath = "/v1/images/files/"

// exhibit keeps an image for download and gives it the URL.
func (s *Server) exhibit(p *translate.Picture) error {
	name, err := s.parts.Gallery.Put(p.MIMEType, p.Data)
	if err != nil {
		return openai.NewError(http.StatusBadGateway, openai.TypeServer, "response_format", "image_not_kept",
			"the image cannot be kept for download: use b64_json ("+err.Error()+")")
	}
	p.URL = raw.Quote(strings.TrimSuffix(s.cfg.PublicURL, "/") + filesPath + name)
	return nil
}

// imageFile serves GET /images/files/{id}: an image whose URL an answer named.
// The name is the secret, as with OpenAI's URLs, so that an <img> can show it.
func (s *Server) imageFile(w http.ResponseWriter, r *request) error {
	if s.parts.Gallery != nil {
		if i, ok := s.parts.Gallery.Get(r.pathID); ok {
			h := w.Header()
			h.Set("Content-Type", i.MIMEType)
			h.Set("Content-Length", strconv.Itoa(len(i.Data)))
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
			h.Set("Cache-Control", "private, max-age=3600")
			w.WriteHeader(http.StatusOK)
			if r.Method != http.MethodHead {
				_, _ = w.Write(i.Data) // nobody to tell when the client is gone
			}
			return nil
		}
	}
	return openai.NewError(http.StatusNotFound, openai.TypeInvalidRequest, "", "image_not_found",
		"There is no such image, or no longer: images are kept for a while only")
}

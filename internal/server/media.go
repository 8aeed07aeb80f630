package server

import (
	"context"
	"errors"

	"github.com/gemway/gemway/internal/media"
	"github.com/gemway/gemway/internal/mime"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
	"github.com/gemway/gemway/translate"
)

// Media fetches what requests refer to by URL. *media.Fetcher does.
type Media interface {
	Resolve(ctx context.Context, refs []media.Ref) (map[string]media.Blob, error)
}

// media fetches what a request refers to by URL. A request that itself comes
// from a fetcher leads to no other fetch: a gateway's own URL was given for a
// picture.
func (s *Server) media(r *request, refs []translate.MediaRef) (map[string]translate.Media, error) {
	if len(refs) == 0 || s.parts.Media == nil {
		return nil, nil
	}
	if media.FromFetcher(r.Header) {
		return nil, openai.Invalid(refs[0].Param, mime.CodeNotAllowed, refs[0].Param+": the URL cannot be fetched")
	}
	wanted := make([]media.Ref, len(refs))
	for i, ref := range refs {
		wanted[i] = media.Ref(ref)
	}
	got, err := s.parts.Media.Resolve(r.Context(), wanted)
	if e, ok := errors.AsType[*mime.Error](err); ok {
		typ := openai.TypeInvalidRequest
		if e.Status == 429 {
			typ = openai.TypeRateLimit
		}
		return nil, openai.NewError(e.Status, typ, e.Param, e.Code, e.Param+": "+e.Message)
	}
	if err != nil {
		return nil, err
	}
	out := make(map[string]translate.Media, len(got))
	for url, blob := range got {
		out[url] = translate.Media{MIMEType: blob.MIME, Data: raw.OfBase64(blob.Base64)}
	}
	return out, nil
}

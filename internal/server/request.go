package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gemway/gemway/internal/panics"
	"github.com/gemway/gemway/internal/slab"
	"github.com/gemway/gemway/internal/sse"
	"github.com/gemway/gemway/internal/tracing"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
	"github.com/gemway/gemway/translate"
)

// request is an HTTP request with what the server found out about it.
type request struct {
	*http.Request
	id     string // x-request-id
	pathID string // the {id} of the path
	key    string // the client's Gemini key in pass-through mode
	caller string // stands for the client in memories; never its key
	log    record
	span   *tracing.Span   // nil: no traces
	chat   *translate.Chat // once a chat request is translated
	native Native          // where calls of Gemini's API go
	site   string          // of OpenAI's protocol that is called instead; "" for none
	body   []byte          // as it came
}

// maxHeaders bounds the header fields of a request.
const maxHeaders = 100

// serve takes a request through the steps all routes share.
func (s *Server) serve(w http.ResponseWriter, hr *http.Request) {
	began := time.Now()
	s.parts.Metrics.Began()
	r := &request{Request: hr, id: requestID(hr), native: Native{s.parts.Gemini, s.parts.Catalog}}
	out := &writer{ResponseWriter: w, limit: s.cfg.WriteTimeout}
	out.Header()["X-Request-Id"] = []string{r.id}
	out.Header()["X-Content-Type-Options"] = nosniff
	out.Header()["Cache-Control"] = noStore // but where a handler knows better
	if s.parts.Tracing != nil && !probe[hr.URL.Path] {
		var ctx context.Context
		ctx, r.span = s.parts.Tracing.Begin(hr, began)
		r.Request = hr.WithContext(ctx)
	}
	body := s.guardBody(w, r.Request)
	defer func() {
		defer body.release()
		if p := recover(); p != nil {
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			s.panicked(out, r, panics.Of(p))
		}
		out.finish()
		s.ended(hr, r, out, time.Since(began), began)
	}()
	if err := s.route(out, r); err != nil {
		s.fail(out, r, err)
	}
	slab.Put(r.body) // nothing refers to it any more; after a panic that is not certain
}

var nosniff, noStore = []string{"nosniff"}, []string{"no-store"}

// route finds out what a request wants and whether it may, and serves it.
func (s *Server) route(out *writer, r *request) error {
	if len(r.Header) > maxHeaders {
		out.Header().Set("Connection", "close")
		return openai.NewError(http.StatusRequestHeaderFieldsTooLarge, openai.TypeInvalidRequest, "", "too_many_headers",
			fmt.Sprintf("The request has more than %d header fields", maxHeaders))
	}
	allowed := s.cors(out, r.Request)
	if r.Method == http.MethodOptions {
		out.WriteHeader(http.StatusNoContent)
		return nil
	}
	rt, id, notFound := find(r.Method, r.URL.Path)
	if page, ok := s.page(r.Method, r.URL.Path); ok {
		rt, notFound = page, nil
	}
	if notFound != nil {
		return notFound
	}
	r.log.endpoint, r.pathID = rt.path, id
	if rt.access == withKey || rt.access == operators && s.parts.Keys.Any() {
		if !allowed && s.open() {
			return foreign()
		}
		if err := s.authorize(out, r); err != nil {
			return err
		}
	}
	return rt.serve(s, out, r)
}

// panicked tells of a mistake in the program: the log everything, the client
// that there was one, in the form it is reading already.
func (s *Server) panicked(out *writer, r *request, p *panics.Recovered) {
	s.lost(r.id, p)
	e := openai.NewError(http.StatusInternalServerError, openai.TypeServer, "", "internal_error", "internal error")
	s.fail(out, r, e)
	if out.stream {
		if b, err := raw.Marshal(openai.Envelope{Error: e}); err == nil {
			_, _ = out.Write(sse.AppendData(nil, b)) // the client may be gone
		}
	}
}

// lost counts and logs a panic. Where that is all that happens, a goroutine
// that no answer depends on has ended.
func (s *Server) lost(requestID string, p *panics.Recovered) {
	s.parts.Metrics.Panic()
	s.parts.Log.Error("panic", "request_id", requestID, "panic", p, "stack", p.Stack())
}

// requestID keeps a client's id if it is harmless, else makes one.
func requestID(r *http.Request) string {
	id := r.Header.Get("X-Request-Id")
	if id == "" || len(id) > 64 || strings.ContainsFunc(id, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("._-", c))
	}) {
		return "req_" + strings.ToLower(rand.Text())
	}
	return id
}

package server

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/panics"
	"github.com/gemway/gemway/internal/upstream"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/translate"
)

// embeddings serves POST /embeddings.
func (s *Server) embeddings(w http.ResponseWriter, r *request) error {
	return serveBy(s, w, r, upstream.Embeddings,
		func(req *openai.EmbeddingRequest) string { return req.Model },
		func(req *openai.EmbeddingRequest, model catalog.Resolution) error { return s.embedBy(w, r, req, model) })
}

// embedBy serves a request for embeddings by a model of Gemini.
func (s *Server) embedBy(w http.ResponseWriter, r *request, req *openai.EmbeddingRequest, model catalog.Resolution) error {
	e, err := translate.NewEmbeddings(req, translate.EmbeddingOptions{
		Model: &model.Row.Model, Dimensions: model.Dimensions,
		Method: string(r.native.Gemini.EmbedMethod(model.Row.Embedding.TaskType)),
	})
	if err != nil {
		return err
	}
	tokens, estimated, err := s.embed(r, e, model.Row.ID)
	if err != nil {
		return tooLongAs("input", err, req.Model)
	}
	r.log.prompt = tokens
	if estimated {
		w.Header().Set("x-gemway-usage", "estimated")
	}
	if len(e.Ignored) > 0 {
		w.Header().Set("x-gemway-ignored", headerList(e.Ignored))
	}
	send(w, http.StatusOK, e.Segments(tokens)...)
	return nil
}

// compact asks Google's API for JSON without white space: a list of vectors is
// a third smaller then.
var compact = map[string][]string{"prettyPrint": {"false"}}

// embed makes the calls of a request, and counts the tokens of its input.
func (s *Server) embed(r *request, e *translate.Embeddings, model string) (tokens int64, estimated bool, err error) {
	count := s.startCount(r, e, model)
	defer count.stop()
	err = eachOf(r.Context(), e.Calls(), s.cfg.EmbeddingCalls, func(ctx context.Context, i int) error {
		body, err := e.Body(i)
		if err != nil {
			return err
		}
		got, err := r.native.Gemini.Do(ctx, upstream.Call{Model: model, Method: e.Method(), Body: body, Query: compact, ClientKey: r.key})
		if err != nil {
			return err
		}
		if i == 0 {
			r.log.keyID, r.log.attempts = got.KeyID, got.Attempts
		}
		defer got.Release()
		return e.Push(i, got.Body)
	})
	if err != nil {
		return 0, false, err
	}
	if n, known := e.Tokens(); known {
		return n, false, nil
	}
	if n, known := count.wait(); known {
		return n, false, nil
	}
	return e.EstimateTokens(), true, nil
}

// counting is a count of tokens under way beside the vectors.
type counting struct {
	cancel context.CancelFunc
	wg     sync.WaitGroup
	tokens int64
	err    error
	none   bool
	lost   func(*panics.Recovered) // told of a mistake in it
}

// countGrace is how long an answer waits for the count of its tokens.
const countGrace = 2 * time.Second

// startCount counts the tokens of an input for models that do not. The count is
// free of charge; when it fails, the usage is estimated.
func (s *Server) startCount(r *request, e *translate.Embeddings, model string) *counting {
	c := &counting{none: true, cancel: func() {}, lost: func(p *panics.Recovered) { s.lost(r.id, p) }}
	if e.ReportsTokens() || !s.cfg.CountTokens {
		return c
	}
	bodies, err := e.CountBodies()
	if err != nil {
		return c
	}
	ctx, cancel := context.WithCancel(r.Context())
	c.none, c.cancel = false, cancel
	c.wg.Go(func() {
		defer panics.Recover(func(p *panics.Recovered) {
			c.err = p
			c.lost(p)
		})
		for _, b := range bodies {
			var n int64
			got, err := r.native.Gemini.Do(ctx, upstream.Call{Model: model, Method: "countTokens", Body: [][]byte{b}, ClientKey: r.key})
			if err == nil {
				n, err = translate.Counted(got.Body)
			}
			if err != nil {
				c.err = err
				return
			}
			c.tokens += n
		}
	})
	return c
}

// wait returns the count, or false when there is none.
func (c *counting) wait() (int64, bool) {
	if c.none {
		return 0, false
	}
	late := time.AfterFunc(countGrace, func() {
		defer panics.Recover(c.lost)
		c.cancel()
	})
	defer late.Stop()
	c.wg.Wait()
	return c.tokens, c.err == nil && c.tokens > 0
}

// stop ends the count.
func (c *counting) stop() {
	c.cancel()
	c.wg.Wait()
}

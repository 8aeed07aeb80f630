package server

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/picture"
	"github.com/gemway/gemway/internal/upstream"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
	"github.com/gemway/gemway/translate"
)

// images serves POST /images/generations.
func (s *Server) images(w http.ResponseWriter, r *request) error {
	return serveBy(s, w, r, upstream.ImageGenerations,
		func(req *openai.ImageRequest) string { return req.Model },
		func(req *openai.ImageRequest, model catalog.Resolution) error { return s.drawBy(w, r, req, model) })
}

// drawBy serves a request for images by a model of Gemini.
func (s *Server) drawBy(w http.ResponseWriter, r *request, req *openai.ImageRequest, model catalog.Resolution) error {
	r.log.stream = req.Stream
	images, err := translate.NewImages(req, &model.Row.Model)
	if err != nil {
		return err
	}
	if len(images.Ignored) > 0 {
		w.Header().Set("x-gemway-ignored", headerList(images.Ignored))
	}
	if images.Stream {
		return s.streamImages(w, r, images, model.Row.ID)
	}
	err = each(r.Context(), images.Calls(), func(ctx context.Context, i int) error {
		_, err := s.draw(ctx, r, images, model.Row.ID, i)
		return err
	})
	if err == nil {
		err = images.Check()
	}
	if err != nil {
		return tooLongAs("prompt", err, req.Model)
	}
	pictures, more, blocked := images.Pictures()
	if blocked > 0 {
		w.Header().Set("x-gemway-filtered", strconv.Itoa(blocked))
	}
	if more > 0 {
		w.Header().Set("x-gemway-dropped", strconv.Itoa(more))
	}
	if images.URLs && s.parts.Gallery != nil && s.cfg.PublicURL != "" {
		for _, p := range pictures {
			if err := s.exhibit(p); err != nil {
				return err
			}
		}
	}
	answer := images.Answer(s.parts.Now().Unix())
	if u := answer.Usage; u != nil {
		r.log.prompt, r.log.completion = u.InputTokens, u.OutputTokens
	}
	out := raw.NewWriter(nil)
	if err := answer.Write(&out); err != nil {
		return err
	}
	send(w, http.StatusOK, out.Segments()...)
	return nil
}

// draw makes one call for images, twice where Gemini gives none for no reason,
// and brings them into the form the client wants.
func (s *Server) draw(ctx context.Context, r *request, images *translate.Images, model string, i int) ([]*translate.Picture, error) {
	body, err := images.Body(i)
	if err != nil {
		return nil, err
	}
	var pictures []*translate.Picture
	for try := range 2 {
		got, err := r.native.Gemini.Do(ctx, upstream.Call{Model: model, Method: images.Method(), Body: body, ClientKey: r.key})
		if err != nil {
			return nil, err
		}
		if i == 0 {
			r.log.keyID, r.log.attempts = got.KeyID, got.Attempts+try
		}
		if pictures, err = images.Push(i, got.Body); err != nil {
			return nil, err
		}
		if !images.Retryable(i) {
			break
		}
	}
	for _, p := range pictures {
		if err := s.develop(ctx, images, p); err != nil {
			return nil, err
		}
	}
	return pictures, nil
}

// bestQuality is that of JPEGs when no compression is asked for, OpenAI's
// default.
const bestQuality = 100

// develop converts an image where its format is not the one asked for.
func (s *Server) develop(ctx context.Context, images *translate.Images, p *translate.Picture) error {
	p.Width, p.Height, _ = picture.Size(p.Data)
	format, quality := images.Format, images.Quality
	if format == "" || p.Is(format) && (format != translate.FormatJPEG || quality == 0 || quality == bestQuality) {
		return nil
	}
	if quality == 0 {
		quality = bestQuality
	}
	// Decoded images are large: few are in memory at the same time.
	select {
	case s.darkroom <- struct{}{}:
		defer func() { <-s.darkroom }()
	case <-ctx.Done():
		return ctx.Err()
	}
	data, err := picture.Convert(p.Data, format, quality)
	if err != nil {
		return openai.NewError(http.StatusBadGateway, openai.TypeServer, "output_format", "conversion_failed",
			fmt.Sprintf("Gemini gave an image of the type %q that could not be converted to %s (%v): leave output_format out", p.MIMEType, format, err))
	}
	p.Data, p.MIMEType = data, "image/"+format
	return nil
}

// streamImages answers with an event for each image, as soon as it is there.
func (s *Server) streamImages(w http.ResponseWriter, r *request, images *translate.Images, model string) error {
	out := s.newEventWriter(w, r)
	defer out.close()
	s.parts.Metrics.Stream(1)
	defer s.parts.Metrics.Stream(-1)
	sent := 0
	err := each(r.Context(), images.Calls(), func(ctx context.Context, i int) error {
		pictures, err := s.draw(ctx, r, images, model, i)
		if err != nil {
			return err
		}
		out.mu.Lock()
		defer out.mu.Unlock()
		for _, p := range pictures {
			if sent == images.Limit() {
				break
			}
			sent++
			event := images.Event(p, s.parts.Now().Unix())
			r.log.prompt += event.Usage.InputTokens
			r.log.completion += event.Usage.OutputTokens
			b, err := raw.Marshal(event)
			if err != nil {
				return err
			}
			out.addNamed(event.Type, b)
			out.flush()
		}
		if out.err != nil {
			return errSlowReader
		}
		return nil
	})
	if err == nil {
		err = images.Check()
	}
	if err == nil {
		return nil
	}
	if out.close(); out.forget() {
		return err
	}
	// The status is written: the error is an event, and the last.
	r.log.failed(err)
	e, _ := asOpenAI(err, r)
	b, merr := raw.Marshal(openai.Envelope{Error: e})
	if merr != nil {
		return nil
	}
	out.mu.Lock()
	defer out.mu.Unlock()
	out.buf = out.buf[:0]
	out.addNamed("error", b)
	out.flush()
	return nil
}

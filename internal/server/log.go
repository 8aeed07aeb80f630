package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gemway/gemway/internal/metrics"
	"github.com/gemway/gemway/internal/tracing"
	"github.com/gemway/gemway/internal/upstream"
	"github.com/gemway/gemway/openai"
)

// record is what the log and the metrics say of a request. Nothing in it is a
// client's text or a key.
type record struct {
	endpoint, model, served, keyID        string
	stream                                bool
	attempts                              int
	prompt, completion, cached, reasoning int64
	miscounted                            bool     // by Gemini
	finish                                []string // reasons, where there are traces
	err                                   error
}

// usage notes what Gemini counted.
func (l *record) usage(u *openai.Usage) {
	l.prompt, l.completion = u.PromptTokens, u.CompletionTokens
	l.cached, l.reasoning = u.PromptTokensDetails.CachedTokens, u.CompletionTokensDetails.ReasoningTokens
}

// failed notes what a request failed of, and what it took upstream.
func (l *record) failed(err error) {
	l.err = err
	if said, ok := errors.AsType[*upstream.StatusError](err); ok && said.Attempts > 0 {
		l.keyID, l.attempts = said.KeyID, said.Attempts
	}
	if f, ok := errors.AsType[*upstream.Failure](err); ok && f.Attempts > 0 {
		l.keyID, l.attempts = f.KeyID, f.Attempts
	}
}

// ended writes the request's line of the access log and counts it.
func (s *Server) ended(hr *http.Request, r *request, w *writer, took time.Duration, began time.Time) {
	m := metrics.Request{
		Endpoint: r.log.endpoint, Status: w.status, Took: took, Asked: r.log.model != "",
		Prompt: r.log.prompt, Cached: r.log.cached, Completion: r.log.completion, Reasoning: r.log.reasoning,
	}
	// A stream that broke because nobody reads it any more. That a client is
	// gone by now says nothing: it may have got all it wanted.
	if r.log.err != nil && hr.Context().Err() != nil && w.status < http.StatusBadRequest {
		m.Status = statusClientGone
	}
	if s.listed[r.log.served] {
		m.Model = r.log.served
	}
	if !w.first.IsZero() {
		m.FirstToken = w.first.Sub(began)
	}
	s.parts.Metrics.Ended(&m)
	if r.span != nil {
		r.span.End(s.traced(r, &m))
	}

	level := slog.LevelInfo
	if probe[r.log.endpoint] {
		level = slog.LevelDebug
	}
	if !s.parts.Log.Enabled(hr.Context(), level) {
		return
	}
	attrs := make([]slog.Attr, 0, 16)
	attrs = append(attrs,
		slog.String("request_id", r.id), slog.String("method", hr.Method), slog.String("endpoint", r.log.endpoint),
		slog.Int("status", m.Status), slog.Duration("dur", took))
	if r.caller != "" {
		attrs = append(attrs, slog.String("caller", r.caller))
	}
	if m.Asked {
		attrs = append(attrs, slog.String("model", clip(r.log.model)), slog.String("served", r.log.served), slog.Bool("stream", r.log.stream),
			slog.String("key_id", r.log.keyID), slog.Int("attempts", r.log.attempts),
			slog.Int64("prompt_tokens", r.log.prompt), slog.Int64("completion_tokens", r.log.completion))
	}
	if r.log.miscounted {
		attrs = append(attrs, slog.Bool("miscounted", true))
	}
	if m.FirstToken > 0 {
		attrs = append(attrs, slog.Duration("first_token", m.FirstToken))
	}
	if r.log.err != nil {
		attrs = append(attrs, slog.String("error", logText(r.log.err, w.status)))
	}
	s.parts.Log.LogAttrs(hr.Context(), level, "request", attrs...)
}

// traced is what a trace says of a request.
func (s *Server) traced(r *request, m *metrics.Request) *tracing.Request {
	t := &tracing.Request{
		Method: r.Method, Route: r.log.endpoint, Status: m.Status, RequestID: r.id,
		Served: m.Model, Stream: r.log.stream, FirstToken: m.FirstToken, Finish: r.log.finish,
		Input: r.log.prompt, Output: r.log.completion, Cached: r.log.cached,
	}
	if m.Asked {
		t.Operation = operations[r.log.endpoint]
		if t.Operation == "" {
			t.Operation = "generate_content"
		}
	}
	if r.log.served != "" { // names that nobody has could be anything
		t.Asked = clip(r.log.model)
	}
	if r.log.err != nil {
		t.Error = errorType(r.log.err)
	} else if m.Status >= http.StatusBadRequest {
		t.Error = strconv.Itoa(m.Status)
	}
	return t
}

// operations are the conventions' words for endpoints.
var operations = map[string]string{"/chat/completions": "chat", "/embeddings": "embeddings"}

// errorType is a short word of a closed set for what a request failed of.
func errorType(err error) string {
	if own, ok := errors.AsType[*openai.Error](err); ok && own.Code != nil {
		return *own.Code
	}
	if said, ok := errors.AsType[*upstream.StatusError](err); ok {
		return strconv.Itoa(said.HTTPStatus)
	}
	if f, ok := errors.AsType[*upstream.Failure](err); ok {
		return string(f.Kind)
	}
	return "internal_error"
}

// probe are the endpoints that machines ask all the time.
var probe = map[string]bool{"/healthz": true, "/readyz": true, "/metrics": true}

// logText says what a request failed of without anything the client or the
// model wrote: messages, Gemini's too, quote what was sent, and lines of a log
// go further than answers do.
func logText(err error, status int) string {
	if own, ok := errors.AsType[*openai.Error](err); ok {
		if own.Code != nil {
			return *own.Code
		}
		return own.Type
	}
	if said, ok := errors.AsType[*upstream.StatusError](err); ok {
		return strings.TrimSpace(fmt.Sprintf("upstream answered %d %s", said.HTTPStatus, label(said.Err.Status)))
	}
	if f, ok := errors.AsType[*upstream.Failure](err); ok {
		return clip(quoted.ReplaceAllString(f.Error(), `"…"`))
	}
	if status == http.StatusInternalServerError {
		return fmt.Sprintf("internal error (%T)", err)
	}
	return clip(quoted.ReplaceAllString(err.Error(), `"…"`))
}

// quoted finds what errors quote, an end that is missing included.
var quoted = regexp.MustCompile(`"(?:\\.|[^"\\])*(?:"|\\?$)`)

// label returns a status of Google's, such as INVALID_ARGUMENT, or nothing.
func label(s string) string {
	if len(s) > 64 || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" {
		return ""
	}
	return s
}

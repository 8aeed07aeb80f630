package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gemway/gemway/internal/upstream"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
	"github.com/gemway/gemway/translate"
)

// statusClientGone is what the log says when nobody waits for the answer.
const statusClientGone = 499

// asOpenAI turns any error into the one the client gets, with the headers that
// tell its SDK whether to try again. Causes that are ours stay in the log.
func asOpenAI(err error, r *request) (*openai.Error, http.Header) {
	h := http.Header{}
	var own *openai.Error
	if errors.As(err, &own) {
		return own, h
	}
	if errors.Is(context.Cause(r.Context()), ErrStopping) {
		return openai.NewError(http.StatusServiceUnavailable, openai.TypeServer, "", "shutting_down", ErrStopping.Error()), h
	}
	if said, ok := errors.AsType[*upstream.StatusError](err); ok {
		if said.HTTPStatus < http.StatusBadRequest { // no fault of the request's
			return openai.NewError(http.StatusBadGateway, openai.TypeServer, "", "upstream_not_json",
				fmt.Sprintf("upstream answered with status %d; redirects are not followed", said.HTTPStatus)), h
		}
		var e *openai.Error
		if r.site != "" {
			e = siteError(said)
		} else if r.chat != nil {
			e = r.chat.Error(said.HTTPStatus, said.Err, r.log.model)
		} else {
			e = translate.Error(said.HTTPStatus, said.Err, r.log.model)
		}
		if said.PerDay {
			h.Set("x-should-retry", "false")
		}
		retryAfter(h, said.RetryAfter)
		return e, h
	}
	if f, ok := errors.AsType[*upstream.Failure](err); ok {
		return failure(f, h, r.site != ""), h
	}
	switch {
	case errors.Is(err, errBusy):
		h.Set("retry-after", "1")
		return openai.NewError(http.StatusServiceUnavailable, openai.TypeServer, "", "overloaded", "the server has no memory for another large request just now"), h
	case errors.Is(err, context.Canceled):
		return openai.NewError(statusClientGone, openai.TypeInvalidRequest, "", "cancelled", "the client went away"), h
	case errors.Is(err, context.DeadlineExceeded):
		return openai.NewError(http.StatusGatewayTimeout, openai.TypeServer, "", "timeout", "the request took too long"), h
	case errors.Is(err, translate.ErrNotGemini):
		return openai.NewError(http.StatusBadGateway, openai.TypeServer, "", "upstream_not_json", "upstream's answer does not have the form of Gemini's"), h
	case errors.Is(err, translate.ErrNoAnswer), errors.Is(err, translate.ErrTruncated):
		return openai.NewError(http.StatusBadGateway, openai.TypeServer, "", "upstream_no_answer", err.Error()), h
	}
	return openai.NewError(http.StatusInternalServerError, openai.TypeServer, "", "internal_error", "internal error"), h
}

// tooLongAs makes a refused size name the parameter that holds the text.
func tooLongAs(param string, err error, model string) error {
	if said, ok := errors.AsType[*upstream.StatusError](err); ok {
		if e := translate.Error(said.HTTPStatus, said.Err, model); e.Code != nil && *e.Code == "context_length_exceeded" {
			e.Param = &param
			return e
		}
	}
	return err
}

// failure words what happened instead of an answer from Gemini, or from a site
// of OpenAI's protocol.
func failure(f *upstream.Failure, h http.Header, site bool) *openai.Error {
	who, key := "Gemini", "Gemini API key"
	if site {
		who, key = "the model's server", "key of the model's server"
	}
	server := func(status int, code, message string) *openai.Error {
		return openai.NewError(status, openai.TypeServer, "", code, message)
	}
	switch f.Kind {
	case upstream.Invalid:
		return openai.Invalid("model", "invalid_value", "model does not have the form of a model name")
	case upstream.NoKey:
		h.Set("x-should-retry", "false")
		return server(http.StatusServiceUnavailable, "no_upstream_key", "no usable "+key+" is configured on the server")
	case upstream.Limited:
		retryAfter(h, f.RetryAfter)
		if f.PerDay {
			h.Set("x-should-retry", "false")
			return openai.NewError(http.StatusTooManyRequests, "insufficient_quota", "", "insufficient_quota", "the daily quota of every "+key+" is used up")
		}
		return openai.NewError(http.StatusTooManyRequests, openai.TypeRateLimit, "", "rate_limit_exceeded", "every "+key+" is at its rate limit")
	case upstream.Suspended:
		retryAfter(h, f.RetryAfter)
		return server(http.StatusServiceUnavailable, "overloaded", who+" failed repeatedly for this model and is left alone for a moment")
	case upstream.Unreachable:
		return server(http.StatusBadGateway, "upstream_unreachable", who+" could not be reached")
	case upstream.Unauthorized:
		return server(http.StatusBadGateway, "upstream_unauthorized", "the server's own Google credentials gave no access token")
	case upstream.Timeout:
		return server(http.StatusGatewayTimeout, "upstream_timeout", who+" did not answer in time")
	case upstream.NotJSON:
		return server(http.StatusBadGateway, "upstream_not_json", "upstream returned non-JSON")
	case upstream.TooLarge:
		return server(http.StatusBadGateway, "upstream_too_large", "the answer of "+who+" is larger than the server's limit")
	case upstream.Cancelled:
		return openai.NewError(statusClientGone, openai.TypeInvalidRequest, "", "cancelled", "the client went away")
	default:
		return server(http.StatusBadGateway, "upstream_broken", "the connection to "+who+" broke before the answer was complete")
	}
}

func retryAfter(h http.Header, d time.Duration) {
	if d <= 0 {
		return
	}
	h.Set("retry-after", strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10))
	h.Set("retry-after-ms", strconv.FormatInt(d.Milliseconds(), 10))
}

// fail writes an error as the answer. It is the only place where errors become
// JSON, apart from the event of a stream that breaks.
func (s *Server) fail(w *writer, r *request, err error) {
	r.log.failed(err)
	e, headers := asOpenAI(err, r)
	if said, ok := errors.AsType[*upstream.StatusError](err); ok && said.HTTPStatus == http.StatusNotFound && e.Code != nil && *e.Code == codeNoModel {
		e.Message += s.hint(r.log.model)
	}
	if w.status != 0 { // too late for an answer: the log has it
		return
	}
	for name, values := range headers {
		w.Header()[name] = values
	}
	if e.Status == statusClientGone {
		w.status = e.Status
		return
	}
	body, merr := raw.Marshal(openai.Envelope{Error: e})
	if merr != nil {
		body = []byte(`{"error":{"message":"internal error","type":"server_error","param":null,"code":"internal_error"}}`)
	}
	send(w, e.Status, body)
}

// send writes a JSON body, given in one or more pieces.
func send(w http.ResponseWriter, status int, body ...[]byte) {
	n := 0
	for _, b := range body {
		n += len(b)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(n))
	w.WriteHeader(status)
	for _, b := range body {
		if _, err := w.Write(b); err != nil {
			return // the client is gone; there is nobody else to tell
		}
	}
}

// encode writes a value as a 200.
func encode(w http.ResponseWriter, v any) error {
	body, err := raw.Marshal(v)
	if err != nil {
		return err
	}
	send(w, http.StatusOK, body)
	return nil
}

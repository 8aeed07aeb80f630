package server

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gemway/gemway/internal/upstream"
	"github.com/gemway/gemway/openai"
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
	chat   *translate.Chat // once a chat request is translated
}

// record is what the access log says of a request.
type record struct {
	endpoint, model, served, keyID string
	stream                         bool
	attempts                       int
	prompt, completion             int64
	err                            error
}

// serve takes a request through the steps all routes share.
func (s *Server) serve(w http.ResponseWriter, hr *http.Request) {
	began := s.parts.Now()
	r := &request{Request: hr, id: requestID(hr)}
	out := &writer{ResponseWriter: w}
	out.Header().Set("x-request-id", r.id)
	out.Header().Set("x-content-type-options", "nosniff")
	defer func() {
		if p := recover(); p != nil {
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			s.parts.Log.LogAttrs(hr.Context(), slog.LevelError, "panic",
				slog.String("request_id", r.id), slog.String("panic", panicText(p)), slog.String("stack", string(debug.Stack())))
			s.fail(out, r, openai.NewError(http.StatusInternalServerError, openai.TypeServer, "", "internal_error", "internal error"))
		}
		s.access(hr, r, out, began)
	}()
	s.cors(out, hr)
	if hr.Method == http.MethodOptions {
		out.WriteHeader(http.StatusNoContent)
		return
	}
	rt, id, notFound := find(hr.Method, hr.URL.Path)
	if page, ok := s.page(hr.Method, hr.URL.Path); ok {
		rt, notFound = page, nil
	}
	if notFound != nil {
		s.fail(out, r, notFound)
		return
	}
	r.log.endpoint, r.pathID = rt.path, id
	if rt.access != open {
		if err := s.authorize(r); err != nil {
			s.fail(out, r, err)
			return
		}
	}
	if err := rt.serve(s, out, r); err != nil {
		s.fail(out, r, err)
	}
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

// authorize reads the client's key. In pass-through mode it is its Gemini key.
func (s *Server) authorize(r *request) error {
	key := clientKey(r.Header)
	if key != "" {
		sum := sha256.Sum256([]byte(key))
		r.caller = hex.EncodeToString(sum[:8])
	}
	if s.cfg.AnyKey || !s.cfg.PassThrough {
		return nil
	}
	if key == "" {
		return openai.NewError(http.StatusUnauthorized, openai.TypeAuthentication, "", "invalid_api_key",
			"You didn't provide an API key. Pass your Gemini API key as bearer token (Authorization: Bearer KEY), in OpenAI's SDKs as api_key. Keys are made at https://aistudio.google.com/apikey")
	}
	if len(key) > 512 || strings.ContainsFunc(key, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return openai.NewError(http.StatusUnauthorized, openai.TypeAuthentication, "", "invalid_api_key", "The API key is malformed: it must be printable ASCII without spaces")
	}
	r.key = key
	return nil
}

// clientKey finds the key where OpenAI's, Azure's and Google's clients put it.
func clientKey(h http.Header) string {
	if a := h.Values("Authorization"); len(a) == 1 {
		if scheme, key, ok := strings.Cut(a[0], " "); ok && strings.EqualFold(scheme, "Bearer") {
			return strings.TrimSpace(key)
		}
		return ""
	}
	for _, name := range []string{"Api-Key", "X-Api-Key", "X-Goog-Api-Key"} {
		if key := h.Get(name); key != "" {
			return key
		}
	}
	return ""
}

// writer notes what has been written.
type writer struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *writer) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *writer) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// access writes the request's line of the access log.
func (s *Server) access(hr *http.Request, r *request, w *writer, began time.Time) {
	level := slog.LevelInfo
	if rt := r.log.endpoint; rt == "/healthz" || rt == "/readyz" {
		level = slog.LevelDebug
	}
	if !s.parts.Log.Enabled(hr.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("request_id", r.id), slog.String("method", hr.Method), slog.String("endpoint", r.log.endpoint),
		slog.Int("status", w.status), slog.Duration("dur", s.parts.Now().Sub(began)),
	}
	if r.log.model != "" {
		attrs = append(attrs, slog.String("model", clip(r.log.model)), slog.String("served", r.log.served), slog.Bool("stream", r.log.stream),
			slog.String("key_id", r.log.keyID), slog.Int("attempts", r.log.attempts),
			slog.Int64("prompt_tokens", r.log.prompt), slog.Int64("completion_tokens", r.log.completion))
	}
	if r.log.err != nil {
		attrs = append(attrs, slog.String("error", logText(r.log.err, w.status)))
	}
	s.parts.Log.LogAttrs(hr.Context(), level, "request", attrs...)
}

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

// panicText words a panic. What the runtime says of its own is safe; other
// values may hold anything, and the stack tells where they come from.
func panicText(p any) string {
	if err, ok := p.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("a value of type %T", p)
}

// cors lets browsers in: preflights are answered on every route without a key,
// with the headers they ask for, since OpenAI's SDKs invent new ones.
func (s *Server) cors(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "x-request-id, retry-after, retry-after-ms, x-should-retry, x-gemway-ignored, x-gemway-repaired, x-gemway-served-model, x-gemway-schema-weakened, x-gemway-usage, x-gemway-models, x-gemway-filtered, x-gemway-dropped")
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, POST, DELETE, OPTIONS")
		if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" && len(asked) < 4096 {
			h.Set("Access-Control-Allow-Headers", asked)
			h.Add("Vary", "Access-Control-Request-Headers")
		}
		h.Set("Access-Control-Max-Age", "86400")
	}
}

package server

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/gemway/gemway/openai"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// readBody reads a request body up to the limit, into one buffer of the size
// the client announces.
func (s *Server) readBody(w http.ResponseWriter, r *request) ([]byte, error) {
	tooLarge := openai.NewError(http.StatusRequestEntityTooLarge, openai.TypeInvalidRequest, "", "request_too_large",
		fmt.Sprintf("the request body is larger than %d bytes", s.cfg.MaxBody))
	if r.ContentLength > s.cfg.MaxBody {
		w.Header().Set("Connection", "close")
		return nil, tooLarge
	}
	if ct := r.Header.Get("Content-Type"); ct != "" {
		if t, params, err := mime.ParseMediaType(ct); err != nil || !strings.HasSuffix(t, "json") && t != "text/plain" && t != "application/x-www-form-urlencoded" && t != "application/octet-stream" ||
			params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8") {
			return nil, openai.NewError(http.StatusUnsupportedMediaType, openai.TypeInvalidRequest, "", "unsupported_media_type",
				"Content-Type must be application/json in UTF-8")
		}
	}
	if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return nil, openai.NewError(http.StatusUnsupportedMediaType, openai.TypeInvalidRequest, "", "unsupported_encoding",
			"Content-Encoding is not supported: send the body as it is")
	}
	var body []byte
	var err error
	if n := r.ContentLength; n >= 0 {
		body = make([]byte, n)
		_, err = io.ReadFull(r.Body, body)
	} else {
		body, err = io.ReadAll(io.LimitReader(r.Body, s.cfg.MaxBody+1))
		if int64(len(body)) > s.cfg.MaxBody {
			w.Header().Set("Connection", "close")
			return nil, tooLarge
		}
	}
	if err != nil {
		return nil, openai.NewError(http.StatusBadRequest, openai.TypeInvalidRequest, "", "incomplete_body", "the request body ended early")
	}
	return body, nil
}

// decode reads a JSON body strictly into dst. A body that is not JSON gets one
// repair pass for two faults that Google's endpoint forgives; the header
// x-gemway-repaired then names them.
func decode(w http.ResponseWriter, body []byte, dst any) error {
	err := json.Unmarshal(body, dst)
	if err == nil {
		return nil
	}
	if syntactic(err) {
		if fixed, what := repair(body); what != nil {
			if again := json.Unmarshal(fixed, dst); again == nil {
				if visible := strings.Join(what, ", "); visible != surrogates {
					w.Header().Set("x-gemway-repaired", visible)
				}
				return nil
			} else if !syntactic(again) {
				err = again
			}
		}
	}
	return decodeError(err)
}

func syntactic(err error) bool {
	_, ok := errors.AsType[*jsontext.SyntacticError](err)
	return ok || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

// decodeError says what is wrong with a body, naming the parameter in OpenAI's
// terms where the place is known.
func decodeError(err error) *openai.Error {
	invalid := func(code, message string) *openai.Error { return openai.Invalid("", code, message) }
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		switch {
		case errors.Is(e, jsontext.ErrDuplicateName):
			return openai.Invalid(param(e.JSONPointer), "duplicate_key", fmt.Sprintf("the key %q occurs twice", param(e.JSONPointer)))
		case strings.Contains(e.Error(), "UTF-8"):
			return invalid("invalid_utf8", fmt.Sprintf("the request body is not valid UTF-8 (at byte %d)", e.ByteOffset))
		}
		return invalid("invalid_json", fmt.Sprintf("the request body is not valid JSON: %s (at byte %d)", reason(e.Err), e.ByteOffset))
	}
	if e, ok := errors.AsType[*json.SemanticError](err); ok {
		name := param(e.JSONPointer)
		message := "the request body must be a JSON object"
		if name != "" {
			message = name + ": " + expected(e)
		}
		return openai.Invalid(name, "invalid_type", message)
	}
	return invalid("invalid_json", "the request body is not valid JSON")
}

func reason(err error) string {
	if err == nil {
		return "it ends early"
	}
	return clip(strings.TrimPrefix(err.Error(), "jsontext: "))
}

// expected words the mismatch without Go's names for types.
func expected(e *json.SemanticError) string {
	if e.Err != nil && strings.HasPrefix(e.Err.Error(), "expected ") {
		return clip(e.Err.Error())
	}
	got := map[jsontext.Kind]string{'n': "null", 't': "a boolean", 'f': "a boolean", '"': "a string", '0': "a number", '{': "an object", '[': "an array"}[e.JSONKind]
	if got == "" {
		return "has the wrong type"
	}
	want := "a value of another type"
	if e.GoType != nil {
		switch e.GoType.Kind().String() {
		case "string":
			want = "a string"
		case "bool":
			want = "a boolean"
		case "slice", "array":
			want = "an array"
		case "struct", "map":
			want = "an object"
		case "float64":
			want = "a number"
		case "int", "int64", "int32":
			want = "an integer"
		}
	}
	return "expected " + want + ", got " + got
}

// param turns a JSON pointer into a path as OpenAI writes it:
// /messages/0/content becomes messages[0].content.
func param(p jsontext.Pointer) string {
	var b strings.Builder
	for tok := range p.Tokens() {
		if tok != "" && strings.Trim(tok, "0123456789") == "" {
			b.WriteString("[" + tok + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(tok)
	}
	return clip(b.String())
}

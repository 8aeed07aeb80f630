package emulator

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Error is a refusal in Google's form.
type Error struct {
	Code    int              `json:"code"`
	Message string           `json:"message"`
	Status  string           `json:"status"`
	Details []jsontext.Value `json:"details,omitempty"`
}

// Error implements the error interface.
func (e *Error) Error() string { return e.Status + ": " + e.Message }

// Status words of google.rpc.Code.
const (
	statusInvalid     = "INVALID_ARGUMENT"
	statusDenied      = "PERMISSION_DENIED"
	statusNotFound    = "NOT_FOUND"
	statusExhausted   = "RESOURCE_EXHAUSTED"
	statusUnavailable = "UNAVAILABLE"
	statusInternal    = "INTERNAL"
)

// refusal makes an Error.
func refusal(code int, status, format string, args ...any) *Error {
	return &Error{Code: code, Status: status, Message: fmt.Sprintf(format, args...)}
}

// invalid is the refusal of nearly all rules.
func invalid(format string, args ...any) *Error {
	return refusal(http.StatusBadRequest, statusInvalid, format, args...)
}

// badRequest is how Google refuses names and values it cannot read: all of
// them in one message, and one by one in the details.
func badRequest(vs []violation) *Error {
	lines := make([]string, len(vs))
	for i, v := range vs {
		lines[i] = v.Description
	}
	e := invalid("%s", strings.Join(lines, "\n"))
	e.Details = []jsontext.Value{detail("google.rpc.BadRequest", struct {
		FieldViolations []violation `json:"fieldViolations"`
	}{vs})}
	return e
}

// detail is one entry of an error's details: v's members behind "@type".
func detail(typ string, v any) jsontext.Value {
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil { // v is one of our own structs
		panic(err)
	}
	out := []byte(`{"@type":"type.googleapis.com/` + typ + `"`)
	if len(b) > 2 {
		out = append(append(out, ','), b[1:]...)
	} else {
		out = append(out, '}')
	}
	return out
}

// syntaxError is the answer to a body that is no JSON object, with the place.
// UNCONFIRMED wording but for the first words.
func syntaxError(body []byte, err error, offset int64) *Error {
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		offset = syntactic.ByteOffset
	}
	at := int(min(offset, int64(len(body))))
	from, to := max(0, at-20), min(len(body), at+20)
	if i := bytes.LastIndexByte(body[from:at], '\n'); i >= 0 {
		from += i + 1
	}
	if i := bytes.IndexByte(body[at:to], '\n'); i >= 0 {
		to = at + i
	}
	line := strings.ToValidUTF8(string(body[from:to]), "?")
	desc := fmt.Sprintf("Invalid JSON payload received. Unexpected token.\n%s\n%s^", line, strings.Repeat(" ", at-from))
	return badRequest([]violation{{Description: desc}})
}

// notFound is what Google says of a method or resource that is not there:
// a bare 404 of its front end, in HTML in reality; clients see the status.
func notFound() *Error {
	return refusal(http.StatusNotFound, statusNotFound, "Requested entity was not found.")
}

// write sends the error. Streaming methods that fail before their first byte
// send the same JSON body under their own content type.
func (e *Error) write(w http.ResponseWriter, contentType string) {
	body, err := json.Marshal(struct {
		Error *Error `json:"error"`
	}{e}, jsontext.WithIndent("  "))
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(e.Code)
	// A client that has gone away is told nothing.
	_, _ = w.Write(append(body, '\n'))
}

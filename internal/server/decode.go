package server

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gemway/gemway/internal/slab"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
	"github.com/gemway/gemway/translate"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// readBody reads a request body up to the limit, into one buffer of the size
// the client announces. It is lent until the request ends.
func (s *Server) readBody(w http.ResponseWriter, r *request) ([]byte, error) {
	tooLarge := func() error {
		w.Header().Set("Connection", "close")
		return openai.NewError(http.StatusRequestEntityTooLarge, openai.TypeInvalidRequest, "", "request_too_large",
			fmt.Sprintf("the request body is larger than %d bytes", s.cfg.MaxBody))
	}
	if r.ContentLength > s.cfg.MaxBody {
		return nil, tooLarge()
	}
	if ct := r.Header.Get("Content-Type"); ct != "" && ct != "application/json" {
		if t, params, err := mime.ParseMediaType(ct); err != nil || !strings.HasSuffix(t, "/json") && !strings.HasSuffix(t, "+json") && t != "application/x-json" && t != "text/plain" && t != "application/x-www-form-urlencoded" && t != "application/octet-stream" ||
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
		if body, err = readUpTo(r.Body, n, true); err == nil && int64(len(body)) < n {
			err = io.ErrUnexpectedEOF
		}
	} else {
		body, err = readUpTo(r.Body, s.cfg.MaxBody+1, false)
		if int64(len(body)) > s.cfg.MaxBody {
			return nil, tooLarge()
		}
	}
	r.body = body
	if err != nil {
		return nil, bodyError(w, err)
	}
	return body, nil
}

// Room for a body grows with what has come, so that an announced length alone
// takes no memory: to the eightfold where the length is known, which copies
// little and stays below ten bytes for each byte received. Memory that is there
// to be used again is taken at once.
const (
	firstRoom       = smallBody + 1<<5 // what a body takes of which nothing comes; doublings of it pass the limit by a byte instead of missing it by one
	announcedGrowth = 8
)

// readUpTo reads at most n bytes, which is their number if it is announced.
func readUpTo(r io.Reader, n int64, announced bool) ([]byte, error) {
	room := func(n int64) []byte { return make([]byte, 0, n) }
	var buf []byte
	if announced {
		room = func(n int64) []byte { return slab.Get(int(n)) }
		buf = slab.Used(int(n))
	}
	if buf == nil {
		buf = room(min(n, firstRoom))
	}
	for int64(len(buf)) < n {
		if len(buf) == cap(buf) {
			next := min(n, 2*int64(cap(buf)))
			if announced { // steps that end at n leave little behind
				for next = n; next > announcedGrowth*int64(cap(buf)); {
					next = next/announcedGrowth + 1
				}
			}
			grown := room(next)[:len(buf)]
			copy(grown, buf)
			slab.Put(buf)
			buf = grown
		}
		m, err := r.Read(buf[len(buf):min(int64(cap(buf)), n)])
		buf = buf[:len(buf)+m]
		if errors.Is(err, io.EOF) {
			return buf, nil
		}
		if err != nil {
			return buf, err
		}
	}
	return buf, nil
}

// shape bounds every JSON body: deep or crowded documents cost more than their
// bytes.
var shape = raw.Limits{Depth: 128, Values: 200_000, Name: 64 << 10, Number: 64}

// parse checks that a body is strict JSON within the limits and returns it. A
// body that is not gets one repair pass for two faults that Google's endpoint
// forgives; the header x-gemway-repaired then names them.
func parse(w http.ResponseWriter, body []byte) ([]byte, error) {
	body, err := strict(w, body)
	if err != nil {
		return nil, err
	}
	if raw.Value(body).Kind() != '{' {
		return nil, openai.Invalid("", "invalid_json", "the request body must be a JSON object")
	}
	return body, nil
}

func strict(w http.ResponseWriter, body []byte) ([]byte, error) {
	values, err := raw.CheckCount(body, shape)
	if err == nil {
		return body, crowded(body, values)
	}
	if f, ok := errors.AsType[*raw.CheckError](err); ok && (f.Fault == raw.FaultSyntax || f.Fault == raw.FaultSurrogate) {
		if fixed, what := repair(body); what != nil {
			values, again := raw.CheckCount(fixed, shape)
			if again == nil {
				if what = slices.DeleteFunc(what, func(s string) bool { return s == surrogates }); len(what) > 0 {
					w.Header().Set("x-gemway-repaired", strings.Join(what, ", "))
				}
				return fixed, crowded(fixed, values)
			}
			err = again
		}
	}
	if f, ok := errors.AsType[*raw.CheckError](err); ok && f.Fault == raw.FaultSyntax && !utf8.Valid(body) {
		// The check stops at the first byte that is no JSON; a document in
		// UTF-16 or Latin-1 is better named by its encoding.
		return nil, checkError(&raw.CheckError{Fault: raw.FaultUTF8, Offset: f.Offset})
	}
	return nil, checkError(err)
}

// crowded refuses a body that holds more items than one of its size may. Most
// have fewer values than that, and need not be counted again.
func crowded(body []byte, values int) error {
	most := openai.MaxItems(len(body))
	if values <= most {
		return nil
	}
	n, param := openai.Items(body, most)
	switch {
	case n <= most:
		return nil
	case param == "tools":
		return openai.Invalid(param, "array_above_max_length", fmt.Sprintf("tools takes at most %d tools", translate.MaxTools))
	case param == "input":
		return openai.Invalid(param, "array_above_max_length", fmt.Sprintf("input must hold at most %d strings", translate.MaxEmbeddingInputs))
	}
	return openai.Invalid(clip(param), "too_many_items", fmt.Sprintf(
		"the request holds too many short items: messages, content parts, tool calls and the like may be %d in a body of this size; join neighbouring texts", most))
}

// checkError words the fault of a body.
func checkError(err error) *openai.Error {
	e, ok := errors.AsType[*raw.CheckError](err)
	if !ok {
		return openai.Invalid("", "invalid_json", "the request body is not valid JSON")
	}
	switch e.Fault {
	case raw.FaultDuplicate:
		return openai.Invalid(clip(e.Name), "duplicate_key", fmt.Sprintf("the key %q occurs twice in one object (at byte %d)", clip(e.Name), e.Offset))
	case raw.FaultUTF8:
		return openai.Invalid("", "invalid_utf8", fmt.Sprintf("the request body is not valid UTF-8 (at byte %d)", e.Offset))
	case raw.FaultDepth:
		return openai.Invalid("", "too_deep", fmt.Sprintf("the request body nests deeper than %d levels (at byte %d)", shape.Depth, e.Offset))
	case raw.FaultValues:
		return openai.Invalid("", "too_many_values", fmt.Sprintf("the request body holds more than %d values", shape.Values))
	case raw.FaultLongName:
		return openai.Invalid("", "key_too_long", fmt.Sprintf("a key of the request body is longer than %d bytes (at byte %d)", shape.Name, e.Offset))
	case raw.FaultLongNumber:
		return openai.Invalid("", "number_too_long", fmt.Sprintf("a number of the request body is longer than %d characters (at byte %d)", shape.Number, e.Offset))
	}
	return openai.Invalid("", "invalid_json", fmt.Sprintf("the request body is not valid JSON (at byte %d)", e.Offset))
}

// decode reads a JSON body that was checked into dst.
func decode(body []byte, dst any) error {
	if err := json.Unmarshal(body, dst); err != nil {
		return decodeError(err)
	}
	return nil
}

// decodeError says which value of a body has the wrong type, naming the
// parameter in OpenAI's terms.
func decodeError(err error) *openai.Error {
	if e, ok := errors.AsType[*json.SemanticError](err); ok {
		name := param(e.JSONPointer)
		if name == "" {
			return openai.Invalid("", "invalid_json", "the request body must be a JSON object")
		}
		return openai.Invalid(name, "invalid_type", name+": "+expected(e))
	}
	return openai.Invalid("", "invalid_json", "the request body is not valid JSON")
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

package upstream

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
)

// Methods of OpenAI's protocol. Such a call's model and whatever else it says
// stand in its body; the model of the Call is for the state of keys alone.
const (
	ChatCompletions  = "chat/completions"
	Embeddings       = "embeddings"
	ImageGenerations = "images/generations"
)

// speaksOpenAI reports whether the call is one of OpenAI's protocol.
func (c *Call) speaksOpenAI() bool {
	return c.Method == ChatCompletions || c.Method == Embeddings || c.Method == ImageGenerations
}

// OpenAISite is a server that speaks OpenAI's own protocol, such as Ollama,
// llama.cpp, vLLM, or OpenAI's. Bodies go there and come back as they are.
type OpenAISite struct {
	name  string
	base  *url.URL
	keyed bool
}

// NewOpenAISite returns the site of a name, at a base URL that ends before
// "/chat/completions". A keyed site is authorized by the keys of its pool.
func NewOpenAISite(name, baseURL string, keyed bool) (*OpenAISite, error) {
	base, err := parseBase(baseURL, "")
	if err != nil {
		return nil, err
	}
	return &OpenAISite{name: name, base: base, keyed: keyed}, nil
}

// Name implements Site.
func (s *OpenAISite) Name() string { return s.name }

// Keyed implements Site.
func (s *OpenAISite) Keyed() bool { return s.keyed }

// URL implements Site.
func (s *OpenAISite) URL(c *Call) (*url.URL, error) {
	if !c.speaksOpenAI() {
		return nil, errors.New("the site speaks OpenAI's protocol alone")
	}
	return join(s.base, c.Method), nil
}

// Authorize implements Site.
func (s *OpenAISite) Authorize(_ context.Context, r *http.Request, key string) error {
	if key != "" {
		r.Header["Authorization"] = []string{"Bearer " + key}
	}
	return nil
}

// OpenAIError is an error in the words of a server that speaks OpenAI's
// protocol. What it did not say, or not as a text, is empty.
type OpenAIError struct{ Message, Type, Param, Code string }

// done is what ends a stream of OpenAI's protocol.
var done = []byte("[DONE]")

// parseOpenAIError reads an error body: OpenAI's object, a text in its place,
// or the object by itself, as old vLLM has it. It returns nil for others.
func parseOpenAIError(body []byte) *OpenAIError {
	type object struct {
		Object  raw.Value `json:"object"`
		Error   raw.Value `json:"error"`
		Message raw.Value `json:"message"`
		Type    raw.Value `json:"type"`
		Param   raw.Value `json:"param"`
		Code    raw.Value `json:"code"`
	}
	var o object
	if json.Unmarshal(trim(bytes.TrimPrefix(trim(body), []byte("data:"))), &o, raw.Preserve) != nil {
		return nil
	}
	switch {
	case o.Error.Kind() == '{':
		inner := o.Error
		o = object{}
		if json.Unmarshal(inner, &o, raw.Preserve) != nil {
			return nil
		}
	case o.Error.Kind() == '"':
		o.Message = o.Error
	case textOf(o.Object) != "error":
		return nil
	}
	e := &OpenAIError{Message: textOf(o.Message), Type: textOf(o.Type), Param: textOf(o.Param), Code: textOf(o.Code)}
	if e.Message == "" {
		return nil
	}
	return e
}

// textOf returns a JSON string's text, "" for other values.
func textOf(v raw.Value) string {
	var s string
	if v.Kind() != '"' || json.Unmarshal(v, &s) != nil {
		return ""
	}
	return s
}

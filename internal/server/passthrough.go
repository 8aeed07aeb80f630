package server

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/gemway/gemway/internal/upstream"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// pass makes the call of a request that goes on to a site as it came: with the
// model by the site's name, and without what is for Google alone. It returns
// the members of the request that it left out.
func (s *Server) pass(t *target, method string, body []byte, h head) (upstream.Call, []string, error) {
	if n := h.N; n != nil && (*n < 1 || int64(*n) > s.cfg.MaxN) {
		return upstream.Call{}, nil, openai.Invalid("n", "invalid_value", fmt.Sprintf("n must be between 1 and %d, got %d", s.cfg.MaxN, int64(*n)))
	}
	if method == upstream.ImageGenerations && h.Stream {
		return upstream.Call{}, nil, openai.Invalid("stream", "unsupported_value", "stream: images of this model come whole: leave stream out")
	}
	name, err := raw.Marshal(t.named)
	if err != nil {
		return upstream.Call{}, nil, err
	}
	var dropped []string
	segments, err := splice(body, name, func(depth int, name string) action {
		switch {
		case depth > 1 && name == "extra_content": // thought signatures, for one
			return drop
		case depth > 1:
			return within
		case name == "model":
			return replace
		case name == "messages":
			return within
		case name == "extra_body", name == "google":
			dropped = append(dropped, name)
			return drop
		}
		return keep
	})
	return upstream.Call{Model: t.named, Method: method, Body: segments}, dropped, err
}

// passWhole serves a request by a site, in one piece.
func (s *Server) passWhole(w http.ResponseWriter, r *request, t *target, method string, body []byte, h head) error {
	call, dropped, err := s.pass(t, method, body, h)
	if err != nil {
		return err
	}
	got, err := s.parts.Sites[t.site].Client.Do(r.Context(), call)
	if err != nil {
		return err
	}
	r.log.keyID, r.log.attempts = got.KeyID, got.Attempts
	segments, err := rename(got.Body, t.served)
	if err != nil {
		return errForm
	}
	if err := s.checkPassed(r, method, got.Body); err != nil {
		return err
	}
	ignored(w, dropped)
	send(w, http.StatusOK, segments...)
	return nil
}

// errForm reports an answer that is none of OpenAI's protocol.
var errForm = openai.NewError(http.StatusBadGateway, openai.TypeServer, "", "upstream_not_json", "the answer of the model's server does not have the form of OpenAI's")

// errEnded reports an answer that breaks off.
var errEnded = openai.NewError(http.StatusBadGateway, openai.TypeServer, "", "upstream_no_answer", "the model's server ended its answer before it was complete")

func ignored(w http.ResponseWriter, names []string) {
	if len(names) > 0 {
		w.Header().Set("x-gemway-ignored", headerList(names))
	}
}

// rename gives an answer the model's name that clients know. Sites have others
// for it, the path of a file for one.
func rename(answer []byte, model string) ([][]byte, error) {
	name, err := raw.Marshal(model)
	if err != nil {
		return nil, err
	}
	return splice(answer, name, func(_ int, name string) action {
		if name == "model" {
			return replace
		}
		return keep
	})
}

// lenient decodes what somebody else wrote.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), raw.Preserve)

// passedUsage is what a site counted.
type passedUsage struct {
	Prompt        int64 `json:"prompt_tokens"`
	Completion    int64 `json:"completion_tokens"`
	PromptDetails struct {
		Cached int64 `json:"cached_tokens"`
	} `json:"prompt_tokens_details"`
	CompletionDetails struct {
		Reasoning int64 `json:"reasoning_tokens"`
	} `json:"completion_tokens_details"`
}

// count notes the usage of an answer. One of a strange form is not counted.
func (r *request) count(usage raw.Value) {
	var u passedUsage
	if usage.Kind() == '{' && json.Unmarshal(usage, &u, lenient) == nil {
		r.log.prompt, r.log.completion = u.Prompt, u.Completion
		r.log.cached, r.log.reasoning = u.PromptDetails.Cached, u.CompletionDetails.Reasoning
	}
}

// checkPassed looks whether a whole answer is one, and counts its tokens.
func (s *Server) checkPassed(r *request, method string, body []byte) error {
	var a struct {
		Choices []struct {
			Message raw.Value `json:"message"`
		} `json:"choices"`
		Data  []raw.Value `json:"data"`
		Usage raw.Value   `json:"usage"`
	}
	if json.Unmarshal(body, &a, lenient) != nil {
		return errForm
	}
	r.count(a.Usage)
	if method != upstream.ChatCompletions {
		if len(a.Data) == 0 {
			return errForm
		}
		return nil
	}
	for _, c := range a.Choices {
		if c.Message.Kind() != '{' {
			return errForm
		}
	}
	if len(a.Choices) == 0 {
		return errForm
	}
	return nil
}

// passStream serves a chat request by a site, event by event. begun reports
// whether the client has something of the answer.
func (s *Server) passStream(w http.ResponseWriter, r *request, out *eventWriter, t *target, body []byte, h head) (begun bool, err error) {
	call, dropped, err := s.pass(t, upstream.ChatCompletions, body, h)
	if err != nil {
		return false, err
	}
	stream, err := s.parts.Sites[t.site].Client.Stream(r.Context(), call)
	if err != nil {
		return false, err
	}
	defer stream.Close()
	out.header(func() { ignored(w, dropped) })
	r.log.keyID, r.log.attempts = stream.KeyID, stream.Attempts
	p := &passed{finished: map[int64]bool{}, most: int(s.cfg.MaxN)}
	for {
		event, err := stream.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = p.take(r, event)
		}
		if err != nil {
			return p.begun, err
		}
		segments, err := rename(event, t.served)
		if err != nil {
			return p.begun, errForm
		}
		if err := out.pass(segments, p.begun && !stream.Buffered()); err != nil {
			return p.begun, err
		}
	}
	if !p.complete() {
		return p.begun, errEnded
	}
	return true, out.pass([][]byte{[]byte("[DONE]")}, true)
}

// pass adds an event and writes what was added, if it is time to.
func (e *eventWriter) pass(event [][]byte, write bool) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	from := len(e.buf)
	e.add(event...)
	for i := from; i < len(e.buf)-2; i++ { // white space, in JSON: a line must not end there
		if e.buf[i] == '\n' || e.buf[i] == '\r' {
			e.buf[i] = ' '
		}
	}
	if write || len(e.buf) >= maxPending {
		e.flush()
	}
	if e.err != nil {
		return errSlowReader
	}
	return nil
}

// passed follows a stream of OpenAI's chunks.
type passed struct {
	begun    bool           // something that is answer has come
	finished map[int64]bool // the choices seen, and whether their reason was
	most     int
}

// take looks at a chunk.
func (p *passed) take(r *request, event []byte) error {
	var chunk struct {
		Choices []struct {
			Index  int64     `json:"index"`
			Delta  raw.Value `json:"delta"`
			Finish raw.Value `json:"finish_reason"`
		} `json:"choices"`
		Usage raw.Value `json:"usage"`
	}
	if json.Unmarshal(event, &chunk, lenient) != nil || chunk.Choices == nil && chunk.Usage.Kind() != '{' {
		return errForm
	}
	r.count(chunk.Usage)
	for _, c := range chunk.Choices {
		if c.Delta.Kind() != '{' {
			return errForm
		}
		said := c.Finish.Kind() == '"'
		p.finished[c.Index] = p.finished[c.Index] || said
		p.begun = p.begun || said || says(c.Delta)
	}
	if len(p.finished) > p.most {
		return errForm
	}
	return nil
}

// says reports whether a delta holds more than the role.
func says(delta raw.Value) bool {
	var members map[string]raw.Value
	if json.Unmarshal(delta, &members, lenient) != nil {
		return true
	}
	for name, v := range members {
		switch string(v) {
		case "null", `""`, "[]", "{}":
		default:
			if name != "role" {
				return true
			}
		}
	}
	return false
}

// complete reports whether every choice said why it ends. The end of the
// stream alone says nothing, and neither does [DONE].
func (p *passed) complete() bool {
	for _, finished := range p.finished {
		if !finished {
			return false
		}
	}
	return len(p.finished) > 0
}

// siteError words what a site refused. Its own error is kept where it speaks of
// the request; what only the operator can mend is a fault of the gateway.
func siteError(said *upstream.StatusError) *openai.Error {
	status, o := said.HTTPStatus, said.OpenAI
	switch {
	case said.KeyProblem, status == http.StatusUnauthorized, status == http.StatusForbidden:
		return openai.NewError(http.StatusBadGateway, openai.TypeServer, "", "upstream_unauthorized",
			"the model's server does not accept the key that it is called with")
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed:
		return openai.NewError(http.StatusBadGateway, openai.TypeServer, "", "upstream_not_found",
			"the model's server does not know the model or the path: "+said.Err.Message)
	case o == nil && status == http.StatusTooManyRequests:
		o = &upstream.OpenAIError{Message: "the model's server is at its limit"}
	case o == nil, status < http.StatusBadRequest:
		return openai.NewError(http.StatusBadGateway, openai.TypeServer, "", "upstream_not_json",
			fmt.Sprintf("the model's server answered %d, and not with an error of OpenAI's form: %s", status, said.Err.Message))
	}
	kind, code := openai.TypeInvalidRequest, "upstream_refused"
	switch {
	case status == http.StatusTooManyRequests:
		kind, code = openai.TypeRateLimit, "rate_limit_exceeded"
	case status == http.StatusServiceUnavailable:
		kind, code = openai.TypeServer, "overloaded"
	case status >= http.StatusInternalServerError:
		kind, code = openai.TypeServer, "upstream_error"
	}
	if o.Type != "" {
		kind = o.Type
	}
	if o.Code != "" {
		code = o.Code
	}
	return openai.NewError(status, kind, o.Param, code, o.Message)
}

package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/upstream"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
	"github.com/gemway/gemway/translate"
)

// chat serves POST /chat/completions.
func (s *Server) chat(w http.ResponseWriter, r *request) error {
	body, h, targets, err := s.receive(w, r)
	if err != nil {
		return err
	}
	if targets != nil {
		return s.routedChat(w, r, body, h, targets)
	}
	in := &chatInput{body: body}
	if err := in.decode(); err != nil {
		return err
	}
	model, err := s.model(w, r, in.req.Model)
	if err != nil {
		return err
	}
	r.log.stream = in.req.Stream
	req, opt, err := s.options(r, in, model)
	if err != nil {
		return err
	}
	if req.Stream {
		return s.streamChat(w, r, req, opt)
	}
	return s.wholeChat(w, r, req, opt)
}

// chatInput is what a chat request brings, decoded and fetched once, however
// many models it is translated for.
type chatInput struct {
	body    []byte
	req     *openai.ChatRequest
	media   map[string]translate.Media
	fetched bool
}

func (in *chatInput) decode() error {
	if in.req != nil {
		return nil
	}
	req, err := openai.DecodeChat(in.body)
	if err != nil {
		return decodeError(err)
	}
	in.req = req
	return nil
}

// options returns a request, and what its translation for a model needs.
func (s *Server) options(r *request, in *chatInput, model catalog.Resolution) (*openai.ChatRequest, translate.Options, error) {
	if err := in.decode(); err != nil {
		return nil, translate.Options{}, err
	}
	if !in.fetched {
		media, err := s.media(r, translate.ChatMedia(in.req))
		if err != nil {
			return nil, translate.Options{}, err
		}
		in.media, in.fetched = media, true
	}
	return in.req, translate.Options{
		Model: &model.Row.Model, MaxN: s.cfg.MaxN, Media: in.media,
		Signature: func(id string) (raw.String, bool) { return s.parts.Signatures.Get(r.caller, id) },
	}, nil
}

// model resolves the model a request asks for and says in a header which one
// serves it, where that is another.
func (s *Server) model(w http.ResponseWriter, r *request, name string) (catalog.Resolution, error) {
	r.log.model = name
	if name == "" {
		return catalog.Resolution{}, openai.Invalid("model", "missing_required_parameter", "you must provide a model parameter")
	}
	if strings.ContainsFunc(name, unicode.IsControl) {
		return catalog.Resolution{}, openai.Invalid("model", "invalid_value", "model must not hold control characters")
	}
	res, ok := s.parts.Catalog.Resolve(name)
	if !ok {
		return res, s.noModel(name)
	}
	r.log.served = res.Row.ID
	if res.Via == catalog.ViaSuccessor || res.Via == catalog.ViaAlias {
		w.Header().Set("x-gemway-served-model", res.Row.ID)
	}
	return res, nil
}

// noModel says that there is no model of that name, and which one may be meant.
func (s *Server) noModel(name string) error {
	return openai.NewError(http.StatusNotFound, openai.TypeInvalidRequest, "model", codeNoModel,
		fmt.Sprintf("The model %q does not exist or you do not have access to it.%s", clip(name), s.hint(name)))
}

const codeNoModel = "model_not_found"

// hint says what to do about a name that no model answers to.
func (s *Server) hint(name string) string {
	near := slices.DeleteFunc(s.parts.Catalog.Near(name), func(n string) bool { return n == name })
	switch {
	case len(near) > 0:
		return " Did you mean " + strings.Join(near, " or ") + "?"
	case s.parts.Catalog.OpenAIName(name):
		return " It is one of OpenAI's: use one that GET /v1/models lists, or let OpenAI's names be served by Gemini's models (catalog.openai_aliases)"
	}
	return " GET /v1/models lists those that do"
}

// stamp makes the id and time of an answer.
func (s *Server) stamp(prefix, model string) translate.Stamp {
	return translate.Stamp{ID: prefix + rand.Text(), Created: s.parts.Now().Unix(), Model: model}
}

// attempt is one translation of a chat request, ready to be sent.
type attempt struct {
	chat *translate.Chat
	call upstream.Call
}

// prepare translates a request with what is known about its model.
func (s *Server) prepare(r *request, req *openai.ChatRequest, opt translate.Options) (*attempt, error) {
	known := s.parts.Learned.get(opt.Model.ID)
	opt.Without = append(opt.Without, known.without...)
	opt.OpenAPISchema = opt.OpenAPISchema || known.openAPI
	chat, err := translate.NewChat(req, opt)
	if err != nil {
		return nil, err
	}
	r.chat = chat
	body, err := chat.Body()
	if err != nil {
		return nil, err
	}
	call := upstream.Call{Model: opt.Model.ID, Method: chat.Method(), Body: body, ClientKey: r.key}
	if chat.Stream {
		call.Query = alternativeSSE
	}
	return &attempt{chat: chat, call: call}, nil
}

// withLearning runs a try of a request. When Gemini refuses a hint or a schema
// that it could do without, that is remembered for the model and the request is
// tried once more, if unsent reports that the client has seen nothing so far.
func (s *Server) withLearning(r *request, req *openai.ChatRequest, opt translate.Options, unsent func() bool, try func(*attempt) error) error {
	for again := true; ; again = false {
		a, err := s.prepare(r, req, opt)
		if err != nil {
			return err
		}
		err = try(a)
		said, refused := errors.AsType[*upstream.StatusError](err)
		if !refused || !again || said.HTTPStatus != http.StatusBadRequest {
			return err
		}
		hint, schema := translate.Refusal(said.Err)
		if hint == "" && !schema || !unsent() {
			return err
		}
		l := refusals{openAPI: schema}
		if hint != "" {
			l.without = []string{hint}
		}
		s.parts.Learned.add(opt.Model.ID, l)
	}
}

// notices tells the client what its request lost on the way.
func notices(w http.ResponseWriter, chat *translate.Chat) {
	if len(chat.Ignored) > 0 {
		w.Header().Set("x-gemway-ignored", headerList(chat.Ignored))
	}
	if len(chat.Weakened) > 0 {
		w.Header().Set("x-gemway-schema-weakened", headerList(chat.Weakened))
	}
}

// headerList joins names for a header: printable ASCII, and not too much of it.
func headerList(names []string) string {
	list := strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '?'
		}
		return c
	}, strings.Join(names, ", "))
	const most = 1024
	if len(list) > most {
		list = list[:most] + "..."
	}
	return list
}

// wholeChat answers a request in one piece.
func (s *Server) wholeChat(w http.ResponseWriter, r *request, req *openai.ChatRequest, opt translate.Options) error {
	unsent := func() bool { return true }
	return s.withLearning(r, req, opt, unsent, func(a *attempt) error {
		answer, err := s.ask(r, a)
		if err == nil && answer.Retryable() {
			// A malformed call or an empty STOP is one of Gemini's moods: it is
			// asked once more, and then believed.
			answer, err = s.ask(r, a)
		}
		if err != nil {
			return err
		}
		if _, err := answer.Finish(); err != nil {
			return err
		}
		s.remember(r, answer)
		completion := answer.Completion()
		r.log.usage(completion.Usage)
		r.log.miscounted = answer.Miscounted()
		if r.span != nil {
			for _, c := range completion.Choices {
				r.log.finish = append(r.log.finish, c.FinishReason)
			}
		}
		notices(w, a.chat)
		out := raw.NewWriter(nil)
		if err := completion.Write(&out); err != nil {
			return err
		}
		send(w, http.StatusOK, out.Segments()...)
		return nil
	})
}

// ask sends the calls of a request, side by side where n takes several.
func (s *Server) ask(r *request, a *attempt) (*translate.Answer, error) {
	answer := a.chat.NewAnswer(s.stamp("chatcmpl-", a.call.Model))
	bodies := make([][]byte, a.chat.Calls)
	one := func(ctx context.Context, i int) error {
		got, err := r.native.Gemini.Do(ctx, a.call)
		if err != nil {
			return err
		}
		if i == 0 {
			r.log.keyID, r.log.attempts = got.KeyID, got.Attempts
		}
		bodies[i] = got.Body
		return nil
	}
	if err := each(r.Context(), a.chat.Calls, one); err != nil {
		return nil, err
	}
	for i, body := range bodies {
		if _, err := answer.PushJSON(i, body); err != nil {
			return nil, err
		}
		if err := s.goOn(r, a, answer, i); err != nil {
			return nil, err
		}
	}
	return answer, nil
}

// maxHops bounds the calls that one long answer may take. A hop gives up to
// 32,768 tokens, and the longest answer Gemini gives is a million.
const maxHops = 40

// goOn follows an answer that Gemini gives in several hops to its end.
func (s *Server) goOn(r *request, a *attempt, answer *translate.Answer, i int) error {
	for range maxHops {
		token, more := answer.Continuation(i)
		if !more {
			return nil
		}
		next, err := a.resume(token)
		if err != nil {
			return err
		}
		got, err := r.native.Gemini.Do(r.Context(), next)
		if err != nil {
			return err
		}
		if _, err := answer.PushJSON(i, got.Body); err != nil {
			return err
		}
	}
	return nil
}

// resume is the call for the next hop of an answer.
func (a *attempt) resume(token string) (upstream.Call, error) {
	call := a.call
	body, err := a.chat.Resume(token)
	call.Body = body
	return call, err
}

// remember keeps the thought signatures of an answer for clients that drop them.
func (s *Server) remember(r *request, answer *translate.Answer) {
	for _, sig := range answer.Signed() {
		s.parts.Signatures.Put(r.caller, sig.CallID, sig.Signature)
	}
}

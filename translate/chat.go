package translate

import (
	"fmt"
	"slices"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
)

// Options are what a translation needs to know besides the request.
type Options struct {
	Model *Model
	// Signature recalls the thought signature of a tool call by the id the
	// client knows. It may be nil.
	Signature func(callID string) (raw.String, bool)
	// Media holds what was fetched for the URLs that ChatMedia listed.
	Media map[string]Media
	// MaxN bounds n; 0 stands for 8.
	MaxN int64
	// OpenAPISchema forces Google's schema subset even where the model takes
	// JSON Schema: the second try after an upstream refused a schema.
	OpenAPISchema bool
	// Without names request hints that this model is known to refuse, by their
	// OpenAI names: they are left out and reported as ignored.
	Without []string
}

// Media is a medium a message refers to: its bytes as base64, or a URI that
// Gemini itself resolves.
type Media struct {
	MIMEType string
	Data     raw.String
	FileURI  string
}

// Chat is a translated chat request, and what its answers need.
type Chat struct {
	// Request is the native request. It is sent Calls times.
	Request *gemini.GenerateContentRequest
	// Calls is the number of parallel calls that n takes: 1 where the model
	// gives all candidates in one.
	Calls int
	// Ignored names the parameters that have no effect although a caller might
	// miss them.
	Ignored []string
	// Weakened describes constraints of schemas that could not be kept.
	Weakened []string
	// Stream and IncludeUsage are the client's wishes.
	Stream, IncludeUsage bool

	perCall     int // candidates of one call
	model       *Model
	names       *names
	legacy      bool // functions and function_call in place of tools
	single      bool // parallel_tool_calls: false
	custom      map[string]bool
	final       *finalAnswer
	logprobs    bool
	grounded    bool // Google\'s own tools are on: there may be citations
	noThought   bool // the client does not want to see thoughts
	audioFormat string

	origins    origins
	bareEnum   bool                 // the answer is one of a list of values, which Gemini gives as plain text
	limitParam string               // max_completion_tokens or max_tokens
	argsBack   map[string]*restorer // by the client's name of the function
	answerBack *restorer            // of an answer that comes whole
}

// NewChat translates a chat request for the model of opt. Its errors are
// *openai.Error and name the parameter at fault.
func NewChat(req *openai.ChatRequest, opt Options) (*Chat, error) {
	if len(req.Messages) == 0 {
		return nil, openai.Invalid("messages", "empty_array", "messages must hold at least one message")
	}
	c := &Chat{
		Request:      &gemini.GenerateContentRequest{},
		Calls:        1,
		perCall:      1,
		Stream:       req.Stream,
		IncludeUsage: req.StreamOptions != nil && req.StreamOptions.IncludeUsage,
		model:        opt.Model,
	}
	t := &chatRequest{in: req, opt: opt, model: opt.Model, chat: c, out: c.Request, config: &gemini.GenerationConfig{}}
	for _, step := range []func() error{
		t.refuse, t.telemetry, t.identifiers, t.google, t.tools, t.toolChoice, t.messages, t.sampling, t.candidates,
		t.limits, t.logprobs, t.responseFormat, t.thinking, t.modalities, t.serviceTier,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	if !t.config.IsZero() {
		c.Request.GenerationConfig = t.config
	}
	slices.Sort(c.Ignored)
	c.Ignored = slices.Compact(c.Ignored)
	return c, nil
}

// Body returns the native request as JSON, in segments to be sent one after
// another.
func (c *Chat) Body() ([][]byte, error) {
	w := raw.NewWriter(nil)
	err := c.Request.Write(&w)
	return w.Segments(), err
}

// Method names the method of Gemini's API to call.
func (c *Chat) Method() string {
	if c.Stream {
		return "streamGenerateContent"
	}
	return "generateContent"
}

// chatRequest is one translation under way; its methods each do one noun.
type chatRequest struct {
	in     *openai.ChatRequest
	opt    Options
	model  *Model
	chat   *Chat
	out    *gemini.GenerateContentRequest
	config *gemini.GenerationConfig
	ext    *googleOptions
}

// ignore notes that a parameter has no effect.
func (t *chatRequest) ignore(param string) { t.chat.Ignored = append(t.chat.Ignored, param) }

// without reports, and notes, that a hint is known to be refused upstream.
func (t *chatRequest) without(param string) bool {
	if slices.Contains(t.opt.Without, param) {
		t.ignore(param)
		return true
	}
	return false
}

// refuse applies the decisions of the parameter table to members that no other
// step reads.
func (t *chatRequest) refuse() error {
	ignored, err := applyTable(ChatParameters, t.in.Extra)
	if err != nil {
		return err
	}
	t.chat.Ignored = append(t.chat.Ignored, ignored...)
	if len(t.in.LogitBias) > 0 && !trivial(t.in.LogitBias) {
		return openai.Invalid("logit_bias", "unsupported_parameter",
			"logit_bias is not supported: its token ids are OpenAI's, which Gemini does not have; remove it")
	}
	return nil
}

// trivial reports whether a value says no more than its absence: null, false,
// empty.
func trivial(v raw.Value) bool {
	switch string(v) {
	case "", "null", "false", `""`, "[]", "{}":
		return true
	}
	return false
}

// candidates maps n: by candidateCount where the model has it and the answer
// comes whole, else by parallel calls.
func (t *chatRequest) candidates() error {
	if t.in.N == nil {
		return nil
	}
	n, limit := int64(*t.in.N), t.opt.MaxN
	if limit == 0 {
		limit = 8
	}
	switch {
	case n < 1 || n > limit:
		return openai.Invalid("n", "invalid_value", fmt.Sprintf("n must be between 1 and %d, got %d", limit, n))
	case n == 1:
	case n <= int64(t.model.MaxCandidates) && !t.in.Stream && !slices.Contains(t.opt.Without, "n"):
		// Streams with several candidates are refused or unheard of upstream.
		t.config.CandidateCount = n
		t.chat.perCall = int(n)
	default:
		t.chat.Calls = int(n)
	}
	return nil
}

func (t *chatRequest) serviceTier() error {
	switch t.in.ServiceTier {
	case "", "auto":
		return nil
	}
	if t.without("service_tier") {
		return nil
	}
	switch t.in.ServiceTier {
	case "default", "standard":
		t.out.ServiceTier = "standard"
	case "flex", "priority":
		t.out.ServiceTier = t.in.ServiceTier
	case "fast": // OpenAI's newer name for priority
		t.out.ServiceTier = "priority"
	default:
		t.ignore("service_tier")
	}
	return nil
}

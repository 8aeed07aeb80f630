package openai

import (
	"fmt"

	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ChatRequest is the body of POST /chat/completions. It names the fields that
// translation acts on; all others are in Extra.
type ChatRequest struct {
	Model         string         `json:"model"`
	Messages      []Message      `json:"messages"`
	Stream        bool           `json:"stream,omitzero"`
	StreamOptions *StreamOptions `json:"stream_options,omitzero"`

	MaxTokens           *raw.Int   `json:"max_tokens,omitzero"`
	MaxCompletionTokens *raw.Int   `json:"max_completion_tokens,omitzero"`
	N                   *raw.Int   `json:"n,omitzero"`
	Temperature         *float64   `json:"temperature,omitzero"`
	TopP                *float64   `json:"top_p,omitzero"`
	TopK                *raw.Int   `json:"top_k,omitzero"` // not OpenAI's, but common
	PresencePenalty     *float64   `json:"presence_penalty,omitzero"`
	FrequencyPenalty    *float64   `json:"frequency_penalty,omitzero"`
	Seed                *raw.Int   `json:"seed,omitzero"`
	Stop                StringList `json:"stop,omitzero"`
	LogitBias           raw.Value  `json:"logit_bias,omitzero"`
	Logprobs            *bool      `json:"logprobs,omitzero"`
	TopLogprobs         *raw.Int   `json:"top_logprobs,omitzero"`

	ResponseFormat *ResponseFormat `json:"response_format,omitzero"`
	Modalities     []string        `json:"modalities,omitzero"`
	Audio          raw.Value       `json:"audio,omitzero"`

	Tools             []Tool      `json:"tools,omitzero"`
	ToolChoice        *ToolChoice `json:"tool_choice,omitzero"`
	ParallelToolCalls *bool       `json:"parallel_tool_calls,omitzero"`
	Functions         []Function  `json:"functions,omitzero"`     // deprecated at OpenAI
	FunctionCall      *ToolChoice `json:"function_call,omitzero"` // deprecated at OpenAI
	WebSearchOptions  raw.Value   `json:"web_search_options,omitzero"`

	ReasoningEffort *Effort    `json:"reasoning_effort,omitzero"`
	Reasoning       *Reasoning `json:"reasoning,omitzero"` // other gateways' spelling
	ServiceTier     string     `json:"service_tier,omitempty"`

	// ExtraBody and Google carry Google's own options: extra_body.google.…, as
	// its page documents, and the spellings clients arrive at by mistake.
	ExtraBody raw.Value `json:"extra_body,omitzero"`
	Google    raw.Value `json:"google,omitzero"`

	Extra map[string]raw.Value `json:",embed"`
}

// StreamOptions tune a stream.
type StreamOptions struct {
	IncludeUsage bool `json:"include_usage,omitzero"`
}

// StringList is a string or a list of strings.
type StringList []string

// UnmarshalJSONFrom takes a string, an array of strings or null.
func (l *StringList) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	switch k := dec.PeekKind(); k {
	case 'n':
		*l = nil
		return dec.SkipValue()
	case '"':
		var s string
		if err := json.UnmarshalDecode(dec, &s); err != nil {
			return err
		}
		*l = StringList{s}
		return nil
	case '[':
		var s []string
		if err := json.UnmarshalDecode(dec, &s); err != nil {
			return err
		}
		*l = s
		return nil
	default:
		return unexpected(dec, k, "a string or an array of strings")
	}
}

// Effort is reasoning_effort: a word, or an object with the word as "effort".
type Effort string

// UnmarshalJSONFrom takes a string, an object with "effort", or null.
func (e *Effort) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	switch k := dec.PeekKind(); k {
	case 'n':
		*e = ""
		return dec.SkipValue()
	case '"':
		return json.UnmarshalDecode(dec, (*string)(e))
	case '{':
		var o struct {
			Effort string `json:"effort"`
		}
		if err := json.UnmarshalDecode(dec, &o); err != nil {
			return err
		}
		*e = Effort(o.Effort)
		return nil
	default:
		return unexpected(dec, k, "a string")
	}
}

// Reasoning is the form other gateways give reasoning_effort.
type Reasoning struct {
	Effort    Effort   `json:"effort,omitempty"`
	MaxTokens *raw.Int `json:"max_tokens,omitzero"`
	Exclude   bool     `json:"exclude,omitzero"`
}

// ResponseFormat says which form the answer is to have.
type ResponseFormat struct {
	Type       string      `json:"type"` // text, json_object or json_schema
	JSONSchema *JSONSchema `json:"json_schema,omitzero"`
	// Schema and ResponseSchema are spellings of other gateways for a schema
	// beside json_object.
	Schema         raw.Value `json:"schema,omitzero"`
	ResponseSchema raw.Value `json:"response_schema,omitzero"`
}

// JSONSchema is a named schema for the answer.
type JSONSchema struct {
	Name        string     `json:"name"`
	Description raw.String `json:"description,omitzero"`
	Schema      raw.Value  `json:"schema,omitzero"`
	Strict      *bool      `json:"strict,omitzero"`
}

// Tool is one entry of tools. Type is function or custom; other types and
// Google's own tool objects ({"google_search":{}}) are recognised by Extra.
type Tool struct {
	Type     string               `json:"type,omitempty"`
	Function *Function            `json:"function,omitzero"`
	Custom   *CustomTool          `json:"custom,omitzero"`
	Extra    map[string]raw.Value `json:",embed"`
}

// Function describes a function the model may call.
type Function struct {
	Name        string     `json:"name"`
	Description raw.String `json:"description,omitzero"`
	Parameters  raw.Value  `json:"parameters,omitzero"`
	Strict      *bool      `json:"strict,omitzero"`
}

// CustomTool describes a tool that takes free text.
type CustomTool struct {
	Name        string     `json:"name"`
	Description raw.String `json:"description,omitzero"`
	Format      raw.Value  `json:"format,omitzero"`
}

// ToolChoice is a mode (none, auto, required), one named function, or the
// list of allowed ones.
type ToolChoice struct {
	Mode  string   // none, auto, required, validated; "" when Names is set alone
	Names []string // functions the choice is limited to
	// Allowed marks the allowed_tools form, where Mode is auto or required.
	Allowed bool
}

// UnmarshalJSONFrom takes any of OpenAI's spellings of tool_choice and of the
// deprecated function_call.
func (c *ToolChoice) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	type named struct {
		Name string `json:"name"`
	}
	switch k := dec.PeekKind(); k {
	case '"':
		return json.UnmarshalDecode(dec, &c.Mode)
	case '{':
		var o struct {
			Type         string `json:"type"`
			Name         string `json:"name"`
			Function     named  `json:"function"`
			Custom       named  `json:"custom"`
			AllowedTools *struct {
				Mode  string `json:"mode"`
				Tools []struct {
					Name     string `json:"name"`
					Function named  `json:"function"`
					Custom   named  `json:"custom"`
				} `json:"tools"`
			} `json:"allowed_tools"`
		}
		if err := json.UnmarshalDecode(dec, &o); err != nil {
			return err
		}
		if o.AllowedTools != nil {
			c.Allowed, c.Mode = true, o.AllowedTools.Mode
			for _, t := range o.AllowedTools.Tools {
				c.Names = append(c.Names, first(t.Function.Name, t.Custom.Name, t.Name))
			}
			return nil
		}
		if name := first(o.Function.Name, o.Custom.Name, o.Name); name != "" {
			c.Names = []string{name}
			return nil
		}
		// {"type":"auto"} is how clients of Anthropic's API say it.
		if o.Type == "" || o.Type == "function" || o.Type == "custom" {
			return fmt.Errorf("expected the name of a function")
		}
		c.Mode = o.Type
		return nil
	default:
		return unexpected(dec, k, "a string or an object")
	}
}

func first(names ...string) string {
	for _, n := range names {
		if n != "" {
			return n
		}
	}
	return ""
}

// unexpected consumes the value and says what was expected in its place.
func unexpected(dec *jsontext.Decoder, k jsontext.Kind, want string) error {
	if err := dec.SkipValue(); err != nil {
		return err
	}
	return fmt.Errorf("expected %s, got %s", want, raw.KindName(k))
}

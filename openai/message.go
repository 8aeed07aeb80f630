package openai

import (
	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Roles of messages. Google's own samples write "model" for "assistant".
const (
	RoleSystem    = "system"
	RoleDeveloper = "developer"
	RoleUser      = "user"
	RoleAssistant = "assistant"
	RoleTool      = "tool"
	RoleFunction  = "function"
)

// Message is one message of a conversation.
type Message struct {
	Role       string     `json:"role"`
	Content    Content    `json:"content,omitzero"`
	Name       string     `json:"name,omitempty"`
	Refusal    raw.String `json:"refusal,omitzero"`
	ToolCalls  []ToolCall `json:"tool_calls,omitzero"`
	ToolCallID string     `json:"tool_call_id,omitempty"`

	// Rare holds the members that few messages have; nil: none of them. It
	// keeps the others small, as the memory of a request with many short
	// messages is that of their structs.
	Rare *MessageRare `json:",embed"`
}

// MessageRare are members that few messages have.
type MessageRare struct {
	FunctionCall *FunctionCall `json:"function_call,omitzero"` // deprecated at OpenAI
	Audio        raw.Value     `json:"audio,omitzero"`
	Images       []Image       `json:"images,omitzero"` // as Gemway answers them

	ExtraContent *ExtraContent `json:"extra_content,omitzero"`
	// The others are further places where clients bring thought signatures back.
	ThoughtSignature   raw.String `json:"thought_signature,omitzero"`
	ReasoningSignature raw.Value  `json:"reasoning_signature,omitzero"` // a string, or a list by call
	ReasoningDetails   raw.Value  `json:"reasoning_details,omitzero"`
	ThinkingBlocks     raw.Value  `json:"thinking_blocks,omitzero"`
}

// More returns the rare members, which are empty where there are none.
func (m *Message) More() *MessageRare {
	if m.Rare == nil {
		return &MessageRare{}
	}
	return m.Rare
}

// Content is the content of a message: one text, or a list of parts. Both are
// absent when the content is null or missing.
type Content struct {
	Text  raw.String
	Parts []ContentPart
}

// IsZero reports whether there is no content.
func (c Content) IsZero() bool { return c.Text.IsZero() && c.Parts == nil }

// UnmarshalJSONFrom takes a string, an array of parts, a single part or null.
func (c *Content) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*c = Content{}
	switch k := dec.PeekKind(); k {
	case 'n':
		return dec.SkipValue()
	case '"':
		return json.UnmarshalDecode(dec, &c.Text)
	case '[':
		c.Parts = []ContentPart{}
		return json.UnmarshalDecode(dec, &c.Parts)
	case '{':
		c.Parts = make([]ContentPart, 1)
		return json.UnmarshalDecode(dec, &c.Parts[0])
	default:
		return unexpected(dec, k, "a string or an array of content parts")
	}
}

// MarshalJSONTo writes the form the content came in.
func (c Content) MarshalJSONTo(enc *jsontext.Encoder) error {
	if c.Parts != nil {
		return json.MarshalEncode(enc, c.Parts)
	}
	return json.MarshalEncode(enc, c.Text)
}

// ContentPart is one part of a message's content; Type says which member holds
// it: text, refusal, image_url, input_audio, file or video_url.
type ContentPart struct {
	Type         string        `json:"type"`
	Text         raw.String    `json:"text,omitzero"`
	Refusal      raw.String    `json:"refusal,omitzero"`
	ImageURL     *MediaURL     `json:"image_url,omitzero"`
	VideoURL     *MediaURL     `json:"video_url,omitzero"`
	InputAudio   *InputAudio   `json:"input_audio,omitzero"`
	File         *File         `json:"file,omitzero"`
	ExtraContent *ExtraContent `json:"extra_content,omitzero"`
}

// UnmarshalJSONFrom takes an object, or a bare string as a text part.
func (p *ContentPart) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	switch k := dec.PeekKind(); k {
	case '"':
		p.Type = "text"
		return json.UnmarshalDecode(dec, &p.Text)
	case '{':
		type plain ContentPart
		return json.UnmarshalDecode(dec, (*plain)(p))
	default:
		return unexpected(dec, k, "a content part")
	}
}

// MediaURL refers to an image or video by URL, often a data URL.
type MediaURL struct {
	URL    raw.String `json:"url"`
	Detail string     `json:"detail,omitempty"`
}

// UnmarshalJSONFrom takes an object with "url", or the bare URL.
func (m *MediaURL) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	switch k := dec.PeekKind(); k {
	case '"':
		return json.UnmarshalDecode(dec, &m.URL)
	case '{':
		type plain MediaURL
		return json.UnmarshalDecode(dec, (*plain)(m))
	default:
		return unexpected(dec, k, "an object with a url")
	}
}

// InputAudio is audio as base64 with its format, such as wav or mp3.
type InputAudio struct {
	Data   raw.String `json:"data"`
	Format string     `json:"format"`
}

// File is a file as data URL or base64, or by id.
type File struct {
	FileData raw.String `json:"file_data,omitzero"`
	FileID   string     `json:"file_id,omitempty"`
	Filename string     `json:"filename,omitempty"`
	FileURL  raw.String `json:"file_url,omitzero"`
	Format   string     `json:"format,omitempty"` // a MIME type, as other gateways take it
}

// ToolCall is a call the model made. Index is set in stream deltas only.
type ToolCall struct {
	Index        *int          `json:"index,omitzero"`
	ID           string        `json:"id,omitempty"`
	Type         string        `json:"type,omitempty"` // function or custom
	Function     *FunctionCall `json:"function,omitzero"`
	Custom       *CustomCall   `json:"custom,omitzero"`
	ExtraContent *ExtraContent `json:"extra_content,omitzero"`
	// ThoughtSignature and ProviderFields are other places where clients bring
	// the signature back.
	ThoughtSignature raw.String `json:"thought_signature,omitzero"`
	ProviderFields   *struct {
		ThoughtSignature raw.String `json:"thought_signature,omitzero"`
	} `json:"provider_specific_fields,omitzero"`
}

// FunctionCall names a function and its arguments: JSON inside a JSON string.
type FunctionCall struct {
	Name             string     `json:"name,omitempty"`
	Arguments        raw.String `json:"arguments"`
	ThoughtSignature raw.String `json:"thought_signature,omitzero"`
}

// UnmarshalJSONFrom takes arguments as a string or, as some clients send them,
// as the object itself.
func (f *FunctionCall) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	var o struct {
		Name             string     `json:"name"`
		Arguments        raw.Value  `json:"arguments"`
		ThoughtSignature raw.String `json:"thought_signature"`
	}
	if err := json.UnmarshalDecode(dec, &o); err != nil {
		return err
	}
	f.Name, f.ThoughtSignature = o.Name, o.ThoughtSignature
	switch o.Arguments.Kind() {
	case '"':
		f.Arguments = raw.String(o.Arguments)
	case 'n', 0:
	default: // whether it is an object is for translation to judge, which names it
		f.Arguments = raw.Quote(string(o.Arguments))
	}
	return nil
}

// CustomCall is the call of a custom tool with its free text.
type CustomCall struct {
	Name  string     `json:"name"`
	Input raw.String `json:"input"`
}

// Image is an image in a message: no field of OpenAI's, but the form clients
// of other gateways expect.
type Image struct {
	Type         string        `json:"type"` // image_url
	Index        int           `json:"index"`
	ImageURL     MediaURL      `json:"image_url"`
	ExtraContent *ExtraContent `json:"extra_content,omitzero"`
}

// ExtraContent is Google's extension: what belongs to Gemini beside a message,
// a part or a call. Vertex AI spells its name differently.
type ExtraContent struct {
	Google *GoogleContent `json:"google,omitzero"`
	Vertex *GoogleContent `json:"vertex,omitzero"`
}

// GoogleContent is what Gemini says beyond OpenAI's vocabulary.
type GoogleContent struct {
	ThoughtSignature   raw.String  `json:"thought_signature,omitzero"`
	Thought            bool        `json:"thought,omitzero"`
	FinishReason       string      `json:"finish_reason,omitempty"`
	FinishMessage      string      `json:"finish_message,omitempty"`
	BlockReason        string      `json:"block_reason,omitempty"`
	SafetyRatings      raw.Value   `json:"safety_ratings,omitzero"`
	GroundingMetadata  raw.Value   `json:"grounding_metadata,omitzero"`
	CitationMetadata   raw.Value   `json:"citation_metadata,omitzero"`
	URLContextMetadata raw.Value   `json:"url_context_metadata,omitzero"`
	TrafficType        string      `json:"traffic_type,omitempty"`
	Parts              []raw.Value `json:"parts,omitempty"` // parts of server-side tools, to be sent back
}

// Signature returns the thought signature under either name, or an absent
// string.
func (e *ExtraContent) Signature() raw.String {
	if e == nil {
		return nil
	}
	if e.Google != nil && !e.Google.ThoughtSignature.Empty() {
		return e.Google.ThoughtSignature
	}
	if e.Vertex != nil && !e.Vertex.ThoughtSignature.Empty() {
		return e.Vertex.ThoughtSignature
	}
	return nil
}

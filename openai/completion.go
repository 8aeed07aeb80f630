package openai

import "github.com/gemway/gemway/raw"

// Finish reasons. The enumeration is closed: typed clients refuse any other.
const (
	FinishStop          = "stop"
	FinishLength        = "length"
	FinishToolCalls     = "tool_calls"
	FinishContentFilter = "content_filter"
	FinishFunctionCall  = "function_call"
)

// ChatCompletion is the whole answer of POST /chat/completions.
type ChatCompletion struct {
	ID          string   `json:"id"`
	Object      string   `json:"object"` // chat.completion
	Created     int64    `json:"created"`
	Model       string   `json:"model"`
	Choices     []Choice `json:"choices"`
	Usage       *Usage   `json:"usage,omitzero"`
	ServiceTier string   `json:"service_tier,omitempty"`
}

// Choice is one of the answers.
type Choice struct {
	Index        int           `json:"index"`
	Message      AnswerMessage `json:"message"`
	Logprobs     *Logprobs     `json:"logprobs"`
	FinishReason string        `json:"finish_reason"`
}

// AnswerMessage is the message of a choice.
type AnswerMessage struct {
	Role             string        `json:"role"`
	Content          raw.String    `json:"content"`
	Refusal          raw.String    `json:"refusal"`
	ReasoningContent raw.String    `json:"reasoning_content,omitzero"`
	Annotations      []Annotation  `json:"annotations,omitempty"`
	ToolCalls        []ToolCall    `json:"tool_calls,omitempty"`
	FunctionCall     *FunctionCall `json:"function_call,omitzero"`
	Images           []Image       `json:"images,omitempty"`
	Audio            *AnswerAudio  `json:"audio,omitzero"`
	ExtraContent     *ExtraContent `json:"extra_content,omitzero"`
}

// AnswerAudio is spoken output.
type AnswerAudio struct {
	ID         string     `json:"id"`
	Data       raw.String `json:"data"` // base64
	ExpiresAt  int64      `json:"expires_at"`
	Transcript string     `json:"transcript"`
}

// Annotation cites a web page for a stretch of the content, given in
// characters (Unicode code points).
type Annotation struct {
	Type        string      `json:"type"` // url_citation
	URLCitation URLCitation `json:"url_citation"`
}

// URLCitation is the page and the stretch.
type URLCitation struct {
	StartIndex int    `json:"start_index"`
	EndIndex   int    `json:"end_index"`
	URL        string `json:"url"`
	Title      string `json:"title"`
}

// Logprobs holds the log probabilities of a choice.
type Logprobs struct {
	Content []TokenLogprob `json:"content"`
	Refusal raw.Value      `json:"refusal"` // always null
}

// TokenLogprob is the log probability of one token, with its likeliest rivals.
type TokenLogprob struct {
	Token       string       `json:"token"`
	Logprob     float64      `json:"logprob"`
	Bytes       []int        `json:"bytes"`
	TopLogprobs []TopLogprob `json:"top_logprobs"`
}

// TopLogprob is one rival.
type TopLogprob struct {
	Token   string  `json:"token"`
	Logprob float64 `json:"logprob"`
	Bytes   []int   `json:"bytes"`
}

// Usage counts tokens; prompt and completion add up to the total.
type Usage struct {
	PromptTokens            int64            `json:"prompt_tokens"`
	CompletionTokens        int64            `json:"completion_tokens"`
	TotalTokens             int64            `json:"total_tokens"`
	PromptTokensDetails     PromptDetails    `json:"prompt_tokens_details"`
	CompletionTokensDetails CompletionDetail `json:"completion_tokens_details"`
}

// PromptDetails breaks the prompt down. Cached tokens are part of it.
type PromptDetails struct {
	CachedTokens int64 `json:"cached_tokens"`
	AudioTokens  int64 `json:"audio_tokens"`
	TextTokens   int64 `json:"text_tokens,omitzero"`
	ImageTokens  int64 `json:"image_tokens,omitzero"`
}

// CompletionDetail breaks the completion down.
type CompletionDetail struct {
	ReasoningTokens          int64 `json:"reasoning_tokens"`
	AudioTokens              int64 `json:"audio_tokens"`
	TextTokens               int64 `json:"text_tokens,omitzero"`
	ImageTokens              int64 `json:"image_tokens,omitzero"`
	AcceptedPredictionTokens int64 `json:"accepted_prediction_tokens"`
	RejectedPredictionTokens int64 `json:"rejected_prediction_tokens"`
}

// ChatChunk is one event of a streamed answer.
type ChatChunk struct {
	ID          string        `json:"id"`
	Object      string        `json:"object"` // chat.completion.chunk
	Created     int64         `json:"created"`
	Model       string        `json:"model"`
	ServiceTier string        `json:"service_tier,omitempty"`
	Choices     []ChunkChoice `json:"choices"`
	// Usage is absent unless asked for; then null in all chunks but the last.
	Usage raw.Value `json:"usage,omitzero"`
}

// ChunkChoice is the piece of one choice.
type ChunkChoice struct {
	Index        int       `json:"index"`
	Delta        Delta     `json:"delta"`
	Logprobs     *Logprobs `json:"logprobs"`
	FinishReason *string   `json:"finish_reason"`
}

// Delta is what a chunk adds to the message.
type Delta struct {
	Role             string        `json:"role,omitempty"`
	Content          raw.String    `json:"content,omitzero"`
	ReasoningContent raw.String    `json:"reasoning_content,omitzero"`
	ToolCalls        []ToolCall    `json:"tool_calls,omitempty"`
	FunctionCall     *FunctionCall `json:"function_call,omitzero"`
	Images           []Image       `json:"images,omitempty"`
	Audio            *AnswerAudio  `json:"audio,omitzero"`
	Annotations      []Annotation  `json:"annotations,omitempty"`
	ExtraContent     *ExtraContent `json:"extra_content,omitzero"`
}

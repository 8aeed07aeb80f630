package openai

// Model is an entry of GET /models. The fields after OwnedBy, except
// ShutdownDate, are not OpenAI's.
type Model struct {
	ID      string `json:"id"`
	Object  string `json:"object"` // model
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
	// ShutdownDate is the announced last day, such as 2026-10-23.
	ShutdownDate string `json:"shutdown_date,omitempty"`

	DisplayName string `json:"display_name,omitempty"`
	Description string `json:"description,omitempty"`
	// ContextWindow and MaxOutputTokens are the limits of a request, in tokens.
	ContextWindow   int64         `json:"context_window,omitzero"`
	MaxOutputTokens int64         `json:"max_output_tokens,omitzero"`
	Capabilities    *Capabilities `json:"capabilities,omitzero"`
	// ServedBy is the model that answers in the place of a retired or aliased
	// one, or the first target of a route.
	ServedBy string `json:"served_by,omitempty"`
}

// Capabilities say what a model can do.
type Capabilities struct {
	Input     []string `json:"input,omitempty"`  // text, image, audio, video, pdf
	Output    []string `json:"output,omitempty"` // text, image, audio, embedding, video
	Endpoints []string `json:"endpoints,omitempty"`

	Functions         bool `json:"functions"`
	StructuredOutputs bool `json:"structured_outputs"`
	Logprobs          bool `json:"logprobs"`
	// ReasoningEfforts are the distinct values of reasoning_effort; none means
	// that the model does not think.
	ReasoningEfforts []string `json:"reasoning_efforts,omitempty"`
	// Dimensions bound the size of embeddings.
	Dimensions *Dimensions `json:"dimensions,omitzero"`
	// ImageRatios and ImageSizes are the shapes an image model makes.
	ImageRatios []string `json:"image_ratios,omitempty"`
	ImageSizes  []string `json:"image_sizes,omitempty"`
	Voices      []string `json:"voices,omitempty"`
	// Methods are the native methods the model answers.
	Methods []string `json:"methods,omitempty"`
}

// Dimensions bound the size of an embedding.
type Dimensions struct {
	Default int64 `json:"default"`
	Min     int64 `json:"min"`
	Max     int64 `json:"max"`
}

// ModelList answers GET /models.
type ModelList struct {
	Object string  `json:"object"` // list
	Data   []Model `json:"data"`
}

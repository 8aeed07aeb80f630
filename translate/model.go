package translate

import "slices"

// Model says what one Gemini model can do, as far as translation depends on
// it. The rows of the catalog are Models; translate knows no model by name.
type Model struct {
	// ID is the id the upstream knows, without "models/".
	ID string `json:"id"`

	Thinking Thinking `json:"thinking,omitzero"`

	// FixedSampling models ignore or refuse temperature, topP and topK.
	FixedSampling bool `json:"fixed_sampling,omitzero"`
	// MaxTemperature is the upper bound of temperature; 0 stands for 2.
	MaxTemperature float64 `json:"max_temperature,omitzero"`
	TopK           bool    `json:"top_k,omitzero"`
	Penalties      bool    `json:"penalties,omitzero"`
	Logprobs       bool    `json:"logprobs,omitzero"`
	// MaxCandidates is the highest candidateCount; 0 stands for 1.
	MaxCandidates int `json:"max_candidates,omitzero"`

	// JSONSchema models take JSON Schema in parametersJsonSchema and
	// responseJsonSchema; others only Google's OpenAPI subset.
	JSONSchema bool `json:"json_schema,omitzero"`
	// JSONOutput is false where responseMimeType application/json is refused.
	JSONOutput bool `json:"json_output,omitzero"`
	// JSONWithTools models take an output schema together with functions.
	JSONWithTools bool `json:"json_with_tools,omitzero"`
	Functions     bool `json:"functions,omitzero"`
	// SearchWithFunctions models take built-in tools beside functions, with
	// includeServerSideToolInvocations.
	SearchWithFunctions bool `json:"search_with_functions,omitzero"`

	// CallIDs models name their calls and want the id back.
	CallIDs bool `json:"call_ids,omitzero"`
	// SignaturesEnforced models answer 400 when the first call of a step comes
	// back without its thought signature.
	SignaturesEnforced bool `json:"signatures_enforced,omitzero"`
	// ResponseParts models take media inside a functionResponse.
	ResponseParts bool `json:"response_parts,omitzero"`
	// PartMediaResolution models take mediaResolution on a part; others for
	// the whole request only.
	PartMediaResolution bool `json:"part_media_resolution,omitzero"`
	// Prefill models accept a conversation that ends in a model turn.
	Prefill bool `json:"prefill,omitzero"`
	// SystemInstruction is false for models that refuse a system instruction:
	// it is then put before the first user text.
	SystemInstruction bool `json:"system_instruction,omitzero"`

	Input  []string `json:"input,omitempty"`  // text, image, audio, video, pdf
	Output []string `json:"output,omitempty"` // text, image, audio, embedding, video

	InputTokens  int64 `json:"input_tokens,omitzero"`
	OutputTokens int64 `json:"output_tokens,omitzero"`
	// UnaryOutputTokens is the highest maxOutputTokens of a call that is not
	// streamed; 0 stands for OutputTokens. Above it the model answers 400
	// unless the answer is continued over several calls.
	UnaryOutputTokens int64 `json:"unary_output_tokens,omitzero"`

	Image     ImageOutput `json:"image,omitzero"`
	Speech    Speech      `json:"speech,omitzero"`
	Embedding Embedding   `json:"embedding,omitzero"`
}

// Can reports whether the model gives the modality.
func (m *Model) Can(modality string) bool { return slices.Contains(m.Output, modality) }

// Takes reports whether the model reads the modality.
func (m *Model) Takes(modality string) bool { return slices.Contains(m.Input, modality) }

// Thinking says how a model's thinking is controlled.
type Thinking struct {
	// Control is "" (no thinking), "budget" (tokens) or "level".
	Control string `json:"control,omitempty"`
	// Min and Max bound a budget that is not 0.
	Min int64 `json:"min,omitzero"`
	Max int64 `json:"max,omitzero"`
	// Off is true where thinking can be switched off (budget 0).
	Off bool `json:"off,omitzero"`
	// Levels are the accepted levels, lowest first: minimal, low, medium, high.
	Levels []string `json:"levels,omitempty"`
	// BudgetAccepted is true for models controlled by level that take a
	// thinkingBudget as well, for old clients; others answer 400 to it.
	BudgetAccepted bool `json:"budget_accepted,omitzero"`
	// Default is what the model does when nothing is said: a level, "dynamic" or "off".
	Default string `json:"default,omitempty"`
}

// Ways of controlling thinking.
const (
	ThinkingBudget = "budget"
	ThinkingLevel  = "level"
)

// ImageOutput says how a model makes images.
type ImageOutput struct {
	// Method is generateContent or predict (Imagen).
	Method  string   `json:"method,omitempty"`
	Ratios  []string `json:"ratios,omitempty"` // such as 16:9
	Sizes   []string `json:"sizes,omitempty"`  // 512, 1K, 2K, 4K; empty: fixed size, no imageSize
	PerCall int      `json:"per_call,omitzero"`
}

// Speech says how a model speaks.
type Speech struct {
	Voices []string `json:"voices,omitempty"`
	// WAV models answer unary calls with a RIFF header; others with bare PCM.
	WAV bool `json:"wav,omitzero"`
	// Style models take the style apart from the text (speechMetadata.style).
	Style bool `json:"style,omitzero"`
}

// Embedding says how a model embeds.
type Embedding struct {
	Dimensions    int64 `json:"dimensions,omitzero"` // when none are asked for
	MinDimensions int64 `json:"min_dimensions,omitzero"`
	MaxDimensions int64 `json:"max_dimensions,omitzero"`
	// UnitAt lists the sizes that come back with unit length; "all" sizes do
	// when UnitAlways is set.
	UnitAt     []int64 `json:"unit_at,omitempty"`
	UnitAlways bool    `json:"unit_always,omitzero"`
	TaskType   bool    `json:"task_type,omitzero"`
	// Tasks are the words by which a model without task types is told the task,
	// by task type. {text} stands for the input, which comes last, and {title}
	// for the title.
	Tasks map[string]string `json:"tasks,omitempty"`
	Batch int               `json:"batch,omitzero"` // inputs a batchEmbedContents call may have
	// Usage models report the tokens of their input.
	Usage bool `json:"usage,omitzero"`
}

package gemini

import "github.com/gemway/gemway/raw"

// GenerateContentRequest is the body of :generateContent and
// :streamGenerateContent.
type GenerateContentRequest struct {
	Contents          []Content         `json:"contents"`
	SystemInstruction *Content          `json:"systemInstruction,omitzero"`
	Tools             []Tool            `json:"tools,omitempty"`
	ToolConfig        *ToolConfig       `json:"toolConfig,omitzero"`
	SafetySettings    raw.Value         `json:"safetySettings,omitzero"`
	GenerationConfig  *GenerationConfig `json:"generationConfig,omitzero"`
	CachedContent     string            `json:"cachedContent,omitempty"`
	ServiceTier       string            `json:"serviceTier,omitempty"` // flex, standard or priority
	Labels            map[string]string `json:"labels,omitempty"`      // Vertex AI only
	// ContinuationToken resumes an answer that ended with CONTINUATION; the
	// rest of the request must be the same as before.
	ContinuationToken string `json:"continuationToken,omitempty"`
}

// GenerationConfig tunes an answer.
type GenerationConfig struct {
	Temperature        *float64        `json:"temperature,omitzero"`
	TopP               *float64        `json:"topP,omitzero"`
	TopK               *int64          `json:"topK,omitzero"`
	CandidateCount     int64           `json:"candidateCount,omitzero"`
	MaxOutputTokens    int64           `json:"maxOutputTokens,omitzero"` // thinking included
	StopSequences      []string        `json:"stopSequences,omitempty"`  // at most 5
	Seed               *int32          `json:"seed,omitzero"`
	PresencePenalty    *float64        `json:"presencePenalty,omitzero"`
	FrequencyPenalty   *float64        `json:"frequencyPenalty,omitzero"`
	ResponseLogprobs   bool            `json:"responseLogprobs,omitzero"`
	Logprobs           *int64          `json:"logprobs,omitzero"`
	ResponseMIMEType   string          `json:"responseMimeType,omitempty"`
	ResponseSchema     raw.Value       `json:"responseSchema,omitzero"`     // Google's OpenAPI subset
	ResponseJSONSchema raw.Value       `json:"responseJsonSchema,omitzero"` // JSON Schema; excludes the other
	ResponseModalities []string        `json:"responseModalities,omitempty"`
	ThinkingConfig     *ThinkingConfig `json:"thinkingConfig,omitzero"`
	SpeechConfig       raw.Value       `json:"speechConfig,omitzero"`
	ImageConfig        *ImageConfig    `json:"imageConfig,omitzero"`
	MediaResolution    string          `json:"mediaResolution,omitempty"`
	Extra              raw.Value       `json:",embed"`
}

// ThinkingConfig sets how much the model thinks: by budget (Gemini 2.5) or by
// level (Gemini 3 and later), never both.
type ThinkingConfig struct {
	IncludeThoughts bool   `json:"includeThoughts,omitzero"`
	ThinkingBudget  *int64 `json:"thinkingBudget,omitzero"` // 0 is off, -1 dynamic
	ThinkingLevel   string `json:"thinkingLevel,omitempty"` // MINIMAL, LOW, MEDIUM, HIGH
}

// ImageConfig sets the shape of generated images.
type ImageConfig struct {
	AspectRatio string    `json:"aspectRatio,omitempty"`
	ImageSize   string    `json:"imageSize,omitempty"` // 512, 1K, 2K, 4K
	Extra       raw.Value `json:",embed"`
}

// Tool offers functions, or one of Google's own tools in Extra
// ({"googleSearch":{}}). All functions belong into one Tool.
type Tool struct {
	FunctionDeclarations []FunctionDeclaration `json:"functionDeclarations,omitempty"`
	Extra                raw.Value             `json:",embed"`
}

// FunctionDeclaration describes a function. Its parameters are given either in
// Google's schema subset or as JSON Schema.
type FunctionDeclaration struct {
	Name                 string     `json:"name"`
	Description          raw.String `json:"description,omitzero"`
	Parameters           raw.Value  `json:"parameters,omitzero"`
	ParametersJSONSchema raw.Value  `json:"parametersJsonSchema,omitzero"`
}

// ToolConfig steers the use of tools.
type ToolConfig struct {
	FunctionCallingConfig            *FunctionCallingConfig `json:"functionCallingConfig,omitzero"`
	IncludeServerSideToolInvocations bool                   `json:"includeServerSideToolInvocations,omitzero"`
	Extra                            raw.Value              `json:",embed"`
}

// Modes of function calling.
const (
	ModeAuto      = "AUTO"
	ModeAny       = "ANY"
	ModeNone      = "NONE"
	ModeValidated = "VALIDATED"
)

// FunctionCallingConfig says whether functions may, must or must not be called.
// AllowedFunctionNames goes with ANY and VALIDATED only.
type FunctionCallingConfig struct {
	Mode                 string    `json:"mode,omitempty"`
	AllowedFunctionNames []string  `json:"allowedFunctionNames,omitempty"`
	Extra                raw.Value `json:",embed"`
}

// GenerateContentResponse is a whole answer, or one chunk of a stream.
type GenerateContentResponse struct {
	Candidates     []Candidate     `json:"candidates,omitempty"`
	PromptFeedback *PromptFeedback `json:"promptFeedback,omitzero"`
	UsageMetadata  *UsageMetadata  `json:"usageMetadata,omitzero"`
	ModelVersion   string          `json:"modelVersion,omitempty"`
	ResponseID     string          `json:"responseId,omitempty"`
	CreateTime     string          `json:"createTime,omitempty"`
	// Error is set when a stream breaks with an error event.
	Error *Error `json:"error,omitzero"`
}

// Candidate is one answer, or a piece of one.
type Candidate struct {
	Index              int64           `json:"index,omitzero"`
	Content            *Content        `json:"content,omitzero"`
	FinishReason       Enum            `json:"finishReason,omitempty"`
	FinishMessage      string          `json:"finishMessage,omitempty"`
	SafetyRatings      raw.Value       `json:"safetyRatings,omitzero"`
	CitationMetadata   raw.Value       `json:"citationMetadata,omitzero"`
	GroundingMetadata  raw.Value       `json:"groundingMetadata,omitzero"`
	URLContextMetadata raw.Value       `json:"urlContextMetadata,omitzero"`
	LogprobsResult     *LogprobsResult `json:"logprobsResult,omitzero"`
	ContinuationToken  string          `json:"continuationToken,omitempty"`
}

// LogprobsResult holds the log probabilities, one entry a decoding step.
type LogprobsResult struct {
	ChosenCandidates []LogprobsCandidate `json:"chosenCandidates,omitempty"`
	TopCandidates    []struct {
		Candidates []LogprobsCandidate `json:"candidates,omitempty"`
	} `json:"topCandidates,omitempty"`
}

// LogprobsCandidate is one token with its log probability.
type LogprobsCandidate struct {
	Token          string `json:"token"`
	LogProbability Float  `json:"logProbability"`
}

// PromptFeedback says why a prompt was blocked. An empty one is normal.
type PromptFeedback struct {
	BlockReason        Enum      `json:"blockReason,omitempty"`
	BlockReasonMessage string    `json:"blockReasonMessage,omitempty"`
	SafetyRatings      raw.Value `json:"safetyRatings,omitzero"`
}

// UsageMetadata counts tokens. In streams every chunk carries a running total,
// of which the last one holds.
type UsageMetadata struct {
	PromptTokenCount        int64                `json:"promptTokenCount,omitzero"` // cached ones included
	CachedContentTokenCount int64                `json:"cachedContentTokenCount,omitzero"`
	CandidatesTokenCount    int64                `json:"candidatesTokenCount,omitzero"` // visible output only
	ThoughtsTokenCount      int64                `json:"thoughtsTokenCount,omitzero"`
	ToolUsePromptTokenCount int64                `json:"toolUsePromptTokenCount,omitzero"`
	TotalTokenCount         int64                `json:"totalTokenCount,omitzero"` // the sum of prompt, candidates, thoughts, tool use
	PromptTokensDetails     []ModalityTokenCount `json:"promptTokensDetails,omitempty"`
	CandidatesTokensDetails []ModalityTokenCount `json:"candidatesTokensDetails,omitempty"`
	CacheTokensDetails      []ModalityTokenCount `json:"cacheTokensDetails,omitempty"`
	TrafficType             Enum                 `json:"trafficType,omitempty"` // Vertex AI
	ServiceTier             Enum                 `json:"serviceTier,omitempty"`
}

// ModalityTokenCount counts the tokens of one modality: TEXT, IMAGE, AUDIO,
// VIDEO or DOCUMENT.
type ModalityTokenCount struct {
	Modality   Enum  `json:"modality"`
	TokenCount int64 `json:"tokenCount"`
}

// IsZero reports whether nothing is set.
func (c *GenerationConfig) IsZero() bool {
	return c == nil || c.Temperature == nil && c.TopP == nil && c.TopK == nil && c.CandidateCount == 0 && c.MaxOutputTokens == 0 &&
		c.StopSequences == nil && c.Seed == nil && c.PresencePenalty == nil && c.FrequencyPenalty == nil && !c.ResponseLogprobs &&
		c.Logprobs == nil && c.ResponseMIMEType == "" && c.ResponseSchema == nil && c.ResponseJSONSchema == nil &&
		c.ResponseModalities == nil && c.ThinkingConfig == nil && c.SpeechConfig == nil && c.ImageConfig == nil &&
		c.MediaResolution == "" && c.Extra == nil
}

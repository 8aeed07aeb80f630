package emulator

import "github.com/go-json-experiment/json/jsontext"

// The answers' JSON. Package gemini has the types with which Gemway reads
// Gemini; these are Gemini's own, in its order and with what it leaves out.

type response struct {
	Candidates     []candidate     `json:"candidates,omitempty"`
	PromptFeedback *promptFeedback `json:"promptFeedback,omitzero"`
	UsageMetadata  *usage          `json:"usageMetadata,omitzero"`
	ModelVersion   string          `json:"modelVersion,omitempty"`
	ResponseID     string          `json:"responseId,omitempty"`
}

type candidate struct {
	Content            *content       `json:"content,omitzero"`
	FinishReason       string         `json:"finishReason,omitempty"`
	AvgLogprobs        *float64       `json:"avgLogprobs,omitzero"`
	LogprobsResult     *logprobs      `json:"logprobsResult,omitzero"`
	GroundingMetadata  *grounding     `json:"groundingMetadata,omitzero"`
	URLContextMetadata jsontext.Value `json:"urlContextMetadata,omitzero"`
	Index              *int           `json:"index,omitzero"`
	FinishMessage      string         `json:"finishMessage,omitempty"`
	SafetyRatings      []safetyRating `json:"safetyRatings,omitempty"`
}

type content struct {
	Parts []part `json:"parts,omitempty"`
	Role  string `json:"role,omitempty"`
}

type part struct {
	Text                *string        `json:"text,omitzero"`
	FunctionCall        *functionCall  `json:"functionCall,omitzero"`
	InlineData          *blob          `json:"inlineData,omitzero"`
	ExecutableCode      *code          `json:"executableCode,omitzero"`
	CodeExecutionResult *codeResult    `json:"codeExecutionResult,omitzero"`
	AudioTranscription  *transcription `json:"audioTranscription,omitzero"`
	Thought             bool           `json:"thought,omitzero"`
	ThoughtSignature    string         `json:"thoughtSignature,omitempty"`
}

type functionCall struct {
	Name string         `json:"name"`
	Args jsontext.Value `json:"args"`
	ID   string         `json:"id,omitempty"`
}

type blob struct {
	MIMEType string `json:"mimeType"`
	Data     []byte `json:"data"`
}

type code struct {
	Language string `json:"language"`
	Code     string `json:"code"`
	ID       string `json:"id,omitempty"`
}

type codeResult struct {
	Outcome string `json:"outcome"`
	Output  string `json:"output"`
	ID      string `json:"id,omitempty"`
}

type transcription struct {
	SpeakerLabel string     `json:"speakerLabel,omitempty"`
	Words        []wordInfo `json:"words,omitempty"`
}

type wordInfo struct {
	Word        string `json:"word"`
	StartOffset string `json:"startOffset"`
	EndOffset   string `json:"endOffset"`
}

type promptFeedback struct {
	BlockReason   string         `json:"blockReason"`
	SafetyRatings []safetyRating `json:"safetyRatings,omitempty"`
}

type safetyRating struct {
	Category    string `json:"category"`
	Probability string `json:"probability"`
	Blocked     bool   `json:"blocked,omitzero"`
}

type usage struct {
	PromptTokenCount           int64           `json:"promptTokenCount,omitzero"`
	CandidatesTokenCount       int64           `json:"candidatesTokenCount,omitzero"`
	TotalTokenCount            int64           `json:"totalTokenCount,omitzero"`
	CachedContentTokenCount    int64           `json:"cachedContentTokenCount,omitzero"`
	PromptTokensDetails        []modalityCount `json:"promptTokensDetails,omitempty"`
	CacheTokensDetails         []modalityCount `json:"cacheTokensDetails,omitempty"`
	CandidatesTokensDetails    []modalityCount `json:"candidatesTokensDetails,omitempty"`
	ToolUsePromptTokenCount    int64           `json:"toolUsePromptTokenCount,omitzero"`
	ToolUsePromptTokensDetails []modalityCount `json:"toolUsePromptTokensDetails,omitempty"`
	ThoughtsTokenCount         int64           `json:"thoughtsTokenCount,omitzero"`
	ServiceTier                string          `json:"serviceTier,omitempty"`
	TrafficType                string          `json:"trafficType,omitempty"`
}

type logprobs struct {
	ChosenCandidates []logprob       `json:"chosenCandidates"`
	TopCandidates    []topCandidates `json:"topCandidates,omitempty"`
}

type topCandidates struct {
	Candidates []logprob `json:"candidates"`
}

type logprob struct {
	Token          string  `json:"token"`
	TokenID        int     `json:"tokenId"`
	LogProbability float64 `json:"logProbability"`
}

type grounding struct {
	SearchEntryPoint  *searchEntryPoint  `json:"searchEntryPoint,omitzero"`
	GroundingChunks   []groundingChunk   `json:"groundingChunks,omitempty"`
	GroundingSupports []groundingSupport `json:"groundingSupports,omitempty"`
	WebSearchQueries  []string           `json:"webSearchQueries,omitempty"`
}

type searchEntryPoint struct {
	RenderedContent string `json:"renderedContent"`
}

type groundingChunk struct {
	Web webChunk `json:"web"`
}

type webChunk struct {
	URI   string `json:"uri"`
	Title string `json:"title"`
}

type groundingSupport struct {
	Segment               segment `json:"segment"`
	GroundingChunkIndices []int   `json:"groundingChunkIndices"`
}

type segment struct {
	StartIndex int    `json:"startIndex,omitzero"` // bytes
	EndIndex   int    `json:"endIndex"`
	Text       string `json:"text"`
}

package gemini

// Model is one entry of the models list.
type Model struct {
	Name                       string   `json:"name"` // models/{id}
	BaseModelID                string   `json:"baseModelId,omitempty"`
	Version                    string   `json:"version,omitempty"`
	DisplayName                string   `json:"displayName,omitempty"`
	Description                string   `json:"description,omitempty"`
	InputTokenLimit            int64    `json:"inputTokenLimit,omitzero"`
	OutputTokenLimit           int64    `json:"outputTokenLimit,omitzero"`
	SupportedGenerationMethods []string `json:"supportedGenerationMethods,omitempty"`
	Thinking                   bool     `json:"thinking,omitzero"`
	Temperature                *float64 `json:"temperature,omitzero"`
	MaxTemperature             *float64 `json:"maxTemperature,omitzero"`
	TopP                       *float64 `json:"topP,omitzero"`
	TopK                       *int64   `json:"topK,omitzero"`
}

// ListModelsResponse is one page of GET models.
type ListModelsResponse struct {
	Models        []Model `json:"models"`
	NextPageToken string  `json:"nextPageToken,omitempty"`
}

// CountTokensRequest is the body of :countTokens.
type CountTokensRequest struct {
	Contents []Content `json:"contents"`
}

// CountTokensResponse answers :countTokens.
type CountTokensResponse struct {
	TotalTokens             int64                `json:"totalTokens"`
	CachedContentTokenCount int64                `json:"cachedContentTokenCount,omitzero"`
	PromptTokensDetails     []ModalityTokenCount `json:"promptTokensDetails,omitempty"`
}

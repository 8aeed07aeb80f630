package gemini

import "github.com/gemway/gemway/raw"

// EmbedContentRequest is the body of :embedContent and an entry of
// BatchEmbedContentsRequest, where Model is required in every entry.
type EmbedContentRequest struct {
	Model                string     `json:"model,omitempty"` // models/{id}
	Content              Content    `json:"content"`
	TaskType             string     `json:"taskType,omitempty"`
	Title                raw.String `json:"title,omitzero"`
	OutputDimensionality int64      `json:"outputDimensionality,omitzero"`
}

// BatchEmbedContentsRequest is the body of :batchEmbedContents.
type BatchEmbedContentsRequest struct {
	Requests []EmbedContentRequest `json:"requests"`
}

// Embedding is one vector; Values is a JSON array of numbers in its original
// spelling, white space included.
type Embedding struct {
	Values raw.Value `json:"values"`
}

// EmbedContentResponse answers :embedContent.
type EmbedContentResponse struct {
	Embedding     Embedding      `json:"embedding"`
	UsageMetadata *UsageMetadata `json:"usageMetadata,omitzero"`
}

// BatchEmbedContentsResponse answers :batchEmbedContents, in request order.
type BatchEmbedContentsResponse struct {
	Embeddings    []Embedding    `json:"embeddings"`
	UsageMetadata *UsageMetadata `json:"usageMetadata,omitzero"`
}

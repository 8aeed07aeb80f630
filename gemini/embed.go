package gemini

import (
	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
)

// EmbedContentRequest is the body of :embedContent and an entry of
// BatchEmbedContentsRequest, where Model is required in every entry.
type EmbedContentRequest struct {
	Model                string     `json:"model,omitempty"` // models/{id}
	Content              Content    `json:"content"`
	TaskType             string     `json:"taskType,omitempty"`
	Title                raw.String `json:"title,omitzero"`
	OutputDimensionality int64      `json:"outputDimensionality,omitzero"`
}

// VertexEmbedRequest is the body of :embedContent on Vertex AI, which has the
// settings apart from the content.
type VertexEmbedRequest struct {
	Content Content             `json:"content"`
	Config  *EmbedContentConfig `json:"embedContentConfig,omitzero"`
}

// EmbedContentConfig are the settings of an embedding on Vertex AI.
type EmbedContentConfig struct {
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

// DecodeBatchEmbed reads the answer of :batchEmbedContents. Its vectors share
// memory with b: they are most of it. As with DecodeResponse, the ordinary
// decoder takes over where the answer does not have the ordinary form.
func DecodeBatchEmbed(b []byte) (*BatchEmbedContentsResponse, error) {
	out := &BatchEmbedContentsResponse{}
	if raw.Check(b, raw.Limits{}) == nil {
		r := raw.NewReader(b)
		if out.read(&r); r.End() {
			return out, nil
		}
		out = &BatchEmbedContentsResponse{}
	}
	err := json.Unmarshal(b, out)
	return out, err
}

func (o *BatchEmbedContentsResponse) read(r *raw.Reader) {
	r.Open('{')
	for name, ok := r.Name(); ok; name, ok = r.Name() {
		switch string(name) {
		case "embeddings":
			r.Open('[')
			for r.More() {
				o.Embeddings = append(o.Embeddings, Embedding{})
				o.Embeddings[len(o.Embeddings)-1].read(r)
			}
		case "usageMetadata":
			readPlain(r, &o.UsageMetadata)
		default:
			r.Value()
		}
	}
}

func (o *Embedding) read(r *raw.Reader) {
	r.Open('{')
	for name, ok := r.Name(); ok; name, ok = r.Name() {
		if string(name) != "values" {
			r.Value()
			continue
		}
		o.Values = r.Value()
	}
}

// EmbedInstance is one text for :predict, by which Vertex AI serves embedding
// models before gemini-embedding-2.
type EmbedInstance struct {
	Content  raw.String `json:"content"`
	TaskType string     `json:"task_type,omitempty"`
	Title    raw.String `json:"title,omitzero"`
}

// EmbedParameters hold for all instances of a call.
type EmbedParameters struct {
	OutputDimensionality int64 `json:"outputDimensionality,omitzero"`
}

// PredictEmbedRequest is the body of :predict for an embedding model.
type PredictEmbedRequest struct {
	Instances  []EmbedInstance  `json:"instances"`
	Parameters *EmbedParameters `json:"parameters,omitzero"`
}

// PredictEmbedResponse answers it, in the order of the instances.
type PredictEmbedResponse struct {
	Predictions []struct {
		Embeddings struct {
			Values     raw.Value `json:"values"`
			Statistics *struct {
				TokenCount int64 `json:"token_count"`
				Truncated  bool  `json:"truncated"`
			} `json:"statistics,omitzero"`
		} `json:"embeddings"`
	} `json:"predictions"`
}

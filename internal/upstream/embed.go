package upstream

import "strings"

// EmbedMethod is the way a site embeds texts. It is also the Method of the
// Call; request and answer differ with it.
type EmbedMethod string

const (
	// BatchEmbed takes requests[], each naming the model, and answers
	// embeddings[] in order.
	BatchEmbed EmbedMethod = "batchEmbedContents"
	// EmbedOne takes one content, with its settings in embedContentConfig on
	// Vertex AI, and answers embedding.
	EmbedOne EmbedMethod = "embedContent"
	// PredictEmbed takes instances[] of content, task_type and title, and
	// parameters of outputDimensionality and autoTruncate; it answers
	// predictions[].embeddings.
	PredictEmbed EmbedMethod = "predict"
)

// EmbedMethod returns how the client's site embeds with a model. A call may
// carry several inputs with BatchEmbed and PredictEmbed, and one with EmbedOne.
func (c *Client) EmbedMethod(model string) EmbedMethod {
	if c.site.Name() != "vertex" {
		return BatchEmbed
	}
	// Models before gemini-embedding-2 are served by prediction alone.
	id := modelID(model)
	if strings.HasPrefix(id, "gemini-embedding-") && id != "gemini-embedding-001" {
		return EmbedOne
	}
	return PredictEmbed
}

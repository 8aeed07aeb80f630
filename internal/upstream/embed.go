package upstream

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

// EmbedMethod returns how the client's site embeds. A call may carry several
// inputs with BatchEmbed and PredictEmbed, and one with EmbedOne. On Vertex AI
// the generation of models that takes a task type is served by prediction
// alone; which models these are, the catalog knows.
func (c *Client) EmbedMethod(takesTaskType bool) EmbedMethod {
	switch _, vertex := c.site.(*Vertex); {
	case !vertex:
		return BatchEmbed
	case takesTaskType:
		return PredictEmbed
	}
	return EmbedOne
}

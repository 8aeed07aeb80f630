package translate

// EmbeddingParameters decides over every parameter of POST /embeddings.
var EmbeddingParameters = []Parameter{
	{Name: "dimensions", Decision: Map, To: "outputDimensionality", Note: "vectors are given unit length where Gemini does not; absent, the name of a retired or aliased model keeps its size"},
	{Name: "encoding_format", Decision: Emulate, Note: "float: Gemini's digits; base64: little-endian float32"},
	{Name: "extra_body", Decision: Map, To: "taskType, title", Note: "task_type and title under extra_body.google; for models without task types the task is put into the text as Google's documentation words it"},
	{Name: "google", Decision: Map, To: "taskType, title", Note: "the same as extra_body.google"},
	{Name: "input", Decision: Map, To: "requests[].content", Note: "a string or up to 2,048 strings, sent in batches; token ids are refused: they belong to OpenAI's vocabulary"},
	{Name: "model", Decision: Map, To: "the path"},
	{Name: "user", Decision: Ignore, Note: "telemetry"},
}

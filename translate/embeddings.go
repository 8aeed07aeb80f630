package translate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
)

// MaxEmbeddingInputs is how many inputs a request may have, as at OpenAI.
const MaxEmbeddingInputs = 2048

// Methods by which a site embeds texts.
const (
	EmbedBatch   = "batchEmbedContents" // the Gemini API
	EmbedOne     = "embedContent"       // Vertex AI, one input a call
	EmbedPredict = "predict"            // Vertex AI, models before gemini-embedding-2
)

// EmbeddingOptions are what the translation of an embedding request needs to
// know besides the request.
type EmbeddingOptions struct {
	Model *Model
	// Dimensions is the size of the vectors when the request asks for none; 0
	// is the model's own.
	Dimensions int64
	// Method is how the site embeds with this model; "" stands for EmbedBatch.
	Method string
}

// Embeddings is a translated embedding request and, once all its calls are
// answered, its answer.
type Embeddings struct {
	// Ignored names the parameters that have no effect although a caller might
	// miss them.
	Ignored []string

	model  *Model
	method string
	texts  []raw.String
	size   int64 // asked for upstream; 0 is the model's own
	task   string
	title  raw.String
	batch  int
	base64 bool
	scale  bool // upstream's vectors do not have unit length

	pieces [][]byte // the vectors of each call, as they stand in the answer
	tokens []int64  // of each call; -1 where upstream did not say
}

// NewEmbeddings translates an embedding request. Its errors are *openai.Error
// and name the parameter at fault.
func NewEmbeddings(req *openai.EmbeddingRequest, opt EmbeddingOptions) (*Embeddings, error) {
	if !opt.Model.Can("embedding") {
		return nil, openai.Invalid("model", "unsupported_value", "model "+opt.Model.ID+" does not make embeddings: choose an embedding model that GET /v1/models lists")
	}
	if err := checkInput(&req.Input); err != nil {
		return nil, err
	}
	e := &Embeddings{model: opt.Model, method: opt.Method, texts: req.Input.Texts, batch: max(1, opt.Model.Embedding.Batch)}
	if e.method == "" {
		e.method = EmbedBatch
	}
	if e.method == EmbedOne {
		e.batch = 1
	}
	switch req.EncodingFormat {
	case "", openai.EncodingFloat:
	case openai.EncodingBase64:
		e.base64 = true
	default:
		return nil, openai.Invalid("encoding_format", "invalid_value", fmt.Sprintf("encoding_format must be float or base64, got %q", req.EncodingFormat))
	}
	if err := e.dimensions(req.Dimensions, opt.Dimensions); err != nil {
		return nil, err
	}
	if err := e.google(req); err != nil {
		return nil, err
	}
	ignored, err := applyTable(EmbeddingParameters, req.Extra)
	if err != nil {
		return nil, err
	}
	e.Ignored = append(e.Ignored, ignored...)
	slices.Sort(e.Ignored)
	e.pieces, e.tokens = make([][]byte, e.Calls()), make([]int64, e.Calls())
	return e, nil
}

func checkInput(in *openai.EmbeddingInput) error {
	switch {
	case in.Tokens:
		return openai.Invalid("input", "unsupported_value",
			"input holds token ids: they belong to OpenAI's vocabulary, which Gemini does not have. Send the texts themselves (in LangChain: check_embedding_ctx_length=False)")
	case in.IsZero():
		return openai.Invalid("input", "missing_required_parameter", "you must provide an input parameter: a string or an array of strings")
	case len(in.Texts) == 0:
		return openai.Invalid("input", "empty_array", "input must hold at least one string")
	case len(in.Texts) > MaxEmbeddingInputs:
		return openai.Invalid("input", "array_above_max_length", fmt.Sprintf("input must hold at most %d strings, got %d", MaxEmbeddingInputs, len(in.Texts)))
	}
	for i, t := range in.Texts {
		if t.Empty() {
			path := "input"
			if !in.One {
				path = fmt.Sprintf("input[%d]", i)
			}
			return openai.Invalid(path, "invalid_value", path+" must not be an empty string")
		}
	}
	return nil
}

// dimensions finds the size of the vectors, and whether they come with unit
// length, which OpenAI's always have.
func (e *Embeddings) dimensions(asked *raw.Int, byName int64) error {
	m := &e.model.Embedding
	if asked != nil {
		e.size = int64(*asked)
		if e.size < max(1, m.MinDimensions) || m.MaxDimensions > 0 && e.size > m.MaxDimensions {
			return openai.Invalid("dimensions", "invalid_value", fmt.Sprintf("dimensions must be between %d and %d for %s, got %d", max(1, m.MinDimensions), m.MaxDimensions, e.model.ID, e.size))
		}
	} else {
		e.size = byName
	}
	size := e.size
	if size == 0 {
		size = m.Dimensions
	}
	e.scale = !m.UnitAlways && !slices.Contains(m.UnitAt, size)
	return nil
}

// google reads Google's own options: task_type and title.
func (e *Embeddings) google(req *openai.EmbeddingRequest) error {
	options, err := googleMembers(req.ExtraBody, req.Google)
	if err != nil {
		return err
	}
	for _, m := range options {
		path := "extra_body.google." + m.name
		if trivial(m.value) {
			continue
		}
		switch camel(m.name) {
		case "taskType":
			err = decode(path, m.value, &e.task)
		case "title":
			err = decode(path, m.value, &e.title)
		default:
			e.Ignored = append(e.Ignored, path)
		}
		if err != nil {
			return err
		}
	}
	e.task = strings.ToUpper(e.task)
	return e.spellTask()
}

// spellTask puts the task into the texts where the model has no field for it.
// https://ai.google.dev/gemini-api/docs/embeddings
func (e *Embeddings) spellTask() error {
	if e.model.Embedding.TaskType {
		return nil
	}
	task, title := e.task, e.title
	e.task, e.title = "", nil
	if task == "" || task == "TASK_TYPE_UNSPECIFIED" {
		if !title.Empty() {
			e.Ignored = append(e.Ignored, "extra_body.google.title")
		}
		return nil
	}
	words, known := e.model.Embedding.Tasks[task]
	if !known {
		e.Ignored = append(e.Ignored, "extra_body.google.task_type")
		return nil
	}
	words = strings.TrimSuffix(words, "{text}")
	before, after, titled := strings.Cut(words, "{title}")
	prefix := raw.Quote(words)
	if titled {
		if title.Empty() {
			title = raw.Quote("none")
		}
		prefix = raw.Concat(raw.Quote(before), title, raw.Quote(after))
	} else if !title.Empty() {
		e.Ignored = append(e.Ignored, "extra_body.google.title")
	}
	texts := make([]raw.String, len(e.texts))
	for i, t := range e.texts {
		texts[i] = raw.Concat(prefix, t)
	}
	e.texts = texts
	return nil
}

// Method names the method of Gemini's API to call.
func (e *Embeddings) Method() string { return e.method }

// Calls is the number of calls the request takes. They are independent of each
// other.
func (e *Embeddings) Calls() int { return (len(e.texts) + e.batch - 1) / e.batch }

// inputs returns the texts of a call, and the place of the first of them.
func (e *Embeddings) inputs(call int) (texts []raw.String, first int) {
	first = call * e.batch
	return e.texts[first:min(first+e.batch, len(e.texts))], first
}

// Body returns the native request of a call as JSON, in segments.
func (e *Embeddings) Body(call int) ([][]byte, error) {
	texts, _ := e.inputs(call)
	var v any
	switch e.method {
	case EmbedPredict:
		r := &gemini.PredictEmbedRequest{}
		for _, t := range texts {
			r.Instances = append(r.Instances, gemini.EmbedInstance{Content: t, TaskType: e.task, Title: e.title})
		}
		if e.size != 0 {
			r.Parameters = &gemini.EmbedParameters{OutputDimensionality: e.size}
		}
		v = r
	case EmbedOne:
		r := &gemini.VertexEmbedRequest{Content: textContent(texts[0])}
		if e.task != "" || !e.title.IsZero() || e.size != 0 {
			r.Config = &gemini.EmbedContentConfig{TaskType: e.task, Title: e.title, OutputDimensionality: e.size}
		}
		v = r
	default:
		// Gemini fuses the parts of one content into one vector: each input is
		// a request of its own.
		r := &gemini.BatchEmbedContentsRequest{}
		for _, t := range texts {
			r.Requests = append(r.Requests, gemini.EmbedContentRequest{
				Model: "models/" + e.model.ID, Content: textContent(t), TaskType: e.task, Title: e.title, OutputDimensionality: e.size,
			})
		}
		v = r
	}
	b, err := raw.Marshal(v)
	return [][]byte{b}, err
}

func textContent(t raw.String) gemini.Content {
	return gemini.Content{Parts: []gemini.Part{{Text: t}}}
}

// Push takes the answer to a call. It may be called for different calls at the
// same time, once for each. The body is not kept.
func (e *Embeddings) Push(call int, body []byte) error {
	if piece, tokens, ok := e.scan(call, body); ok {
		e.pieces[call], e.tokens[call] = piece, tokens
		return nil
	}
	return e.pushPlain(call, body)
}

// pushPlain is Push without the short way.
func (e *Embeddings) pushPlain(call int, body []byte) error {
	vectors, tokens, err := e.read(body)
	if err != nil {
		return err
	}
	texts, first := e.inputs(call)
	if len(vectors) != len(texts) {
		return fmt.Errorf("%w: %d vectors came for %d texts", ErrNotGemini, len(vectors), len(texts))
	}
	piece := make([]byte, 0, e.estimate(vectors))
	for i, v := range vectors {
		if i > 0 {
			piece = append(piece, ',')
		}
		if piece, err = e.appendEmbedding(piece, first+i, v); err != nil {
			return err
		}
	}
	e.pieces[call], e.tokens[call] = piece, tokens
	return nil
}

// read takes the vectors out of an answer, and the tokens of its input or -1. An
// answer says itself by which method it was made: some proxies in front of
// Gemini answer by another than they were asked by.
func (e *Embeddings) read(body []byte) (vectors []raw.Value, tokens int64, err error) {
	r, err := gemini.DecodeBatchEmbed(body)
	if err == nil && len(r.Embeddings) == 0 {
		return readOtherEmbeddings(body)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrNotGemini, err)
	}
	for _, v := range r.Embeddings {
		vectors = append(vectors, v.Values)
	}
	return vectors, promptTokens(r.UsageMetadata), nil
}

// readOtherEmbeddings reads an answer of embedContent or of predict.
func readOtherEmbeddings(body []byte) (vectors []raw.Value, tokens int64, err error) {
	var r struct {
		gemini.EmbedContentResponse `json:",embed"`
		gemini.PredictEmbedResponse `json:",embed"`
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrNotGemini, err)
	}
	if r.Embedding.Values != nil {
		return []raw.Value{r.Embedding.Values}, promptTokens(r.UsageMetadata), nil
	}
	tokens = -1
	for _, p := range r.Predictions {
		vectors = append(vectors, p.Embeddings.Values)
		if s := p.Embeddings.Statistics; s != nil {
			tokens = max(tokens, 0) + s.TokenCount
		}
	}
	return vectors, tokens, nil
}

// promptTokens returns the tokens of an input, or -1 where nobody counted.
func promptTokens(u *gemini.UsageMetadata) int64 {
	if u == nil || u.PromptTokenCount <= 0 {
		return -1
	}
	return u.PromptTokenCount
}

// Tokens returns the sum of the tokens of all inputs. It reports false unless
// upstream counted them in every call.
func (e *Embeddings) Tokens() (int64, bool) {
	var sum int64
	for _, n := range e.tokens {
		if n < 0 {
			return 0, false
		}
		sum += n
	}
	return sum, true
}

// Segments returns the answer as JSON, in pieces to be written one after
// another. tokens is the size of the input.
func (e *Embeddings) Segments(tokens int64) [][]byte {
	out := make([][]byte, 0, 2*len(e.pieces)+1)
	out = append(out, []byte(`{"object":"list","data":[`))
	comma := []byte{','}
	for i, p := range e.pieces {
		if i > 0 {
			out = append(out, comma)
		}
		out = append(out, p)
	}
	w := raw.NewWriter(nil)
	w.Raw(`],"model":`)
	w.Text(e.model.ID)
	w.Raw(`,"usage":{"prompt_tokens":`)
	w.Int(tokens)
	w.Raw(`,"total_tokens":`)
	w.Int(tokens)
	w.Raw(`}}`)
	return append(out, w.Bytes())
}

package emulator

import (
	"fmt"
	"math"
	"strings"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
)

// embedding is the vector of an answer.
type embedding struct {
	Values []float32 `json:"values"`
}

type embedUsage struct {
	PromptTokenCount   int64           `json:"promptTokenCount"`
	PromptTokenDetails []modalityCount `json:"promptTokenDetails,omitempty"` // spelled so; recorded
}

// embedContent serves :embedContent.
func (e *Emulator) embedContent(c *call) *Error {
	var req gemini.EmbedContentRequest
	model, err := e.readEmbed(c, "EmbedContentRequest", &req)
	if err != nil {
		return err
	}
	v, n, err := e.embed(model, c.model, &req, "EmbedContentRequest")
	if err != nil {
		return err
	}
	return c.write(struct {
		Embedding     embedding   `json:"embedding"`
		UsageMetadata *embedUsage `json:"usageMetadata,omitzero"`
	}{v, usageOf(model, n)})
}

// batchEmbedContents serves :batchEmbedContents.
func (e *Emulator) batchEmbedContents(c *call) *Error {
	var req gemini.BatchEmbedContentsRequest
	model, err := e.readEmbed(c, "BatchEmbedContentsRequest", &req)
	if err != nil {
		return err
	}
	most := 100 // reported: "at most 100 requests can be in one batch"
	if model.Embedding.Batch > 0 {
		most = model.Embedding.Batch
	}
	switch n := len(req.Requests); {
	case n == 0:
		return invalid("* BatchEmbedContentsRequest.requests: requests is not specified\n")
	case n > most:
		return invalid("* BatchEmbedContentsRequest.requests: at most %d requests can be in one batch\n", most)
	}
	out := struct {
		Embeddings    []embedding `json:"embeddings"`
		UsageMetadata *embedUsage `json:"usageMetadata,omitzero"`
	}{}
	var total tokenCount
	for i := range req.Requests {
		path := fmt.Sprintf("BatchEmbedContentsRequest.requests[%d]", i)
		one := &req.Requests[i]
		// Each entry has to name the model again. UNCONFIRMED wording.
		if one.Model == "" {
			return invalid("* %s.model: model is not specified\n", path)
		}
		v, n, err := e.embed(model, c.model, one, path)
		if err != nil {
			return err
		}
		total.add(n)
		out.Embeddings = append(out.Embeddings, v)
	}
	out.UsageMetadata = usageOf(model, total)
	return c.write(out)
}

// readEmbed reads the request named name into req.
func (e *Emulator) readEmbed(c *call, name string, req any) (*catalog.Row, *Error) {
	body, err := e.body(c, e.config.MaxRequest)
	if err != nil {
		return nil, err
	}
	canonical, err := e.decode(body, name, c.vertex)
	if err != nil {
		return nil, err
	}
	model, err := e.resolve(c, "embedContent")
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(canonical, req); err != nil {
		return nil, invalid("Invalid JSON payload received. %v", err)
	}
	return model, nil
}

func usageOf(m *catalog.Row, n tokenCount) *embedUsage {
	if !m.Embedding.Usage {
		return nil
	}
	return &embedUsage{n.total(), n.details()}
}

// embed judges one request and makes its vector. A task type is taken and
// changes nothing, as recorded with gemini-embedding-2.
func (e *Emulator) embed(m *catalog.Row, path string, req *gemini.EmbedContentRequest, at string) (embedding, tokenCount, *Error) {
	var n tokenCount
	if req.Model != "" && strings.TrimPrefix(req.Model, "models/") != path && req.Model != path {
		return embedding{}, n, invalid("* %s.model: the model has to be the same as in the path (models/%s)\n", at, path) // UNCONFIRMED wording
	}
	if len(req.Content.Parts) == 0 {
		return embedding{}, n, invalid("* %s.content: content is not specified\n", at)
	}
	var texts []string
	for _, p := range req.Content.Parts {
		var d *medium
		switch {
		case p.InlineData != nil:
			d = inspect(p.InlineData.MIMEType, decodeBase64(p.InlineData.Data))
		case p.FileData != nil:
			f, err := e.openFile(p.FileData)
			if err != nil {
				return embedding{}, n, err
			}
			d = f
		default:
			texts = append(texts, p.Text.Decode())
			n.text += textTokens(p.Text.Decode())
			continue
		}
		if !m.Takes(d.class()) {
			return embedding{}, n, invalid("Unsupported MIME type: %s", d.mime)
		}
		n.add(mediaTokens(m, d, ""))
		// Bytes stand for themselves: the same picture has the same vector.
		texts = append(texts, string(d.data))
	}
	text := strings.Join(texts, "\n")
	if strings.TrimSpace(text) == "" {
		return embedding{}, n, invalid("* %s.content: content must not be empty\n", at) // UNCONFIRMED wording
	}
	size := m.Embedding.Dimensions
	if req.OutputDimensionality != 0 {
		size = req.OutputDimensionality
		if low, high := m.Embedding.MinDimensions, m.Embedding.MaxDimensions; size < max(1, low) || high > 0 && size > high {
			return embedding{}, n, invalid("* %s.output_dimensionality: must be in the range [%d, %d].\n", at, max(1, low), high) // UNCONFIRMED wording
		}
	}
	return embedding{vector(text, int(size), m)}, n, nil
}

// vector hashes words and runs of three characters into a vector of so many
// dimensions: similar texts share most of both. Only models whose vectors come
// out at unit length give them so at every size; the others' are unit at their
// full size and shorter when cut, as with gemini-embedding-001.
func vector(text string, size int, m *catalog.Row) []float32 {
	full := size
	if !m.Embedding.UnitAlways && int(m.Embedding.MaxDimensions) > size {
		full = int(m.Embedding.MaxDimensions)
	}
	v := make([]float64, full)
	add := func(feature string, weight float64) {
		// Two places a feature, so that collisions do not cancel it out.
		h := fnv64(feature)
		for range 2 {
			sign := 1.0
			if h&1 == 1 {
				sign = -1
			}
			v[(h>>1)%uint64(full)] += sign * weight
			h = h*0x9E3779B97F4A7C15 + 0x7F4A7C15
			h ^= h >> 29
		}
	}
	words := splitWords(text)
	for i, w := range words {
		add("word "+stem(w), 1)
		if i > 0 {
			add("pair "+words[i-1]+" "+w, 0.5)
		}
	}
	r := []rune(strings.ToLower(text))
	for i := 0; i+3 <= len(r) && i < 1<<16; i++ {
		add(string(r[i:i+3]), 0.3)
	}
	// A share that all texts have in common, over all dimensions: real vectors
	// have no zeros and are never orthogonal.
	share := (1 + 0.1*float64(len(words))) / math.Sqrt(float64(full))
	for i := range v {
		h := uint64(i+1) * 0x9E3779B97F4A7C15
		v[i] += share * (0.5 + float64(h>>40)/(1<<24)) * (1 - 2*float64(h>>33&1))
	}
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	norm := math.Sqrt(sum)
	out := make([]float32, size)
	for i := range out {
		out[i] = float32(v[i] / norm)
	}
	return out
}

func fnv64(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h ^ h>>31
}

// predictEmbeddings is Vertex AI's older way to embed.
func (e *Emulator) predictEmbeddings(c *call, m *catalog.Row, req *gemini.PredictRequest) *Error {
	type statistics struct {
		TokenCount int64 `json:"token_count"`
		Truncated  bool  `json:"truncated"`
	}
	type one struct {
		Embeddings struct {
			Values     []float32  `json:"values"`
			Statistics statistics `json:"statistics"`
		} `json:"embeddings"`
	}
	var out struct {
		Predictions []one `json:"predictions"`
		Metadata    struct {
			BillableCharacterCount int `json:"billableCharacterCount"`
		} `json:"metadata"`
	}
	size, _ := parse(req.Parameters).get("outputDimensionality").number()
	for i, instance := range req.Instances {
		n := parse(instance)
		text := n.get("content").text()
		r := &gemini.EmbedContentRequest{OutputDimensionality: int64(size)}
		if text != "" {
			r.Content.Parts = []gemini.Part{{Text: raw.Quote(text)}}
		}
		v, tokens, err := e.embed(m, c.model, r, fmt.Sprintf("instances[%d]", i))
		if err != nil {
			return err
		}
		var p one
		p.Embeddings.Values = v.Values
		p.Embeddings.Statistics.TokenCount = tokens.total()
		out.Predictions = append(out.Predictions, p)
		out.Metadata.BillableCharacterCount += len([]rune(text))
	}
	return c.write(out)
}

package translate

import (
	"fmt"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
)

// countChunk bounds the text of one countTokens call, in bytes.
const countChunk = 1 << 20

// CountBodies returns requests for countTokens that together count the input,
// for models that do not report it with their vectors.
func (e *Embeddings) CountBodies() ([][]byte, error) {
	var out [][]byte
	var r gemini.CountTokensRequest
	size := 0
	flush := func() error {
		b, err := raw.Marshal(&r)
		out = append(out, b)
		r.Contents, size = nil, 0
		return err
	}
	for _, t := range e.texts {
		if size > 0 && size+len(t) > countChunk {
			if err := flush(); err != nil {
				return nil, err
			}
		}
		c := textContent(t)
		c.Role = gemini.RoleUser
		r.Contents = append(r.Contents, c)
		size += len(t)
	}
	if err := flush(); err != nil {
		return nil, err
	}
	return out, nil
}

// Counted reads an answer of countTokens.
func Counted(body []byte) (int64, error) {
	var r gemini.CountTokensResponse
	if err := json.Unmarshal(body, &r); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrNotGemini, err)
	}
	return r.TotalTokens, nil
}

// EstimateTokens guesses the tokens of the input where nobody counts them:
// about four Latin characters make one, others stand for one each.
// https://ai.google.dev/gemini-api/docs/tokens
func (e *Embeddings) EstimateTokens() int64 {
	var sum int64
	for _, t := range e.texts {
		ascii, other := 0, 0
		for _, c := range t.Decode() {
			if c < 0x80 {
				ascii++
			} else {
				other++
			}
		}
		sum += int64((ascii+3)/4 + other)
	}
	return sum
}

// ReportsTokens says whether the model counts the tokens of its input itself.
func (e *Embeddings) ReportsTokens() bool { return e.model.Embedding.Usage }

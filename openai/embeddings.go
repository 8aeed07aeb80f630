package openai

import (
	"fmt"

	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json/jsontext"
)

// EmbeddingRequest is the body of POST /embeddings. It names the fields that
// translation acts on; all others are in Extra.
type EmbeddingRequest struct {
	Model string         `json:"model"`
	Input EmbeddingInput `json:"input,omitzero"`
	// EncodingFormat is float or base64, which OpenAI's SDKs ask for unless
	// told otherwise; "" stands for float.
	EncodingFormat string   `json:"encoding_format,omitempty"`
	Dimensions     *raw.Int `json:"dimensions,omitzero"`

	// ExtraBody and Google carry Google's own options, as in ChatRequest.
	ExtraBody raw.Value `json:"extra_body,omitzero"`
	Google    raw.Value `json:"google,omitzero"`

	Extra map[string]raw.Value `json:",embed"`
}

// EmbeddingInput is what is to be embedded: a text or a list of texts.
type EmbeddingInput struct {
	// Texts are the inputs in their order; nil when there is no input at all.
	Texts []raw.String
	// One marks a text that is not in a list.
	One bool
	// Tokens marks an input that holds ids of tokens. They are not kept.
	Tokens bool
}

// IsZero reports whether no input was given.
func (in EmbeddingInput) IsZero() bool { return in.Texts == nil && !in.Tokens }

// MarshalJSONTo writes the input as it was given. Tokens are not kept, so that
// an input of tokens is written as null.
func (in EmbeddingInput) MarshalJSONTo(enc *jsontext.Encoder) error {
	switch {
	case in.IsZero(), in.Tokens:
		return enc.WriteToken(jsontext.Null)
	case in.One && len(in.Texts) == 1:
		return in.Texts[0].MarshalJSONTo(enc)
	}
	if err := enc.WriteToken(jsontext.BeginArray); err != nil {
		return err
	}
	for _, t := range in.Texts {
		if err := t.MarshalJSONTo(enc); err != nil {
			return err
		}
	}
	return enc.WriteToken(jsontext.EndArray)
}

// UnmarshalJSONFrom takes a string, an array of strings, an array of token ids,
// an array of arrays of token ids, or null.
func (in *EmbeddingInput) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*in = EmbeddingInput{}
	switch k := dec.PeekKind(); k {
	case 'n':
		return dec.SkipValue()
	case '"':
		in.One, in.Texts = true, make([]raw.String, 1)
		return in.Texts[0].UnmarshalJSONFrom(dec)
	case '[':
		return in.readList(dec)
	default:
		return unexpected(dec, k, "a string or an array of strings")
	}
}

func (in *EmbeddingInput) readList(dec *jsontext.Decoder) error {
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	in.Texts = []raw.String{}
	for i := 0; ; i++ {
		switch k := dec.PeekKind(); k {
		case '"':
			var s raw.String
			if err := s.UnmarshalJSONFrom(dec); err != nil {
				return err
			}
			if !in.Tokens { // the list is refused: nothing more is kept of it
				in.Texts = append(in.Texts, s)
			}
		case '0', '[':
			in.Tokens = true
			if err := dec.SkipValue(); err != nil {
				return err
			}
		case ']':
			_, err := dec.ReadToken()
			if in.Tokens {
				in.Texts = nil
			}
			return err
		default:
			return fmt.Errorf("%w at index %d", unexpected(dec, k, "a string"), i)
		}
	}
}

// Formats of an embedding.
const (
	EncodingFloat  = "float"
	EncodingBase64 = "base64"
)

package openai

import "github.com/gemway/gemway/raw"

// ImageRequest is the body of POST /images/generations. It names the fields
// that translation acts on; all others are in Extra.
type ImageRequest struct {
	Model  string     `json:"model,omitempty"`
	Prompt raw.String `json:"prompt"`
	N      *raw.Int   `json:"n,omitzero"`
	// Size is auto or WIDTHxHEIGHT, Quality auto, low, medium, high, standard or hd.
	Size    string `json:"size,omitempty"`
	Quality string `json:"quality,omitempty"`
	// ResponseFormat is url or b64_json, OutputFormat png, jpeg or webp.
	ResponseFormat    string   `json:"response_format,omitempty"`
	OutputFormat      string   `json:"output_format,omitempty"`
	OutputCompression *raw.Int `json:"output_compression,omitzero"`
	Background        string   `json:"background,omitempty"` // auto, opaque or transparent
	Stream            bool     `json:"stream,omitzero"`
	PartialImages     *raw.Int `json:"partial_images,omitzero"`

	// ExtraBody and Google carry Google's own options, as in ChatRequest.
	ExtraBody raw.Value `json:"extra_body,omitzero"`
	Google    raw.Value `json:"google,omitzero"`

	Extra map[string]raw.Value `json:",embed"`
}

// ImagesResponse answers POST /images/generations.
type ImagesResponse struct {
	Created int64            `json:"created"`
	Data    []GeneratedImage `json:"data"`
	// Background, OutputFormat, Quality and Size are left out where they are
	// none of the words the specification knows.
	Background   string      `json:"background,omitempty"`
	OutputFormat string      `json:"output_format,omitempty"`
	Quality      string      `json:"quality,omitempty"`
	Size         string      `json:"size,omitempty"`
	Usage        *ImageUsage `json:"usage,omitzero"`
}

// Write appends the answer to w. Images become segments of their own.
func (r *ImagesResponse) Write(w *raw.Writer) error {
	w.Raw(`{"created":`)
	w.Int(r.Created)
	w.Raw(`,"data":[`)
	for i := range r.Data {
		d := &r.Data[i]
		if i > 0 {
			w.Byte(',')
		}
		w.Byte('{')
		sign := ""
		for _, m := range []struct {
			name  string
			value raw.String
		}{{"b64_json", d.B64JSON}, {"url", d.URL}, {"revised_prompt", d.RevisedPrompt}} {
			if m.value.IsZero() {
				continue
			}
			w.Raw(sign + `"` + m.name + `":`)
			w.String(m.value)
			sign = ","
		}
		w.Byte('}')
	}
	w.Byte(']')
	for _, m := range []struct{ name, value string }{
		{"background", r.Background}, {"output_format", r.OutputFormat}, {"quality", r.Quality}, {"size", r.Size},
	} {
		if m.value != "" {
			w.Raw(`,"` + m.name + `":`)
			w.Text(m.value)
		}
	}
	if r.Usage != nil {
		w.Raw(`,"usage":`)
		if err := w.Encode(r.Usage); err != nil {
			return err
		}
	}
	w.Byte('}')
	return nil
}

// GeneratedImage is one image: base64, or a URL.
type GeneratedImage struct {
	B64JSON       raw.String `json:"b64_json,omitzero"`
	URL           raw.String `json:"url,omitzero"`
	RevisedPrompt raw.String `json:"revised_prompt,omitzero"`
}

// ImageUsage counts the tokens of generated images.
type ImageUsage struct {
	TotalTokens         int64             `json:"total_tokens"`
	InputTokens         int64             `json:"input_tokens"`
	OutputTokens        int64             `json:"output_tokens"`
	InputTokensDetails  ImageTokenDetails `json:"input_tokens_details"`
	OutputTokensDetails ImageTokenDetails `json:"output_tokens_details"`
}

// ImageTokenDetails splits tokens into those of text and those of images.
type ImageTokenDetails struct {
	TextTokens  int64 `json:"text_tokens"`
	ImageTokens int64 `json:"image_tokens"`
}

// ImageCompleted is the type of the event that brings a finished image.
const ImageCompleted = "image_generation.completed"

// ImageEvent is an event of a stream of images.
type ImageEvent struct {
	Type         string     `json:"type"` // ImageCompleted
	B64JSON      raw.String `json:"b64_json"`
	CreatedAt    int64      `json:"created_at"`
	Size         string     `json:"size"`
	Quality      string     `json:"quality"`
	Background   string     `json:"background"`
	OutputFormat string     `json:"output_format"`
	Usage        ImageUsage `json:"usage"`
	// RevisedPrompt is not OpenAI's here, but what Gemini said beside the image.
	RevisedPrompt raw.String `json:"revised_prompt,omitzero"`
}

// TypeImageUser is the type of errors that the prompt of an image is to blame
// for, CodeModeration the code of those that moderation raised.
const (
	TypeImageUser  = "image_generation_user_error"
	CodeModeration = "moderation_blocked"
)

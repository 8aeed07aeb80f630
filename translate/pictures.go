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

// Picture is one image that came. Who converts it changes it in place.
type Picture struct {
	MIMEType string
	Data     raw.String // base64
	// URL is where the client finds the image; nil puts it into a data URL.
	URL raw.String
	// Width and Height are in pixels, 0 when unknown.
	Width, Height int

	revised raw.String
	call    int
}

// imageResult is what a call gave.
type imageResult struct {
	pictures []*Picture
	usage    *gemini.UsageMetadata
	blocked  string // why moderation withheld the images, or some of them
	missing  string // why there are none, for another reason
	said     raw.String
	answered bool
}

// Push takes the answer to a call and returns its images. It may be called for
// different calls at the same time.
func (g *Images) Push(call int, body []byte) ([]*Picture, error) {
	var r imageResult
	var err error
	if g.request == nil {
		r, err = readPredictions(body)
	} else {
		r, err = readGenerated(body)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotGemini, err)
	}
	for _, p := range r.pictures {
		p.call = call
	}
	g.results[call] = r
	return r.pictures, nil
}

// readPredictions reads an answer of Imagen: what was filtered is missing, or
// stands there as a reason.
func readPredictions(body []byte) (imageResult, error) {
	var in gemini.PredictResponse
	if err := json.Unmarshal(body, &in); err != nil {
		return imageResult{}, err
	}
	out := imageResult{answered: true}
	for _, p := range in.Predictions {
		switch {
		case !p.BytesBase64Encoded.Empty():
			out.pictures = append(out.pictures, &Picture{
				MIMEType: imageType(&gemini.Blob{MIMEType: p.MIMEType, Data: p.BytesBase64Encoded}), Data: p.BytesBase64Encoded, revised: p.Prompt,
			})
		case p.RAIFilteredReason != "":
			out.blocked = p.RAIFilteredReason
		}
	}
	if len(out.pictures) == 0 && out.blocked == "" {
		out.blocked = "all images were filtered"
	}
	return out, nil
}

// readGenerated reads an answer of an image model.
func readGenerated(body []byte) (imageResult, error) {
	in, err := gemini.DecodeResponse(body)
	if err != nil {
		return imageResult{}, err
	}
	out := imageResult{usage: in.UsageMetadata}
	if f := in.PromptFeedback; f != nil && f.BlockReason != "" {
		out.answered, out.blocked = true, string(named(blockNumbers, f.BlockReason))
		if f.BlockReasonMessage != "" {
			out.blocked += ": " + f.BlockReasonMessage
		}
	}
	var texts []raw.String
	for i := range in.Candidates {
		c := &in.Candidates[i]
		found := len(out.pictures)
		if c.Content != nil {
			for j := range c.Content.Parts {
				p := &c.Content.Parts[j]
				switch {
				case p.Thought: // drafts, not what was asked for
				case p.InlineData != nil && strings.HasPrefix(p.InlineData.MIMEType, "image/"):
					out.pictures = append(out.pictures, &Picture{MIMEType: imageType(p.InlineData), Data: p.InlineData.Data})
				case !p.Text.Empty():
					texts = append(texts, p.Text)
				}
			}
		}
		reason := finishName(c.FinishReason)
		out.answered = out.answered || reason != "" || c.Content != nil
		if len(out.pictures) > found || reason == "" {
			continue
		}
		why := string(reason)
		if c.FinishMessage != "" {
			why += ": " + c.FinishMessage
		}
		if slices.Contains(filtered, reason) && !slices.Contains(empty, reason) {
			out.blocked = why
		} else if reason != "STOP" {
			out.missing = why
		}
	}
	if len(texts) > 0 {
		out.said = raw.Concat(texts...)
		for _, p := range out.pictures {
			p.revised = out.said
		}
	}
	return out, nil
}

// empty are the reasons that stand among the filtered ones and say that no
// image came, not that it was withheld.
var empty = []gemini.Enum{"NO_IMAGE", "IMAGE_OTHER"}

// Retryable reports that a call gave no image for a reason that the next try
// may not have.
func (g *Images) Retryable(call int) bool {
	r := &g.results[call]
	return len(r.pictures) == 0 && r.blocked == "" && r.said.Empty() && r.answered
}

// Check returns the error of a request that all calls left without an image.
func (g *Images) Check() error {
	var blocked, missing string
	var said raw.String
	answered := false
	for i := range g.results {
		r := &g.results[i]
		if len(r.pictures) > 0 {
			return nil
		}
		if r.blocked != "" {
			blocked = r.blocked
		}
		if r.missing != "" {
			missing = r.missing
		}
		if !r.said.Empty() {
			said = r.said
		}
		answered = answered || r.answered
	}
	switch {
	case blocked != "":
		return openai.NewError(400, openai.TypeImageUser, "", openai.CodeModeration,
			fmt.Sprintf("Your request was rejected by Gemini's safety system (%s). Change the prompt, or set extra_body.google.safety_settings", blocked))
	case !answered:
		return ErrNoAnswer
	}
	message := "Gemini answered without an image"
	if missing != "" {
		message += " (" + missing + ")"
	}
	if !said.Empty() {
		message += fmt.Sprintf(". It said: %.500s", said.Decode())
	}
	return openai.NewError(400, openai.TypeImageUser, "prompt", "no_image", message)
}

// Pictures returns the images for the client, at most as many as it asked for,
// in the order of the calls, and how many more came and were withheld.
func (g *Images) Pictures() (pictures []*Picture, more, blocked int) {
	for i := range g.results {
		pictures = append(pictures, g.results[i].pictures...)
		if g.results[i].blocked != "" {
			blocked++
		}
	}
	if len(pictures) > g.n {
		pictures, more = pictures[:g.n], len(pictures)-g.n
	}
	return pictures, more, blocked
}

// Answer returns the whole answer. It is called when all images are there and
// converted.
func (g *Images) Answer(created int64) *openai.ImagesResponse {
	out := &openai.ImagesResponse{Created: created, Data: []openai.GeneratedImage{}, Usage: g.usage()}
	pictures, _, _ := g.Pictures()
	for i, p := range pictures {
		image := openai.GeneratedImage{RevisedPrompt: p.revised}
		switch {
		case !g.URLs:
			image.B64JSON = p.Data
		case p.URL != nil:
			image.URL = p.URL
		default:
			image.URL = dataURL(p.MIMEType, p.Data)
		}
		out.Data = append(out.Data, image)
		if i == 0 {
			out.OutputFormat, out.Size = p.format(), p.size()
		}
	}
	if q := g.quality(); q != "auto" {
		out.Quality = q
	}
	if g.in.Background == "opaque" {
		out.Background = "opaque"
	}
	return out
}

// Event returns the event that brings one image of a stream.
func (g *Images) Event(p *Picture, created int64) *openai.ImageEvent {
	e := &openai.ImageEvent{
		Type: openai.ImageCompleted, B64JSON: p.Data, CreatedAt: created,
		Size: p.size(), Quality: g.quality(), Background: "opaque", OutputFormat: p.format(), RevisedPrompt: p.revised,
	}
	if e.Size == "" {
		e.Size = "auto"
	}
	// The tokens of a call go with its first image, so that the events add up.
	if r := &g.results[p.call]; r.usage != nil && r.pictures[0] == p {
		addImageUsage(&e.Usage, r.usage)
	}
	return e
}

// Limit is how many images the client gets.
func (g *Images) Limit() int { return g.n }

// quality names the quality asked for in the words of the specification.
func (g *Images) quality() string {
	switch q := g.in.Quality; q {
	case "low", "medium", "high":
		return q
	case "standard":
		return "medium"
	case "hd":
		return "high"
	}
	return "auto"
}

func (p *Picture) format() string {
	switch f := strings.TrimPrefix(p.MIMEType, "image/"); f {
	case FormatPNG, FormatJPEG, FormatWebP:
		return f
	case "jpg":
		return FormatJPEG
	}
	return FormatPNG
}

// Is reports whether the picture has the format.
func (p *Picture) Is(format string) bool { return p.format() == format }

// specSizes are the sizes an answer may name. Gemini's square has one of them.
var specSizes = []string{"1024x1024", "1024x1536", "1536x1024"}

func (p *Picture) size() string {
	if s := fmt.Sprintf("%dx%d", p.Width, p.Height); slices.Contains(specSizes, s) {
		return s
	}
	return ""
}

// usage sums the tokens of all calls, nil where nobody counted: Imagen is paid
// by the image.
func (g *Images) usage() *openai.ImageUsage {
	var u *openai.ImageUsage
	for i := range g.results {
		if m := g.results[i].usage; m != nil {
			if u == nil {
				u = &openai.ImageUsage{}
			}
			addImageUsage(u, m)
		}
	}
	return u
}

func addImageUsage(u *openai.ImageUsage, m *gemini.UsageMetadata) {
	in, out := m.PromptTokenCount+m.ToolUsePromptTokenCount, m.CandidatesTokenCount+m.ThoughtsTokenCount
	inImages, outImages := modality(m.PromptTokensDetails, "IMAGE"), modality(m.CandidatesTokensDetails, "IMAGE")
	u.InputTokens += in
	u.OutputTokens += out
	u.TotalTokens += in + out
	u.InputTokensDetails.ImageTokens += inImages
	u.InputTokensDetails.TextTokens += max(0, in-inImages)
	u.OutputTokensDetails.ImageTokens += outImages
	u.OutputTokensDetails.TextTokens += max(0, out-outImages)
}

func modality(details []gemini.ModalityTokenCount, name gemini.Enum) int64 {
	var n int64
	for _, d := range details {
		if named(modalityNumbers, d.Modality) == name {
			n += d.TokenCount
		}
	}
	return n
}

// dataURL puts base64 behind its type.
func dataURL(mime string, data raw.String) raw.String {
	url := make(raw.String, 0, len(data)+len(mime)+16)
	url = append(url, `"data:`...)
	url = append(url, mime...)
	url = append(url, `;base64,`...)
	url = append(url, data.Inner()...)
	return append(url, '"')
}

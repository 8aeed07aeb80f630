package emulator

import (
	"fmt"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/internal/catalog"
	"github.com/go-json-experiment/json"
)

// prediction is one image of Imagen.
type prediction struct {
	MIMEType           string `json:"mimeType"`
	BytesBase64Encoded []byte `json:"bytesBase64Encoded"`
}

// predict serves :predict, which Imagen and, on Vertex AI, embeddings have.
func (e *Emulator) predict(c *call) *Error {
	body, err := e.body(c, e.config.MaxRequest)
	if err != nil {
		return err
	}
	canonical, err := e.decode(body, "PredictRequest", c.vertex)
	if err != nil {
		return err
	}
	model, err := e.resolve(c, "predict")
	if err != nil {
		return err
	}
	var req gemini.PredictRequest
	if err := json.Unmarshal(canonical, &req); err != nil {
		return invalid("Invalid JSON payload received. %v", err)
	}
	if len(req.Instances) == 0 {
		return invalid("Invalid instances: instances must not be empty.")
	}
	if model.Can("embedding") {
		return e.predictEmbeddings(c, model, &req)
	}
	return e.predictImages(c, model, &req, identify([]byte(model.ID), canonical))
}

// predictImages: one prompt, one to four images. Bounds: documented;
// UNCONFIRMED wording.
func (e *Emulator) predictImages(c *call, model *catalog.Row, req *gemini.PredictRequest, id identity) *Error {
	prompt := parse(req.Instances[0]).get("prompt").text()
	if prompt == "" {
		return invalid("Invalid instances: the prompt must not be empty.")
	}
	p := parse(req.Parameters)
	n := 1
	if v, ok := p.get("sampleCount").number(); ok {
		n = int(v)
	}
	if most := max(4, model.Image.PerCall); n < 1 || n > most {
		return invalid("Invalid value for sampleCount: %d. It has to be between 1 and %d.", n, most)
	}
	ratio, size := p.get("aspectRatio").text(), p.get("sampleImageSize").text()
	if ratio == "" {
		ratio = "1:1"
	}
	mime := p.get("outputOptions").get("mimeType").text()
	if mime != "image/jpeg" {
		mime = "image/png"
	}
	w, h := pixels(ratio, size)
	var out struct {
		Predictions []prediction `json:"predictions,omitempty"`
	}
	for i := range n {
		text := prompt
		if n > 1 {
			text = fmt.Sprintf("%s (%d of %d)", prompt, i+1, n)
		}
		data, err := paint(text, w, h, mime, id.of("image", i))
		if err != nil {
			return refusal(500, statusInternal, "emulator: %v", err)
		}
		out.Predictions = append(out.Predictions, prediction{mime, data})
	}
	if c.fault.kind == faultBlocked { // recorded: fewer entries, down to none
		out.Predictions = nil
	}
	return c.write(out)
}

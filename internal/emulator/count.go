package emulator

import (
	"strings"

	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
)

// countTokens serves :countTokens.
func (e *Emulator) countTokens(c *call) *Error {
	body, err := e.body(c, e.config.MaxRequest)
	if err != nil {
		return err
	}
	canonical, err := e.decode(body, "CountTokensRequest", c.vertex)
	if err != nil {
		return err
	}
	model, err := e.resolve(c, "countTokens")
	if err != nil {
		return err
	}
	var req struct {
		Contents               raw.Value `json:"contents"`
		GenerateContentRequest raw.Value `json:"generateContentRequest"`
	}
	if err := json.Unmarshal(canonical, &req); err != nil {
		return invalid("Invalid JSON payload received. %v", err)
	}
	if len(req.Contents) > 0 && len(req.GenerateContentRequest) > 0 { // UNCONFIRMED wording; documented
		return invalid("contents and generate_content_request are mutually exclusive.")
	}
	whole := canonical
	if len(req.GenerateContentRequest) > 0 {
		whole = req.GenerateContentRequest
		// The model is required here and may not differ. UNCONFIRMED wording.
		name := parse(whole).get("model").text()
		if strings.TrimPrefix(name, "models/") != c.model {
			return invalid("* CountTokensRequest.generate_content_request.model: the model has to be the same as in the path (models/%s)\n", c.model)
		}
	}
	ch := &chat{model: model, vertex: c.vertex}
	if err := ch.read(whole); err != nil {
		return err
	}
	if len(ch.Contents) == 0 {
		return invalid("* CountTokensRequest.contents: contents is not specified\n")
	}
	if err := e.readTurns(ch); err != nil {
		return err
	}
	ch.count()
	return c.write(struct {
		TotalTokens         int64           `json:"totalTokens"`
		PromptTokensDetails []modalityCount `json:"promptTokensDetails,omitempty"`
	}{ch.prompt.total(), ch.prompt.details()})
}

package emulator

import (
	"net/http"

	"github.com/gemway/gemway/internal/catalog"
)

// modelEntry is one model of the list.
type modelEntry struct {
	Name                       string   `json:"name"`
	Version                    string   `json:"version"`
	DisplayName                string   `json:"displayName"`
	Description                string   `json:"description,omitempty"`
	InputTokenLimit            int64    `json:"inputTokenLimit,omitzero"`
	OutputTokenLimit           int64    `json:"outputTokenLimit,omitzero"`
	SupportedGenerationMethods []string `json:"supportedGenerationMethods,omitempty"`
	Temperature                *float64 `json:"temperature,omitzero"`
	TopP                       *float64 `json:"topP,omitzero"`
	TopK                       *int64   `json:"topK,omitzero"`
	MaxTemperature             *float64 `json:"maxTemperature,omitzero"`
	Thinking                   bool     `json:"thinking,omitzero"`
}

// entry describes a model as the list does.
func entry(m *catalog.Row) modelEntry {
	out := modelEntry{
		Name:             "models/" + m.ID,
		Version:          "001",
		DisplayName:      m.DisplayName,
		Description:      m.Description,
		InputTokenLimit:  m.InputTokens,
		OutputTokenLimit: m.OutputTokens,
		Thinking:         m.Thinking.Control != "",

		SupportedGenerationMethods: m.Methods,
	}
	if out.DisplayName == "" {
		out.DisplayName = m.ID
	}
	if m.Has("generateContent") {
		top := 2.0
		if m.MaxTemperature > 0 {
			top = m.MaxTemperature
		}
		out.Temperature, out.TopP, out.MaxTemperature = new(1.0), new(0.95), &top
		if m.TopK {
			out.TopK = new(int64(64))
		}
	}
	return out
}

// listModels serves models: 50 a page, 1,000 at most; recorded.
func (e *Emulator) listModels(c *call) *Error {
	var all []modelEntry
	for _, m := range e.config.Catalog.List() {
		if m.Retired == "" || e.config.ServeRetired {
			all = append(all, entry(m))
		}
	}
	q := c.r.URL.Query()
	list, next, err := page(all, query(q, "pageSize", "page_size"), query(q, "pageToken", "page_token"), 50, 1000)
	if err != nil {
		return err
	}
	return c.write(struct {
		Models        []modelEntry `json:"models"`
		NextPageToken string       `json:"nextPageToken,omitempty"`
	}{list, next})
}

// query returns a parameter by either of its spellings.
func query(q map[string][]string, camel, snake string) string {
	for _, name := range []string{camel, snake} {
		if v := q[name]; len(v) > 0 {
			return v[0]
		}
	}
	return ""
}

// getModel serves models/{model}. Wording: as of the methods, UNCONFIRMED here.
func (e *Emulator) getModel(c *call) *Error {
	m, ok := e.find(c.name, c.vertex)
	if !ok {
		return refusal(http.StatusNotFound, statusNotFound, "Model is not found: models/%s for api version %s", c.name, c.version)
	}
	return c.write(entry(m))
}

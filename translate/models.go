package translate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/openai"
	"github.com/go-json-experiment/json"
)

// ModelPage reads a page of the upstream's list of models. next asks for the
// following page; it is empty on the last. What the list does not say, such as
// the day a model was made, is left to whoever knows.
func ModelPage(body []byte) (models []openai.Model, next string, err error) {
	var page gemini.ListModelsResponse
	if err := json.Unmarshal(body, &page); err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrNotGemini, err)
	}
	for i := range page.Models {
		in := &page.Models[i]
		id := strings.TrimPrefix(in.Name, "models/")
		if id == "" {
			continue
		}
		m := NewModel(id)
		m.DisplayName, m.Description = in.DisplayName, in.Description
		m.ContextWindow, m.MaxOutputTokens = in.InputTokenLimit, in.OutputTokenLimit
		m.Capabilities = &openai.Capabilities{Methods: in.SupportedGenerationMethods}
		models = append(models, m)
	}
	return models, page.NextPageToken, nil
}

// NewModel returns an entry that says no more than the id.
func NewModel(id string) openai.Model {
	return openai.Model{ID: id, Object: "model", OwnedBy: "google"}
}

// Describe adds to a list's entry what is known of the model. methods are the
// native methods it is known to answer; those of the list itself come first.
func Describe(out *openai.Model, m *Model, methods []string) {
	if out.ContextWindow == 0 {
		out.ContextWindow = m.InputTokens
	}
	if out.MaxOutputTokens == 0 {
		out.MaxOutputTokens = m.OutputTokens
	}
	c := &openai.Capabilities{
		Input: m.Input, Output: m.Output,
		Functions: m.Functions, StructuredOutputs: m.JSONOutput, Logprobs: m.Logprobs,
		ReasoningEfforts: m.Thinking.efforts(),
		ImageRatios:      m.Image.Ratios, ImageSizes: m.Image.Sizes, Voices: m.Speech.Voices,
		Methods: methods,
	}
	if out.Capabilities != nil && len(out.Capabilities.Methods) > 0 {
		c.Methods = out.Capabilities.Methods
	}
	if e := m.Embedding; m.Can("embedding") {
		c.Dimensions = &openai.Dimensions{Default: e.Dimensions, Min: e.MinDimensions, Max: e.MaxDimensions}
	}
	if slices.Contains(c.Methods, "generateContent") {
		c.Endpoints = append(c.Endpoints, "/v1/chat/completions")
	}
	if m.Can("embedding") {
		c.Endpoints = append(c.Endpoints, "/v1/embeddings")
	}
	if m.Can("image") {
		c.Endpoints = append(c.Endpoints, "/v1/images/generations")
	}
	out.Capabilities = c
}

// efforts lists the values of reasoning_effort that differ in their effect.
func (th *Thinking) efforts() []string {
	switch th.Control {
	case ThinkingLevel:
		return th.Levels
	case ThinkingBudget:
		all := []string{"none", "low", "medium", "high"}
		if !th.Off {
			all = all[1:]
		}
		return all
	}
	return nil
}

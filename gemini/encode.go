package gemini

import "github.com/gemway/gemway/raw"

// The functions of this file write the requests that matter for speed by
// appending, member by member in the order of the types, and leave the rare
// members to the ordinary encoder. A test holds both to the same document; raw
// members keep their white space here.

// Write appends the request to w.
func (r *GenerateContentRequest) Write(w *raw.Writer) error {
	w.Raw(`{"contents":[`)
	for i := range r.Contents {
		w.Comma()
		if err := r.Contents[i].write(w); err != nil {
			return err
		}
	}
	w.Byte(']')
	if r.SystemInstruction != nil {
		w.Name("systemInstruction")
		if err := r.SystemInstruction.write(w); err != nil {
			return err
		}
	}
	if len(r.Tools) > 0 {
		w.Name("tools")
		w.Byte('[')
		for i := range r.Tools {
			w.Comma()
			if err := r.Tools[i].write(w); err != nil {
				return err
			}
		}
		w.Byte(']')
	}
	for _, m := range []struct {
		name  string
		is    bool
		value any
	}{
		{"toolConfig", r.ToolConfig != nil, r.ToolConfig},
		{"safetySettings", r.SafetySettings != nil, r.SafetySettings},
	} {
		if m.is {
			w.Name(m.name)
			if err := w.Encode(m.value); err != nil {
				return err
			}
		}
	}
	if !r.GenerationConfig.IsZero() {
		w.Name("generationConfig")
		if err := r.GenerationConfig.write(w); err != nil {
			return err
		}
	}
	for _, m := range []struct {
		name  string
		is    bool
		value any
	}{
		{"cachedContent", r.CachedContent != "", r.CachedContent},
		{"serviceTier", r.ServiceTier != "", r.ServiceTier},
		{"labels", len(r.Labels) > 0, r.Labels},
		{"continuationToken", r.ContinuationToken != "", r.ContinuationToken},
	} {
		if m.is {
			w.Name(m.name)
			if err := w.Encode(m.value); err != nil {
				return err
			}
		}
	}
	w.Byte('}')
	return nil
}

// write has a short way for configurations of numbers alone.
func (c *GenerationConfig) write(w *raw.Writer) error {
	if len(c.StopSequences) > 0 || c.ResponseLogprobs || c.Logprobs != nil || c.ResponseMIMEType != "" || c.ResponseSchema != nil || c.ResponseJSONSchema != nil ||
		len(c.ResponseModalities) > 0 || c.SpeechConfig != nil || c.ImageConfig != nil || c.MediaResolution != "" || c.Extra != nil {
		return w.Encode(c)
	}
	w.Byte('{')
	for _, f := range [...]struct {
		name  string
		value *float64
	}{{"temperature", c.Temperature}, {"topP", c.TopP}} {
		if f.value == nil {
			continue
		}
		w.Name(f.name)
		if err := w.Float(*f.value); err != nil {
			return err
		}
	}
	if c.TopK != nil {
		w.Name("topK")
		w.Int(*c.TopK)
	}
	if c.CandidateCount != 0 {
		w.Name("candidateCount")
		w.Int(c.CandidateCount)
	}
	if c.MaxOutputTokens != 0 {
		w.Name("maxOutputTokens")
		w.Int(c.MaxOutputTokens)
	}
	if c.Seed != nil {
		w.Name("seed")
		w.Int(int64(*c.Seed))
	}
	for _, f := range [...]struct {
		name  string
		value *float64
	}{{"presencePenalty", c.PresencePenalty}, {"frequencyPenalty", c.FrequencyPenalty}} {
		if f.value == nil {
			continue
		}
		w.Name(f.name)
		if err := w.Float(*f.value); err != nil {
			return err
		}
	}
	if t := c.ThinkingConfig; t != nil {
		w.Name("thinkingConfig")
		w.Byte('{')
		if t.IncludeThoughts {
			w.Name("includeThoughts")
			w.Raw("true")
		}
		if t.ThinkingBudget != nil {
			w.Name("thinkingBudget")
			w.Int(*t.ThinkingBudget)
		}
		if t.ThinkingLevel != "" {
			w.Name("thinkingLevel")
			w.Text(t.ThinkingLevel)
		}
		w.Byte('}')
	}
	w.Byte('}')
	return nil
}

func (c *Content) write(w *raw.Writer) error {
	w.Byte('{')
	if c.Role != "" {
		w.Name("role")
		w.Text(c.Role)
	}
	if len(c.Parts) > 0 {
		w.Name("parts")
		w.Byte('[')
		for i := range c.Parts {
			w.Comma()
			if err := c.Parts[i].write(w); err != nil {
				return err
			}
		}
		w.Byte(']')
	}
	w.Byte('}')
	return nil
}

func (p *Part) write(w *raw.Writer) error {
	if p.FileData != nil || p.FunctionResponse != nil || p.ExecutableCode != nil || p.CodeExecutionResult != nil || p.Extra != nil ||
		p.VideoMetadata != nil || p.FunctionCall != nil && p.FunctionCall.Extra != nil {
		return w.Encode(p)
	}
	w.Byte('{')
	if p.Text != nil {
		w.Name("text")
		w.String(p.Text)
	}
	if b := p.InlineData; b != nil {
		w.Name("inlineData")
		w.Byte('{')
		if b.MIMEType != "" {
			w.Name("mimeType")
			w.Text(b.MIMEType)
		}
		if b.Data != nil {
			w.Name("data")
			w.String(b.Data)
		}
		if b.DisplayName != "" {
			w.Name("displayName")
			w.Text(b.DisplayName)
		}
		w.Byte('}')
	}
	if f := p.FunctionCall; f != nil {
		w.Name("functionCall")
		w.Byte('{')
		if f.ID != "" {
			w.Name("id")
			w.Text(f.ID)
		}
		w.Name("name")
		w.Text(f.Name)
		if f.Args != nil {
			w.Name("args")
			w.Value(f.Args)
		}
		w.Byte('}')
	}
	if p.Thought {
		w.Name("thought")
		w.Raw("true")
	}
	if p.ThoughtSignature != nil {
		w.Name("thoughtSignature")
		w.String(p.ThoughtSignature)
	}
	if p.MediaResolution != nil {
		w.Name("mediaResolution")
		if err := w.Encode(p.MediaResolution); err != nil {
			return err
		}
	}
	w.Byte('}')
	return nil
}

func (t *Tool) write(w *raw.Writer) error {
	if t.Extra != nil || len(t.FunctionDeclarations) == 0 {
		return w.Encode(t)
	}
	w.Raw(`{"functionDeclarations":[`)
	for i := range t.FunctionDeclarations {
		d := &t.FunctionDeclarations[i]
		w.Comma()
		w.Raw(`{"name":`)
		w.Text(d.Name)
		if d.Description != nil {
			w.Name("description")
			w.String(d.Description)
		}
		if d.Parameters != nil {
			w.Name("parameters")
			w.Value(d.Parameters)
		}
		if d.ParametersJSONSchema != nil {
			w.Name("parametersJsonSchema")
			w.Value(d.ParametersJSONSchema)
		}
		w.Byte('}')
	}
	w.Raw(`]}`)
	return nil
}

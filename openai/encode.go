package openai

import "github.com/gemway/gemway/raw"

// The functions of this file write the answers that matter for speed by
// appending, member by member in the order of the types, and leave the rare
// members to the ordinary encoder. A test holds both to the same bytes.

// Write appends the completion to w.
func (c *ChatCompletion) Write(w *raw.Writer) error {
	w.Raw(`{"id":`)
	w.Text(c.ID)
	w.Raw(`,"object":`)
	w.Text(c.Object)
	w.Raw(`,"created":`)
	w.Int(c.Created)
	w.Raw(`,"model":`)
	w.Text(c.Model)
	w.Raw(`,"choices":[`)
	for i := range c.Choices {
		ch := &c.Choices[i]
		w.Comma()
		w.Raw(`{"index":`)
		w.Int(int64(ch.Index))
		w.Raw(`,"message":`)
		if err := ch.Message.write(w); err != nil {
			return err
		}
		w.Raw(`,"logprobs":`)
		if ch.Logprobs == nil {
			w.Raw("null")
		} else if err := w.Encode(ch.Logprobs); err != nil {
			return err
		}
		w.Raw(`,"finish_reason":`)
		w.Text(ch.FinishReason)
		w.Byte('}')
	}
	w.Byte(']')
	if c.Usage != nil {
		w.Raw(`,"usage":`)
		c.Usage.Write(w)
	}
	if c.ServiceTier != "" {
		w.Raw(`,"service_tier":`)
		w.Text(c.ServiceTier)
	}
	w.Byte('}')
	return nil
}

func (m *AnswerMessage) write(w *raw.Writer) error {
	w.Raw(`{"role":`)
	w.Text(m.Role)
	w.Raw(`,"content":`)
	w.String(m.Content)
	w.Raw(`,"refusal":`)
	w.String(m.Refusal)
	if m.ReasoningContent != nil {
		w.Raw(`,"reasoning_content":`)
		w.String(m.ReasoningContent)
	}
	if len(m.Annotations) > 0 {
		w.Raw(`,"annotations":`)
		if err := w.Encode(m.Annotations); err != nil {
			return err
		}
	}
	if len(m.ToolCalls) > 0 {
		w.Raw(`,"tool_calls":`)
		if err := writeCalls(w, m.ToolCalls); err != nil {
			return err
		}
	}
	if m.FunctionCall != nil {
		w.Raw(`,"function_call":`)
		m.FunctionCall.write(w)
	}
	if len(m.Images) > 0 {
		w.Raw(`,"images":`)
		if err := writeImages(w, m.Images); err != nil {
			return err
		}
	}
	if m.Audio != nil {
		w.Raw(`,"audio":`)
		if err := w.Encode(m.Audio); err != nil {
			return err
		}
	}
	if m.ExtraContent != nil {
		w.Raw(`,"extra_content":`)
		if err := m.ExtraContent.write(w); err != nil {
			return err
		}
	}
	w.Byte('}')
	return nil
}

func writeCalls(w *raw.Writer, calls []ToolCall) error {
	w.Byte('[')
	for i := range calls {
		c := &calls[i]
		w.Comma()
		if c.Function == nil || c.ThoughtSignature != nil || c.ProviderFields != nil {
			if err := w.Encode(c); err != nil {
				return err
			}
			continue
		}
		w.Byte('{')
		if c.Index != nil {
			w.Name("index")
			w.Int(int64(*c.Index))
		}
		if c.ID != "" {
			w.Name("id")
			w.Text(c.ID)
		}
		if c.Type != "" {
			w.Name("type")
			w.Text(c.Type)
		}
		w.Name("function")
		c.Function.write(w)
		if c.ExtraContent != nil {
			w.Name("extra_content")
			if err := c.ExtraContent.write(w); err != nil {
				return err
			}
		}
		w.Byte('}')
	}
	w.Byte(']')
	return nil
}

func (f *FunctionCall) write(w *raw.Writer) {
	w.Byte('{')
	if f.Name != "" {
		w.Name("name")
		w.Text(f.Name)
	}
	w.Name("arguments")
	w.String(f.Arguments)
	if f.ThoughtSignature != nil {
		w.Name("thought_signature")
		w.String(f.ThoughtSignature)
	}
	w.Byte('}')
}

func writeImages(w *raw.Writer, images []Image) error {
	w.Byte('[')
	for i := range images {
		img := &images[i]
		w.Comma()
		w.Raw(`{"type":`)
		w.Text(img.Type)
		w.Raw(`,"index":`)
		w.Int(int64(img.Index))
		w.Raw(`,"image_url":{"url":`)
		w.String(img.ImageURL.URL)
		if img.ImageURL.Detail != "" {
			w.Raw(`,"detail":`)
			w.Text(img.ImageURL.Detail)
		}
		w.Byte('}')
		if img.ExtraContent != nil {
			w.Raw(`,"extra_content":`)
			if err := img.ExtraContent.write(w); err != nil {
				return err
			}
		}
		w.Byte('}')
	}
	w.Byte(']')
	return nil
}

// write has a short way for the commonest content, a lone signature.
func (e *ExtraContent) write(w *raw.Writer) error {
	g := e.Google
	if e.Vertex != nil || g == nil || g.ThoughtSignature == nil || g.Thought || g.FinishReason != "" || g.FinishMessage != "" ||
		g.BlockReason != "" || g.SafetyRatings != nil || g.GroundingMetadata != nil || g.CitationMetadata != nil ||
		g.URLContextMetadata != nil || g.TrafficType != "" || len(g.Parts) > 0 {
		return w.Encode(e)
	}
	w.Raw(`{"google":{"thought_signature":`)
	w.String(g.ThoughtSignature)
	w.Raw(`}}`)
	return nil
}

// Write appends the usage to w.
func (u *Usage) Write(w *raw.Writer) {
	w.Raw(`{"prompt_tokens":`)
	w.Int(u.PromptTokens)
	w.Raw(`,"completion_tokens":`)
	w.Int(u.CompletionTokens)
	w.Raw(`,"total_tokens":`)
	w.Int(u.TotalTokens)
	p := &u.PromptTokensDetails
	w.Raw(`,"prompt_tokens_details":{"cached_tokens":`)
	w.Int(p.CachedTokens)
	w.Raw(`,"audio_tokens":`)
	w.Int(p.AudioTokens)
	optional(w, "text_tokens", p.TextTokens)
	optional(w, "image_tokens", p.ImageTokens)
	c := &u.CompletionTokensDetails
	w.Raw(`},"completion_tokens_details":{"reasoning_tokens":`)
	w.Int(c.ReasoningTokens)
	w.Raw(`,"audio_tokens":`)
	w.Int(c.AudioTokens)
	optional(w, "text_tokens", c.TextTokens)
	optional(w, "image_tokens", c.ImageTokens)
	w.Raw(`,"accepted_prediction_tokens":`)
	w.Int(c.AcceptedPredictionTokens)
	w.Raw(`,"rejected_prediction_tokens":`)
	w.Int(c.RejectedPredictionTokens)
	w.Raw(`}}`)
}

func optional(w *raw.Writer, name string, n int64) {
	if n != 0 {
		w.Name(name)
		w.Int(n)
	}
}

// Write appends the chunk to w.
func (c *ChatChunk) Write(w *raw.Writer) error {
	w.Raw(`{"id":`)
	w.Text(c.ID)
	w.Raw(`,"object":`)
	w.Text(c.Object)
	w.Raw(`,"created":`)
	w.Int(c.Created)
	w.Raw(`,"model":`)
	w.Text(c.Model)
	if c.ServiceTier != "" {
		w.Raw(`,"service_tier":`)
		w.Text(c.ServiceTier)
	}
	w.Raw(`,"choices":[`)
	for i := range c.Choices {
		ch := &c.Choices[i]
		w.Comma()
		w.Raw(`{"index":`)
		w.Int(int64(ch.Index))
		w.Raw(`,"delta":`)
		if err := ch.Delta.write(w); err != nil {
			return err
		}
		w.Raw(`,"logprobs":`)
		if ch.Logprobs == nil {
			w.Raw("null")
		} else if err := w.Encode(ch.Logprobs); err != nil {
			return err
		}
		w.Raw(`,"finish_reason":`)
		if ch.FinishReason == nil {
			w.Raw("null")
		} else {
			w.Text(*ch.FinishReason)
		}
		w.Byte('}')
	}
	w.Byte(']')
	if c.Usage != nil {
		w.Raw(`,"usage":`)
		w.Value(c.Usage)
	}
	w.Byte('}')
	return nil
}

func (d *Delta) write(w *raw.Writer) error {
	w.Byte('{')
	if d.Role != "" {
		w.Name("role")
		w.Text(d.Role)
	}
	if d.Content != nil {
		w.Name("content")
		w.String(d.Content)
	}
	if d.ReasoningContent != nil {
		w.Name("reasoning_content")
		w.String(d.ReasoningContent)
	}
	if len(d.ToolCalls) > 0 {
		w.Name("tool_calls")
		if err := writeCalls(w, d.ToolCalls); err != nil {
			return err
		}
	}
	if d.FunctionCall != nil {
		w.Name("function_call")
		d.FunctionCall.write(w)
	}
	if len(d.Images) > 0 {
		w.Name("images")
		if err := writeImages(w, d.Images); err != nil {
			return err
		}
	}
	if d.Audio != nil {
		w.Name("audio")
		if err := w.Encode(d.Audio); err != nil {
			return err
		}
	}
	if len(d.Annotations) > 0 {
		w.Name("annotations")
		if err := w.Encode(d.Annotations); err != nil {
			return err
		}
	}
	if d.ExtraContent != nil {
		w.Name("extra_content")
		if err := d.ExtraContent.write(w); err != nil {
			return err
		}
	}
	w.Byte('}')
	return nil
}

package translate

import (
	"encoding/base64"
	"strings"

	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
)

// SkipSignature is what Google documents for calls whose thought signature is
// not known: it switches the check off for that call, at some cost in quality.
// https://ai.google.dev/gemini-api/docs/thought-signatures
const SkipSignature = "skip_thought_signature_validator"

// sign completes the signatures of a batch of calls that one model turn made:
// what the client brought back, else what the server remembers, else, where
// the model insists, the documented stand-in on the first call, the only one
// that is checked. Damaged signatures count as missing: Gemini refuses them.
func (t *chatRequest) sign(calls []call) {
	for i := range calls {
		c := &calls[i]
		if !validSignature(c.signature) {
			c.signature = nil
		}
		if c.signature == nil && t.opt.Signature != nil && c.id != "" {
			if s, ok := t.opt.Signature(c.id); ok {
				c.signature = s
			}
		}
	}
	if t.model.SignaturesEnforced && calls[0].signature == nil {
		calls[0].signature = raw.Quote(SkipSignature)
	}
}

// validSignature reports whether s can be a signature: base64 in either
// alphabet. JSON escapes of a slash are allowed.
func validSignature(s raw.String) bool {
	if s.Empty() {
		return false
	}
	text := strings.TrimRight(s.Decode(), "=")
	if text == "" {
		return false
	}
	enc := base64.RawStdEncoding
	if strings.ContainsAny(text, "-_") {
		enc = base64.RawURLEncoding
	}
	_, err := enc.DecodeString(text)
	return err == nil
}

// messageSignature finds a signature that a client keeps on the message
// instead of on its call or text: Google's own endpoint does so, and other
// gateways have dialects of their own.
func messageSignature(m *openai.Message) raw.String {
	more := m.More()
	if s := firstString(more.ExtraContent.Signature(), more.ThoughtSignature); s != nil {
		return s
	}
	// Lingua: "…", or ["…",null] with an element for each call
	signatures := []raw.Value{more.ReasoningSignature}
	if more.ReasoningSignature.Kind() == '[' && json.Unmarshal(more.ReasoningSignature, &signatures) != nil {
		signatures = nil
	}
	for _, s := range signatures {
		if s.Kind() == '"' && validSignature(raw.String(s)) {
			return raw.String(s)
		}
	}
	// OpenRouter: [{"type":"reasoning.encrypted","data":"…"}]
	var details []struct {
		Type string     `json:"type"`
		Data raw.String `json:"data"`
	}
	if len(more.ReasoningDetails) > 0 && json.Unmarshal(more.ReasoningDetails, &details) == nil {
		for _, d := range details {
			if d.Type == "reasoning.encrypted" && validSignature(d.Data) {
				return d.Data
			}
		}
	}
	// LiteLLM: [{"type":"thinking","thinking":"…","signature":"…"}]
	var blocks []struct {
		Signature raw.String `json:"signature"`
	}
	if len(more.ThinkingBlocks) > 0 && json.Unmarshal(more.ThinkingBlocks, &blocks) == nil {
		for _, b := range blocks {
			if validSignature(b.Signature) {
				return b.Signature
			}
		}
	}
	return nil
}

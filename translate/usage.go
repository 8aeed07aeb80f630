package translate

import (
	"strings"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/openai"
)

// Usage sums the tokens of all calls. Gemini counts thoughts and the results
// of its own tools apart; here thoughts belong to the completion and the
// results to the prompt, so that prompt and completion add up to the total.
func (a *Answer) Usage() *openai.Usage {
	u := &openai.Usage{}
	for i := range a.usage {
		addUsage(u, &a.usage[i])
	}
	for i := range a.past {
		addUsage(u, &a.past[i])
	}
	return u
}

func addUsage(u *openai.Usage, g *gemini.UsageMetadata) {
	u.PromptTokens += g.PromptTokenCount + g.ToolUsePromptTokenCount
	u.CompletionTokens += g.CandidatesTokenCount + g.ThoughtsTokenCount
	u.TotalTokens = u.PromptTokens + u.CompletionTokens
	u.PromptTokensDetails.CachedTokens += g.CachedContentTokenCount
	u.CompletionTokensDetails.ReasoningTokens += g.ThoughtsTokenCount
	for _, d := range g.PromptTokensDetails {
		switch named(modalityNumbers, d.Modality) {
		case "TEXT":
			u.PromptTokensDetails.TextTokens += d.TokenCount
		case "AUDIO":
			u.PromptTokensDetails.AudioTokens += d.TokenCount
		case "IMAGE":
			u.PromptTokensDetails.ImageTokens += d.TokenCount
		}
	}
	for _, d := range g.CandidatesTokensDetails {
		switch named(modalityNumbers, d.Modality) {
		case "TEXT":
			u.CompletionTokensDetails.TextTokens += d.TokenCount
		case "AUDIO":
			u.CompletionTokensDetails.AudioTokens += d.TokenCount
		case "IMAGE":
			u.CompletionTokensDetails.ImageTokens += d.TokenCount
		}
	}
}

// serviceTier names the tier that served the answer, in OpenAI's words, or ""
// where Gemini does not say.
func (a *Answer) serviceTier() string {
	for i := range a.usage {
		switch tier := strings.ToLower(string(a.usage[i].ServiceTier)); tier {
		case "standard":
			return "default"
		case "flex", "priority":
			return tier
		}
		switch a.usage[i].TrafficType {
		case "ON_DEMAND":
			return "default"
		case "ON_DEMAND_FLEX":
			return "flex"
		case "ON_DEMAND_PRIORITY":
			return "priority"
		}
	}
	return ""
}

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

// mostTokens is more than any request can have, and a sum of many still fits.
const mostTokens = 1 << 40

// count takes over a new count. The last one counts, even where it is smaller:
// Gemini's first guess at a prompt's tokens often is too high. Chunks without a
// count leave it as it is. What cannot be is cut to what can.
func (a *Answer) count(have, now *gemini.UsageMetadata) {
	if now.PromptTokenCount == 0 && now.CandidatesTokenCount == 0 && now.TotalTokenCount == 0 && have.TotalTokenCount != 0 {
		return
	}
	*have = *now // numbers and names: nothing that refers to the chunk
	for _, n := range [...]*int64{
		&have.PromptTokenCount, &have.CachedContentTokenCount, &have.CandidatesTokenCount,
		&have.ThoughtsTokenCount, &have.ToolUsePromptTokenCount, &have.TotalTokenCount,
	} {
		a.possible(n)
	}
	for _, details := range [...][]gemini.ModalityTokenCount{have.PromptTokensDetails, have.CandidatesTokensDetails} {
		for i := range details {
			a.possible(&details[i].TokenCount)
		}
	}
}

func (a *Answer) possible(n *int64) {
	if *n < 0 || *n > mostTokens {
		*n = min(max(*n, 0), mostTokens)
		a.miscounted = true
	}
}

// Miscounted reports whether Gemini's counts were impossible, and Usage is what
// is left of them.
func (a *Answer) Miscounted() bool { return a.miscounted }

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

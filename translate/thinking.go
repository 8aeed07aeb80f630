package translate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/openai"
)

// Efforts of OpenAI in rising order, and the levels of Gemini likewise.
var (
	efforts = []string{"none", "minimal", "low", "medium", "high", "xhigh", "max"}
	levels  = []string{"minimal", "low", "medium", "high"}
)

// effortBudgets are Google's own numbers for models that think by budget; its
// page of 2025 rounds them to 1,000, 8,000 and 24,000.
// https://ai.google.dev/gemini-api/docs/openai
var effortBudgets = map[string]int64{
	"minimal": 1024, "low": 1024, "medium": 8192, "high": 24576,
	"xhigh": 1 << 31, "max": 1 << 31, // as much as the model allows
}

// thinking maps reasoning_effort, its spellings elsewhere, and
// extra_body.google.thinking_config.
func (t *chatRequest) thinking() error {
	effort, param := "", "reasoning_effort"
	var budget *int64
	if t.in.ReasoningEffort != nil {
		effort = string(*t.in.ReasoningEffort)
	}
	if r := t.in.Reasoning; r != nil {
		if effort == "" && r.Effort != "" {
			effort, param = string(r.Effort), "reasoning.effort"
		}
		if r.MaxTokens != nil {
			n := int64(*r.MaxTokens)
			budget = &n
		}
		t.chat.noThought = r.Exclude
	}
	if effort == "disable" { // LiteLLM's word
		effort = "none"
	}
	if effort != "" && !slices.Contains(efforts, effort) {
		return openai.Invalid(param, "invalid_value",
			fmt.Sprintf("%s must be one of %s, got %q", param, strings.Join(efforts, ", "), effort))
	}

	config := t.ext.thinking
	if config != nil && effort != "" && (config.level != "" || config.budget != nil) {
		return openai.Invalid("reasoning_effort", "invalid_value",
			"reasoning_effort and extra_body.google.thinking_config set the same thing: send only one of them")
	}
	level := ""
	include := effort != "" && effort != "none"
	if config != nil {
		level = config.level
		if config.budget != nil {
			budget = config.budget
		}
		if config.include != nil {
			include = *config.include
		}
	}
	if level != "" {
		effort = level // the levels are efforts of the same names
	}
	if t.without("reasoning_effort") {
		return nil
	}
	if (effort != "" || budget != nil || include) && t.model.Thinking.Control == "" {
		// A model that does not think refuses any thinkingConfig.
		if effort != "" && effort != "none" {
			t.ignore(param)
		}
		return nil
	}
	var out gemini.ThinkingConfig
	out.IncludeThoughts = include
	switch {
	case effort == "" && budget == nil:
		if !include {
			return nil
		}
	case t.model.Thinking.Control == ThinkingBudget:
		n := int64(0)
		switch {
		case effort == "none":
		case effort != "":
			n = effortBudgets[effort]
		default:
			n = *budget
		}
		n, exact := t.model.Thinking.budget(n)
		if !exact && effort == "none" {
			t.ignore(param)
		}
		out.ThinkingBudget = &n
	default:
		if effort == "" {
			effort = effortOfBudget(*budget)
			if effort == "" {
				break // dynamic: the model's own default
			}
		}
		if effort == "none" {
			// No model that thinks by level can be silenced: the lowest level is
			// as near as it gets, and the caller is told.
			t.ignore(param)
		}
		out.ThinkingLevel = strings.ToUpper(t.model.Thinking.level(effort))
	}
	t.config.ThinkingConfig = &out
	return nil
}

// budget brings a budget into the model's range. It reports whether 0, off,
// could be kept.
func (th *Thinking) budget(n int64) (int64, bool) {
	switch {
	case n < 0:
		return -1, true // dynamic
	case n == 0:
		if th.Off {
			return 0, true
		}
		return th.Min, false
	default:
		return min(max(n, th.Min), th.Max), true
	}
}

// level gives the model's level that is nearest to an effort, the higher one
// of two that are equally near.
func (th *Thinking) level(effort string) string {
	want := 3 // high, xhigh, max
	switch effort {
	case "none", "minimal":
		want = 0
	case "low":
		want = 1
	case "medium":
		want = 2
	}
	best, distance := "", 100
	for _, l := range th.Levels {
		d := slices.Index(levels, l) - want
		if d < 0 {
			d = -d
		}
		if d <= distance { // levels rise, so a later tie is the higher one
			best, distance = l, d
		}
	}
	return best
}

// effortOfBudget gives the effort whose budget is nearest from above, and ""
// for a dynamic budget.
func effortOfBudget(n int64) string {
	switch {
	case n < 0:
		return ""
	case n == 0:
		return "none"
	case n <= 1024:
		return "low"
	case n <= 8192:
		return "medium"
	default:
		return "high"
	}
}

package translate

import (
	"fmt"
	"maps"
	"slices"

	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
)

//go:generate go test -run ^TestParametersPage$ . -update

// Decision is what becomes of a parameter.
type Decision string

// Decisions.
const (
	Map     Decision = "map"     // Gemini has it
	Emulate Decision = "emulate" // Gemini has not, the effect is had all the same
	Ignore  Decision = "ignore"  // accepted without effect on the meaning of the answer
	Refuse  Decision = "refuse"  // a 400: ignoring it would change the meaning of the answer
)

// Parameter is one row of the table that decides over OpenAI's parameters.
type Parameter struct {
	Name     string
	Decision Decision
	To       string // where it goes in Gemini's API
	Note     string // why, or under which conditions
	// Notice marks ignored parameters that a caller might miss: they are named
	// in the x-gemway-ignored header when they are sent.
	Notice bool
}

// ChatParameters decides over every parameter of POST /chat/completions.
// docs/parameters.md is generated from it.
var ChatParameters = []Parameter{
	{Name: "audio", Decision: Map, To: "generationConfig.speechConfig", Note: "voices by name; wav and pcm16; speech models only"},
	{Name: "extra_body", Decision: Map, To: "the native request", Note: "Google's own options under extra_body.google, in camelCase or snake_case"},
	{Name: "frequency_penalty", Decision: Map, To: "generationConfig.frequencyPenalty", Note: "ignored, with notice, for models without penalties"},
	{Name: "function_call", Decision: Map, To: "toolConfig.functionCallingConfig", Note: "answered with message.function_call"},
	{Name: "functions", Decision: Map, To: "tools[].functionDeclarations", Note: "answered with message.function_call"},
	{Name: "google", Decision: Map, To: "the native request", Note: "the same as extra_body.google"},
	{Name: "logit_bias", Decision: Refuse, Note: "its token ids are OpenAI's; an empty one is accepted"},
	{Name: "logprobs", Decision: Map, To: "generationConfig.responseLogprobs", Note: "ignored, with notice, for models without them"},
	{Name: "max_completion_tokens", Decision: Map, To: "generationConfig.maxOutputTokens", Note: "both count reasoning; clamped to the model's limit"},
	{Name: "max_tokens", Decision: Map, To: "generationConfig.maxOutputTokens", Note: "max_completion_tokens wins"},
	{Name: "messages", Decision: Map, To: "contents, systemInstruction", Note: "the `name` of a message is ignored: Gemini has no place for it; say in the text who speaks"},
	{Name: "metadata", Decision: Ignore, Note: "nothing is stored that it could be kept with"},
	{Name: "modalities", Decision: Map, To: "generationConfig.responseModalities", Note: "text, audio (speech models), image (image models)"},
	{Name: "model", Decision: Map, To: "the path"},
	{Name: "moderation", Decision: Ignore, Note: "Gemini moderates by its safety settings", Notice: true},
	{Name: "n", Decision: Map, To: "generationConfig.candidateCount", Note: "by parallel calls where the model gives one candidate, and in streams"},
	{Name: "parallel_tool_calls", Decision: Emulate, Note: "false: only the first call of an answer is passed on"},
	{Name: "prediction", Decision: Ignore, Note: "a hint for speed"},
	{Name: "presence_penalty", Decision: Map, To: "generationConfig.presencePenalty", Note: "ignored, with notice, for models without penalties"},
	{Name: "prompt_cache_key", Decision: Ignore, Note: "Gemini caches by itself"},
	{Name: "prompt_cache_options", Decision: Ignore, Note: "Gemini caches by itself"},
	{Name: "prompt_cache_retention", Decision: Ignore, Note: "Gemini caches by itself"},
	{Name: "reasoning", Decision: Map, To: "generationConfig.thinkingConfig", Note: "other gateways' form of reasoning_effort"},
	{Name: "reasoning_effort", Decision: Map, To: "generationConfig.thinkingConfig", Note: "budget or level by model, clamped; thoughts come as reasoning_content"},
	{Name: "response_format", Decision: Map, To: "generationConfig.responseMimeType, responseJsonSchema", Note: "beside tools on models that refuse the pair: emulated by a function"},
	{Name: "safety_identifier", Decision: Ignore, Note: "telemetry"},
	{Name: "seed", Decision: Map, To: "generationConfig.seed", Note: "folded into 32 bits"},
	{Name: "service_tier", Decision: Map, To: "serviceTier", Note: "default is standard; auto and unknown tiers are left to Gemini"},
	{Name: "stop", Decision: Map, To: "generationConfig.stopSequences", Note: "up to 5; empty ones are left out"},
	{Name: "store", Decision: Ignore, Note: "answers are not stored", Notice: true},
	{Name: "stream", Decision: Map, To: "the method"},
	{Name: "stream_options", Decision: Map, To: "the form of the stream", Note: "include_usage; include_obfuscation is ignored"},
	{Name: "temperature", Decision: Map, To: "generationConfig.temperature", Note: "ignored, with notice, for models with fixed sampling"},
	{Name: "tool_choice", Decision: Map, To: "toolConfig.functionCallingConfig", Note: "all of OpenAI's forms, and validated"},
	{Name: "tools", Decision: Map, To: "tools", Note: "functions, custom tools as functions, Google's own tools by name"},
	{Name: "top_k", Decision: Map, To: "generationConfig.topK", Note: "not OpenAI's, but common"},
	{Name: "top_logprobs", Decision: Map, To: "generationConfig.logprobs"},
	{Name: "top_p", Decision: Map, To: "generationConfig.topP", Note: "ignored, with notice, for models with fixed sampling"},
	{Name: "user", Decision: Ignore, Note: "telemetry"},
	{Name: "verbosity", Decision: Ignore, Note: "a hint Gemini has no setting for", Notice: true},
	{Name: "web_search_options", Decision: Map, To: "tools[].googleSearch", Note: "context size and location have no counterpart"},
}

func findParameter(table []Parameter, name string) (Parameter, bool) {
	for _, p := range table {
		if p.Name == name {
			return p, true
		}
	}
	return Parameter{}, false
}

// applyTable applies the decisions of a table to members that nothing else
// reads. It returns the names to report as ignored, or the refusal.
func applyTable(table []Parameter, extra map[string]raw.Value) (ignored []string, err error) {
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		if trivial(extra[name]) {
			continue
		}
		p, known := findParameter(table, name)
		switch {
		case !known || p.Notice:
			ignored = append(ignored, name)
		case p.Decision == Refuse:
			return nil, openai.Invalid(name, "unsupported_parameter", fmt.Sprintf("%s is not supported: %s", name, p.Note))
		}
	}
	return ignored, nil
}

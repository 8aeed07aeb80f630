package translate

import (
	"regexp"
	"strings"

	"github.com/gemway/gemway/gemini"
)

// penalties stands, in Options.Without, for presence_penalty and
// frequency_penalty: Gemini's refusal does not say which one it means.
const penalties = "penalties"

// refusable are hints that models refuse and that can be dropped without
// changing what the answer means. One of the words must be in the sentence
// beside a word of refusal.
var refusable = []struct {
	hint string
	says []string
}{
	{penalties, []string{"penalty is not", "penalty not"}},
	{"logprobs", []string{"logprobs"}},
	{"reasoning_effort", []string{"thinking level", "thinking_level", "thinkinglevel", "thinking budget", "thinking_budget", "thinkingbudget", "thinking is not", "thinking mode"}},
	{"seed", []string{"seed"}},
	{"top_k", []string{"top_k", "topk", "top-k"}},
	{"top_p", []string{"top_p", "topp", "top-p"}},
	{"temperature", []string{"temperature"}},
	{"detail", []string{"media resolution", "media_resolution", "mediaresolution"}},
	{"n", []string{"multiple candidates", "candidate_count", "candidatecount"}},
	{"service_tier", []string{"service tier", "service_tier", "servicetier"}},
}

// refusing are the words with which Gemini says that a model lacks something.
// A value out of range is not among them: that is the client's to mend.
var refusing = []string{
	"is not enabled", "not supported", "unsupported", "does not support", "is not available", "only works in thinking mode", "budget is invalid", "is invalid",
	"cannot find field", "deprecated",
}

// schemaWords are what refusals of a schema have in common: a path into one, or
// a sentence of their own.
var schemaWords = []string{
	".parameters", "parameters_json_schema", "parametersjsonschema", "response_schema", "responseschema", "response_json_schema", "responsejsonschema",
	"maximum allowed nesting depth", "too many states for serving", "parameters schema should be of type", "set alongside unsupported fields",
}

var unknownName = regexp.MustCompile(`Unknown name "(\w+)"(?: at '([^']*)')?`)

// Refusal says what another try of a request that Gemini refused should leave
// out: a hint, by its name in Options.Without, or JSON Schema, by
// Options.OpenAPISchema. Both are zero where another try is of no use.
//
// Gemini says so in words only, and changes them; so this is conservative: it
// looks at INVALID_ARGUMENT alone and never names what would change the
// meaning of the answer.
func Refusal(e *gemini.Error) (hint string, schema bool) {
	if e.Code != 400 || e.Status != "" && e.Status != "INVALID_ARGUMENT" {
		return "", false
	}
	text := strings.ToLower(e.Message)
	if strings.Contains(text, "response mime type") {
		return "", false // JSON together with tools: no matter of the schema
	}
	for _, m := range unknownName.FindAllStringSubmatch(e.Message, -1) {
		param, at := configParams[camel(m[1])], strings.ToLower(m[2])
		if param == "top_logprobs" { // goes with logprobs
			param = "logprobs"
		}
		if (at == "" || strings.HasPrefix(at, "generation")) && droppable(param) {
			return param, false
		}
	}
	for _, w := range schemaWords {
		if strings.Contains(text, w) {
			return "", true
		}
	}
	for _, r := range refusable {
		if containsAny(text, r.says) && containsAny(text, refusing) {
			return r.hint, false
		}
	}
	return "", false
}

func droppable(param string) bool {
	switch param {
	case "presence_penalty", "frequency_penalty", "logprobs", "seed", "top_k", "top_p", "temperature", "reasoning_effort", "detail", "n":
		return true
	}
	return false
}

func containsAny(text string, words []string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

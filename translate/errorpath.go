package translate

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gemway/gemway/raw"
)

// origins says which parts of the client's request the native one is made of,
// so that Gemini's complaints can name them in the client's terms.
type origins struct {
	functions []string // path of each function declaration, such as tools[3].function
	contents  []int    // first message of each content; -1: none
}

// formatOrigin is where the declaration of the emulated final answer comes from.
const formatOrigin = "response_format"

// googlePath finds paths into the native request within Gemini's sentences, in
// either spelling: tools[0].function_declarations[3].parameters.properties[x].
var googlePath = regexp.MustCompile(
	`(?:GenerateContentRequest\.)?\b(?:tools\[|tool_?[cC]onfig\b|generation_?[cC]onfig\b|contents\[|system_?[iI]nstruction\b|safety_?[sS]ettings\b|cached_?[cC]ontent\b)` +
		`[\w$]*(?:\]|\[[^\]\s]*\]|\.[\w$]+)*`)

// configParams gives members of generationConfig their names in OpenAI's API.
var configParams = map[string]string{
	"temperature": "temperature", "topP": "top_p", "topK": "top_k", "candidateCount": "n", "maxOutputTokens": "max_completion_tokens",
	"stopSequences": "stop", "seed": "seed", "presencePenalty": "presence_penalty", "frequencyPenalty": "frequency_penalty",
	"responseLogprobs": "logprobs", "logprobs": "top_logprobs", "responseMimeType": "response_format", "thinkingConfig": "reasoning_effort",
	"responseModalities": "modalities", "speechConfig": "audio", "mediaResolution": "detail",
	"responseSchema": "response_format.json_schema.schema", "responseJsonSchema": "response_format.json_schema.schema",
}

// pathSteps takes a path of Google's apart: names and, in brackets, indexes.
func pathSteps(path string) []string {
	var out []string
	for name := range strings.SplitSeq(path, ".") {
		name, rest, _ := strings.Cut(name, "[")
		if name != "" {
			out = append(out, name)
		}
		for rest != "" {
			index, more, ok := strings.Cut(rest, "]")
			if !ok {
				break
			}
			out = append(out, "["+index)
			rest = strings.TrimPrefix(more, "[")
		}
	}
	return out
}

// index reads the step [n.
func stepIndex(steps []string, i int) (int, bool) {
	if i >= len(steps) || !strings.HasPrefix(steps[i], "[") {
		return 0, false
	}
	n, err := strconv.Atoi(steps[i][1:])
	return n, err == nil && n >= 0
}

// openAIPath turns a path of Google's into OpenAI's, as near as it can: "" when
// nothing of the client's request stands there.
func (c *Chat) openAIPath(path string) string {
	steps := pathSteps(strings.TrimPrefix(path, "GenerateContentRequest."))
	if len(steps) == 0 {
		return ""
	}
	switch camel(steps[0]) {
	case "tools":
		return c.toolPath(steps)
	case "toolConfig":
		return "tool_choice"
	case "contents":
		return c.messagePath(steps)
	case "systemInstruction":
		return "messages"
	case "safetySettings":
		return "extra_body.google.safety_settings"
	case "cachedContent":
		return "extra_body.google.cached_content"
	case "generationConfig":
		if len(steps) == 1 {
			return ""
		}
		name := camel(steps[1])
		param, ok := configParams[name]
		if !ok {
			return "extra_body.google.generation_config." + steps[1]
		}
		if name == "maxOutputTokens" && c.limitParam != "" {
			return c.limitParam
		}
		if name == "responseSchema" || name == "responseJsonSchema" {
			var sent raw.Value
			if g := c.Request.GenerationConfig; g != nil {
				if sent = g.ResponseSchema; name == "responseJsonSchema" {
					sent = g.ResponseJSONSchema
				}
			}
			return param + schemaPath(sent, steps[2:])
		}
		return param
	}
	return ""
}

// toolPath names the client's tool. Gemini counts functions apart from its own
// tools and in one list; the client's order is another.
func (c *Chat) toolPath(steps []string) string {
	i, ok := stepIndex(steps, 1)
	if !ok || len(steps) < 4 || camel(steps[2]) != "functionDeclarations" {
		return "tools"
	}
	n, ok := stepIndex(steps, 3)
	if !ok || n >= len(c.origins.functions) {
		return "tools"
	}
	path := c.origins.functions[n]
	if len(steps) == 4 {
		return path
	}
	field, sent := camel(steps[4]), raw.Value(nil)
	if i < len(c.Request.Tools) && n < len(c.Request.Tools[i].FunctionDeclarations) {
		d := &c.Request.Tools[i].FunctionDeclarations[n]
		if sent = d.Parameters; field == "parametersJsonSchema" {
			sent = d.ParametersJSONSchema
		}
	}
	switch {
	case path == formatOrigin:
		return formatOrigin + ".json_schema.schema" + schemaPath(sent, steps[5:])
	case field == "parameters", field == "parametersJsonSchema":
		return path + ".parameters" + schemaPath(sent, steps[5:])
	default:
		return path + "." + steps[4]
	}
}

// schemaPath writes the way into a schema with the names of properties where
// Google has their index.
func schemaPath(sent raw.Value, steps []string) string {
	var b strings.Builder
	for i := 0; i < len(steps); i++ {
		s := steps[i]
		if !strings.HasPrefix(s, "[") {
			name := camel(s)
			sent = child(sent, name)
			b.WriteString("." + name)
			if name == "properties" || name == "$defs" || name == "defs" {
				if i+1 >= len(steps) || !strings.HasPrefix(steps[i+1], "[") {
					continue
				}
				i++
				key := steps[i][1:]
				if n, err := strconv.Atoi(key); err == nil && child(sent, key) == nil {
					if name, ok := memberName(sent, n); ok {
						key = name
					}
				}
				sent = child(sent, key)
				b.WriteString("." + key)
				if i+1 < len(steps) && steps[i+1] == "value" { // an entry of a map
					i++
				}
			}
			continue
		}
		sent = child(sent, s[1:])
		b.WriteString(s + "]")
	}
	return b.String()
}

// memberName returns the name of the nth member of an object.
func memberName(v raw.Value, n int) (string, bool) {
	if v.Kind() != '{' {
		return "", false
	}
	all, err := objectMembers(v)
	if err != nil || n >= len(all) {
		return "", false
	}
	return all[n].name, true
}

// messagePath names the first message a content is made of.
func (c *Chat) messagePath(steps []string) string {
	if n, ok := stepIndex(steps, 1); ok && n < len(c.origins.contents) && c.origins.contents[n] >= 0 {
		return fmt.Sprintf("messages[%d]", c.origins.contents[n])
	}
	return "messages"
}

// openAITerms rewrites the paths and the names of functions in a sentence of
// Gemini's. It returns the first path too.
func (c *Chat) openAITerms(text string) (out, first string) {
	out = googlePath.ReplaceAllStringFunc(text, func(m string) string {
		end := strings.TrimRight(m, ".")
		path := c.openAIPath(end)
		if path == "" {
			return m
		}
		if first == "" {
			first = path
		}
		return path + m[len(end):]
	})
	out = strings.ReplaceAll(out, "default_api:", "")
	out = strings.ReplaceAll(out, "* GenerateContentRequest.", "")
	if c.names != nil {
		for _, native := range c.names.renamed() {
			out = strings.ReplaceAll(out, native, c.names.client[native])
		}
	}
	return out, first
}

// renamed lists the native names that differ from the client's, longest first.
func (n *names) renamed() []string {
	var out []string
	for native, client := range n.client {
		if native != client {
			out = append(out, native)
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return out
}

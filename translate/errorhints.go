package translate

import (
	"fmt"
	"strings"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/openai"
)

// hint is what to do about a sentence of Gemini's, and the parameter it is
// about where the sentence names no path.
type hint struct {
	says   []string // all of them, in lower case
	param  string
	remedy string
}

// hints are the sentences users could make nothing of, with the remedy. Gemini
// rewords them at times: they only add to what it said, nothing depends on them.
var hints = []hint{
	{[]string{"missing a thought_signature"}, "messages", "Send the tool calls of earlier answers back unchanged, extra_content included."},
	{[]string{"corrupted thought signature"}, "messages", "A thought signature in the history was changed on its way: send extra_content back unchanged, or leave it out."},
	{[]string{"base64 decoding failed"}, "messages", "A medium or a thought signature in the messages is not base64."},
	{[]string{"response mime type", "unsupported"}, "response_format", "This model does not take response_format together with these tools: leave one of them out, or choose a Gemini 3 model."},
	{[]string{"set mode to any instead"}, "response_format", "This model does not take response_format together with tools: leave one of them out."},
	{[]string{"number of function response parts"}, "messages", "Each tool call of an assistant message needs exactly one tool message with its tool_call_id."},
	{[]string{"function call turn comes immediately after"}, "messages", "An assistant message with tool calls must follow a user or a tool message."},
	{[]string{"function response turn comes immediately after"}, "messages", "Tool messages must follow the assistant message that made their calls."},
	{[]string{"function_response.name"}, "messages", "A tool message answers no call of the history: check its tool_call_id."},
	{[]string{"contents is not specified"}, "messages", "Send at least one message with content."},
	{[]string{"empty text parameter"}, "messages", "A message has no text."},
	{[]string{"must have a text parameter"}, "messages", "A message has no text."},
	{[]string{"required oneof field 'data'"}, "messages", "A message has a part without content."},
	{[]string{"ending with a model turn"}, "messages", "This model takes no prefilled answer: end with a user or a tool message."},
	{[]string{"unsupported mime type"}, "messages", "Send media of a type that Gemini reads, such as image/png, image/jpeg, image/webp, application/pdf, audio/wav, audio/mp3 or video/mp4."},
	{[]string{"unable to process input image"}, "messages", "The image is damaged, or not of the type its data URL names."},
	{[]string{"unsupported file uri"}, "messages", "Send the medium as a data URL."},
	{[]string{"cannot fetch content from the provided url"}, "messages", "Send the medium as a data URL."},
	{[]string{"maximum allowed nesting depth"}, "tools", "A schema nests too deep: make it flatter."},
	{[]string{"too many states for serving"}, "response_format", "The schema allows too many combinations: shorten enums and property names, or drop bounds and optional properties."},
	{[]string{"should be non-empty for object type"}, "", "Give the object properties, or leave its schema out."},
	{[]string{"items: missing field"}, "", "Say in items what the array holds."},
	{[]string{"only 'enum' and 'date-time' are supported for string"}, "", "Leave format out, or describe it in the description."},
	{[]string{"only allowed for string type"}, "", "Enums are made of strings."},
	{[]string{"enum", "cannot be empty"}, "", "Leave the empty string out of the enum."},
	{[]string{"property is not defined"}, "", "required may name declared properties only."},
	{[]string{"must be specified when not using one_of"}, "", "Give the schema a type."},
	{[]string{"set alongside unsupported fields"}, "", "Nothing but description and default may stand beside $ref."},
	{[]string{"field predicate failed: $type == type.array"}, "", "items goes with the type array only."},
	{[]string{"should be of type object"}, "", "The parameters of a function are an object: {\"type\":\"object\",\"properties\":{…}}."},
	{[]string{"penalty is not enabled"}, "frequency_penalty", "Leave frequency_penalty and presence_penalty out for this model."},
	{[]string{"logprobs is not enabled"}, "logprobs", "Leave logprobs and top_logprobs out for this model."},
	{[]string{"multiple candidates is not enabled"}, "n", "Send n 1, or several requests."},
	{[]string{"thinking level", "not supported"}, "reasoning_effort", "Choose another reasoning_effort for this model."},
	{[]string{"thinking_level is not supported"}, "reasoning_effort", "This model thinks by budget: use reasoning_effort, or thinking_budget."},
	{[]string{"thinking budget", "invalid"}, "reasoning_effort", "Choose another reasoning_effort or thinking_budget for this model."},
	{[]string{"only works in thinking mode"}, "reasoning_effort", "This model cannot stop thinking: use reasoning_effort low."},
	{[]string{"thinking is not enabled"}, "reasoning_effort", "This model does not think: leave reasoning_effort out."},
	{[]string{"only one of thinking budget and thinking level"}, "reasoning_effort", "Send reasoning_effort, thinking_budget or thinking_level alone."},
	{[]string{"tool use with function calling is unsupported"}, "tools", "This model does not take Google's own tools together with functions: use one kind, or a Gemini 3 model."},
	{[]string{"include_server_side_tool_invocations"}, "tools", "This model does not take Google's own tools together with functions as they were sent: use one kind."},
	{[]string{"calling config is set without function_declarations"}, "tool_choice", "tool_choice needs tools."},
	{[]string{"duplicate function declaration"}, "tools", "Names of tools must differ."},
	{[]string{"function calling is not enabled"}, "tools", "This model does not call functions: choose another one."},
	{[]string{"malformed publisher model name"}, "model", "Write the model as gemini-…, without a prefix."},
	{[]string{"cachedcontent can not be used with"}, "extra_body.google.cached_content", "System messages and tools belong into the cached content, not beside it."},
	{[]string{"developer instruction is not enabled"}, "messages", "This model takes no system messages: put their text into the first user message."},
	{[]string{"user location is not supported"}, "", "Google does not serve the Gemini API where this server stands."},
}

// hintFor finds the remedy for a sentence.
func hintFor(text string) (hint, bool) {
	text = strings.ToLower(text)
next:
	for _, h := range hints {
		for _, s := range h.says {
			if !strings.Contains(text, s) {
				continue next
			}
		}
		return h, true
	}
	return hint{}, false
}

// Error words what Gemini refused of this request: like the function Error, and
// with paths, names and remedies in the terms of the request the client sent.
// model is the id the client sent.
func (c *Chat) Error(status int, e *gemini.Error, model string) *openai.Error {
	out := Error(status, e, model)
	if out.Status != 400 && out.Status != 404 {
		return out
	}
	text, param := c.openAITerms(out.Message)
	for _, v := range e.Parse().FieldViolations {
		if param == "" && v.Field != "" {
			param = c.openAIPath(v.Field)
		}
	}
	if h, ok := hintFor(e.Message); ok {
		text = fmt.Sprintf("%s %s", strings.TrimRight(text, " \n"), h.remedy)
		if param == "" {
			param = h.param
		}
	}
	out.Message = text
	if param != "" && out.Param == nil {
		out.Param = &param
	}
	return out
}

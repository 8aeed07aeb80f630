package translate_test

import (
	"strings"
	"testing"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
	"github.com/gemway/gemway/translate"
	"github.com/go-json-experiment/json"
)

// chatOf translates a request, which must succeed.
func chatOf(t *testing.T, body string, opt translate.Options) *translate.Chat {
	t.Helper()
	var req openai.ChatRequest
	if err := json.Unmarshal([]byte(body), &req); err != nil {
		t.Fatal(err)
	}
	c, err := translate.NewChat(&req, opt)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func invalidArgument(message string) *gemini.Error {
	return &gemini.Error{Code: 400, Status: "INVALID_ARGUMENT", Message: message}
}

// Google's paths come out in the client's terms: its order of tools and
// messages, its names.
func TestErrorPaths(t *testing.T) {
	c := chatOf(t, `{"model":"m","max_tokens":5,"messages":[
		{"role":"system","content":"s"},{"role":"user","content":"q"},
		{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"get weather","arguments":"{}"}}]},
		{"role":"tool","tool_call_id":"a","content":"x"},{"role":"user","content":"and?"}],
		"response_format":{"type":"json_schema","json_schema":{"name":"r","schema":{"type":"object","properties":{"p":{"type":"string"},"q":{"type":"string"}}}}},
		"tools":[{"google_search":{}},
			{"type":"function","function":{"name":"first"}},
			{"type":"function","function":{"name":"get weather","parameters":{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"array","items":{"type":"string"}}}}}}]}`,
		translate.Options{Model: &gemini3})
	for _, test := range []struct{ said, message, param string }{
		{
			"* GenerateContentRequest.tools[0].function_declarations[1].parameters.properties[days].items: missing field.\n",
			"tools[2].function.parameters.properties.days.items: missing field.", "tools[2].function.parameters.properties.days.items",
		},
		{
			`Invalid JSON payload received. Unknown name "propertyNames" at 'tools[0].function_declarations[1].parameters_json_schema.properties[1].value': Cannot find field.`,
			`Unknown name "propertyNames" at 'tools[2].function.parameters.properties.days': Cannot find field.`, "tools[2].function.parameters.properties.days",
		},
		{
			"Invalid value at 'generation_config.response_json_schema.properties[q].enum[0]' (TYPE_STRING), 7",
			"'response_format.json_schema.schema.properties.q.enum[0]'", "response_format.json_schema.schema.properties.q.enum[0]",
		},
		{"Invalid value at 'generation_config.max_output_tokens' (TYPE_INT32)", "'max_tokens'", "max_tokens"},
		{"* GenerateContentRequest.contents[1].parts[0].function_call.name: bad", "messages[2]: bad", "messages[2]"},
		{"* GenerateContentRequest.contents[2].parts[0].function_response.name: Name cannot be empty.", "messages[3]: Name cannot be empty.", "messages[3]"},
		{"* GenerateContentRequest.contents[3].parts[0].data: required oneof field 'data' must have one initialized field", "messages[4]: required", "messages[4]"},
		{
			"Function call is missing a thought_signature in functionCall parts. Additional data, function call `default_api:get_weather` , position 2.",
			"function call `get weather` , position 2.", "messages",
		},
		{"Penalty is not enabled for models/x", "Leave frequency_penalty and presence_penalty out for this model.", "frequency_penalty"},
		{"A schema in GenerationConfig in the request exceeds the maximum allowed nesting depth.", "make it flatter", "tools"},
	} {
		e := c.Error(400, invalidArgument(test.said), "my-model")
		if !strings.Contains(e.Message, test.message) {
			t.Errorf("%s\n got %s\nwant …%s", test.said, e.Message, test.message)
		}
		if e.Status != 400 || e.Type != openai.TypeInvalidRequest || e.Param == nil || *e.Param != test.param {
			t.Errorf("%s: status %d, type %s, param %v, want %s", test.said, e.Status, e.Type, e.Param, test.param)
		}
	}
	violation := invalidArgument("Request contains an invalid argument.")
	violation.Details = append(violation.Details, raw.Value(`{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"generation_config.temperature","description":"x"}]}`))
	if e := c.Error(400, violation, "m"); e.Param == nil || *e.Param != "temperature" {
		t.Errorf("param of a field violation: %v", e.Param)
	}
	if e := c.Error(429, &gemini.Error{Code: 429, Status: "RESOURCE_EXHAUSTED", Message: "tools[0]"}, "m"); e.Param != nil || e.Message != "tools[0]" {
		t.Errorf("429 was reworded: %q %v", e.Message, e.Param)
	}
}

// What another try leaves out is known by the sentences reported for it; what
// changes the meaning of the answer is never left out.
func TestRefusal(t *testing.T) {
	for said, want := range map[string]struct {
		hint   string
		schema bool
	}{
		"Penalty is not enabled for this model":                                                                     {"penalties", false},
		"Penalty is not enabled for models/gemini-2.5-flash":                                                        {"penalties", false},
		"Logprobs is not enabled for models/gemini-2.5-flash":                                                       {"logprobs", false},
		"Thinking level is not supported for this model.":                                                           {"reasoning_effort", false},
		"thinking_level is not supported by this model":                                                             {"reasoning_effort", false},
		"Budget 0 is invalid. This model only works in thinking mode.":                                              {"reasoning_effort", false},
		"Multiple candidates is not enabled for models/x":                                                           {"n", false},
		"Per-part media resolution is not enabled for models/x":                                                     {"detail", false},
		`Invalid JSON payload received. Unknown name "seed" at 'generation_config': Cannot find field.`:             {"seed", false},
		`Invalid JSON payload received. Unknown name "frequencyPenalty" at 'generation_config': Cannot find field.`: {"frequency_penalty", false},

		`Invalid JSON payload received. Unknown name "$schema" at 'tools[0].function_declarations[0].parameters': Cannot find field.`:   {"", true},
		`Invalid JSON payload received. Unknown name "parametersJsonSchema" at 'tools[0].function_declarations[0]': Cannot find field.`: {"", true},
		"A schema in GenerationConfig in the request exceeds the maximum allowed nesting depth.":                                        {"", true},
		"The specified schema produces a constraint that has too many states for serving.":                                              {"", true},
		"* GenerateContentRequest.tools[0].function_declarations[0].parameters.properties[x].items: missing field.":                     {"", true},
		"parameters schema should be of type OBJECT.":                                                                                   {"", true},
		"reference #/$defs/a was set alongside unsupported fields: only description and default":                                        {"", true},

		"Function calling with a response mime type: 'application/json' is unsupported":                                   {"", false},
		"Function call is missing a thought_signature in functionCall parts.":                                             {"", false},
		"Requests ending with a model turn are not supported.":                                                            {"", false},
		"API key not valid. Please pass a valid API key.":                                                                 {"", false},
		"Unable to submit request because it has a temperature value of 1000 but the supported range is from 0 to 2.0001": {"", false},
		"The input token count (1250060) exceeds the maximum number of tokens allowed (1048575).":                         {"", false},
		"Tool use with function calling is unsupported":                                                                   {"", false},
	} {
		hint, schema := translate.Refusal(invalidArgument(said))
		if hint != want.hint || schema != want.schema {
			t.Errorf("%s: got %q, %v", said, hint, schema)
		}
	}
	for _, e := range []*gemini.Error{
		{Code: 429, Status: "RESOURCE_EXHAUSTED", Message: "Penalty is not enabled"},
		{Code: 400, Status: "FAILED_PRECONDITION", Message: "Penalty is not enabled"},
		{Code: 500, Status: "INTERNAL", Message: "response_schema"},
	} {
		if hint, schema := translate.Refusal(e); hint != "" || schema {
			t.Errorf("%v: got %q, %v", e, hint, schema)
		}
	}
}

// A hint named in Without is left out of the next try and reported.
func TestWithout(t *testing.T) {
	model := gemini3
	model.Penalties, model.Logprobs, model.TopK, model.MaxCandidates, model.Input = true, true, true, 8, []string{"text", "image"}
	body := `{"model":"m","n":2,"seed":1,"top_k":3,"temperature":0.5,"frequency_penalty":1,"presence_penalty":1,"logprobs":true,"reasoning_effort":"low","service_tier":"flex",
		"messages":[{"role":"user","content":[{"type":"text","text":"q"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo=","detail":"low"}}]}]}`
	for hint, gone := range map[string]string{
		"penalties": "Penalty", "seed": "seed", "top_k": "topK", "temperature": "temperature", "logprobs": "Logprobs",
		"reasoning_effort": "thinkingConfig", "service_tier": "serviceTier", "detail": "mediaResolution", "n": "candidateCount",
	} {
		_, with := request(t, body, translate.Options{Model: &model})
		c, without := request(t, body, translate.Options{Model: &model, Without: []string{hint}})
		if !strings.Contains(with, gone) || strings.Contains(without, gone) {
			t.Errorf("%s:\nwith    %s\nwithout %s", hint, with, without)
		}
		if hint == "n" {
			if c.Calls != 2 {
				t.Errorf("n without candidateCount takes %d calls", c.Calls)
			}
		} else if len(c.Ignored) == 0 {
			t.Errorf("%s is not reported as ignored", hint)
		}
	}
}

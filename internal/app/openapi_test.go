package app

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gemway/gemway/internal/config"
	"github.com/gemway/gemway/translate"
	"github.com/gemway/gemway/web"
	"github.com/go-json-experiment/json"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

type object = map[string]any

// description is the API's description, and its schemas with one rule more:
// answers hold nothing that is not described.
type description struct {
	whole  object
	strict *jsonschema.Compiler
}

const address = "https://gemway.invalid/openapi.json"

func describe(t *testing.T) *description {
	t.Helper()
	b, err := web.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	d := &description{strict: jsonschema.NewCompiler()}
	var closed any
	for _, into := range []any{&d.whole, &closed} {
		if err := json.Unmarshal(b, into); err != nil {
			t.Fatal(err)
		}
	}
	closeObjects(closed.(object)["components"])
	if err := d.strict.AddResource(address, closed); err != nil {
		t.Fatal(err)
	}
	return d
}

// closeObjects forbids members that an object's properties do not list.
func closeObjects(v any) {
	switch v := v.(type) {
	case object:
		if _, ok := v["properties"].(object); ok && v["type"] != nil && v["additionalProperties"] == nil {
			v["additionalProperties"] = false
		}
		for _, inner := range v {
			closeObjects(inner)
		}
	case []any:
		for _, inner := range v {
			closeObjects(inner)
		}
	}
}

func (d *description) schema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	s, err := d.strict.Compile(address + "#/components/schemas/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// offline returns the whole program with the emulator behind it.
func offline(t *testing.T) http.Handler {
	t.Helper()
	cfg := config.Default()
	cfg.Offline = true
	a, err := New(cfg, Outside{Log: NewLog(io.Discard, cfg.Log, false)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.close)
	return a
}

func ask(t *testing.T, h http.Handler, method, path string, body []byte) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// valid checks a value in JSON by a schema.
func valid(t *testing.T, what string, s *jsonschema.Schema, b []byte) {
	t.Helper()
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%s: %v: %s", what, err, b)
	}
	if err := s.Validate(v); err != nil {
		t.Errorf("%s: %v\n%.600s", what, err, b)
	}
}

// openAI compiles schemas of OpenAI's own specification by name. Without the
// folder beside the repository it returns nil, except in CI.
func openAI(t *testing.T) func(name string) *jsonschema.Schema {
	t.Helper()
	b, err := os.ReadFile(filepath.FromSlash("../../../shared/reference/openai-chat-schemas.json"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Logf("without OpenAI's schemas: %v", err)
		return nil
	}
	var file struct {
		Schemas object `json:"schemas"`
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	const at = "https://openai.invalid/spec"
	c := jsonschema.NewCompiler()
	if err := c.AddResource(at, object{"components": object{"schemas": nullable(file.Schemas)}}); err != nil {
		t.Fatal(err)
	}
	return func(name string) *jsonschema.Schema {
		s, err := c.Compile(at + "#/components/schemas/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

// nullable writes OpenAPI 3.0's nullable as JSON Schema does.
func nullable(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = nullable(v[i])
		}
	case object:
		for k := range v {
			v[k] = nullable(v[k])
		}
		if null, _ := v["nullable"].(bool); null {
			delete(v, "nullable")
			return object{"anyOf": []any{v, object{"type": "null"}}}
		}
	}
	return v
}

// TestAnswers sends every example of the description, and more, and checks the
// answers by the description and by OpenAI's own.
func TestAnswers(t *testing.T) {
	d, theirs, h := describe(t), openAI(t), offline(t)
	check := func(what, ours, openai string, b []byte) {
		t.Helper()
		valid(t, what, d.schema(t, ours), b)
		if theirs != nil && openai != "" {
			valid(t, what+" by OpenAI's schema", theirs(openai), b)
		}
	}
	whole := map[string][2]string{
		"/chat/completions":   {"ChatCompletion", "CreateChatCompletionResponse"},
		"/embeddings":         {"EmbeddingList", ""}, // OpenAI's schema knows no base64
		"/images/generations": {"ImageList", "ImagesResponse"},
	}
	for path, item := range d.whole["paths"].(object) {
		post, ok := item.(object)["post"].(object)
		if !ok {
			continue
		}
		content := post["requestBody"].(object)["content"].(object)["application/json"].(object)
		for name, e := range content["examples"].(object) {
			what := path + " " + name
			value := e.(object)["value"].(object)
			body, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			got := ask(t, h, http.MethodPost, "/v1"+path, body)
			if got.Code != http.StatusOK {
				t.Errorf("%s: status %d: %s", what, got.Code, got.Body)
				continue
			}
			if value["stream"] != true {
				check(what, whole[path][0], whole[path][1], got.Body.Bytes())
				continue
			}
			events := strings.Split(strings.TrimSuffix(got.Body.String(), "\n\n"), "\n\n")
			if len(events) < 3 || events[len(events)-1] != "data: [DONE]" {
				t.Errorf("%s: the stream is %q", what, events)
			}
			for _, event := range events[:len(events)-1] {
				check(what, "ChatCompletionChunk", "CreateChatCompletionStreamResponse", []byte(strings.TrimPrefix(event, "data: ")))
			}
		}
	}
	chat := func(members string) []byte {
		return []byte(`{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"What is the weather in Paris?"}],` + members + `}`)
	}
	for name, members := range map[string]string{
		"thoughts": `"reasoning_effort":"low"`, "two answers": `"n":2`, "no reasoning": `"reasoning_effort":"none"`,
		"length": `"max_tokens":1`, "a legacy function": `"functions":[{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}]`,
		"JSON": `"response_format":{"type":"json_object"}`, "search": `"web_search_options":{}`,
	} {
		got := ask(t, h, http.MethodPost, "/v1/chat/completions", chat(members))
		if got.Code != http.StatusOK {
			t.Errorf("%s: status %d: %s", name, got.Code, got.Body)
			continue
		}
		check(name, "ChatCompletion", "CreateChatCompletionResponse", got.Body.Bytes())
	}
	for path, schemas := range map[string][2]string{
		"/v1/models": {"ModelList", "ListModelsResponse"}, "/v1/models/gemini-2.5-flash": {"Model", "Model"},
		"/healthz": {"Health", ""}, "/readyz": {"Health", ""},
	} {
		got := ask(t, h, http.MethodGet, path, nil)
		if got.Code != http.StatusOK {
			t.Errorf("%s: status %d", path, got.Code)
		}
		check(path, schemas[0], schemas[1], got.Body.Bytes())
	}
	for name, e := range map[string]struct {
		path, body string
		status     int
	}{
		"no messages": {"/v1/chat/completions", `{"model":"gemini-2.5-flash"}`, 400}, "no JSON": {"/v1/chat/completions", `{`, 400},
		"unknown model": {"/v1/chat/completions", `{"model":"no-such","messages":[{"role":"user","content":"x"}]}`, 404},
		"unknown route": {"/v1/nothing", `{}`, 404}, "no texts": {"/v1/embeddings", `{"model":"gemini-embedding-001","input":[]}`, 400},
	} {
		got := ask(t, h, http.MethodPost, e.path, []byte(e.body))
		if got.Code != e.status {
			t.Errorf("%s: status %d, want %d", name, got.Code, e.status)
		}
		check(name, "ErrorEnvelope", "ErrorResponse", got.Body.Bytes())
	}
}

// TestParameters compares the description of requests with the tables that
// decide over parameters.
func TestParameters(t *testing.T) {
	d := describe(t)
	for name, table := range map[string][]translate.Parameter{
		"ChatRequest": translate.ChatParameters, "EmbeddingRequest": translate.EmbeddingParameters, "ImageRequest": translate.ImageParameters,
	} {
		schemas := d.whole["components"].(object)["schemas"].(object)
		properties := schemas[name].(object)["properties"].(object)
		decided := map[string]bool{}
		for _, p := range table {
			decided[p.Name] = true
			property, ok := properties[p.Name].(object)
			if !ok {
				t.Errorf("%s lacks %s", name, p.Name)
				continue
			}
			if property["x-gemway"] != string(p.Decision) {
				t.Errorf("%s.%s is described as %v, decided is %s", name, p.Name, property["x-gemway"], p.Decision)
			}
			text, _ := property["description"].(string)
			if told := strings.Contains(text, "x-gemway-ignored"); told != p.Notice {
				t.Errorf("%s.%s: the description speaks of x-gemway-ignored: %v, notice is given: %v", name, p.Name, told, p.Notice)
			}
		}
		for p := range properties {
			if !decided[p] {
				t.Errorf("%s.%s is described, but nothing decides over it", name, p)
			}
		}
	}
}

// TestAdditions compares the properties of our schemas with those of OpenAI's:
// what is not theirs is marked as an addition, and nothing of theirs is.
func TestAdditions(t *testing.T) {
	b, err := os.ReadFile(filepath.FromSlash("../../../shared/reference/openai-chat-schemas.json"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("OpenAI's schemas are not there: %v", err)
	}
	var file struct {
		Schemas object `json:"schemas"`
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	ours := describe(t).whole["components"].(object)["schemas"].(object)
	for name, theirs := range map[string]string{
		"ChatRequest": "CreateChatCompletionRequest", "ChatCompletion": "CreateChatCompletionResponse",
		"AnswerMessage": "ChatCompletionResponseMessage", "Delta": "ChatCompletionStreamResponseDelta",
		"ChatCompletionChunk": "CreateChatCompletionStreamResponse", "EmbeddingList": "CreateEmbeddingResponse",
		"ImageList": "ImagesResponse", "Model": "Model", "ModelList": "ListModelsResponse", "Error": "Error",
	} {
		known := members(file.Schemas, file.Schemas[theirs].(object))
		schema := ours[name].(object)
		properties := schema["properties"].(object)
		for p, v := range properties {
			addition := v.(object)["x-gemway-extension"] == true
			if known[p] == addition {
				t.Errorf("%s.%s: at OpenAI %v, marked as an addition %v", name, p, known[p], addition)
			}
		}
		if name == "ChatRequest" {
			for p := range known {
				if properties[p] == nil {
					t.Errorf("%s: OpenAI's %s is not described", name, p)
				}
			}
		}
		required, _ := file.Schemas[theirs].(object)["required"].([]any)
		for _, p := range required {
			if list, _ := schema["required"].([]any); !slices.Contains(list, p) {
				t.Errorf("%s.%s is required at OpenAI", name, p)
			}
		}
	}
}

// members are the properties of a schema and of those it is made of.
func members(all, schema object) map[string]bool {
	out := map[string]bool{}
	if ref, ok := schema["$ref"].(string); ok {
		if target, ok := all[ref[strings.LastIndex(ref, "/")+1:]].(object); ok {
			maps.Copy(out, members(all, target))
		}
	}
	for _, part := range append(slices.Clone(list(schema["allOf"])), list(schema["anyOf"])...) {
		maps.Copy(out, members(all, part.(object)))
	}
	if properties, ok := schema["properties"].(object); ok {
		for p := range properties {
			out[p] = true
		}
	}
	return out
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

package replay_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// shapes are the schemas of OpenAI's own specification.
type shapes struct {
	completion, chunk, failure, embeddings, images, models, model validator
}

type validator interface{ Validate(v any) error }

// unchecked stands in where the specification is not there.
type unchecked struct{}

func (unchecked) Validate(any) error { return nil }

// loadShapes compiles the schemas out of ../shared/reference. Without that
// folder answers are checked for everything but their schema, except in CI.
func loadShapes(t testing.TB) *shapes {
	t.Helper()
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(root, "..", "shared", "reference", "openai-chat-schemas.json"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("OpenAI's schemas are missing: %v", err)
		}
		t.Logf("no schemas: %v", err)
		u := unchecked{}
		return &shapes{u, u, u, u, u, u, u}
	}
	var file struct {
		Schemas json.RawMessage `json:"schemas"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	schemas, err := decode(file.Schemas)
	if err != nil {
		t.Fatal(err)
	}
	const url = "https://openai.invalid/spec"
	c := jsonschema.NewCompiler()
	if err := c.AddResource(url, map[string]any{"components": map[string]any{"schemas": withNull(schemas)}}); err != nil {
		t.Fatal(err)
	}
	compile := func(name string) validator {
		s, err := c.Compile(url + "#/components/schemas/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	return &shapes{
		completion: compile("CreateChatCompletionResponse"),
		chunk:      compile("CreateChatCompletionStreamResponse"),
		failure:    compile("ErrorResponse"),
		embeddings: compile("CreateEmbeddingResponse"),
		images:     compile("ImagesResponse"),
		models:     compile("ListModelsResponse"),
		model:      compile("Model"),
	}
}

// withNull turns OpenAPI 3.0's "nullable", which the specification still uses in
// places, into what JSON Schema understands.
func withNull(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = withNull(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = withNull(v[k])
		}
		if null, _ := v["nullable"].(bool); null {
			delete(v, "nullable")
			return map[string]any{"anyOf": []any{v, map[string]any{"type": "null"}}}
		}
	}
	return v
}

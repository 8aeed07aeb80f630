package web_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gemway/gemway/web"
	"github.com/go-json-experiment/json"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// document is the part of an OpenAPI description that is looked at.
type document struct {
	OpenAPI string `json:"openapi"`
	Tags    []struct {
		Name string `json:"name"`
	} `json:"tags"`
	Paths map[string]map[string]any `json:"paths"`
	All   map[string]any            `json:",embed"`
}

func load(t *testing.T) (document, any) {
	t.Helper()
	b, err := web.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var d document
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatal(err)
	}
	var whole any
	if err := json.Unmarshal(b, &whole); err != nil {
		t.Fatal(err)
	}
	return d, whole
}

// TestReferences follows every reference, and finds every component in use.
func TestReferences(t *testing.T) {
	_, whole := load(t)
	used := map[string]bool{}
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				used[ref] = true
				if _, err := resolve(whole, ref); err != nil {
					t.Errorf("%s: %v", at, err)
				}
			}
			for name, inner := range v {
				walk(at+"/"+name, inner)
			}
		case []any:
			for i, inner := range v {
				walk(fmt.Sprintf("%s/%d", at, i), inner)
			}
		}
	}
	walk("", whole)
	for _, kind := range []string{"schemas", "headers", "responses"} {
		all, err := resolve(whole, "#/components/"+kind)
		if err != nil {
			t.Fatal(err)
		}
		for name := range all.(map[string]any) {
			if !used["#/components/"+kind+"/"+name] {
				t.Errorf("nothing refers to %s %s", kind, name)
			}
		}
	}
}

func resolve(whole any, ref string) (any, error) {
	at := whole
	for name := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		object, ok := at.(map[string]any)
		if !ok || object[name] == nil {
			return nil, fmt.Errorf("%s leads nowhere", ref)
		}
		at = object[name]
	}
	return at, nil
}

// TestSchemas compiles every schema, which checks it by the metaschema.
func TestSchemas(t *testing.T) {
	_, whole := load(t)
	c := jsonschema.NewCompiler()
	if err := c.AddResource("https://gemway.invalid/openapi.json", whole); err != nil {
		t.Fatal(err)
	}
	schemas, err := resolve(whole, "#/components/schemas")
	if err != nil {
		t.Fatal(err)
	}
	for name := range schemas.(map[string]any) {
		if _, err := c.Compile("https://gemway.invalid/openapi.json#/components/schemas/" + name); err != nil {
			t.Error(err)
		}
	}
}

// TestOperations checks what the viewer and generators of clients rely on.
func TestOperations(t *testing.T) {
	d, whole := load(t)
	if d.OpenAPI != "3.1.0" {
		t.Errorf("openapi is %q", d.OpenAPI)
	}
	tags := map[string]bool{}
	for _, tag := range d.Tags {
		tags[tag.Name] = true
	}
	ids := map[string]string{}
	for path, item := range d.Paths {
		for method, v := range item {
			op, ok := v.(map[string]any)
			if !ok {
				continue // servers
			}
			at := method + " " + path
			id, _ := op["operationId"].(string)
			if id == "" || ids[id] != "" {
				t.Errorf("%s: operationId %q, also of %q", at, id, ids[id])
			}
			ids[id] = at
			if op["summary"] == nil || len(op["responses"].(map[string]any)) == 0 {
				t.Errorf("%s lacks a summary or responses", at)
			}
			for _, tag := range op["tags"].([]any) {
				if !tags[tag.(string)] {
					t.Errorf("%s: unknown tag %s", at, tag)
				}
			}
			parameters, _ := op["parameters"].([]any)
			if got, want := len(parameters), strings.Count(path, "{"); got != want {
				t.Errorf("%s: %d parameters are described, the path has %d", at, got, want)
			}
		}
	}
	if len(ids) == 0 {
		t.Error("no operations")
	}
	// Examples are valid requests.
	c := jsonschema.NewCompiler()
	if err := c.AddResource("https://gemway.invalid/openapi.json", whole); err != nil {
		t.Fatal(err)
	}
	examples := 0
	for path, item := range d.Paths {
		post, ok := item["post"].(map[string]any)
		if !ok {
			continue
		}
		content := post["requestBody"].(map[string]any)["content"].(map[string]any)["application/json"].(map[string]any)
		ref := content["schema"].(map[string]any)["$ref"].(string)
		schema, err := c.Compile("https://gemway.invalid/openapi.json" + ref)
		if err != nil {
			t.Fatal(err)
		}
		for name, e := range content["examples"].(map[string]any) {
			examples++
			if err := schema.Validate(e.(map[string]any)["value"]); err != nil {
				t.Errorf("%s, example %s: %v", path, name, err)
			}
		}
	}
	if examples < 3 {
		t.Errorf("%d examples", examples)
	}
}

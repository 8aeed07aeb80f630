package translate_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
	"github.com/gemway/gemway/translate"
	"github.com/go-json-experiment/json"
)

// gemini15 is a model that takes no JSON Schema.
var gemini15 = translate.Model{
	ID: "gemini-openapi-test", JSONOutput: true, Functions: true, Prefill: true, SystemInstruction: true, OutputTokens: 8192, Output: []string{"text"},
}

// declared translates a request with one tool of these parameters and returns
// the declaration.
func declared(t *testing.T, parameters string, model *translate.Model) (*translate.Chat, map[string]any, error) {
	t.Helper()
	var req openai.ChatRequest
	body := `{"model":"m","messages":[{"role":"user","content":"q"}],"tools":[{"type":"function","function":{"name":"f","parameters":` + parameters + `}}]}`
	if err := json.Unmarshal([]byte(body), &req); err != nil {
		t.Fatal(err)
	}
	c, err := translate.NewChat(&req, translate.Options{Model: model})
	if err != nil {
		return nil, nil, err
	}
	b, err := raw.Marshal(c.Request.Tools[0].FunctionDeclarations[0])
	if err != nil {
		t.Fatal(err)
	}
	var d map[string]any
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatalf("declaration is no JSON: %v: %s", err, b)
	}
	return c, d, nil
}

// Google's Schema: its members, its types and what they ask of each other.
// https://ai.google.dev/api/caching#Schema
var schemaMembers = []string{
	"type", "format", "title", "description", "nullable", "enum", "items", "minItems", "maxItems", "properties", "required", "minProperties",
	"maxProperties", "minLength", "maxLength", "pattern", "minimum", "maximum", "anyOf", "default", "example", "propertyOrdering",
}

func checkOpenAPI(at string, v any, depth int) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, at+": "+fmt.Sprintf(format, args...)) }
	s, ok := v.(map[string]any)
	if !ok {
		return []string{at + " is no object"}
	}
	if depth > 32 {
		return []string{at + " is too deep"}
	}
	for name := range s {
		if !slices.Contains(schemaMembers, name) {
			fault("Unknown name %q", name)
		}
	}
	typ, _ := s["type"].(string)
	if _, union := s["anyOf"]; typ == "" && !union {
		fault("type must be specified")
	}
	if typ != "" && !slices.Contains([]string{"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT"}, typ) {
		fault("type %q", typ)
	}
	if enum, ok := s["enum"].([]any); ok {
		if typ != "STRING" {
			fault("enum: only allowed for STRING type")
		}
		for i, e := range enum {
			if text, ok := e.(string); !ok || text == "" {
				fault("enum[%d]: %v", i, e)
			}
		}
		if len(enum) == 0 {
			fault("enum is empty")
		}
	}
	if f, ok := s["format"].(string); ok {
		allowed := map[string][]string{"STRING": {"date-time", "enum"}, "INTEGER": {"int32", "int64"}, "NUMBER": {"float", "double"}}
		if !slices.Contains(allowed[typ], f) {
			fault("format %s of %s", f, typ)
		}
	}
	items, hasItems := s["items"]
	if hasItems != (typ == "ARRAY") {
		fault("items goes with ARRAY, both or none")
	}
	if hasItems {
		faults = append(faults, checkOpenAPI(at+".items", items, depth+1)...)
	}
	properties, hasProperties := s["properties"].(map[string]any)
	if hasProperties && (typ != "OBJECT" || len(properties) == 0) {
		fault("properties: should be non-empty and of an OBJECT")
	}
	for name, p := range properties {
		faults = append(faults, checkOpenAPI(at+".properties["+name+"]", p, depth+1)...)
	}
	for _, list := range []string{"required", "propertyOrdering"} {
		names, _ := s[list].([]any)
		for i, name := range names {
			if _, ok := properties[name.(string)]; !ok {
				fault("%s[%d]: property is not defined", list, i)
			}
		}
	}
	union, _ := s["anyOf"].([]any)
	for i, one := range union {
		faults = append(faults, checkOpenAPI(fmt.Sprintf("%s.anyOf[%d]", at, i), one, depth+1)...)
	}
	return faults
}

// checkPlain holds what is documented or reported of the JSON Schema fields:
// schemas are objects, references lead to a definition of the root and stand
// alone but for description and default.
func checkPlain(at string, v any, defs map[string]any) (faults []string) {
	s, ok := v.(map[string]any)
	if !ok {
		return []string{at + " is no object"}
	}
	if ref, ok := s["$ref"].(string); ok {
		name, local := strings.CutPrefix(ref, "#/$defs/")
		if _, there := defs[name]; !local || !there {
			faults = append(faults, at+" refers to "+ref)
		}
		for name := range s {
			if !strings.HasPrefix(name, "$") && name != "description" && name != "default" {
				faults = append(faults, at+": $ref was set alongside "+name)
			}
		}
	}
	for name, m := range s {
		switch name {
		case "properties", "$defs", "patternProperties":
			for p, one := range m.(map[string]any) {
				faults = append(faults, checkPlain(at+"."+name+"["+p+"]", one, defs)...)
			}
		case "items":
			faults = append(faults, checkPlain(at+".items", m, defs)...)
		case "anyOf", "oneOf", "allOf", "prefixItems":
			for i, one := range m.([]any) {
				faults = append(faults, checkPlain(fmt.Sprintf("%s.%s[%d]", at, name, i), one, defs)...)
			}
		case "definitions":
			faults = append(faults, at+" has definitions")
		}
	}
	return faults
}

type toolSchema struct {
	Name       string    `json:"name"`
	Parameters raw.Value `json:"parameters"`
}

func toolSchemas(t testing.TB) []toolSchema {
	t.Helper()
	files, err := filepath.Glob("../testdata/corpus/schemas/*.json")
	if err != nil || len(files) < 40 {
		t.Fatalf("want at least 40 schemas, got %d (%v)", len(files), err)
	}
	var out []toolSchema
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var s toolSchema
		if err := json.Unmarshal(b, &s, json.RejectUnknownMembers(false)); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		out = append(out, s)
	}
	return out
}

// Every schema of the corpus becomes one that Google takes, in both forms.
func TestToolSchemas(t *testing.T) {
	for _, s := range toolSchemas(t) {
		t.Run(s.Name, func(t *testing.T) {
			_, d, err := declared(t, string(s.Parameters), &gemini15)
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := d["parametersJsonSchema"]; ok {
				t.Error("the JSON Schema field is used for a model without it")
			}
			if p, ok := d["parameters"]; ok {
				for _, f := range checkOpenAPI("parameters", p, 0) {
					t.Error(f)
				}
				if typ := p.(map[string]any)["type"]; typ != "OBJECT" {
					t.Errorf("parameters schema should be of type OBJECT, got %v", typ)
				}
			}
			_, d, err = declared(t, string(s.Parameters), &gemini3)
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := d["parameters"]; ok {
				t.Error("the OpenAPI field is used for a model with JSON Schema")
			}
			if p, ok := d["parametersJsonSchema"].(map[string]any); ok {
				defs, _ := p["$defs"].(map[string]any)
				for _, f := range checkPlain("parametersJsonSchema", p, defs) {
					t.Error(f)
				}
				if typ := p["type"]; typ != "object" {
					t.Errorf("root type %v", typ)
				}
			}
		})
	}
}

// A cleaned schema is clean: cleaning it again changes nothing.
func TestCleaningIsAFixpoint(t *testing.T) {
	for _, s := range toolSchemas(t) {
		c, d, err := declared(t, string(s.Parameters), &gemini15)
		if err != nil {
			t.Fatal(err)
		}
		if d["parameters"] == nil {
			continue
		}
		first := c.Request.Tools[0].FunctionDeclarations[0].Parameters
		again, _, err := declared(t, string(first), &gemini15)
		if err != nil {
			t.Fatalf("%s: %v", s.Name, err)
		}
		if second := again.Request.Tools[0].FunctionDeclarations[0].Parameters; string(second) != string(first) {
			t.Errorf("%s:\nonce  %s\ntwice %s", s.Name, first, second)
		}
		if len(again.Weakened) > 0 && s.Name != "odd_property_names" {
			t.Errorf("%s: the clean schema was weakened: %q", s.Name, again.Weakened)
		}
	}
}

// What the subset cannot say is described and reported, at its OpenAI path.
func TestOpenAPISchema(t *testing.T) {
	const path = "tools[0].function.parameters"
	for name, c := range map[string]struct {
		in, want string
		weakened []string
	}{
		"optional by type list": {
			`{"type":"object","properties":{"a":{"type":["string","null"]}}}`,
			`{"type":"OBJECT","properties":{"a":{"type":"STRING","nullable":true}}}`, nil,
		},
		"optional by anyOf": {
			`{"type":"object","properties":{"a":{"anyOf":[{"type":"integer"},{"type":"null"}],"description":"n"}}}`,
			`{"type":"OBJECT","properties":{"a":{"type":"INTEGER","description":"n","nullable":true}}}`, nil,
		},
		"several types": {
			`{"type":"object","properties":{"a":{"type":["string","integer","null"],"description":"d","minLength":1}}}`,
			`{"type":"OBJECT","properties":{"a":{"anyOf":[{"type":"STRING","description":"d","nullable":true,"minLength":1},{"type":"INTEGER","description":"d","nullable":true}]}}}`,
			[]string{path + ".properties.a: minLength is left out: it goes with type string only"},
		},
		"const, oneOf, reference": {
			`{"type":"object","properties":{"a":{"const":"x"},"b":{"oneOf":[{"type":"string"},{"$ref":"#/$defs/n"}]}},"$defs":{"n":{"type":"number"}}}`,
			`{"type":"OBJECT","properties":{"a":{"type":"STRING","enum":["x"]},"b":{"anyOf":[{"type":"STRING"},{"type":"NUMBER"}]}},"propertyOrdering":["a","b"]}`, nil,
		},
		"allOf": {
			`{"type":"object","properties":{"a":{"allOf":[{"type":"object","properties":{"x":{"type":"string"}},"required":["x"]},{"properties":{"y":{"type":"boolean"}},"required":["y"]}]}}}`,
			`{"type":"OBJECT","properties":{"a":{"type":"OBJECT","properties":{"x":{"type":"STRING"},"y":{"type":"BOOLEAN"}},"required":["x","y"],"propertyOrdering":["x","y"]}}}`, nil,
		},
		"words": {
			`{"type":"object","properties":{"z":{"type":"number","exclusiveMinimum":0,"description":"Z"},"a":{"type":"integer","exclusiveMaximum":10},"m":{"type":"string","format":"email"}}}`,
			`{"type":"OBJECT","properties":{"z":{"type":"NUMBER","description":"Z (must be greater than 0)","minimum":0},"a":{"type":"INTEGER","maximum":9},"m":{"type":"STRING","description":"(format: email)"}},"propertyOrdering":["z","a","m"]}`,
			[]string{path + ".properties.z: exclusiveMinimum is only described", path + ".properties.m: format is only described"},
		},
		"big numbers": {
			`{"type":"object","properties":{"a":{"type":"integer","minimum":9007199254740993,"default":12345678901234567890}}}`,
			`{"type":"OBJECT","properties":{"a":{"type":"INTEGER","minimum":9007199254740993,"default":12345678901234567890}}}`, nil,
		},
		"dangling required": {
			`{"type":"object","properties":{"a":{"type":"string"}},"required":["a","b","a"]}`,
			`{"type":"OBJECT","properties":{"a":{"type":"STRING"}},"required":["a"]}`,
			[]string{path + `: required names "b", which is no property`},
		},
		"a property called $ref": {
			`{"type":"object","properties":{"$ref":{"type":"string"},"definitions":{"type":"integer"}},"required":["$ref"]}`,
			`{"type":"OBJECT","properties":{"$ref":{"type":"STRING"},"definitions":{"type":"INTEGER"}},"required":["$ref"],"propertyOrdering":["$ref","definitions"]}`, nil,
		},
		"unknown keyword": {
			`{"type":"object","properties":{"a":{"type":"string","optional":true,"x-y":1}}}`,
			`{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}`,
			[]string{path + ".properties.a: optional is left out"},
		},
		"recursion": {
			`{"type":"object","properties":{"t":{"$ref":"#/$defs/t"}},"$defs":{"t":{"type":"object","properties":{"n":{"$ref":"#/$defs/t"}},"required":["n"]}}}`,
			`{"type":"OBJECT","properties":{"t":` + strings.Repeat(`{"type":"OBJECT","properties":{"n":`, 4) + `{"type":"OBJECT"}` + strings.Repeat(`},"required":["n"]}`, 4) + `}}`,
			[]string{path + ".properties.t.properties.n.properties.n.properties.n.properties.n: recursion by #/$defs/t is left open below this level"},
		},
		"union at the root": {
			`{"anyOf":[{"type":"object","properties":{"a":{"type":"string"},"c":{"type":"string"}},"required":["a","c"]},{"type":"object","properties":{"b":{"type":"string"},"c":{"type":"string"}},"required":["b","c"]}]}`,
			`{"type":"OBJECT","properties":{"a":{"type":"STRING"},"c":{"anyOf":[{"type":"STRING"},{"type":"STRING"}]},"b":{"type":"STRING"}},"required":["c"],"propertyOrdering":["a","c","b"]}`,
			[]string{path + ": the alternatives are merged into one object: parameters are an object at their root"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			chat, _, err := declared(t, c.in, &gemini15)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(chat.Request.Tools[0].FunctionDeclarations[0].Parameters); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
			if !slices.Equal(chat.Weakened, c.weakened) {
				t.Errorf("weakened:\n got %q\nwant %q", chat.Weakened, c.weakened)
			}
		})
	}
}

// JSON Schema goes out byte for byte, but for what Gemini refuses or overlooks.
func TestPlainSchema(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"untouched": {
			`{ "type" : "object", "properties":{"b":{"type":["string","null"],"pattern":"^a"},"a":{"type":"integer","minimum":1e2}}, "additionalProperties":false,"$schema":"x" }`,
			`{ "type" : "object", "properties":{"b":{"type":["string","null"],"pattern":"^a"},"a":{"type":"integer","minimum":1e2}}, "additionalProperties":false,"$schema":"x" }`,
		},
		"recursion stays": {
			`{"type":"object","properties":{"t":{"$ref":"#/$defs/t"}},"$defs":{"t":{"type":"object","properties":{"n":{"$ref":"#/$defs/t"}}}}}`,
			`{"type":"object","properties":{"t":{"$ref":"#/$defs/t"}},"$defs":{"t":{"type":"object","properties":{"n":{"$ref":"#/$defs/t"}}}}}`,
		},
		"beside a reference": {
			`{"type":"object","properties":{"a":{"$ref":"#/$defs/t","description":"d","title":"T"},"b":{"$ref":"#/$defs/t","minLength":2}},"$defs":{"t":{"type":"string"}}}`,
			`{"type":"object","properties":{"a":{"$ref":"#/$defs/t","description":"d"},"b":{"minLength":2,"anyOf":[{"$ref":"#/$defs/t"}]}},"$defs":{"t":{"type":"string"}}}`,
		},
		"definitions of draft 4": {
			`{"type":"object","properties":{"a":{"$ref":"#/definitions/t"}},"definitions":{"t":{"const":"x"}}}`,
			`{"type":"object","properties":{"a":{"$ref":"#/$defs/t"}},"$defs":{"t":{"enum":["x"]}}}`,
		},
		"reference to a property": {
			`{"type":"object","properties":{"a":{"type":"string"},"b":{"$ref":"#/properties/a"}}}`,
			`{"type":"object","properties":{"a":{"type":"string"},"b":{"$ref":"#/$defs/a"}},"$defs":{"a":{"type":"string"}}}`,
		},
		"reference at the root": {
			`{"$ref":"#/$defs/t","$defs":{"t":{"type":"object","properties":{"a":{"type":"string"}}}}}`,
			`{"type":"object","properties":{"a":{"type":"string"}},"$defs":{"t":{"type":"object","properties":{"a":{"type":"string"}}}}}`,
		},
		"boolean schemas": {
			`{"type":"object","properties":{"a":true,"b":{"type":"array","items":true}},"additionalProperties":false}`,
			`{"type":"object","properties":{"a":{},"b":{"type":"array","items":{}}},"additionalProperties":false}`,
		},
		"no type at the root": {
			`{"properties":{"a":{"type":"string"}}}`, `{"type":"object","properties":{"a":{"type":"string"}}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			chat, _, err := declared(t, c.in, &gemini3)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(chat.Request.Tools[0].FunctionDeclarations[0].ParametersJSONSchema); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

// Functions without parameters declare none.
func TestEmptyParametersAreOmitted(t *testing.T) {
	for _, in := range []string{
		`{}`, `null`, `""`, `{"type":"object"}`, `{"type":"object","properties":{}}`, `{"$schema":"x"}`,
		`{"type":"object","properties":{},"required":[],"additionalProperties":false}`,
	} {
		for _, m := range []*translate.Model{&gemini3, &gemini15} {
			_, d, err := declared(t, in, m)
			if err != nil {
				t.Fatalf("%s: %v", in, err)
			}
			if d["parameters"] != nil || d["parametersJsonSchema"] != nil {
				t.Errorf("%s: declared with %v", in, d)
			}
		}
	}
}

// Arguments come back in the types the client declared, although Google's
// enums are made of strings.
func TestEnumsAreRestored(t *testing.T) {
	chat, _, err := declared(t, `{"type":"object","properties":{
		"level":{"type":"integer","enum":[0,5,7]},
		"channel":{"const":12345678901234567890},
		"mixed":{"enum":["auto",1,true]},
		"list":{"type":"array","items":{"enum":[1.50,2]}},
		"deep":{"type":"object","properties":{"n":{"enum":[3]}}},
		"either":{"anyOf":[{"enum":[1,2]},{"type":"array","items":{"enum":[4]}}]},
		"free":{"anyOf":[{"enum":[1]},{"type":"string"}]},
		"plain":{"enum":["7"]}}}`, &gemini15)
	if err != nil {
		t.Fatal(err)
	}
	got := answer(t, chat, `{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{
		"level":"7","channel":"12345678901234567890","mixed":"true","list":["1.50","2"],"deep":{"n":"3"},"either":["4"],"free":"1","plain":"7","other":"5"}}}]},"finishReason":"STOP"}]}`)
	want := `{"level":7,"channel":12345678901234567890,"mixed":true,"list":[1.50,2],"deep":{"n":3},"either":[4],"free":"1","plain":"7","other":"5"}`
	if args := got.Choices[0].Message.ToolCalls[0].Function.Arguments.Decode(); args != want {
		t.Errorf("arguments\n got %s\nwant %s", args, want)
	}
}

// Bounds: attacks of the threat model and their neighbours that must pass.
func TestSchemaBounds(t *testing.T) {
	deep := func(n int) string {
		return strings.Repeat(`{"type":"object","properties":{"a":`, n) + `{"type":"string"}` + strings.Repeat(`}}`, n)
	}
	wide := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"p%d":{"type":"string"}`, i)
		}
		return `{"type":"object","properties":{` + b.String()[1:] + `}}`
	}
	fan := func(levels, width int) string {
		var defs []string
		for i := range levels {
			var p []string
			for j := range width {
				p = append(p, fmt.Sprintf(`"p%d":{"$ref":"#/$defs/d%d"}`, j, i+1))
			}
			defs = append(defs, fmt.Sprintf(`"d%d":{"type":"object","properties":{%s}}`, i, strings.Join(p, ",")))
		}
		defs = append(defs, fmt.Sprintf(`"d%d":{"type":"string"}`, levels))
		return `{"type":"object","properties":{"x":{"$ref":"#/$defs/d0"}},"$defs":{` + strings.Join(defs, ",") + `}}`
	}
	for name, c := range map[string]struct {
		in   string
		both bool // refused in both forms, or taken in both
		ok   bool
	}{
		"32 levels":              {deep(32), true, true},
		"33 levels":              {deep(33), true, false},
		"1000 properties":        {wide(1000), true, true},
		"1001 properties":        {wide(1001), true, false},
		"http reference":         {`{"type":"object","properties":{"a":{"$ref":"http://example.org/s.json"}}}`, true, false},
		"file reference":         {`{"type":"object","properties":{"a":{"$ref":"file:///etc/passwd"}}}`, true, false},
		"relative reference":     {`{"type":"object","properties":{"a":{"$ref":"other.json#/x"}}}`, true, false},
		"dangling reference":     {`{"type":"object","properties":{"a":{"$ref":"#/$defs/no"}}}`, true, false},
		"root refers to itself":  {`{"$ref":"#"}`, true, false},
		"exponential fan-out":    {fan(20, 2), true, false},
		"a wide fan-out":         {fan(3, 2), true, true},
		"pattern of 2 KiB":       {`{"type":"object","properties":{"a":{"type":"string","pattern":"` + strings.Repeat("a", 2048) + `"}}}`, true, false},
		"100,000 values":         {`{"type":"object","properties":{"a":{"enum":["x"` + strings.Repeat(`,"x"`, 100000) + `]}}}`, true, false},
		"parameters of a string": {`{"type":"string"}`, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, m := range []*translate.Model{&gemini3, &gemini15} {
				_, _, err := declared(t, c.in, m)
				if c.ok {
					if err != nil {
						t.Errorf("%s: %v", m.ID, err)
					}
					continue
				}
				var e *openai.Error
				if !errors.As(err, &e) || e.Status != 400 || e.Code == nil || *e.Code != "invalid_schema" ||
					e.Param == nil || !regexp.MustCompile(`^tools\[0\]\.function\.parameters`).MatchString(*e.Param) {
					t.Errorf("%s: got %v", m.ID, err)
				}
			}
		})
	}
}

// A definition that is nothing but itself means nothing.
func TestSelfReferenceIsRefused(t *testing.T) {
	for _, in := range []string{
		`{"type":"object","properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{"$ref":"#/$defs/a"}}}`,
		`{"type":"object","properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{"anyOf":[{"$ref":"#/$defs/b"}]},"b":{"$ref":"#/$defs/a"}}}`,
	} {
		for _, m := range []*translate.Model{&gemini3, &gemini15} {
			_, _, err := declared(t, in, m)
			var e *openai.Error
			if !errors.As(err, &e) || e.Code == nil || *e.Code != "invalid_schema" {
				t.Errorf("%s: %s: got %v", m.ID, in, err)
			}
		}
	}
}

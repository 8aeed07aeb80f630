package emulator

import (
	"bytes"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// valid checks an instance with a validator that is not ours.
func valid(t *testing.T, schema string, instance []byte) {
	t.Helper()
	s, err := jsonschema.UnmarshalJSON(strings.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("mem:schema", s); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("mem:schema")
	if err != nil {
		t.Fatalf("%v in %s", err, schema)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(instance))
	if err != nil {
		t.Fatalf("%v: %s", err, instance)
	}
	if err := compiled.Validate(v); err != nil {
		t.Errorf("%s\nis not valid against %s: %v", instance, schema, err)
	}
}

var schemas = []string{
	`{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer","minimum":18,"maximum":99},"mail":{"type":"string","format":"email"},"when":{"type":"string","format":"date-time"},"site":{"type":"string","format":"uri"},"id":{"type":"string","format":"uuid"}},"required":["name","age","mail","when","site","id"],"additionalProperties":false}`,
	`{"type":"array","items":{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1},"minItems":3,"maxItems":3}`,
	`{"type":"object","properties":{"size":{"enum":["S","M","L"]},"kind":{"const":"shirt"},"note":{"type":["string","null"]},"price":{"type":"number","multipleOf":0.5}},"required":["size","kind","note","price"]}`,
	`{"type":"object","properties":{"code":{"type":"string","pattern":"^[A-Z]{3}-\\d{4}$"},"short":{"type":"string","maxLength":3},"long":{"type":"string","minLength":40}},"required":["code","short","long"]}`,
	`{"$defs":{"Node":{"type":"object","properties":{"value":{"type":"integer"},"next":{"anyOf":[{"$ref":"#/$defs/Node"},{"type":"null"}]}},"required":["value","next"]}},"$ref":"#/$defs/Node"}`,
	`{"$defs":{"Tree":{"type":"object","properties":{"name":{"type":"string"},"children":{"type":"array","items":{"$ref":"#/$defs/Tree"}}},"required":["name","children"]}},"$ref":"#/$defs/Tree"}`,
	`{"type":"object","properties":{"pair":{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}],"minItems":2,"maxItems":2}},"required":["pair"]}`,
	`{"type":"object","properties":{"shape":{"oneOf":[{"type":"object","properties":{"radius":{"type":"number"}},"required":["radius"],"additionalProperties":false},{"type":"object","properties":{"side":{"type":"number"}},"required":["side"],"additionalProperties":false}]}},"required":["shape"]}`,
	`{"allOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},{"type":"object","properties":{"b":{"type":"integer"}},"required":["b"]}]}`,
	`{"type":"object","additionalProperties":{"type":"integer"}}`,
	`{"type":"object","properties":{"tags":{"type":"array","items":{"type":"string","enum":["red","green","blue"]},"minItems":1}},"required":["tags"]}`,
	`{"type":"string"}`, `{"type":"boolean"}`, `{"type":"integer"}`, `{"type":"null"}`, `{"enum":["yes","no"]}`,
}

func TestInstancesAreValid(t *testing.T) {
	texts := []string{
		"", "Hello", "John and Susan are going to an AI conference on Friday.",
		"List 3 books. Anna is 34 years old, writes to anna@example.org and lives at https://example.org, since 2024-05-06. Give me a green M.",
		strings.Repeat("very long text with 1 2 3 4 5 and Names Of Many People. ", 50),
	}
	for _, s := range schemas {
		for _, text := range texts {
			valid(t, s, instance(parse([]byte(s)), look(text)))
		}
	}
}

// TestInstancesOfRecordedSchemas does the same with the schemas that were sent
// to Google.
func TestInstancesOfRecordedSchemas(t *testing.T) {
	n := 0
	for _, s := range recordedSchemas(t) {
		valid(t, s, instance(parse([]byte(s)), look("What is the weather in Paris on 2026-01-02 for 3 people?")))
		n++
	}
	t.Logf("%d recorded schemas", n)
}

// TestInstancesComeFromTheText: values are taken from the text where it has
// what a property asks for.
func TestInstancesComeFromTheText(t *testing.T) {
	const event = `{"title":"CalendarEvent","type":"object","properties":{"name":{"type":"string"},"date":{"type":"string"},"participants":{"type":"array","items":{"type":"string"}}},"required":["name","date","participants"]}`
	for _, tc := range []struct{ text, schema, want string }{
		{"John and Susan are going to an AI conference on Friday.", event, `{"name":"AI conference","date":"Friday","participants":["John","Susan"]}`},
		{"Alice and Bob are going to a science fair on Friday.", event, `{"name":"science fair","date":"Friday","participants":["Alice","Bob"]}`},
		{"Extract: Maria Lopez, 42 years, maria@example.com, from Madrid", `{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"},"email":{"type":"string"},"city":{"type":"string"}}}`, `{"name":"Maria Lopez","age":42,"email":"maria@example.com","city":"Madrid"}`},
		{"The sentiment of this is negative, I think.", `{"type":"object","properties":{"sentiment":{"type":"string","enum":["positive","neutral","negative"]}}}`, `{"sentiment":"negative"}`},
		{"Keep this order.", `{"type":"object","properties":{"z":{"type":"integer"},"a":{"type":"integer"}},"propertyOrdering":["a","z"]}`, `{"a":1,"z":1}`},
		{"Give me 2 numbers: 7 and 8", `{"type":"object","properties":{"b":{"type":"array","items":{"type":"integer"}}}}`, `{"b":[2,7]}`},
	} {
		if got := string(instance(parse([]byte(tc.schema)), look(tc.text))); got != tc.want {
			t.Errorf("%s\n got %s\nwant %s", tc.text, got, tc.want)
		}
	}
}

func TestEnumAnswers(t *testing.T) {
	e := newEmulator(t, Config{})
	r := ask(t, e, "gemini-2.5-flash", asked("Is a violin a String or a Woodwind? It is woodwind.", `"generationConfig":{"responseMimeType":"text/x.enum","responseSchema":{"type":"STRING","enum":["Percussion","Woodwind","Brass"]}}`))
	if got := textOf(&r.Candidates[0]); got != "Woodwind" {
		t.Error(got)
	}
	r = ask(t, e, "gemini-2.5-flash", asked("Anything as JSON", `"generationConfig":{"responseMimeType":"application/json"}`))
	var v map[string]any
	if err := json.Unmarshal([]byte(textOf(&r.Candidates[0])), &v); err != nil || v["emulator"] != true {
		t.Errorf("%v %v", err, v)
	}
}

package emulator

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
)

// callsIn lists the calls of an answer as name(arguments).
func callsIn(r *response) []string {
	var out []string
	for _, p := range r.Candidates[0].Content.Parts {
		if p.FunctionCall != nil {
			args := slices.Clone(p.FunctionCall.Args)
			_ = args.Compact()
			out = append(out, p.FunctionCall.Name+string(args))
		}
	}
	return out
}

// function declares a function with string parameters, all required.
func function(name, description string, params ...string) string {
	var properties, required []string
	for _, p := range params {
		name, typ, _ := strings.Cut(p, ":")
		if typ == "" {
			typ = "string"
		}
		properties = append(properties, fmt.Sprintf("%q:{\"type\":%q}", name, typ))
		required = append(required, fmt.Sprintf("%q", name))
	}
	return fmt.Sprintf(`{"name":%q,"description":%q,"parametersJsonSchema":{"type":"object","properties":{%s},"required":[%s]}}`,
		name, description, strings.Join(properties, ","), strings.Join(required, ","))
}

func offered(functions ...string) string {
	return `"tools":[{"functionDeclarations":[` + strings.Join(functions, ",") + `]}]`
}

func TestCallsFitTheMessage(t *testing.T) {
	e := newEmulator(t, Config{})
	weather := function("get_weather", "Get the current weather in a location", "location")
	clock := function("get_current_time", "Get the time in a time zone", "city")
	mail := function("send_email", "Send an email to somebody", "to", "body")
	add := function("add", "Add two numbers", "a:number", "b:number")
	calc := function("calculator", "Evaluate a mathematical expression", "expression")
	event := strings.Replace(function("save_event", "Save an event in the calendar", "name", "day", "participants:array"),
		`"array"`, `"array","items":{"type":"string"}`, 1)
	flight := function("book_flight", "Book a flight", "origin", "destination", "date")
	for _, tc := range []struct {
		message string
		tools   string
		want    []string
	}{
		{"What's the weather like in Chicago today?", offered(weather, clock), []string{`get_weather{"location":"Chicago"}`}},
		{"How warm is it in New York?", offered(weather, clock), []string{`get_weather{"location":"New York"}`}},
		{"What is the weather in Paris, London and Tokyo?", offered(weather), []string{`get_weather{"location":"Paris"}`, `get_weather{"location":"London"}`, `get_weather{"location":"Tokyo"}`}},
		{"Get the weather and the time in Paris", offered(weather, clock), []string{`get_weather{"location":"Paris"}`, `get_current_time{"city":"Paris"}`}},
		{"Weather in Chicago and in Boston?", offered(weather), []string{`get_weather{"location":"Chicago"}`, `get_weather{"location":"Boston"}`}},
		{"Please add 2 and 3.5", offered(add, weather), []string{`add{"a":2,"b":3.5}`}},
		{"What is 15 * (3 + 4)?", offered(weather, calc), []string{`calculator{"expression":"15*(3+4)"}`}},
		{"Book a flight from Berlin to Lisbon on 2026-03-05", offered(flight), []string{`book_flight{"origin":"Berlin","destination":"Lisbon","date":"2026-03-05"}`}},
		{"Send an email to bob@example.com saying \"see you at noon\"", offered(mail), []string{`send_email{"to":"bob@example.com","body":"see you at noon"}`}},
		// A function that takes them all is called once.
		{"Please save the event: Alice and Bob go to a science fair on Friday.", offered(event), []string{`save_event{"name":"science fair","day":"Friday","participants":["Alice","Bob"]}`}},
		{"Hello there, how are you?", offered(weather, clock, mail), nil},
	} {
		got := callsIn(ask(t, e, "gemini-2.5-flash", asked(tc.message, tc.tools)))
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.message, diff)
		}
	}
}

func TestModes(t *testing.T) {
	e := newEmulator(t, Config{})
	tools := offered(function("get_weather", "Get the weather", "city"), function("get_time", "Get the time"))
	mode := func(config string) string {
		return tools + `,"toolConfig":{"functionCallingConfig":` + config + `}`
	}
	for _, tc := range []struct {
		message, rest string
		want          []string
	}{
		{"Hello", mode(`{"mode":"ANY","allowedFunctionNames":["get_time"]}`), []string{`get_time{}`}},
		{"What is the weather in Rome?", mode(`{"mode":"ANY"}`), []string{`get_weather{"city":"Rome"}`}},
		{"What is the weather in Rome?", mode(`{"mode":"ANY","allowedFunctionNames":["get_time"]}`), []string{`get_time{}`}},
		{"What is the weather in Rome?", mode(`{"mode":"NONE"}`), nil},
		{"What is the weather in Rome?", mode(`{"mode":"VALIDATED"}`), []string{`get_weather{"city":"Rome"}`}},
		{"Hello", mode(`{"mode":"VALIDATED"}`), nil},
		{"What is the weather in Rome?", mode(`{"mode":"VALIDATED","allowedFunctionNames":["get_time"]}`), nil},
	} {
		if diff := cmp.Diff(tc.want, callsIn(ask(t, e, "gemini-3.5-flash", asked(tc.message, tc.rest)))); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", tc.message, tc.rest, diff)
		}
	}
}

// loop plays an agent: it sends calls back with results until there are none.
func loop(t *testing.T, e *Emulator, model, message, rest string) (rounds int, text string) {
	t.Helper()
	user, _ := json.Marshal(message)
	contents := []string{`{"role":"user","parts":[{"text":` + string(user) + `}]}`}
	for rounds = range 20 {
		r := ask(t, e, model, `{"contents":[`+strings.Join(contents, ",")+`],`+rest+`}`)
		c := r.Candidates[0].Content
		var results []string
		for _, p := range c.Parts {
			if p.FunctionCall != nil {
				results = append(results, fmt.Sprintf(`{"functionResponse":{"id":%q,"name":%q,"response":{"output":"result of %s"}}}`, p.FunctionCall.ID, p.FunctionCall.Name, p.FunctionCall.Name))
			}
		}
		if len(results) == 0 {
			return rounds, textOf(&r.Candidates[0])
		}
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		contents = append(contents, string(b), `{"role":"user","parts":[`+strings.Join(results, ",")+`]}`)
	}
	t.Fatalf("%s: the loop does not end", model)
	return 0, ""
}

func TestLoopsEnd(t *testing.T) {
	e := newEmulator(t, Config{})
	tools := offered(function("get_weather", "Get the weather", "city"), function("get_time", "Get the time", "city"))
	for _, model := range []string{"gemini-2.5-flash", "gemini-2.5-pro", "gemini-3-flash-preview", "gemini-3.5-flash", "gemini-3.8-flash", "gemini-4-argon"} {
		rounds, text := loop(t, e, model, "What are the weather and the time in Rome?", tools)
		if rounds != 1 || !strings.Contains(text, "result of get_weather") || !strings.Contains(text, "result of get_time") {
			t.Errorf("%s: %d rounds: %s", model, rounds, text)
		}
	}
	rounds, text := loop(t, e, "gemini-3.5-flash", "What is the weather in Rome?", tools+`,"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}`)
	if rounds != 1 || text != `{"city":"Rome"}` {
		t.Errorf("with a schema: %d rounds: %s", rounds, text)
	}
}

// TestForcedCallsGoOn: ANY always calls, but first what has not been called.
func TestForcedCallsGoOn(t *testing.T) {
	e := newEmulator(t, Config{})
	tools := offered(function("get_weather", "Get the weather", "city"), function("final_answer", "Give the answer to the user", "answer")) + `,"toolConfig":{"functionCallingConfig":{"mode":"ANY"}}`
	r := ask(t, e, "gemini-2.5-flash", `{"contents":[{"role":"user","parts":[{"text":"What is the weather in Rome?"}]},
		{"role":"model","parts":[{"functionCall":{"name":"get_weather","args":{"city":"Rome"}}}]},
		{"role":"user","parts":[{"functionResponse":{"name":"get_weather","response":{"output":"sunny"}}}]}],`+tools+`}`)
	if got := callsIn(r); len(got) != 1 || !strings.HasPrefix(got[0], "final_answer") {
		t.Error(got)
	}
}

// TestSignaturesCoverTheirCalls: a signature that comes back on another call,
// or on other arguments, is as good as damaged; white space, the order of the
// arguments and base64url do not matter.
func TestSignaturesCoverTheirCalls(t *testing.T) {
	e := newEmulator(t, Config{})
	tools := offered(function("get_weather", "Get the weather", "city", "day"))
	r := ask(t, e, "gemini-3.5-flash", asked("What is the weather in Rome on Friday?", tools))
	p := r.Candidates[0].Content.Parts[0]
	back := func(call, signature string) int {
		code, _ := post(t, e, "POST /v1beta/models/gemini-3.5-flash:generateContent", `{"contents":[{"role":"user","parts":[{"text":"What is the weather in Rome on Friday?"}]},
			{"role":"model","parts":[{"functionCall":`+call+`,"thoughtSignature":"`+signature+`"}]},
			{"role":"user","parts":[{"functionResponse":{"name":"get_weather","response":{"output":"sunny"}}}]}],`+tools+`}`)
		return code
	}
	url := strings.NewReplacer("+", "-", "/", "_").Replace(p.ThoughtSignature)
	broken := "A" + p.ThoughtSignature[1:]
	for _, tc := range []struct {
		call, signature string
		want            int
	}{
		{`{"name":"get_weather","args":{"city":"Rome","day":"Friday"}}`, p.ThoughtSignature, 200},
		{`{"name":"get_weather","args":{ "day" : "Friday", "city":"Rome"}}`, url, 200},
		{`{"name":"get_weather","args":{"city":"Bonn","day":"Friday"}}`, p.ThoughtSignature, 400},
		{`{"name":"get_weather","args":{"city":"Rome","day":"Friday"}}`, broken, 400},
		{`{"name":"get_weather","args":{"city":"Rome","day":"Friday"}}`, p.ThoughtSignature[:40], 400},
		{`{"name":"get_weather","args":{"city":"Bonn"}}`, "skip_thought_signature_validator", 200},
		{`{"name":"get_weather","args":{"city":"Bonn"}}`, "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I=", 200},
		{`{"name":"get_weather","args":{"city":"Bonn"}}`, "context_engineering_is_the_way_to_go", 200},
		{`{"name":"get_weather","args":{"city":"Bonn"}}`, "Y29udGV4dF9lbmdpbmVlcmluZ19pc190aGVfd2F5X3RvX2dv", 200},
	} {
		if got := back(tc.call, tc.signature); got != tc.want {
			t.Errorf("%s with %.20s…: %d, want %d", tc.call, tc.signature, got, tc.want)
		}
	}
}

func TestOwnTools(t *testing.T) {
	e := newEmulator(t, Config{})
	r := ask(t, e, "gemini-2.5-flash", asked("Who won the race?", `"tools":[{"googleSearch":{}}]`))
	g := r.Candidates[0].GroundingMetadata
	if g == nil || len(g.GroundingSupports) != 2 {
		t.Fatalf("%+v", g)
	}
	text := textOf(&r.Candidates[0])
	for _, s := range g.GroundingSupports {
		if text[s.Segment.StartIndex:s.Segment.EndIndex] != s.Segment.Text {
			t.Errorf("segment %+v of %q", s.Segment, text)
		}
	}
	r = ask(t, e, "gemini-2.5-flash", asked("What is 6 * 7? Run code.", `"tools":[{"codeExecution":{}}]`))
	if p := r.Candidates[0].Content.Parts; p[0].ExecutableCode == nil || p[1].CodeExecutionResult == nil || p[1].CodeExecutionResult.Output != "42\n" {
		t.Errorf("%+v", p)
	}
	r = ask(t, e, "gemini-2.5-flash", asked("Read https://example.com/a.", `"tools":[{"urlContext":{}}]`))
	if !strings.Contains(string(r.Candidates[0].URLContextMetadata), "https://example.com/a\"") || r.UsageMetadata.ToolUsePromptTokenCount == 0 {
		t.Errorf("%s %+v", r.Candidates[0].URLContextMetadata, r.UsageMetadata)
	}
}

func TestPrefixOfNames(t *testing.T) {
	if got := resultText(&gemini.FunctionResponse{Response: raw.Value(`{"result":{"a":1}}`)}); got != `{"a":1}` {
		t.Error(got)
	}
}

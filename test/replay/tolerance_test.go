package replay_test

import (
	"regexp"
	"strings"
)

// tolerance is a difference that is nobody's fault. The list below is the only
// place where a difference in meaning is let pass.
type tolerance struct {
	name   string
	reason string
	allows func(e *exchange, d difference) bool
}

// recorderTolerances are differences between what a client sent to OpenAI (a)
// and what it sent to Gemini (b) in the same test: its own choices, and what two
// models said before. They do not touch what Gemway must do with a, but show
// where the recorded request cannot confirm it.
var recorderTolerances = []tolerance{
	{"model's words", "earlier assistant turns are another model's", func(_ *exchange, d difference) bool {
		return d.role == "model" && d.a.kind == "text" && d.b.kind == "text"
	}},
	{"model's arguments", "another model chose other arguments", func(_ *exchange, d difference) bool {
		return d.role == "model" && d.a.kind == "call" && d.b.kind == "call" && d.a.name == d.b.name
	}},
	{"file's label", "the client labels a file by the id the API gave it", func(_ *exchange, d difference) bool {
		return d.a.kind == "text" && fileLabel.MatchString(d.a.value) && fileLabel.MatchString(d.b.value)
	}},
	{"default setting", "the client has defaults for Gemini only", func(_ *exchange, d difference) bool {
		return strings.HasPrefix(d.name, "gen/") && d.a.value == ""
	}},
	{"default seed", "the client has a default seed for OpenAI only", func(_ *exchange, d difference) bool {
		return d.name == "gen/seed" && d.b.value == ""
	}},
	{"built-in tool", "the test for Gemini adds a tool that OpenAI lacks", func(_ *exchange, d difference) bool {
		return strings.HasPrefix(d.name, "builtin/") && d.a.value == ""
	}},
	{"all functions named", "ANY with every function named is ANY", func(_ *exchange, d difference) bool {
		return d.name == "choice" && d.a.value == "ANY" && strings.HasPrefix(d.b.value, "ANY ")
	}},
	{"own thinking table", "the client maps efforts to budgets of its own", func(_ *exchange, d difference) bool {
		return d.name == "gen/thinking" && d.a.value != "" && d.b.value != ""
	}},
	{"id for a name", "one client puts its own call id where the function's name belongs", func(_ *exchange, d difference) bool {
		return d.a.kind == "result" && d.b.kind == "result" && d.a.value == d.b.value && uuid.MatchString(d.b.name)
	}},
	{"result's wording", "clients word a function's result otherwise for either API", func(_ *exchange, d difference) bool {
		return d.a.kind == "result" && d.b.kind == "result" && d.a.name == d.b.name
	}},
	{"fetched media", "the client fetched what OpenAI got as a URL, or uploaded it to either API's own files", func(_ *exchange, d difference) bool {
		return d.a.kind == "file" && (d.b.kind == "media" || d.b.kind == "file")
	}},
	{"media in the result", "the client puts a function's media into the result, for OpenAI behind it", func(_ *exchange, d difference) bool {
		return d.name == "turn" && d.role == "user" && strings.Contains(d.b.value, "[result ") && strings.Contains(d.b.value, "[media ")
	}},
	{"media dropped", "the client loses a picture that a function gave, on the way to Gemini", func(e *exchange, d difference) bool {
		return d.name == "turn" && d.role == "user" && strings.HasPrefix(e.ID, "ruby_llm--chat_content_object_support") &&
			strings.Contains(d.a.value, "[media ")
	}},
	{"text file", "the client sends a text document as text to OpenAI and as a medium to Gemini", func(_ *exchange, d difference) bool {
		return d.name == "turn" && d.role == "user" && strings.Contains(d.b.value, "[media text/plain ")
	}},
	{"another system text", "the two tests have another system text, or put it into the user's", func(e *exchange, d difference) bool {
		return d.name == "system" && (strings.HasPrefix(e.ID, "pydantic-ai--test_google_model_") && d.a.value == "" ||
			strings.HasPrefix(e.ID, "ruby_llm--") && d.b.value == "")
	}},
	{"another question", "the two tests word the user's text otherwise", func(e *exchange, d difference) bool {
		return d.role == "user" && d.a.kind == "text" && d.b.kind == "text" && strings.HasPrefix(e.ID, "ruby_llm--") &&
			(strings.Contains(d.b.value, d.a.value) || strings.Contains(d.b.value, "Ruby's creator"))
	}},
	{"empty turn", "OpenAI's model said nothing, so its turn is missing", func(_ *exchange, d difference) bool {
		return d.name == "turns" && strings.Count(d.a.value, "model:") < strings.Count(d.b.value, "model:")
	}},
}

var fileLabel = regexp.MustCompile(`^This is file [0-9a-f]{6}:$`)

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// gatewayTolerances are differences between what an OpenAI client asked for (a)
// and what Gemway asks Gemini for (b): decisions of the mapping where Gemini
// cannot do what was asked. None is needed so far.
var gatewayTolerances []tolerance

// unexplained takes out the differences that some tolerance allows, and counts
// how often each was used.
func unexplained(e *exchange, list []difference, tolerances []tolerance, used map[string]int) []difference {
	var left []difference
next:
	for _, d := range list {
		for _, t := range tolerances {
			if t.allows(e, d) {
				used[t.name]++
				continue next
			}
		}
		left = append(left, d)
	}
	return left
}

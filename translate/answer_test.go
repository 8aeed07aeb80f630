package translate_test

import (
	"testing"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/translate"
	"github.com/go-json-experiment/json"
)

// stamp is the stamp of all answers in tests.
var stamp = translate.Stamp{ID: "chatcmpl-abc", Created: 1700000000, Model: "m"}

// answer runs whole native answers through the machine, one for each call.
func answer(t *testing.T, c *translate.Chat, bodies ...string) *openai.ChatCompletion {
	t.Helper()
	a := c.NewAnswer(stamp)
	for i, b := range bodies {
		var r gemini.GenerateContentResponse
		if err := json.Unmarshal([]byte(b), &r); err != nil {
			t.Fatal(err)
		}
		a.Push(i, &r)
	}
	if _, err := a.Finish(); err != nil {
		t.Fatal(err)
	}
	return a.Completion()
}

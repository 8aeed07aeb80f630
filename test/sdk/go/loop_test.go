package sdk

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
)

// Twenty turns of one conversation with parallel calls, on models that want
// their signatures back. The SDK's messages keep OpenAI's fields alone.
func TestTwentyTurns(t *testing.T) {
	c := connect(offlineURL(t), "any")
	for _, model := range []string{"gemini-3.5-flash", "gemini-3-flash-preview"} {
		t.Run(model, func(t *testing.T) {
			each(t, func(t *testing.T, stream bool) { twentyTurns(t, c, model, stream) })
		})
	}
}

func twentyTurns(t *testing.T, c openai.Client, model string, stream bool) {
	cities := []string{"Paris", "London", "Tokyo", "Chicago", "Berlin", "Madrid", "Oslo", "Rome"}
	params := openai.ChatCompletionNewParams{Model: model, Tools: weatherTools()}
	ids := map[string]bool{}
	for turn := range 20 {
		asked := []string{cities[turn%len(cities)], cities[(turn+3)%len(cities)]}
		params.Messages = append(params.Messages, openai.UserMessage("What is the weather in "+strings.Join(asked, " and ")+"?"))
		first := ask(t, c, stream, params).Choices[0].Message
		params.Messages = append(params.Messages, first.ToParam())
		var got, readings []string
		var results messages
		for i, call := range first.ToolCalls {
			var args struct{ Location string }
			if err := json.Unmarshal([]byte(call.Function.Arguments), &args); err != nil {
				t.Fatalf("turn %d: arguments %q: %v", turn, call.Function.Arguments, err)
			}
			if ids[call.ID] {
				t.Fatalf("turn %d: id %q came before", turn, call.ID)
			}
			ids[call.ID] = true
			got = append(got, args.Location)
			readings = append(readings, fmt.Sprintf("reading %d-%d.", turn, i))
			results = append(results, openai.ToolMessage(readings[i], call.ID))
		}
		if !slices.Equal(got, asked) {
			t.Fatalf("turn %d: calls for %q, want %q", turn, got, asked)
		}
		slices.Reverse(results)
		params.Messages = append(params.Messages, results...)
		second := ask(t, c, stream, params).Choices[0].Message
		if len(second.ToolCalls) > 0 {
			t.Fatalf("turn %d: calls again: %+v", turn, second.ToolCalls)
		}
		for _, r := range readings {
			if !strings.Contains(second.Content, r) {
				t.Fatalf("turn %d: %q does not use %q", turn, second.Content, r)
			}
		}
		params.Messages = append(params.Messages, second.ToParam())
	}
}

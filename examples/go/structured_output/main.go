// Command structured_output: an answer that is an instance of a JSON Schema.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
)

func main() {
	client := openai.NewClient(
		option.WithBaseURL(cmp.Or(os.Getenv("OPENAI_BASE_URL"), "http://127.0.0.1:8080/v1")),
		option.WithAPIKey(cmp.Or(os.Getenv("OPENAI_API_KEY"), "any")), // your Gemini key, unless the server has keys or is offline
	)
	answer, err := client.Chat.Completions.New(context.Background(), openai.ChatCompletionNewParams{
		Model:    "gemini-3.5-flash",
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("Alice and Bob meet on Friday for a science fair.")},
		ResponseFormat: openai.ChatCompletionNewParamsResponseFormatUnion{
			OfJSONSchema: &openai.ResponseFormatJSONSchemaParam{JSONSchema: openai.ResponseFormatJSONSchemaJSONSchemaParam{
				Name:   "event",
				Strict: openai.Bool(true),
				Schema: json.RawMessage(`{
					"type": "object",
					"properties": {
						"name": {"type": "string"},
						"day": {"type": "string"},
						"participants": {"type": "array", "items": {"type": "string"}}
					},
					"required": ["name", "day", "participants"],
					"additionalProperties": false
				}`),
			}},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	var event struct {
		Name, Day    string
		Participants []string
	}
	if err := json.Unmarshal([]byte(answer.Choices[0].Message.Content), &event); err != nil {
		log.Fatal(err)
	}
	fmt.Println(event.Name, "on", event.Day, "with", strings.Join(event.Participants, ", "))
}

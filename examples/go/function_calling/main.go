// Command function_calling: the model calls a function, gets its result, and answers.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
)

func main() {
	client := openai.NewClient(
		option.WithBaseURL(cmp.Or(os.Getenv("OPENAI_BASE_URL"), "http://127.0.0.1:8080/v1")),
		option.WithAPIKey(cmp.Or(os.Getenv("OPENAI_API_KEY"), "any")), // your Gemini key, unless the server has keys or is offline
	)
	params := openai.ChatCompletionNewParams{
		Model:    "gemini-3.5-flash",
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("What is the weather in Paris?")},
		Tools: []openai.ChatCompletionToolUnionParam{
			openai.ChatCompletionFunctionTool(openai.FunctionDefinitionParam{
				Name:        "get_weather",
				Description: openai.String("Get the weather in a city"),
				Parameters: openai.FunctionParameters{
					"type":       "object",
					"properties": map[string]any{"city": map[string]any{"type": "string", "description": "such as Paris"}},
					"required":   []string{"city"},
				},
			}),
		},
	}
	for range 5 {
		answer, err := client.Chat.Completions.New(context.Background(), params)
		if err != nil {
			log.Fatal(err)
		}
		message := answer.Choices[0].Message
		if len(message.ToolCalls) == 0 {
			fmt.Println(message.Content)
			return
		}
		params.Messages = append(params.Messages, message.ToParam())
		for _, call := range message.ToolCalls {
			var args struct{ City string }
			if err := json.Unmarshal([]byte(call.Function.Arguments), &args); err != nil {
				log.Fatal(err)
			}
			fmt.Printf("called %s(%s)\n", call.Function.Name, args.City)
			params.Messages = append(params.Messages, openai.ToolMessage(weather(args.City), call.ID))
		}
	}
	log.Fatal("no answer after five rounds")
}

// weather is the function the model may call.
func weather(city string) string {
	return fmt.Sprintf(`{"city": %q, "celsius": 21, "sky": "sunny"}`, city)
}

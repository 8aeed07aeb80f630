// Command thinking: how much is up to ReasoningEffort, what was thought comes as reasoning_content.
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
	answer, err := client.Chat.Completions.New(context.Background(), openai.ChatCompletionNewParams{
		Model:           "gemini-3.5-flash",
		Messages:        []openai.ChatCompletionMessageParamUnion{openai.UserMessage("What is 12*34?")},
		ReasoningEffort: openai.ReasoningEffortHigh,
	})
	if err != nil {
		log.Fatal(err)
	}
	message := answer.Choices[0].Message
	var thoughts string
	if err := json.Unmarshal([]byte(message.JSON.ExtraFields["reasoning_content"].Raw()), &thoughts); err != nil {
		log.Fatal(err)
	}
	fmt.Println("thoughts:", thoughts)
	fmt.Println("answer:", message.Content)
	fmt.Println("tokens for thinking:", answer.Usage.CompletionTokensDetails.ReasoningTokens)
}

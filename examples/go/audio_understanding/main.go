// Command audio_understanding: a question about a recording: audio_understanding [FILE.wav]
package main

import (
	"cmp"
	"context"
	"encoding/base64"
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
	file := "../assets/meeting.wav" // seen from examples/go
	if len(os.Args) > 1 {
		file = os.Args[1]
	}
	recording, err := os.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	answer, err := client.Chat.Completions.New(context.Background(), openai.ChatCompletionNewParams{
		Model: "gemini-3.5-flash",
		Messages: []openai.ChatCompletionMessageParamUnion{
			openai.UserMessage([]openai.ChatCompletionContentPartUnionParam{
				openai.TextContentPart("Transcribe this recording."),
				openai.InputAudioContentPart(openai.ChatCompletionContentPartInputAudioInputAudioParam{
					Format: "wav",
					Data:   base64.StdEncoding.EncodeToString(recording),
				}),
			}),
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.Choices[0].Message.Content)
}

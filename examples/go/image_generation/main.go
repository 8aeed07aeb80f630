// Command image_generation: a picture from words: image_generation [FILE.png]
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
	file := "picture.png"
	if len(os.Args) > 1 {
		file = os.Args[1]
	}
	answer, err := client.Images.Generate(context.Background(), openai.ImageGenerateParams{
		Model:          "gemini-3.1-flash-image",
		Prompt:         "A lighthouse in the fog, watercolour",
		OutputFormat:   openai.ImageGenerateParamsOutputFormatPNG,
		ResponseFormat: openai.ImageGenerateParamsResponseFormatB64JSON,
	})
	if err != nil {
		log.Fatal(err)
	}
	picture, err := base64.StdEncoding.DecodeString(answer.Data[0].B64JSON)
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(file, picture, 0o644); err != nil {
		log.Fatal(err)
	}
	fmt.Println("wrote", file)
}

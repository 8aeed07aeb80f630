// Command embeddings_search: texts and a question as vectors, the nearest text first.
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"math"
	"os"
	"slices"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
)

func main() {
	client := openai.NewClient(
		option.WithBaseURL(cmp.Or(os.Getenv("OPENAI_BASE_URL"), "http://127.0.0.1:8080/v1")),
		option.WithAPIKey(cmp.Or(os.Getenv("OPENAI_API_KEY"), "any")), // your Gemini key, unless the server has keys or is offline
	)
	texts := []string{
		"The dog barks at the postman.",
		"Bread is baked from flour and water.",
		"The stock market fell on Tuesday.",
	}
	question := "Which animal barks at the postman?"

	answer, err := client.Embeddings.New(context.Background(), openai.EmbeddingNewParams{
		Model: "gemini-embedding-001",
		Input: openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: append([]string{question}, texts...)},
	})
	if err != nil {
		log.Fatal(err)
	}
	score := map[string]float64{}
	for i, text := range texts {
		score[text] = cosine(answer.Data[0].Embedding, answer.Data[i+1].Embedding)
	}
	slices.SortFunc(texts, func(a, b string) int { return cmp.Compare(score[b], score[a]) })
	for _, text := range texts {
		fmt.Printf("%.3f %s\n", score[text], text)
	}
}

func cosine(a, b []float64) float64 {
	return dot(a, b) / math.Sqrt(dot(a, a)*dot(b, b))
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// Package sdk runs Go clients of OpenAI's API against a server.
package sdk

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/shared"
)

func connect(url, key string) openai.Client {
	return openai.NewClient(option.WithBaseURL(url), option.WithAPIKey(key), option.WithMaxRetries(0))
}

type messages = []openai.ChatCompletionMessageParamUnion

func weatherTools() []openai.ChatCompletionToolUnionParam {
	return []openai.ChatCompletionToolUnionParam{openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{
		Name:        "get_weather",
		Description: openai.String("Get the weather in a given location"),
		Parameters:  weather,
	})}
}

// ask sends a request whole or as a stream and returns the answer, the stream
// accumulated by the SDK.
func ask(t *testing.T, c openai.Client, stream bool, params openai.ChatCompletionNewParams) openai.ChatCompletion {
	t.Helper()
	if !stream {
		got, err := c.Chat.Completions.New(t.Context(), params)
		if err != nil {
			t.Fatal(err)
		}
		return *got
	}
	params.StreamOptions.IncludeUsage = openai.Bool(true)
	var acc openai.ChatCompletionAccumulator
	s := c.Chat.Completions.NewStreaming(t.Context(), params)
	for s.Next() {
		if !acc.AddChunk(s.Current()) {
			t.Fatalf("the SDK refuses the chunk %s", s.Current().RawJSON())
		}
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return acc.ChatCompletion
}

// each runs a test for whole answers and for streams.
func each(t *testing.T, test func(t *testing.T, stream bool)) {
	t.Run("whole", func(t *testing.T) { test(t, false) })
	t.Run("stream", func(t *testing.T) { test(t, true) })
}

func TestCreate(t *testing.T) {
	c := connect(offlineURL(t), "any")
	for _, model := range []string{"gemini-2.5-flash", "gemini-3.5-flash", "gemini-2.0-flash"} {
		t.Run(model, func(t *testing.T) {
			var said []string
			each(t, func(t *testing.T, stream bool) {
				got := ask(t, c, stream, openai.ChatCompletionNewParams{
					Model: model, Messages: messages{openai.UserMessage("Explain to me how AI works")}, Seed: openai.Int(7),
				})
				if len(got.Choices) != 1 || got.Choices[0].FinishReason != "stop" || got.ID == "" {
					t.Fatalf("got %+v", got)
				}
				if strings.TrimSpace(got.Choices[0].Message.Content) == "" {
					t.Error("no content")
				}
				if u := got.Usage; u.PromptTokens == 0 || u.TotalTokens != u.PromptTokens+u.CompletionTokens {
					t.Errorf("usage %+v does not add up", u)
				}
				said = append(said, got.Choices[0].Message.Content)
			})
			if len(said) != 2 || said[0] != said[1] {
				t.Errorf("whole and streamed differ: %q", said)
			}
		})
	}
}

func TestTextAndParameters(t *testing.T) {
	c := connect(scriptedURL(t), "a-key")
	each(t, func(t *testing.T, stream bool) {
		s := newScript(t)
		got := ask(t, c, stream, openai.ChatCompletionNewParams{
			Model:       "gemini-2.5-flash",
			Messages:    messages{openai.UserMessage(s.say("text"))},
			Temperature: openai.Float(0.25),
			MaxTokens:   openai.Int(77),
			Seed:        openai.Int(42),
			Stop:        openai.ChatCompletionNewParamsStopUnion{OfStringArray: []string{"END"}},
		})
		if got.Choices[0].Message.Content != text {
			t.Errorf("got %q, want %q", got.Choices[0].Message.Content, text)
		}
		if u := got.Usage; u.PromptTokens != 40 || u.CompletionTokens != 9 || u.PromptTokensDetails.CachedTokens != 12 {
			t.Errorf("usage %+v", u)
		}
		r := s.received()
		if len(r) != 1 {
			t.Fatalf("%d requests reached the upstream", len(r))
		}
		config := r[0].Body.Config
		if config.Temperature == nil || *config.Temperature != 0.25 || config.MaxTokens != 77 ||
			config.Seed == nil || *config.Seed != 42 || len(config.Stop) != 1 || config.Stop[0] != "END" {
			t.Errorf("generationConfig %+v", config)
		}
	})
}

func TestTwoTurns(t *testing.T) {
	c := connect(offlineURL(t), "any")
	each(t, func(t *testing.T, stream bool) {
		params := openai.ChatCompletionNewParams{
			Model:    "gemini-3.5-flash",
			Messages: messages{openai.UserMessage("What's the weather like in Chicago today?")},
			Tools:    weatherTools(),
		}
		first := ask(t, c, stream, params).Choices[0]
		if first.FinishReason != "tool_calls" || len(first.Message.ToolCalls) == 0 {
			t.Fatalf("got %+v", first)
		}
		params.Messages = append(params.Messages, first.Message.ToParam())
		for _, call := range first.Message.ToolCalls {
			var args struct{ Location string }
			if err := json.Unmarshal([]byte(call.Function.Arguments), &args); err != nil || args.Location == "" {
				t.Errorf("arguments %q: %v", call.Function.Arguments, err)
			}
			params.Messages = append(params.Messages, openai.ToolMessage(`{"degrees": 18}`, call.ID))
		}
		second := ask(t, c, stream, params).Choices[0]
		if second.FinishReason != "stop" || second.Message.Content == "" {
			t.Errorf("got %+v", second)
		}
	})
}

func TestParallelCalls(t *testing.T) {
	c := connect(scriptedURL(t), "a-key")
	each(t, func(t *testing.T, stream bool) {
		s := newScript(t)
		params := openai.ChatCompletionNewParams{
			Model:    "gemini-3.5-flash",
			Messages: messages{openai.UserMessage(s.say("parallel-calls"))},
			Tools:    weatherTools(),
		}
		first := ask(t, c, stream, params).Choices[0]
		calls := first.Message.ToolCalls
		if first.FinishReason != "tool_calls" || len(calls) != 2 || calls[0].ID == calls[1].ID {
			t.Fatalf("got %+v", first)
		}
		if !strings.Contains(calls[0].Function.Arguments, "9007199254740993") {
			t.Errorf("the big integer is lost: %s", calls[0].Function.Arguments)
		}
		params.Messages = append(params.Messages, first.Message.ToParam(),
			openai.ToolMessage("24 °C", calls[1].ID), openai.ToolMessage("18 °C script:tool-answer", calls[0].ID))
		second := ask(t, c, stream, params).Choices[0]
		if second.Message.Content != toolAnswer {
			t.Errorf("got %q", second.Message.Content)
		}
		contents := s.received()[1].Body.Contents
		if len(contents) != 3 || len(contents[1].Parts) != 2 || len(contents[2].Parts) != 2 {
			t.Fatalf("the upstream received %+v", contents)
		}
		if got := contents[1].Parts[0].ThoughtSignature; got != signature {
			t.Errorf("signature %q came back", got)
		}
		for i, id := range []string{"w6geog7o", "spt7zdfl"} {
			if r := contents[2].Parts[i].FunctionResponse; r == nil || r.ID != id {
				t.Errorf("result %d is %+v, want that of %s", i, r, id)
			}
		}
	})
}

func TestStructured(t *testing.T) {
	s := newScript(t)
	c := connect(scriptedURL(t), "a-key")
	got := ask(t, c, false, openai.ChatCompletionNewParams{
		Model:    "gemini-2.5-flash",
		Messages: messages{openai.UserMessage(s.say("event"))},
		ResponseFormat: openai.ChatCompletionNewParamsResponseFormatUnion{OfJSONSchema: &shared.ResponseFormatJSONSchemaParam{
			JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{Name: "event", Strict: openai.Bool(true), Schema: map[string]any{
				"type":       "object",
				"properties": map[string]any{"name": map[string]any{"type": "string"}},
				"required":   []string{"name"},
			}},
		}},
	})
	var event struct{ Name string }
	if err := json.Unmarshal([]byte(got.Choices[0].Message.Content), &event); err != nil || event.Name != "AI conference" {
		t.Errorf("%q: %v", got.Choices[0].Message.Content, err)
	}
	if mime := s.received()[0].Body.Config.MIMEType; mime != "application/json" {
		t.Errorf("responseMimeType %q", mime)
	}
}

func TestMedia(t *testing.T) {
	s := newScript(t)
	c := connect(scriptedURL(t), "a-key")
	data := base64.StdEncoding.EncodeToString([]byte("not looked into"))
	ask(t, c, false, openai.ChatCompletionNewParams{
		Model: "gemini-2.5-flash",
		Messages: messages{openai.UserMessage([]openai.ChatCompletionContentPartUnionParam{
			openai.TextContentPart(s.say("text")),
			openai.ImageContentPart(openai.ChatCompletionContentPartImageImageURLParam{URL: "data:image/png;base64," + data}),
			openai.InputAudioContentPart(openai.ChatCompletionContentPartInputAudioInputAudioParam{Data: data, Format: "wav"}),
			openai.FileContentPart(openai.ChatCompletionContentPartFileFileParam{
				FileData: openai.String("data:application/pdf;base64," + data), Filename: openai.String("a.pdf"),
			}),
		})},
	})
	parts := s.received()[0].Body.Contents[0].Parts
	if len(parts) != 4 {
		t.Fatalf("got %+v", parts)
	}
	for i, mime := range []string{"image/png", "audio/wav", "application/pdf"} {
		if got := parts[i+1].InlineData; got == nil || got.MIMEType != mime || got.Data != data {
			t.Errorf("part %d is %+v, want %s", i+1, got, mime)
		}
	}
}

func TestErrors(t *testing.T) {
	tests := []struct {
		script, key string
		status      int
		code        string
	}{
		{"text", "bad-key", 401, "invalid_api_key"},
		{"permission", "a-key", 403, ""},
		{"not-found", "a-key", 404, "model_not_found"},
		{"too-long", "a-key", 400, "context_length_exceeded"},
		{"quota", "a-key", 429, "rate_limit_exceeded"},
		{"internal", "a-key", 500, ""},
		{"overloaded", "a-key", 503, ""},
	}
	for _, tt := range tests {
		t.Run(tt.script+tt.key, func(t *testing.T) {
			c := connect(scriptedURL(t), tt.key)
			params := openai.ChatCompletionNewParams{
				Model: "gemini-2.5-flash", Messages: messages{openai.UserMessage(newScript(t).say(tt.script))},
			}
			_, whole := c.Chat.Completions.New(t.Context(), params)
			stream := c.Chat.Completions.NewStreaming(t.Context(), params)
			if stream.Next() {
				t.Error("the stream has a chunk")
			}
			for _, err := range []error{whole, stream.Err()} {
				e, ok := errors.AsType[*openai.Error](err)
				if !ok {
					t.Fatalf("got %v", err)
				}
				if e.StatusCode != tt.status || e.Message == "" || e.Type == "" || tt.code != "" && e.Code != tt.code {
					t.Errorf("got %d %q %q %q", e.StatusCode, e.Type, e.Code, e.Message)
				}
				if e.Response.Header.Get("X-Request-Id") == "" {
					t.Error("no x-request-id")
				}
			}
		})
	}
}

func TestParameterAtFault(t *testing.T) {
	c := connect(offlineURL(t), "any")
	_, err := c.Chat.Completions.New(t.Context(), openai.ChatCompletionNewParams{
		Model: "gemini-2.5-flash", Messages: messages{openai.UserMessage("Hi")}, Temperature: param.NewOpt(9.0),
	})
	if e, ok := errors.AsType[*openai.Error](err); !ok || e.StatusCode != 400 || e.Param != "temperature" {
		t.Errorf("got %v", err)
	}
}

func TestBrokenStreams(t *testing.T) {
	c := connect(scriptedURL(t), "a-key")
	for _, name := range []string{"break", "reset", "error-event", "garbage", "bare-error", "page"} {
		s := c.Chat.Completions.NewStreaming(t.Context(), openai.ChatCompletionNewParams{
			Model: "gemini-2.5-flash", Messages: messages{openai.UserMessage(newScript(t).say(name))},
		})
		said := ""
		for s.Next() {
			for _, choice := range s.Current().Choices {
				said += choice.Delta.Content
			}
		}
		if s.Err() == nil {
			t.Errorf("%s: no error after %q", name, said)
		}
		if !strings.HasPrefix(said, "Half an ") {
			t.Errorf("%s: got %q before the break", name, said)
		}
	}
}

func TestEmbeddings(t *testing.T) {
	c := connect(offlineURL(t), "any")
	input := openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: []string{"one", "two", "one"}}
	floats, err := c.Embeddings.New(t.Context(), openai.EmbeddingNewParams{
		Model: "gemini-embedding-001", Input: input, Dimensions: openai.Int(256),
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(floats.Data) != 3 || floats.Usage.TotalTokens == 0 {
		t.Fatalf("got %d vectors, usage %+v", len(floats.Data), floats.Usage)
	}
	for i, d := range floats.Data {
		sum := 0.0
		for _, x := range d.Embedding {
			sum += x * x
		}
		if d.Index != int64(i) || len(d.Embedding) != 256 || math.Abs(math.Sqrt(sum)-1) > 1e-3 {
			t.Errorf("vector %d: index %d, %d values, length %f", i, d.Index, len(d.Embedding), math.Sqrt(sum))
		}
	}
	if floats.Data[0].Embedding[0] != floats.Data[2].Embedding[0] || floats.Data[0].Embedding[0] == floats.Data[1].Embedding[0] {
		t.Error("the vectors do not belong to their texts")
	}
}

func TestImages(t *testing.T) {
	c := connect(offlineURL(t), "any")
	got, err := c.Images.Generate(t.Context(), openai.ImageGenerateParams{
		Model: "imagen-3.0-generate-002", Prompt: "a sheepadoodle", N: openai.Int(2),
		ResponseFormat: openai.ImageGenerateParamsResponseFormatB64JSON,
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Data) != 2 {
		t.Fatalf("got %d pictures", len(got.Data))
	}
	for _, d := range got.Data {
		if b, err := base64.StdEncoding.DecodeString(d.B64JSON); err != nil || len(b) < 100 {
			t.Errorf("a picture of %d bytes: %v", len(b), err)
		}
	}
}

func TestModels(t *testing.T) {
	c := connect(offlineURL(t), "any")
	found := false
	pages := c.Models.ListAutoPaging(t.Context())
	for pages.Next() {
		m := pages.Current()
		found = found || m.ID == "gemini-2.0-flash"
		if m.Created == 0 || strings.HasPrefix(m.ID, "models/") {
			t.Errorf("got %+v", m)
		}
	}
	if err := pages.Err(); err != nil || !found {
		t.Errorf("gemini-2.0-flash found: %v, %v", found, err)
	}
	if m, err := c.Models.Get(t.Context(), "gemini-2.0-flash"); err != nil || m.ID != "gemini-2.0-flash" {
		t.Errorf("got %+v, %v", m, err)
	}
	_, err := c.Models.Get(t.Context(), "no-such-model")
	if e, ok := errors.AsType[*openai.Error](err); !ok || e.StatusCode != 404 {
		t.Errorf("got %v", err)
	}
}

package sdk

import (
	"errors"
	"io"
	"strings"
	"testing"

	openai "github.com/sashabaranov/go-openai"
)

func other(url, key string) *openai.Client {
	config := openai.DefaultConfig(key)
	config.BaseURL = url
	return openai.NewClientWithConfig(config)
}

func user(text string) []openai.ChatCompletionMessage {
	return []openai.ChatCompletionMessage{{Role: openai.ChatMessageRoleUser, Content: text}}
}

func otherTools() []openai.Tool {
	return []openai.Tool{{Type: openai.ToolTypeFunction, Function: &openai.FunctionDefinition{Name: "get_weather", Parameters: weather}}}
}

// read reads a stream to its end.
func read(t *testing.T, c *openai.Client, req openai.ChatCompletionRequest) (said string, calls []openai.ToolCall, finish openai.FinishReason, err error) {
	t.Helper()
	s, err := c.CreateChatCompletionStream(t.Context(), req)
	if err != nil {
		return "", nil, "", err
	}
	defer s.Close()
	for {
		chunk, err := s.Recv()
		if errors.Is(err, io.EOF) {
			return said, calls, finish, nil
		}
		if err != nil {
			return said, calls, finish, err
		}
		for _, choice := range chunk.Choices {
			said += choice.Delta.Content
			if choice.FinishReason != "" {
				finish = choice.FinishReason
			}
			for _, call := range choice.Delta.ToolCalls {
				if call.Index == nil {
					t.Fatal("a call without an index")
				}
				if *call.Index == len(calls) {
					calls = append(calls, call)
					continue
				}
				calls[*call.Index].Function.Arguments += call.Function.Arguments
			}
		}
	}
}

func TestOtherCreateAndStream(t *testing.T) {
	c := other(offlineURL(t), "any")
	req := openai.ChatCompletionRequest{Model: "gemini-2.5-flash", Messages: user("Explain to me how AI works")}
	whole, err := c.CreateChatCompletion(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	said, _, finish, err := read(t, c, req)
	if err != nil {
		t.Fatal(err)
	}
	if said == "" || said != whole.Choices[0].Message.Content || finish != openai.FinishReasonStop {
		t.Errorf("the stream says %q (%s), the whole answer %q", said, finish, whole.Choices[0].Message.Content)
	}
	if u := whole.Usage; u.PromptTokens == 0 || u.TotalTokens != u.PromptTokens+u.CompletionTokens {
		t.Errorf("usage %+v", u)
	}
}

func TestOtherParallelCalls(t *testing.T) {
	c := other(scriptedURL(t), "a-key")
	s := newScript(t)
	req := openai.ChatCompletionRequest{Model: "gemini-3.5-flash", Messages: user(s.say("parallel-calls")), Tools: otherTools()}
	_, calls, finish, err := read(t, c, req)
	if err != nil {
		t.Fatal(err)
	}
	if len(calls) != 2 || finish != openai.FinishReasonToolCalls {
		t.Fatalf("got %+v, %s", calls, finish)
	}
	req.Messages = append(
		req.Messages,
		openai.ChatCompletionMessage{Role: openai.ChatMessageRoleAssistant, ToolCalls: calls},
		openai.ChatCompletionMessage{Role: openai.ChatMessageRoleTool, ToolCallID: calls[0].ID, Content: "18 °C"},
		openai.ChatCompletionMessage{Role: openai.ChatMessageRoleTool, ToolCallID: calls[1].ID, Content: "script:tool-answer"},
	)
	got, err := c.CreateChatCompletion(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if got.Choices[0].Message.Content != toolAnswer {
		t.Errorf("got %q", got.Choices[0].Message.Content)
	}
	if got := s.received()[1].Body.Contents[1].Parts[0].ThoughtSignature; got != signature {
		t.Errorf("signature %q came back", got)
	}
}

func TestOtherErrors(t *testing.T) {
	for name, status := range map[string]int{"not-found": 404, "quota": 429, "overloaded": 503} {
		c := other(scriptedURL(t), "a-key")
		req := openai.ChatCompletionRequest{Model: "gemini-2.5-flash", Messages: user(newScript(t).say(name))}
		_, whole := c.CreateChatCompletion(t.Context(), req)
		_, _, _, streamed := read(t, c, req)
		for _, err := range []error{whole, streamed} {
			if e, ok := errors.AsType[*openai.APIError](err); !ok || e.HTTPStatusCode != status || e.Message == "" {
				t.Errorf("%s: got %v", name, err)
			}
		}
	}
	for _, name := range []string{"break", "reset", "error-event", "garbage", "bare-error", "page"} {
		c := other(scriptedURL(t), "a-key")
		said, _, _, err := read(t, c, openai.ChatCompletionRequest{Model: "gemini-2.5-flash", Messages: user(newScript(t).say(name))})
		if err == nil || !strings.HasPrefix(said, "Half an ") {
			t.Errorf("%s: %v after %q", name, err, said)
		}
	}
}

func TestOtherEmbeddings(t *testing.T) {
	c := other(offlineURL(t), "any")
	req := openai.EmbeddingRequest{Model: "gemini-embedding-001", Input: []string{"one", "two"}, Dimensions: 256}
	floats, err := c.CreateEmbeddings(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	req.EncodingFormat = openai.EmbeddingEncodingFormatBase64
	packed, err := c.CreateEmbeddings(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		a, b := floats.Data[i].Embedding, packed.Data[i].Embedding
		if len(a) != 256 || len(b) != 256 {
			t.Fatalf("%d and %d values", len(a), len(b))
		}
		for j := range a {
			if d := a[j] - b[j]; d > 1e-6 || d < -1e-6 {
				t.Fatalf("value %d is %g as a float, %g in base64", j, a[j], b[j])
			}
		}
	}
}

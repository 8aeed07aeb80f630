// Package genai_go_test runs Google's own Go SDK against the emulator, which
// listens at GEMWAY_TEST_EMULATOR_URL; test/sdk/genai/run.sh starts it.
package genai_go_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"google.golang.org/genai"
)

const (
	flash25 = "gemini-2.5-flash"
	flash35 = "gemini-3.5-flash"
)

func client(t *testing.T) (*genai.Client, context.Context) {
	t.Helper()
	url := os.Getenv("GEMWAY_TEST_EMULATOR_URL")
	if url == "" {
		t.Fatal("GEMWAY_TEST_EMULATOR_URL is not set: run test/sdk/genai/run.sh")
	}
	c, err := genai.NewClient(t.Context(), &genai.ClientConfig{
		APIKey: "any", Backend: genai.BackendGeminiAPI, HTTPOptions: genai.HTTPOptions{BaseURL: url},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, t.Context()
}

func checkUsage(t *testing.T, u *genai.GenerateContentResponseUsageMetadata) {
	t.Helper()
	if u == nil || u.PromptTokenCount == 0 || u.TotalTokenCount != u.PromptTokenCount+u.CandidatesTokenCount+u.ThoughtsTokenCount+u.ToolUsePromptTokenCount {
		t.Errorf("usage does not add up: %+v", u)
	}
}

func TestGenerate(t *testing.T) {
	c, ctx := client(t)
	for _, model := range []string{flash25, flash35} {
		r, err := c.Models.GenerateContent(ctx, model, genai.Text("Why is the sky blue?"), &genai.GenerateContentConfig{
			SystemInstruction: genai.NewContentFromText("Be brief.", genai.RoleUser),
			Temperature:       genai.Ptr[float32](0.5),
			MaxOutputTokens:   200,
			ThinkingConfig:    &genai.ThinkingConfig{IncludeThoughts: true},
		})
		if err != nil {
			t.Fatal(err)
		}
		thought := false
		for _, p := range r.Candidates[0].Content.Parts {
			thought = thought || p.Thought
		}
		if !strings.Contains(r.Text(), "emulator") || !strings.Contains(r.Text(), "sky blue") || !thought || r.ModelVersion != model || r.ResponseID == "" || r.Candidates[0].FinishReason != genai.FinishReasonStop {
			t.Errorf("%s: %+v", model, r)
		}
		checkUsage(t, r.UsageMetadata)
	}
}

func TestStreamIsTheWholeAnswer(t *testing.T) {
	c, ctx := client(t)
	for _, model := range []string{flash25, flash35} {
		whole, err := c.Models.GenerateContent(ctx, model, genai.Text("Tell me about the sea."), nil)
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		chunks := 0
		var last *genai.GenerateContentResponse
		for r, err := range c.Models.GenerateContentStream(ctx, model, genai.Text("Tell me about the sea."), nil) {
			if err != nil {
				t.Fatal(err)
			}
			text.WriteString(r.Text())
			chunks++
			last = r
		}
		if text.String() != whole.Text() || chunks < 3 || last.Candidates[0].FinishReason != genai.FinishReasonStop {
			t.Errorf("%s: %d chunks: %q, whole: %q", model, chunks, text.String(), whole.Text())
		}
		if last.UsageMetadata.TotalTokenCount != whole.UsageMetadata.TotalTokenCount {
			t.Errorf("%s: usage %+v, whole %+v", model, last.UsageMetadata, whole.UsageMetadata)
		}
	}
}

var weather = &genai.Tool{FunctionDeclarations: []*genai.FunctionDeclaration{{
	Name: "get_weather", Description: "Get the current weather of a city",
	Parameters: &genai.Schema{
		Type: genai.TypeObject, Required: []string{"city"},
		Properties: map[string]*genai.Schema{"city": {Type: genai.TypeString}, "unit": {Type: genai.TypeString, Enum: []string{"celsius", "fahrenheit"}}},
	},
}}}

// TestToolsLoop runs the loop of an agent with a chat of the SDK, which sends
// back what it was given, thought signatures included.
func TestToolsLoop(t *testing.T) {
	c, ctx := client(t)
	for _, model := range []string{flash25, flash35} {
		chat, err := c.Chats.Create(ctx, model, &genai.GenerateContentConfig{Tools: []*genai.Tool{weather}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := chat.SendMessage(ctx, genai.Part{Text: "What is the weather in Paris and Rome, in celsius?"})
		if err != nil {
			t.Fatal(err)
		}
		var cities []string
		var back []genai.Part
		for _, call := range r.FunctionCalls() {
			city, _ := call.Args["city"].(string)
			cities = append(cities, city)
			if call.Name != "get_weather" || call.Args["unit"] != "celsius" {
				t.Errorf("%s: call %+v", model, call)
			}
			if (call.ID != "") != (model == flash35) {
				t.Errorf("%s: call id %q", model, call.ID)
			}
			back = append(back, genai.Part{FunctionResponse: &genai.FunctionResponse{ID: call.ID, Name: call.Name, Response: map[string]any{"output": "21 degrees in " + city}}})
		}
		if strings.Join(cities, ",") != "Paris,Rome" {
			t.Fatalf("%s: cities %v", model, cities)
		}
		if r, err = chat.SendMessage(ctx, back...); err != nil {
			t.Fatal(err)
		}
		if len(r.FunctionCalls()) != 0 || !strings.Contains(r.Text(), "21 degrees in Paris") || !strings.Contains(r.Text(), "21 degrees in Rome") {
			t.Errorf("%s: %s", model, r.Text())
		}
	}
}

func TestForcedFunction(t *testing.T) {
	c, ctx := client(t)
	mode := func(m genai.FunctionCallingConfigMode) *genai.GenerateContentConfig {
		return &genai.GenerateContentConfig{Tools: []*genai.Tool{weather}, ToolConfig: &genai.ToolConfig{FunctionCallingConfig: &genai.FunctionCallingConfig{Mode: m}}}
	}
	r, err := c.Models.GenerateContent(ctx, flash25, genai.Text("Hello"), mode(genai.FunctionCallingConfigModeAny))
	if err != nil || len(r.FunctionCalls()) != 1 {
		t.Errorf("ANY: %v %+v", err, r)
	}
	r, err = c.Models.GenerateContent(ctx, flash25, genai.Text("What is the weather in Paris?"), mode(genai.FunctionCallingConfigModeNone))
	if err != nil || len(r.FunctionCalls()) != 0 || r.Text() == "" {
		t.Errorf("NONE: %v %+v", err, r)
	}
}

func TestSchema(t *testing.T) {
	c, ctx := client(t)
	object := &genai.GenerateContentConfig{ResponseMIMEType: "application/json", ResponseSchema: &genai.Schema{
		Type: genai.TypeObject, Title: "CalendarEvent", PropertyOrdering: []string{"name", "date", "participants"}, Required: []string{"name", "date", "participants"},
		Properties: map[string]*genai.Schema{"name": {Type: genai.TypeString}, "date": {Type: genai.TypeString}, "participants": {Type: genai.TypeArray, Items: &genai.Schema{Type: genai.TypeString}}},
	}}
	jsonSchema := &genai.GenerateContentConfig{ResponseMIMEType: "application/json", ResponseJsonSchema: map[string]any{
		"type": "object", "required": []string{"name", "date", "participants"},
		"properties": map[string]any{"name": map[string]any{"type": "string"}, "date": map[string]any{"type": "string"}, "participants": map[string]any{"type": "array", "items": map[string]any{"type": "string"}}},
	}}
	for _, config := range []*genai.GenerateContentConfig{object, jsonSchema} {
		r, err := c.Models.GenerateContent(ctx, flash35, genai.Text("John and Susan are going to an AI conference on Friday."), config)
		if err != nil {
			t.Fatal(err)
		}
		var event struct {
			Name, Date   string
			Participants []string
		}
		if err := json.Unmarshal([]byte(r.Text()), &event); err != nil {
			t.Fatalf("%v: %s", err, r.Text())
		}
		if event.Name != "AI conference" || event.Date != "Friday" || strings.Join(event.Participants, " ") != "John Susan" {
			t.Errorf("%+v", event)
		}
	}
}

func TestCountTokens(t *testing.T) {
	c, ctx := client(t)
	r, err := c.Models.CountTokens(ctx, flash25, genai.Text("Why is the sky blue?"), nil)
	if err != nil || r.TotalTokens != 5 {
		t.Errorf("%v %+v", err, r)
	}
}

func TestErrors(t *testing.T) {
	c, ctx := client(t)
	var e genai.APIError
	_, err := c.Models.GenerateContent(ctx, "gemini-9-none", genai.Text("Hello"), nil)
	if !errors.As(err, &e) || e.Code != 404 || e.Status != "NOT_FOUND" {
		t.Errorf("unknown model: %v", err)
	}
	_, err = c.Models.GenerateContent(ctx, flash25, genai.Text("Hello"), &genai.GenerateContentConfig{ThinkingConfig: &genai.ThinkingConfig{ThinkingLevel: genai.ThinkingLevelLow}})
	if !errors.As(err, &e) || e.Code != 400 || e.Status != "INVALID_ARGUMENT" {
		t.Errorf("level on a budget model: %v", err)
	}
	for r, err := range c.Models.GenerateContentStream(ctx, flash25+"--429-retry=2s", genai.Text("Hello"), nil) {
		if !errors.As(err, &e) || e.Code != 429 || e.Status != "RESOURCE_EXHAUSTED" || !strings.Contains(err.Error(), "retryDelay") {
			t.Errorf("quota: %v %+v", err, r)
		}
	}
	r, err := c.Models.GenerateContent(ctx, flash25+"--blocked_prompt", genai.Text("Hello"), nil)
	if err != nil || r.PromptFeedback.BlockReason != genai.BlockedReasonSafety || len(r.Candidates) != 0 {
		t.Errorf("blocked: %v %+v", err, r)
	}
	r, err = c.Models.GenerateContent(ctx, flash25+"--max_tokens", genai.Text("Hello"), nil)
	if err != nil || r.Candidates[0].FinishReason != genai.FinishReasonMaxTokens || r.Text() != "" {
		t.Errorf("max_tokens: %v %+v", err, r)
	}
}

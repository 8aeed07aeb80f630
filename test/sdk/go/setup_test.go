package sdk

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"testing"
)

// setting returns an environment variable that the driver sets.
func setting(t *testing.T, name string) string {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		t.Fatalf("%s is not set: run the suite by run.sh", name)
	}
	return v
}

func offlineURL(t *testing.T) string  { return setting(t, "GEMWAY_TEST_URL") + "/v1" }
func scriptedURL(t *testing.T) string { return setting(t, "GEMWAY_TEST_SCRIPTED_URL") + "/v1" }

// A script is a conversation with the scripted upstream that can be found
// again there.
type script struct {
	t   *testing.T
	tag string
}

func newScript(t *testing.T) script { return script{t, "tag-" + rand.Text()} }

// say returns a text that makes the upstream play a script.
func (s script) say(name string) string { return fmt.Sprintf("script:%s %s", name, s.tag) }

// content is as much of Gemini's content as the tests look at.
type content struct {
	Role  string `json:"role"`
	Parts []struct {
		Text             string          `json:"text"`
		InlineData       *inlineData     `json:"inlineData"`
		ThoughtSignature string          `json:"thoughtSignature"`
		FunctionCall     *functionCall   `json:"functionCall"`
		FunctionResponse *functionAnswer `json:"functionResponse"`
	} `json:"parts"`
}

type inlineData struct {
	MIMEType string `json:"mimeType"`
	Data     string `json:"data"`
}

type functionCall struct {
	ID   string          `json:"id"`
	Name string          `json:"name"`
	Args json.RawMessage `json:"args"`
}

type functionAnswer struct {
	ID       string          `json:"id"`
	Name     string          `json:"name"`
	Response json.RawMessage `json:"response"`
}

type request struct {
	Path string `json:"path"`
	Body struct {
		Contents []content `json:"contents"`
		Config   struct {
			Temperature *float64 `json:"temperature"`
			MaxTokens   int      `json:"maxOutputTokens"`
			Stop        []string `json:"stopSequences"`
			Seed        *int     `json:"seed"`
			MIMEType    string   `json:"responseMimeType"`
		} `json:"generationConfig"`
	} `json:"body"`
}

// received returns the requests of this conversation that reached the upstream.
func (s script) received() []request {
	s.t.Helper()
	resp, err := http.Get(setting(s.t, "GEMWAY_TEST_UPSTREAM_URL") + "/received?tag=" + url.QueryEscape(s.tag))
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var got []request
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		s.t.Fatal(err)
	}
	return got
}

const (
	text       = "Grüße, 世界 🌍!\n\"quoted\" \\ <b>&amp;</b> end."
	toolAnswer = "Paris has 18 °C, 東京 has 24 °C."
	signature  = "c2lnbmF0dXJlLW9mLXRoZS1maXJzdC1jYWxs"
)

// weather is the schema of a function's parameters.
var weather = map[string]any{
	"type": "object",
	"properties": map[string]any{
		"location": map[string]any{"type": "string"},
	},
	"required": []string{"location"},
}

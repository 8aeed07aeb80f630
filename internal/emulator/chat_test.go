package emulator

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// ask sends a request to a model and reads the answer.
func ask(t testing.TB, e *Emulator, model, body string) *response {
	t.Helper()
	code, b := post(t, e, "POST /v1beta/models/"+model+":generateContent", body)
	if code != 200 {
		t.Fatalf("%d %s", code, b)
	}
	r := &response{}
	if err := json.Unmarshal(b, r); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	checkUsage(t, r.UsageMetadata)
	return r
}

// asked is a request with one message of the user and the rest as given.
func asked(message, rest string) string {
	b, _ := json.Marshal(message)
	if rest != "" {
		rest = "," + rest
	}
	return `{"contents":[{"role":"user","parts":[{"text":` + string(b) + `}]}]` + rest + `}`
}

func checkUsage(t testing.TB, u *usage) {
	t.Helper()
	if u == nil {
		t.Fatal("no usage")
	}
	sum := func(list []modalityCount) (n int64) {
		for _, m := range list {
			n += m.TokenCount
		}
		return n
	}
	if u.TotalTokenCount != u.PromptTokenCount+u.CandidatesTokenCount+u.ThoughtsTokenCount+u.ToolUsePromptTokenCount ||
		sum(u.PromptTokensDetails) != u.PromptTokenCount || u.CachedContentTokenCount > u.PromptTokenCount ||
		len(u.CandidatesTokensDetails) > 0 && sum(u.CandidatesTokensDetails) != u.CandidatesTokenCount {
		t.Errorf("usage does not add up: %+v", *u)
	}
}

// textOf joins the texts of a candidate that are no thoughts.
func textOf(c *candidate) string {
	var b strings.Builder
	if c.Content == nil {
		return ""
	}
	for _, p := range c.Content.Parts {
		if p.Text != nil && !p.Thought {
			b.WriteString(*p.Text)
		}
	}
	return b.String()
}

func TestAnswersSayWhatTheyUnderstood(t *testing.T) {
	e := newEmulator(t, Config{})
	body := `{"systemInstruction":{"parts":[{"text":"You are a pirate."}]},"contents":[
		{"role":"user","parts":[{"text":"My name is Ishmael."}]},
		{"role":"model","parts":[{"text":"Aye."}]},
		{"role":"user","parts":[{"text":"What is my name, and what is 12*34?"},{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="}}]}]}`
	got := textOf(&ask(t, e, "gemini-2.5-flash", body).Candidates[0])
	for _, want := range []string{"emulator", "gemini-2.5-flash", "3 turns (user, model, user)", "pirate", "Ishmael", "408", "image/png", "1 by 1 pixels", "70 bytes"} {
		if !strings.Contains(got, want) {
			t.Errorf("the answer does not speak of %q: %s", want, got)
		}
	}
	if again := textOf(&ask(t, e, "gemini-2.5-flash", body).Candidates[0]); again != got {
		t.Error("the same request has another answer")
	}
}

func TestAnswersOfFewWords(t *testing.T) {
	e := newEmulator(t, Config{})
	for message, want := range map[string]string{
		`Say "hello world"`:                    "hello world",
		"Reply with exactly: PONG":             "PONG",
		"Please respond with only the word OK": "OK",
		"Repeat after me: one two three":       "one two three",
		"Say hello.":                           "hello",
	} {
		if got := textOf(&ask(t, e, "gemini-3.5-flash", asked(message, "")).Candidates[0]); got != want {
			t.Errorf("%s: %q", message, got)
		}
	}
	if got := textOf(&ask(t, e, "gemini-3.5-flash", asked("Count from 1 to 5.", "")).Candidates[0]); !strings.Contains(got, "1, 2, 3, 4, 5") {
		t.Error(got)
	}
}

func TestMaxOutputTokens(t *testing.T) {
	e := newEmulator(t, Config{})
	for _, model := range []string{"gemini-2.5-flash", "gemini-3.5-flash", "gemma-3-27b-it"} {
		for _, most := range []int64{2, 3, 20, 40} {
			r := ask(t, e, model, asked("Tell me a long story about the sea.", fmt.Sprintf(`"generationConfig":{"maxOutputTokens":%d}`, most)))
			u, c := r.UsageMetadata, &r.Candidates[0]
			if c.FinishReason != finishMaxTokens || u.CandidatesTokenCount+u.ThoughtsTokenCount != most || textOf(c) == "" {
				t.Errorf("%s at %d: %s, %d candidates' and %d thoughts' tokens, %q", model, most, c.FinishReason, u.CandidatesTokenCount, u.ThoughtsTokenCount, textOf(c))
			}
		}
		r := ask(t, e, model, asked("Tell me a long story about the sea.", `"generationConfig":{"maxOutputTokens":5000}`))
		if r.Candidates[0].FinishReason != finishStop {
			t.Errorf("%s: %s", model, r.Candidates[0].FinishReason)
		}
	}
}

func TestStopSequences(t *testing.T) {
	e := newEmulator(t, Config{})
	r := ask(t, e, "gemini-2.5-flash", asked(`Say "one two three four"`, `"generationConfig":{"stopSequences":["four","thr"]}`))
	if got := textOf(&r.Candidates[0]); got != "one two " || r.Candidates[0].FinishReason != finishStop {
		t.Errorf("%q %s", got, r.Candidates[0].FinishReason)
	}
}

func TestCandidatesAndSeed(t *testing.T) {
	e := newEmulator(t, Config{})
	r := ask(t, e, "gemini-2.5-flash", asked("Hello", `"generationConfig":{"candidateCount":3}`))
	if len(r.Candidates) != 3 || textOf(&r.Candidates[0]) == textOf(&r.Candidates[2]) || *r.Candidates[2].Index != 2 {
		t.Errorf("%+v", r.Candidates)
	}
	texts := map[string]bool{}
	for seed := range 20 {
		body := asked("Hello", fmt.Sprintf(`"generationConfig":{"seed":%d}`, seed))
		texts[textOf(&ask(t, e, "gemini-2.5-flash", body).Candidates[0])] = true
	}
	if len(texts) < 2 {
		t.Error("seeds have no effect")
	}
}

func TestThinking(t *testing.T) {
	e := newEmulator(t, Config{})
	for _, tc := range []struct {
		model, config string
		thinks, shows bool
	}{
		{"gemini-2.5-flash", `{}`, true, false},
		{"gemini-2.5-flash", `{"thinkingBudget":0}`, false, false},
		{"gemini-2.5-flash", `{"includeThoughts":true}`, true, true},
		{"gemini-2.5-flash-lite", `{}`, false, false},
		{"gemini-2.5-flash-lite", `{"thinkingBudget":-1,"includeThoughts":true}`, true, true},
		{"gemini-2.5-pro", `{"thinkingBudget":128}`, true, false},
		{"gemini-3.5-flash", `{"thinkingLevel":"minimal"}`, true, false},
		{"gemini-3.5-flash", `{"thinkingLevel":"high","includeThoughts":true}`, true, true},
		{"gemma-3-27b-it", ``, false, false},
	} {
		rest := ""
		if tc.config != "" {
			rest = `"generationConfig":{"thinkingConfig":` + tc.config + `}`
		}
		r := ask(t, e, tc.model, asked("Hello", rest))
		shown := false
		for _, p := range r.Candidates[0].Content.Parts {
			shown = shown || p.Thought
			if p.Thought && p.ThoughtSignature != "" {
				t.Error("a thought is signed: none of 181 recorded ones is")
			}
		}
		if (r.UsageMetadata.ThoughtsTokenCount > 0) != tc.thinks || shown != tc.shows {
			t.Errorf("%s %s: %d tokens, shown %v", tc.model, tc.config, r.UsageMetadata.ThoughtsTokenCount, shown)
		}
	}
}

func TestTokensOfMedia(t *testing.T) {
	m := func(id string) *medium { return &medium{mime: id, width: 1000, height: 500, seconds: 2.5, pages: 3} }
	e := newEmulator(t, Config{})
	old, _ := e.find("gemini-2.5-flash", false)
	three, _ := e.find("gemini-3.5-flash", false)
	for _, tc := range []struct {
		mime       string
		resolution string
		old, three int64
	}{
		{"image/png", "", 516, 1120}, // two tiles
		{"image/png", "MEDIA_RESOLUTION_LOW", 64, 280},
		{"audio/wav", "", 80, 80},
		{"video/mp4", "", 774, 210},
		{"application/pdf", "", 774, 1680},
	} {
		if a, b := mediaTokens(old, m(tc.mime), tc.resolution), mediaTokens(three, m(tc.mime), tc.resolution); a.total() != tc.old || b.total() != tc.three {
			t.Errorf("%s %s: %d and %d, want %d and %d", tc.mime, tc.resolution, a.total(), b.total(), tc.old, tc.three)
		}
	}
}

func TestMovingNamesAnswerWithTheModel(t *testing.T) {
	e := newEmulator(t, Config{})
	for name, want := range map[string]string{"gemini-flash-latest": "gemini-3.8-flash", "gemini-2.5-flash": "gemini-2.5-flash"} {
		if got := ask(t, e, name, asked("Hello", "")).ModelVersion; got != want {
			t.Errorf("%s answers as %s, want %s", name, got, want)
		}
	}
}

func TestTooManyTokens(t *testing.T) {
	e := newEmulator(t, Config{})
	code, b := post(t, e, "POST /v1beta/models/gemini-3-pro-image:generateContent", asked(strings.Repeat("word", 131073), ""))
	if want := "The input token count (131073) exceeds the maximum number of tokens allowed (131072)."; code != 400 || !strings.Contains(string(b), want) {
		t.Errorf("%d %s", code, b)
	}
}

func TestKeys(t *testing.T) {
	e := newEmulator(t, Config{Keys: []string{"secret"}})
	code, b := post(t, e, "POST /v1beta/models/gemini-2.5-flash:generateContent", asked("Hello", ""))
	if code != 403 || !strings.Contains(string(b), "unregistered callers") {
		t.Errorf("no key: %d %s", code, b)
	}
	code, b = post(t, e, "POST /v1beta/models/gemini-2.5-flash:generateContent?key=wrong", asked("Hello", ""))
	if code != 400 || !strings.Contains(string(b), "API_KEY_INVALID") {
		t.Errorf("wrong key: %d %s", code, b)
	}
	if code, b = post(t, e, "POST /v1beta/models/gemini-2.5-flash:generateContent?key=secret", asked("Hello", "")); code != 200 {
		t.Errorf("right key: %d %s", code, b)
	}
}

func TestVertexPaths(t *testing.T) {
	e := newEmulator(t, Config{})
	code, b := post(t, e, "POST /v1beta1/projects/p/locations/us-central1/publishers/google/models/gemini-2.5-flash:generateContent", asked("Hello", `"labels":{"a":"b"}`))
	if code != 200 || !strings.Contains(string(b), `"trafficType": "ON_DEMAND"`) || strings.Contains(string(b), "serviceTier") {
		t.Errorf("%d %s", code, b)
	}
	code, b = post(t, e, "POST /v1/projects/p/locations/us-central1/publishers/google/models/gemini-embedding-001:predict", `{"instances":[{"content":"hello"}],"parameters":{"outputDimensionality":128}}`)
	if code != 200 || !strings.Contains(string(b), "token_count") {
		t.Errorf("%d %s", code, b)
	}
}

// BenchmarkChat is the plain chat answer, without the network.
func BenchmarkChat(b *testing.B) {
	e := newEmulator(b, Config{})
	body := asked("Explain to me how AI works", `"systemInstruction":{"parts":[{"text":"You are a helpful assistant."}]}`)
	for b.Loop() {
		if code, _ := post(b, e, "POST /v1beta/models/gemini-2.5-flash:generateContent", body); code != 200 {
			b.Fatal(code)
		}
	}
}

// BenchmarkServed is the same through HTTP on the loopback, with client and
// server on the same processors.
func BenchmarkServed(b *testing.B) {
	s := httptest.NewServer(newEmulator(b, Config{}))
	defer s.Close()
	body := asked("Explain to me how AI works", `"systemInstruction":{"parts":[{"text":"You are a helpful assistant."}]}`)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	b.SetParallelism(16)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			resp, err := client.Post(s.URL+"/v1beta/models/gemini-2.5-flash:generateContent", "application/json", strings.NewReader(body))
			if err != nil {
				b.Error(err)
				return
			}
			if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
				b.Error(resp.StatusCode, err)
			}
			_ = resp.Body.Close()
		}
	})
}

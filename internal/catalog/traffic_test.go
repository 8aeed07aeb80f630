package catalog

import (
	"errors"
	"fmt"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// root returns the folder of the repository.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = up
	}
}

// shared reads a file beside the repository. It reports false where there is
// none, which in CI is a failure.
func shared(t *testing.T, name string) ([]byte, bool) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root(t), "..", "shared", filepath.FromSlash(name)))
	switch {
	case err == nil:
		return b, true
	case errors.Is(err, fs.ErrNotExist) && os.Getenv("CI") != "true":
		t.Logf("../shared/%s is missing: only what the test names itself is checked", name)
		return nil, false
	}
	t.Fatal(err)
	return nil, false
}

// seen are the models asked for in recorded traffic and in Google's samples
// of May 2025, and what serves them.
var seen = map[string]string{
	"embedding-001":                             "gemini-embedding-001",
	"gemini-1.5-flash":                          "gemini-3.1-flash-lite",
	"gemini-2.0-flash":                          "gemini-3.1-flash-lite",
	"gemini-2.0-flash-001":                      "gemini-3.1-flash-lite",
	"gemini-2.0-flash-exp":                      "gemini-3.1-flash-lite",
	"gemini-2.0-flash-preview-image-generation": "gemini-3.1-flash-image",
	"gemini-2.0-flash-thinking-exp":             "gemini-3.5-flash",
	"gemini-2.0-flash-thinking-exp-01-21":       "gemini-3.5-flash",
	"gemini-2.5-flash":                          "gemini-2.5-flash",
	"gemini-2.5-flash-image":                    "gemini-2.5-flash-image",
	"gemini-2.5-flash-image-preview":            "gemini-3.1-flash-image",
	"gemini-2.5-flash-lite":                     "gemini-2.5-flash-lite",
	"gemini-2.5-flash-lite-preview-06-17":       "gemini-2.5-flash-lite",
	"gemini-2.5-flash-preview-04-17":            "gemini-3.5-flash-lite",
	"gemini-2.5-flash-preview-05-20":            "gemini-3.5-flash-lite",
	"gemini-2.5-flash-preview-tts":              "gemini-2.5-flash-preview-tts",
	"gemini-2.5-pro":                            "gemini-2.5-pro",
	"gemini-2.5-pro-preview-03-25":              "gemini-3.1-pro-preview",
	"gemini-3-flash-preview":                    "gemini-3-flash-preview",
	"gemini-3-pro-image":                        "gemini-3-pro-image",
	"gemini-3-pro-image-preview":                "gemini-3-pro-image",
	"gemini-3-pro-preview":                      "gemini-3.1-pro-preview",
	"gemini-3.1-flash-lite":                     "gemini-3.1-flash-lite",
	"gemini-3.1-pro-preview":                    "gemini-3.1-pro-preview",
	"gemini-3.5-flash":                          "gemini-3.5-flash",
	"gemini-embedding-001":                      "gemini-embedding-001",
	"gemini-embedding-2":                        "gemini-embedding-2",
	"gemini-embedding-2-preview":                "gemini-embedding-2-preview",
	"gemini-flash-latest":                       "gemini-flash-latest",
	"imagen-3.0-generate-002":                   "gemini-3.1-flash-image",
	"imagen-4.0-generate-001":                   "gemini-3.1-flash-image",
	"text-embedding-004":                        "gemini-embedding-001",
	"veo-3.1-lite-generate-preview":             "veo-3.1-lite-generate-preview",

	// Misspelt or made up, but Gemini's by their form: the upstream is to say
	// that it does not know them.
	"gemini-3.6-flahs":                           "gemini-3.6-flahs",
	"gemini-does-not-exist":                      "gemini-does-not-exist",
	"gemini-nonexistent-model-for-identity-edge": "gemini-nonexistent-model-for-identity-edge",

	// Nobody's ids, recorded with 404.
	"custom-gemini-2.0-flash":         "",
	"this-model-does-not-exist-12345": "",
}

func TestRecordedModels(t *testing.T) {
	c := load(t, Options{Successors: true})
	for asked, want := range seen {
		for _, prefix := range []string{"", "models/", "google/"} {
			res, ok := c.Resolve(prefix + asked)
			if ok != (want != "") || ok && res.Row.ID != want {
				t.Errorf("%s%s: got %+v, want %q", prefix, asked, res.Row, want)
			}
		}
	}
	b, ok := shared(t, "corpus/index.json")
	if !ok {
		return
	}
	var index []struct {
		Model string `json:"model"`
		Path  string `json:"path"`
	}
	if err := json.Unmarshal(b, &index); err != nil {
		t.Fatal(err)
	}
	if len(index) < 1000 {
		t.Fatalf("the index has only %d exchanges", len(index))
	}
	inPath := regexp.MustCompile(`models/([^:/?]+)`)
	for _, e := range index {
		if _, known := seen[e.Model]; e.Model != "" && !known {
			t.Errorf("%s was recorded, and it is not stated what serves it", e.Model)
		}
		// Where a recording has no model, its path has a stand-in such as
		// gemini-unknown.
		if m := inPath.FindStringSubmatch(e.Path); m != nil && seen[m[1]] == "" && !strings.HasSuffix(m[1], "-unknown") {
			if _, known := seen[m[1]]; !known {
				t.Errorf("%s was recorded in a path, and it is not stated what serves it", m[1])
			}
		}
	}
}

// TestListedModels compares the rows with what Google's own list of models
// said of them when it was recorded.
func TestListedModels(t *testing.T) {
	c := load(t, Options{})
	for _, name := range []string{
		"chatlas--test_google_list_models--0", "chatlas--test_google_list_models--1", "llm-gemini--test_cli_gemini_models--0",
	} {
		b, ok := shared(t, "corpus/models/"+name+".json")
		if !ok {
			continue
		}
		var recorded struct {
			Response struct {
				Body struct {
					Models []struct {
						Name             string   `json:"name"`
						InputTokenLimit  int64    `json:"inputTokenLimit"`
						OutputTokenLimit int64    `json:"outputTokenLimit"`
						Methods          []string `json:"supportedGenerationMethods"`
						Thinking         bool     `json:"thinking"`
						MaxTemperature   float64  `json:"maxTemperature"`
						TopK             int      `json:"topK"`
					} `json:"models"`
				} `json:"body"`
			} `json:"response"`
		}
		if err := json.Unmarshal(b, &recorded); err != nil {
			t.Fatal(err)
		}
		if len(recorded.Response.Body.Models) == 0 {
			t.Errorf("%s lists no models", name)
		}
		for _, m := range recorded.Response.Body.Models {
			res, ok := c.Resolve(m.Name)
			if !ok || res.Via == ViaPattern {
				t.Errorf("%s has no row", m.Name)
				continue
			}
			r := res.Row
			if r.InputTokens != m.InputTokenLimit || r.OutputTokens != m.OutputTokenLimit {
				t.Errorf("%s: limits %d and %d, listed %d and %d", r.ID, r.InputTokens, r.OutputTokens, m.InputTokenLimit, m.OutputTokenLimit)
			}
			for _, method := range m.Methods {
				// A model may have gained or lost batches; what decides how it
				// is called may not differ.
				if !r.Has(method) && method != "batchGenerateContent" && method != "createCachedContent" {
					t.Errorf("%s: %s is listed and not among %v", r.ID, method, r.Methods)
				}
			}
			if m.MaxTemperature != 0 && m.MaxTemperature != 2 && r.MaxTemperature != m.MaxTemperature {
				t.Errorf("%s: highest temperature %g, listed %g", r.ID, r.MaxTemperature, m.MaxTemperature)
			}
			if r.Can("text") && (m.TopK > 0) != r.TopK {
				t.Errorf("%s: top_k %t, listed %d", r.ID, r.TopK, m.TopK)
			}
			if m.Thinking != (r.Thinking.Control != "") && !uncontrolled[r.ID] {
				t.Errorf("%s: thinking %+v, listed %t", r.ID, r.Thinking, m.Thinking)
			}
		}
	}
}

// uncontrolled models think, and nothing says how that is controlled: they
// are treated as models that take no thinkingConfig.
var uncontrolled = map[string]bool{
	"gemini-3-pro-image": true, "gemini-3-pro-image-preview": true, "gemini-3.1-flash-tts-preview": true,
}

// TestNoModelNamesInCode keeps what depends on a model in the catalog: no
// other code may know an id.
func TestNoModelNamesInCode(t *testing.T) {
	dir := root(t)
	files := 0
	for _, top := range []string{"cmd", "gemini", "internal", "openai", "raw", "translate"} {
		err := filepath.WalkDir(filepath.Join(dir, top), func(name string, d fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return nil
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "catalog" || d.Name() == "emulator" || d.Name() == "testdata"):
				return filepath.SkipDir
			case d.IsDir() || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
				return nil
			}
			src, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			files++
			for _, where := range modelNames(name, src) {
				t.Error(where)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 10 {
		t.Errorf("only %d files were looked into", files)
	}
	bad := "package x\nvar a = strings.Contains(m, \"gemini-3\")\nvar b = `models/imagen-4`\nvar c = \"text-embedding-004\" // \"gemini-2\"\nvar d = \"x-gemini-tier\"\n"
	if got := modelNames("x.go", []byte(bad)); len(got) != 3 {
		t.Errorf("the rule finds %q in a file with three names", got)
	}
}

// modelNames reports the string literals of a Go file that begin like an id.
func modelNames(name string, src []byte) []string {
	var out []string
	set := token.NewFileSet()
	var s scanner.Scanner
	s.Init(set.AddFile(name, -1, len(src)), src, nil, 0)
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return out
		}
		if tok != token.STRING {
			continue
		}
		text, err := strconv.Unquote(lit)
		if err != nil {
			continue
		}
		text = strings.TrimPrefix(text, "models/")
		for _, start := range []string{"gemini-", "imagen-", "gemma-", "veo-", "text-embedding", "gpt-", "dall-e"} {
			if strings.HasPrefix(text, start) {
				out = append(out, fmt.Sprintf("%s: %s: what depends on a model belongs into the catalog", set.Position(pos), lit))
			}
		}
	}
}

// TestOpenAIModels resolves the chat models of OpenAI's own specification.
func TestOpenAIModels(t *testing.T) {
	c := load(t, Options{Successors: true, OpenAIAliases: true})
	ids := []string{"gpt-4o", "gpt-4o-2024-08-06", "gpt-4.1-nano-2025-04-14", "o3-mini-2025-01-31", "gpt-5.4-mini"}
	if b, ok := shared(t, "reference/openai-openapi.yaml"); ok {
		_, rest, found := strings.Cut(string(b), "\n    ModelIdsShared:\n")
		list, _, end := strings.Cut(rest, "\n    ModelResponseProperties:\n")
		ids = regexp.MustCompile(`(?m)^ +- ((?:gpt|o\d|chatgpt|codex)[a-z0-9.-]*)$`).FindAllString(list, -1)
		if !found || !end || len(ids) < 60 {
			t.Fatalf("the specification lists %d models", len(ids))
		}
	}
	for _, id := range ids {
		id = strings.TrimLeft(id, " -")
		res, ok := c.Resolve(id)
		if strings.Contains(id, "audio") {
			// Models that answer in speech: no chat model of Gemini's does.
			if ok {
				t.Errorf("%s is served by %s", id, res.Row.ID)
			}
			continue
		}
		if !ok || res.Via != ViaAlias || !res.Row.Can("text") || !res.Row.Functions {
			t.Errorf("%s: got %+v", id, res)
		}
		if strings.Contains(id, "nano") && !strings.Contains(res.Row.ID, "lite") {
			t.Errorf("%s, a small model, is served by %s", id, res.Row.ID)
		}
	}
}

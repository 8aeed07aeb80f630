package docs

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/config"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/goccy/go-yaml"
)

// snippet is a fenced block: of a page, under a heading, in a language.
type snippet struct{ page, heading, language, text string }

var opening = regexp.MustCompile("^ *```([a-z]*)$")

// snippets reads the fenced blocks of a page.
func snippets(name, text string) []snippet {
	var out []snippet
	heading, in := "", false
	for line := range strings.Lines(text) {
		m := opening.FindStringSubmatch(strings.TrimRight(line, "\n"))
		switch {
		case in && m != nil:
			in = false
		case in:
			out[len(out)-1].text += line
		case m != nil:
			in = true
			out = append(out, snippet{name, heading, m[1], ""})
		case strings.HasPrefix(line, "#"):
			heading = strings.TrimSpace(strings.TrimLeft(line, "#"))
		}
	}
	return out
}

// The ways in which a block of the documentation is held to its word.
const (
	example  = "test/examples/run.sh runs it"
	client   = "test/clients runs it"
	settings = "loaded as a configuration here"
	models   = "loaded as a catalog here"
	form     = "parsed here; the program that reads it is not run"
	shell    = "read by bash here, targets and files it names looked for; needs what is not here: "
	word     = "no program"
)

// ledger says of every block how it is checked, by page, heading and language.
var ledger = map[string]string{
	"README.md|Sixty seconds|sh":     example,
	"README.md|Sixty seconds|python": example,
	"README.md|Sixty seconds|js":     example,
	"examples/README.md|Examples|sh": shell + "the packages; test/examples/run.sh runs the same programs",

	"docs/configuration.md|Configuration|yaml":      settings,
	"docs/models.md|Changing what is known|json":    models,
	"docs/deploy.md|Container|sh":                   shell + "Docker",
	"docs/deploy.md|Kubernetes|sh":                  shell + "a cluster",
	"docs/deploy.md|systemd|sh":                     shell + "systemd",
	"docs/develop.md|Layout|":                       word,
	"docs/develop.md|Profiles|sh":                   shell + "minutes of a machine to itself",
	"docs/emulator.md|The emulator|":                word, // cmd/gemway's stories run both
	"docs/emulator.md|The emulator|python":          client,
	"docs/emulator.md|The emulator|js":              form + "; test/sdk/genai-node makes its client the same way",
	"docs/emulator.md|Faults on demand|":            word,
	"docs/emulator.md|In your own CI|sh":            shell + "somebody's tests",
	"docs/errors.md|Errors|json":                    form,
	"docs/routes.md|Routes and other servers|yaml":  settings,
	"docs/routes.md|A local model that steps in|sh": shell + "Ollama or llama.cpp; test/localmodel runs the second",
	"docs/streaming.md|When it breaks|":             word,

	"docs/recipes.md|Open WebUI|sh":        shell + "Open WebUI",
	"docs/recipes.md|LibreChat|yaml":       form,
	"docs/recipes.md|LangChain|python":     client,
	"docs/recipes.md|LangChain|js":         client,
	"docs/recipes.md|LlamaIndex|python":    client,
	"docs/recipes.md|Vercel AI SDK|js":     client,
	"docs/recipes.md|OpenAI Agents|python": client,
	"docs/recipes.md|OpenAI Agents|js":     client,
	"docs/recipes.md|Pydantic AI|python":   client,
	"docs/recipes.md|Instructor|python":    client,
	"docs/recipes.md|DSPy|python":          client,
	"docs/recipes.md|smolagents|python":    client,
	"docs/recipes.md|LiteLLM|python":       client,
	"docs/recipes.md|Continue|yaml":        client,
	"docs/recipes.md|Cline|sh":             client,
	"docs/recipes.md|Zed|json":             form,
	"docs/recipes.md|aider|sh":             client,
	"docs/recipes.md|llm|yaml":             client,
}

// TestSnippets holds every block of the pages to the ledger, and checks what
// it says is checked here.
func TestSnippets(t *testing.T) {
	unseen := maps.Clone(ledger)
	names := []string{"README.md", "CONTRIBUTING.md", "examples/README.md"}
	more, err := filepath.Glob(filepath.Join(root, "docs/*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range more {
		names = append(names, "docs/"+filepath.Base(m))
	}
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range snippets(name, string(b)) {
			key := strings.Join([]string{s.page, s.heading, s.language}, "|")
			how, known := ledger[key]
			if !known {
				t.Errorf("%s: nothing says how this block is checked", key)
				continue
			}
			delete(unseen, key)
			if err := s.check(t, how); err != nil {
				t.Errorf("%s: %v", key, err)
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(unseen)) {
		t.Errorf("%s: no such block", key)
	}
}

// check checks a block as far as its form goes, whoever runs it.
func (s snippet) check(t *testing.T, how string) error {
	t.Helper()
	switch s.language {
	case "json":
		if !jsontext.Value(s.text).IsValid() {
			return fmt.Errorf("no JSON: %s", s.text)
		}
	case "yaml":
		var v any
		if err := yaml.Unmarshal([]byte(s.text), &v); err != nil {
			return err
		}
	case "sh":
		bash := exec.CommandContext(t.Context(), "bash", "-n")
		bash.Stdin = strings.NewReader(s.text)
		if out, err := bash.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return runners(t.Context(), s.text)
	}
	switch how {
	case settings:
		_, err := config.Load(config.Source{
			File:    "gemway.yaml",
			Environ: []string{"GEMINI_KEY_A=a-key", "GEMINI_KEY_B=b-key", "GEMINI_KEY=a-key", "OPENAI_KEY=o-key"},
			ReadFile: func(name string) ([]byte, error) {
				if name == "gemway.yaml" {
					return []byte(s.text), nil
				}
				return []byte("a-long-enough-client-key-0123456789\n"), nil
			},
		})
		return err
	case models:
		file := filepath.Join(t.TempDir(), "models.json")
		if err := os.WriteFile(file, []byte(s.text), 0o600); err != nil {
			return err
		}
		cfg, err := config.Load(config.Source{Flags: map[string]string{"catalog.file": file}})
		if err != nil {
			return err
		}
		c, err := catalog.New(cfg.Catalog.Options)
		if err != nil {
			return err
		}
		if r, ok := c.Resolve("gemini-5-flash-001"); !ok || !strings.HasPrefix(r.Row.ID, "gemini-5-flash") {
			return fmt.Errorf("a name that matches the pattern is not found")
		}
	case client:
		if !strings.HasPrefix(s.page, "docs/emulator") && !claimed(s.heading) {
			return fmt.Errorf("no suite of test/clients asks for this recipe")
		}
	}
	return nil
}

// claimed tells whether a suite of test/clients takes a recipe from its page.
func claimed(heading string) bool {
	files, err := filepath.Glob(filepath.Join(root, "test/clients/*/*test*"))
	if err != nil {
		return false
	}
	asks := regexp.MustCompile(`(?:recipe|blocks)\("` + regexp.QuoteMeta(heading) + `"`)
	return slices.ContainsFunc(files, func(name string) bool {
		b, err := os.ReadFile(name)
		return err == nil && asks.Match(b)
	})
}

var (
	target  = regexp.MustCompile(`\bmake ([a-z-]+)`)
	located = regexp.MustCompile(`\b(?:deploy|curl|python|js|go)/[a-zA-Z0-9_./-]+`)
)

// runners checks that the targets and files that a shell block names exist.
func runners(ctx context.Context, text string) error {
	for _, m := range target.FindAllStringSubmatch(text, -1) {
		cmd := exec.CommandContext(ctx, "make", "-n", m[1])
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("make %s: %w: %s", m[1], err, out)
		}
	}
	for _, name := range located.FindAllString(text, -1) {
		_, here := os.Stat(filepath.Join(root, name))
		_, there := os.Stat(filepath.Join(root, "examples", name))
		if here != nil && there != nil {
			return fmt.Errorf("no file %s", name)
		}
	}
	return nil
}

// TestSnippetsAreFound shows that a block is seen with its heading.
func TestSnippetsAreFound(t *testing.T) {
	got := snippets("p.md", "# A\n```sh\nx\n# y\n```\n## B c\n```\nz\n```\n")
	want := []snippet{{"p.md", "A", "sh", "x\n# y\n"}, {"p.md", "B c", "", "z\n"}}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if err := (snippet{language: "sh", text: "make no-such-target"}).check(t, ""); err == nil {
		t.Error("a target that is not there passes")
	}
	if err := (snippet{language: "sh", text: "if"}).check(t, ""); err == nil {
		t.Error("a broken shell block passes")
	}
	if err := (snippet{language: "yaml", text: "a: ["}).check(t, ""); err == nil {
		t.Error("broken YAML passes")
	}
}

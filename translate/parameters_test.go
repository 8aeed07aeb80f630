package translate_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/translate"
	"github.com/go-json-experiment/json"
	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write docs/parameters.md anew")

// endpoints are the tables, each with the schema of OpenAI's specification that
// names the parameters it has to decide over.
var endpoints = []struct {
	path, schema string
	table        []translate.Parameter
}{
	{"POST /chat/completions", "CreateChatCompletionRequest", translate.ChatParameters},
	{"POST /embeddings", "CreateEmbeddingRequest", translate.EmbeddingParameters},
	{"POST /images/generations", "CreateImageRequest", translate.ImageParameters},
}

// extensions are parameters that are not OpenAI's.
var extensions = []string{"extra_body", "google", "reasoning", "top_k"}

// projectRoot is the folder of go.mod.
func projectRoot(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
}

// TestParametersDecided: every parameter of OpenAI's specification has a
// decision, and every decision is over a parameter of it or an extension.
func TestParametersDecided(t *testing.T) {
	name := filepath.Join(projectRoot(t), "..", "shared", "reference", "openai-openapi.yaml")
	text, err := os.ReadFile(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("OpenAI's specification is missing: %v", err)
		}
		t.Logf("OpenAI's specification is not here; the tables are checked for form only: %v", err)
		return
	}
	for _, e := range endpoints {
		spec := specProperties(t, string(text), e.schema)
		if len(spec) < 5 {
			t.Fatalf("%s has only the properties %v", e.schema, spec)
		}
		var decided []string
		for _, p := range e.table {
			if !slices.Contains(extensions, p.Name) {
				decided = append(decided, p.Name)
			}
		}
		slices.Sort(decided)
		if diff := cmp.Diff(spec, decided); diff != "" {
			t.Errorf("%s: parameters (-specification +decided):\n%s", e.path, diff)
		}
	}
}

// specSchema is what the test reads of a schema.
type specSchema struct {
	Ref        string         `yaml:"$ref"`
	AllOf      []specSchema   `yaml:"allOf"`
	Properties map[string]any `yaml:"properties"`
}

// specProperties returns the sorted names of a schema's properties, with those
// of the schemas it includes.
func specProperties(t *testing.T, text, name string) []string {
	t.Helper()
	// The specification has 80,000 lines; only the part of the schema is parsed.
	head := "\n    " + name + ":\n"
	at := strings.Index(text, head)
	if at < 0 {
		t.Fatalf("the specification has no schema %s", name)
	}
	part := text[at+len(head):]
	for i := 0; i < len(part); {
		line, _, _ := strings.Cut(part[i:], "\n")
		if line != "" && !strings.HasPrefix(line, "     ") {
			part = part[:i]
			break
		}
		i += len(line) + 1
	}
	var s specSchema
	if err := yaml.Unmarshal([]byte(part), &s); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	all := map[string]any{}
	var collect func(s specSchema)
	collect = func(s specSchema) {
		maps.Copy(all, s.Properties)
		if ref := s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]; ref != "" {
			for _, p := range specProperties(t, text, ref) {
				all[p] = nil
			}
		}
		for _, one := range s.AllOf {
			collect(one)
		}
	}
	collect(s)
	return slices.Sorted(maps.Keys(all))
}

// TestParameterTables: each row says what a reader of it needs.
func TestParameterTables(t *testing.T) {
	for _, e := range endpoints {
		for i, p := range e.table {
			switch {
			case i > 0 && e.table[i-1].Name >= p.Name:
				t.Errorf("%s: %s is out of order", e.path, p.Name)
			case p.Decision == translate.Map && p.To == "":
				t.Errorf("%s: %s is mapped, but not to what", e.path, p.Name)
			case (p.Decision == translate.Ignore || p.Decision == translate.Refuse || p.Decision == translate.Emulate) && p.Note == "":
				t.Errorf("%s: %s is %s without a reason", e.path, p.Name, p.Decision)
			case p.Notice && p.Decision != translate.Ignore:
				t.Errorf("%s: %s has a notice, but is not ignored", e.path, p.Name)
			}
		}
	}
}

// TestIgnoredParameters: what a table ignores is accepted, and reported exactly
// where it says so; what no table knows is reported.
func TestIgnoredParameters(t *testing.T) {
	chat, embedding, image := &translate.Model{ID: "m", Input: []string{"text"}, Output: []string{"text"}}, embedder(), painter("generateContent", 1)
	send := map[string]func(extra string) ([]string, error){
		"POST /chat/completions": func(extra string) ([]string, error) {
			var req openai.ChatRequest
			if err := json.Unmarshal([]byte(`{"model":"m","messages":[{"role":"user","content":"x"}],`+extra+`}`), &req); err != nil {
				return nil, err
			}
			c, err := translate.NewChat(&req, translate.Options{Model: chat})
			if err != nil {
				return nil, err
			}
			return c.Ignored, nil
		},
		"POST /embeddings": func(extra string) ([]string, error) {
			var req openai.EmbeddingRequest
			if err := json.Unmarshal([]byte(`{"model":"m","input":"x",`+extra+`}`), &req); err != nil {
				return nil, err
			}
			e, err := translate.NewEmbeddings(&req, translate.EmbeddingOptions{Model: embedding})
			if err != nil {
				return nil, err
			}
			return e.Ignored, nil
		},
		"POST /images/generations": func(extra string) ([]string, error) {
			var req openai.ImageRequest
			if err := json.Unmarshal([]byte(`{"model":"p","prompt":"x",`+extra+`}`), &req); err != nil {
				return nil, err
			}
			g, err := translate.NewImages(&req, image)
			if err != nil {
				return nil, err
			}
			return g.Ignored, nil
		},
	}
	for _, e := range endpoints {
		rows := slices.Concat(e.table, []translate.Parameter{{Name: "never_heard_of", Decision: translate.Ignore, Notice: true}})
		for _, p := range rows {
			if p.Decision != translate.Ignore {
				continue
			}
			ignored, err := send[e.path](fmt.Sprintf(`%q:1`, p.Name))
			if err != nil {
				t.Errorf("%s: %s is to be ignored: %v", e.path, p.Name, err)
				continue
			}
			if reported := slices.Contains(ignored, p.Name); reported != p.Notice {
				t.Errorf("%s: %s is reported as ignored: %v", e.path, p.Name, reported)
			}
		}
	}
}

// TestParametersPage keeps docs/parameters.md the words of the tables.
func TestParametersPage(t *testing.T) {
	name := filepath.Join(projectRoot(t), "docs", "parameters.md")
	want := parametersPage()
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/parameters.md is out of date, run go generate ./translate (-want +got):\n%s", diff)
	}
}

const pageHead = "<!-- Written by go generate ./translate from the tables in translate/parameters*.go. Do not edit. -->\n" + `
# Parameters

What becomes of each parameter of OpenAI's API. The rule behind it: what would change the meaning of the answer is refused, hints are
ignored. Every documented parameter is accepted in form; null and empty values count as absent.

| decision | what it means |
|---|---|
| map | Gemini has it |
| emulate | Gemini has not, the effect is had all the same |
| ignore | accepted without effect on the meaning of the answer |
| refuse | a 400 that names the parameter, except for values that ask for nothing |

Ignored parameters marked with † are named in the ` + "`x-gemway-ignored`" + ` header of the answer, as are parameters that no table knows.
Parameters in *italics* are not OpenAI's.

[POST /chat/completions](#post-chatcompletions) · [POST /embeddings](#post-embeddings) ·
[POST /images/generations](#post-imagesgenerations)
`

func parametersPage() string {
	var b strings.Builder
	b.WriteString(pageHead)
	for _, e := range endpoints {
		fmt.Fprintf(&b, "\n## %s\n\n| parameter | decision | becomes | note |\n|---|---|---|---|\n", e.path)
		for _, p := range e.table {
			name, decision := "`"+p.Name+"`", string(p.Decision)
			if slices.Contains(extensions, p.Name) {
				name = "*" + name + "*"
			}
			if p.Notice {
				decision += " †"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, decision, p.To, strings.ReplaceAll(p.Note, "|", `\|`))
		}
	}
	return b.String()
}

package translate_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
	"github.com/gemway/gemway/translate"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// corpusCase is one file of testdata/corpus/chat; its README says what is in it.
type corpusCase struct {
	name  string
	model string            // from the line "model: …" of the comment
	files map[string][]byte // by name
}

// readCase reads a file in the txtar format.
func readCase(t testing.TB, path string) corpusCase {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c := corpusCase{name: strings.TrimSuffix(filepath.Base(path), ".txtar"), model: "gemini-3.5-flash", files: map[string][]byte{}}
	file := ""
	for line := range bytes.Lines(b) {
		text := strings.TrimSpace(string(line))
		if name, ok := strings.CutPrefix(text, "-- "); ok && strings.HasSuffix(name, " --") {
			file = strings.TrimSuffix(name, " --")
			c.files[file] = nil
			continue
		}
		if file != "" {
			c.files[file] = append(c.files[file], line...)
		} else if model, ok := strings.CutPrefix(text, "model: "); ok {
			c.model = model
		}
	}
	return c
}

func corpusCases(t testing.TB) []corpusCase {
	t.Helper()
	paths, err := filepath.Glob("../testdata/corpus/chat/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases (%v)", err)
	}
	var out []corpusCase
	for _, p := range paths {
		out = append(out, readCase(t, p))
	}
	return out
}

func newCatalog(t testing.TB) *catalog.Catalog {
	t.Helper()
	c, err := catalog.New(catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCorpus runs every case the ways its files allow.
func TestCorpus(t *testing.T) {
	rows := newCatalog(t)
	for _, c := range corpusCases(t) {
		t.Run("chat/"+c.name, func(t *testing.T) {
			res, ok := rows.Resolve(c.model)
			if !ok {
				t.Fatalf("the catalog has no model %s", c.model)
			}
			for name := range c.files {
				if !slices.Contains(caseFiles, name) {
					t.Errorf("unknown file %s", name)
				}
			}
			c.run(t, &res.Row.Model)
		})
	}
}

var caseFiles = []string{
	"openai.request.json", "gemini.request.json", "gemini.response.json", "gemini.stream", "gemini.error.json",
	"openai.response.json", "openai.stream", "openai.error.json",
}

func (c *corpusCase) run(t *testing.T, model *translate.Model) {
	ran := false
	chat, err := c.chat(model, false)
	if want, ok := c.files["openai.error.json"]; ok && c.files["gemini.error.json"] == nil {
		var e *openai.Error
		if !errors.As(err, &e) {
			t.Fatalf("want a refusal, got %v", err)
		}
		compareError(t, e, want)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if want, ok := c.files["gemini.request.json"]; ok {
		ran = true
		segments, err := chat.Body()
		if err != nil {
			t.Fatal(err)
		}
		compareJSON(t, "gemini.request.json", bytes.Join(segments, nil), want)
	}
	if said, ok := c.files["gemini.error.json"]; ok {
		ran = true
		var in struct {
			Error gemini.Error `json:"error"`
		}
		if err := json.Unmarshal(said, &in); err != nil {
			t.Fatal(err)
		}
		compareError(t, chat.Error(in.Error.Code, &in.Error, c.model), c.files["openai.error.json"])
	}
	if said, ok := c.files["gemini.response.json"]; ok {
		ran = true
		a := chat.NewAnswer(stamp)
		if _, err := a.PushJSON(0, said); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Finish(); err != nil {
			t.Fatal(err)
		}
		got, err := raw.Marshal(a.Completion())
		if err != nil {
			t.Fatal(err)
		}
		compareJSON(t, "openai.response.json", got, c.files["openai.response.json"])
	}
	if said, ok := c.files["gemini.stream"]; ok {
		ran = true
		if chat, err = c.chat(model, true); err != nil {
			t.Fatal(err)
		}
		got, want := streamed(t, chat, said), events(c.files["openai.stream"])
		for i := range max(len(got), len(want)) {
			switch {
			case i >= len(got):
				t.Errorf("event %d is missing: %s", i, want[i])
			case i >= len(want):
				t.Errorf("event %d is too many: %s", i, got[i])
			case got[i] == "[DONE]" || want[i] == "[DONE]":
				if got[i] != want[i] {
					t.Errorf("event %d: got %s, want %s", i, got[i], want[i])
				}
			default:
				compareJSON(t, fmt.Sprintf("event %d", i), []byte(got[i]), []byte(want[i]))
			}
		}
	}
	if !ran {
		t.Error("the case compares nothing")
	}
}

// chat translates the request of the case, a plain question if it has none.
func (c *corpusCase) chat(model *translate.Model, stream bool) (*translate.Chat, error) {
	body := c.files["openai.request.json"]
	if body == nil {
		body = []byte(`{"model":"m","messages":[{"role":"user","content":"q"}]}`)
	}
	var req openai.ChatRequest
	if err := json.Unmarshal(body, &req); err != nil {
		return nil, err
	}
	req.Stream = stream
	return translate.NewChat(&req, translate.Options{Model: model})
}

// streamed runs the events of a native stream through the machine and returns
// the data of the events the client gets.
func streamed(t testing.TB, chat *translate.Chat, stream []byte) []string {
	t.Helper()
	a := chat.NewAnswer(stamp)
	var out []string
	add := func(v any, err error) {
		if err != nil {
			t.Fatal(err)
		}
		b, err := raw.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(b))
	}
	send := func(deltas []openai.ChunkChoice, err error) {
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range deltas {
			add(a.Chunk(d), nil)
		}
	}
	for _, e := range events(stream) {
		send(a.PushJSON(0, []byte(e)))
	}
	send(a.Finish())
	if chat.IncludeUsage {
		add(a.UsageChunk())
	}
	return append(out, "[DONE]")
}

// events lists the data of server-sent events, one line each.
func events(stream []byte) []string {
	var out []string
	for line := range strings.Lines(string(stream)) {
		if data, ok := strings.CutPrefix(strings.TrimSpace(line), "data: "); ok {
			out = append(out, data)
		}
	}
	return out
}

// compareError compares an error; what Google said is compared only where the
// case has it.
func compareError(t *testing.T, e *openai.Error, want []byte) {
	t.Helper()
	if !bytes.Contains(want, []byte(`"extra_content"`)) {
		bare := *e
		bare.Extra = nil
		e = &bare
	}
	got, err := raw.Marshal(openai.Envelope{Error: e})
	if err != nil {
		t.Fatal(err)
	}
	compareJSON(t, "openai.error.json", got, want)
}

// compareJSON compares two documents by value.
func compareJSON(t *testing.T, what string, got, want []byte) {
	t.Helper()
	g, err := canonical(got, false)
	if err != nil {
		t.Fatalf("%s: got no JSON: %v: %s", what, err, got)
	}
	w, err := canonical(want, false)
	if err != nil {
		t.Fatalf("%s: the case has no JSON: %v: %s", what, err, want)
	}
	if g != w {
		t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

// ordered are members inside of which the order of keys has a meaning.
var ordered = []string{"parameters", "parametersJsonSchema", "responseSchema", "responseJsonSchema", "args", "response"}

// canonical writes a document with sorted keys, where order means nothing, and
// numbers as they are spelled.
func canonical(v []byte, keep bool) (string, error) {
	dec := jsontext.NewDecoder(bytes.NewReader(v))
	var walk func(keep bool) (string, error)
	walk = func(keep bool) (string, error) {
		switch dec.PeekKind() {
		case '{':
			if _, err := dec.ReadToken(); err != nil {
				return "", err
			}
			var all []string
			for dec.PeekKind() != '}' {
				tok, err := dec.ReadToken()
				if err != nil {
					return "", err
				}
				name := tok.String()
				value, err := walk(keep || slices.Contains(ordered, name))
				if err != nil {
					return "", err
				}
				all = append(all, string(raw.Quote(name))+":"+value)
			}
			_, err := dec.ReadToken()
			if !keep {
				slices.Sort(all)
			}
			return "{" + strings.Join(all, ",") + "}", err
		case '[':
			if _, err := dec.ReadToken(); err != nil {
				return "", err
			}
			var all []string
			for dec.PeekKind() != ']' {
				value, err := walk(keep)
				if err != nil {
					return "", err
				}
				all = append(all, value)
			}
			_, err := dec.ReadToken()
			return "[" + strings.Join(all, ",") + "]", err
		case '"':
			tok, err := dec.ReadToken()
			if err != nil {
				return "", err
			}
			return string(raw.Quote(tok.String())), nil
		default:
			value, err := dec.ReadValue()
			return string(value), err
		}
	}
	return walk(keep)
}

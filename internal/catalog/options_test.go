package catalog

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOverrides(t *testing.T) {
	c := load(t, Options{Successors: true, Models: []byte(`{
		"$schema": "https://example.org/schema.json",
		"families": [{"id": "gemini-2.5", "max_candidates": 4}],
		"models": [
			{"id": "gemini-2.5-flash", "thinking": {"max": 30000}, "input": ["text"]},
			{"id": "gemini-2.5-pro", "retired": "2026-12-01", "successor": "acme-1"},
			{"id": "acme-1", "like": "gemini-3.8-flash", "released": "2026-11-01", "display_name": "Acme", "aliases": ["acme"]},
			{"id": "imagen-3.0-generate-002", "retired": ""}
		],
		"patterns": [{"match": "acme-*", "like": "acme-1"}, {"match": "gemini-9-*", "like": "gemini-2.5-flash"}],
		"openai_aliases": [{"match": "gpt-4o", "model": "acme-1"}]
	}`), OpenAIAliases: true})

	flash, untouched := c.rows["gemini-2.5-flash"], load(t, Options{}).rows["gemini-2.5-flash"]
	want := untouched.clone()
	want.Thinking.Max, want.MaxCandidates, want.Input = 30000, 4, []string{"text"}
	if diff := cmp.Diff(want, flash); diff != "" {
		t.Errorf("a row that is changed in part (-want +got):\n%s", diff)
	}
	if got := c.rows["gemini-2.5-pro"].MaxCandidates; got != 4 {
		t.Errorf("a change of the family has not reached 2.5 Pro: %d", got)
	}
	if got := c.rows["gemini-2.5-flash-preview-05-20"].Thinking.Max; got != 30000 {
		t.Errorf("a change of the model has not reached its preview: %d", got)
	}
	for asked, want := range map[string]string{
		"gemini-2.5-pro": "acme-1", "acme": "acme-1", "gpt-4o": "acme-1", "acme-2": "acme-2", "gemini-9-x": "gemini-9-x",
		"imagen-3.0-generate-002": "imagen-3.0-generate-002",
	} {
		if res, ok := c.Resolve(asked); !ok || res.Row.ID != want {
			t.Errorf("%s: got %+v, want %s", asked, res, want)
		}
	}
	acme := c.rows["acme-1"]
	if !acme.FixedSampling || acme.Family != "gemini-3.7" || acme.Description != "" || acme.Created != 1793491200 {
		t.Errorf("the new row: %+v", acme)
	}
	if res, _ := c.Resolve("gemini-9-x"); res.Row.Thinking.Control != "budget" {
		t.Errorf("the operator's pattern does not come first: %+v", res.Row.Thinking)
	}
}

// TestInvalid states what each mistake in a file is answered with. Every
// message names the row and the field.
func TestInvalid(t *testing.T) {
	model := func(fields string) string { return `{"models": [{"id": "gemini-2.5-flash", ` + fields + `}]}` }
	tests := []struct{ file, want string }{
		{`{`, `models file: not valid JSON`},
		{`[]`, `models file: a JSON array does not fit`},
		{`{"model": []}`, `models file: unknown field "model"; did you mean "models"?`},
		{`{"models": [3]}`, `models file: models[0]: a JSON number does not fit`},
		{`{"models": [{}]}`, `models file: models[0]: id is missing`},
		{`{"models": [{"id": "a", "id": "b"}]}`, `duplicate object member name "id"`},
		{`{"models": [{"id": "gemini-2.5"}]}`, `"gemini-2.5" is both a model and a family`},
		{`{"models": [{"id": "x"}]}`, `x: like is missing`},
		{`{"models": [{"id": "x", "like": "gemini-3.8-flas"}]}`, `x: like: no family or model is called "gemini-3.8-flas"; did you mean "gemini-3.8-flash"`},
		{`{"models": [{"id": "x", "like": "y"}, {"id": "y", "like": "x"}]}`, `x: like leads back to itself: x > y > x`},
		{model(`"topk": true`), `gemini-2.5-flash: unknown field "topk"; did you mean "top_k"?`},
		{model(`"thinking": {"level": ["low"]}`), `gemini-2.5-flash: unknown field "thinking.level"; did you mean "thinking.levels"?`},
		{model(`"prices": [{}, {"inptu": 1}]`), `gemini-2.5-flash: unknown field "prices.1.inptu"; did you mean "prices.input"`},
		{model(`"max_candidates": "8"`), `gemini-2.5-flash: field "max_candidates": a JSON string does not fit`},
		{model(`"max_candidates": 9`), `gemini-2.5-flash: max_candidates must be between 0 and 8`},
		{model(`"max_temperature": 3`), `gemini-2.5-flash: max_temperature must be between 0 and 2`},
		{model(`"input_tokens": -1`), `input_tokens and output_tokens cannot be negative`},
		{model(`"unary_output_tokens": 99999`), `unary_output_tokens must be between 0 and output_tokens`},
		{model(`"stage": "stble"`), `gemini-2.5-flash: stage: "stble" is unknown; did you mean "stable"?`},
		{model(`"input": ["text", "pdff"]`), `gemini-2.5-flash: input: "pdff" is unknown; did you mean "pdf"?`},
		{model(`"output": []`), `gemini-2.5-flash: output is empty`},
		{model(`"methods": ["generateContents"]`), `methods: "generateContents" is unknown; did you mean "generateContent"`},
		{model(`"json_with_tools": true, "functions": false`), `json_with_tools needs json_output and functions`},
		{model(`"search_with_functions": true, "functions": false`), `search_with_functions needs functions`},
		{model(`"speech": {"voices": ["Kore"]}`), `speech.voices needs output audio`},
		{model(`"thinking": {"control": "levels"}`), `thinking.control must be empty, budget or level, not "levels"`},
		{model(`"thinking": {"control": ""}`), `thinking.control is empty although`},
		{model(`"thinking": {"max": 0}`), `thinking.min and thinking.max must be a range above 0`},
		{model(`"thinking": {"levels": ["low"]}`), `thinking.levels and thinking.budget_accepted are for control by level`},
		{model(`"thinking": {"default": "off", "off": false}`), `thinking.default must be "dynamic"`},
		{`{"models": [{"id": "gemini-3.8-flash", "thinking": {"levels": ["high", "low"]}}]}`, `thinking.levels must be some of minimal, low, medium, high, lowest first`},
		{`{"models": [{"id": "gemini-3.8-flash", "thinking": {"default": "minimal"}}]}`, `thinking.default must be one of thinking.levels`},
		{`{"models": [{"id": "gemini-3.8-flash", "thinking": {"min": 1, "max": 2}}]}`, `are for control by budget`},
		{model(`"image": {"per_call": 1}`), `image needs output image`},
		{`{"models": [{"id": "gemini-3-pro-image", "image": {"method": "x"}}]}`, `image.method must be generateContent or predict, not "x"`},
		{`{"models": [{"id": "gemini-3-pro-image", "image": {"method": "predict"}}]}`, `image.method predict is not among methods`},
		{`{"models": [{"id": "gemini-3-pro-image", "image": {"per_call": 0}}]}`, `image.per_call must be at least 1`},
		{`{"models": [{"id": "gemini-3-pro-image", "image": {"ratios": []}}]}`, `image.ratios is empty`},
		{`{"models": [{"id": "gemini-3-pro-image", "image": {"ratios": ["16x9"]}}]}`, `image.ratios: "16x9" is not a ratio such as 16:9`},
		{`{"models": [{"id": "gemini-3-pro-image", "image": {"sizes": ["2K", "1K"]}}]}`, `image.sizes must be some of 512, 1K, 2K, 4K, smallest first`},
		{model(`"embedding": {"dimensions": 768}`), `embedding needs output embedding`},
		{`{"models": [{"id": "gemini-embedding-2", "embedding": {"dimensions": 4096}}]}`, `embedding.dimensions must lie between`},
		{`{"models": [{"id": "gemini-embedding-2", "embedding": {"batch": 0}}]}`, `embedding.batch must be at least 1`},
		{`{"models": [{"id": "gemini-embedding-2", "embedding": {"unit_at": [4096]}}]}`, `embedding.unit_at: the model does not embed to 4096`},
		{model(`"released": "2025"`), `gemini-2.5-flash: released: "2025" is not a date such as 2026-09-02`},
		{model(`"retired": "2024-01-01"`), `gemini-2.5-flash: retired before it was released`},
		{model(`"successor": "gemini-3.8-flahs"`), `gemini-2.5-flash: successor: no model is called "gemini-3.8-flahs"; did you mean "gemini-3.8-flash"`},
		{model(`"successor": "gemini-2.5-flash"`), `gemini-2.5-flash: successor: leads back to itself: gemini-2.5-flash > gemini-2.5-flash`},
		{`{"models": [{"id": "gemini-3.5-flash-lite", "successor": "gemini-2.5-flash"}]}`, `successor: leads back to itself`},
		{model(`"aliases": ["gemini-2.5-pro"]`), `gemini-2.5-flash: aliases: "gemini-2.5-pro" is an id of its own`},
		{model(`"prices": [{"input": -1}]`), `gemini-2.5-flash: prices[0]: a price cannot be negative`},
		{model(`"prices": [{"from": "2026-1-1"}]`), `prices[0]: "2026-1-1" is not a date`},
		{model(`"prices": [{"from": "2026-02-01", "until": "2026-01-01"}]`), `prices[0]: until lies before from`},
		{model(`"prices": [{"until": "2026-02-01"}, {"from": "2026-02-01"}]`), `prices[0] and prices[1] hold on the same days`},
		{model(`"unconfirmed": ["thinkin.levels"]`), `unconfirmed: "thinkin.levels" is unknown; did you mean "thinking.levels"?`},
		{model(`"vertex": {"retirs": "x"}`), `gemini-2.5-flash: vertex: unknown field "retirs"; did you mean "retires"`},
		{model(`"vertex": {"id": "x"}`), `gemini-2.5-flash: vertex: id, like and vertex cannot differ`},
		{`{"models": [{"id": "models/x", "like": "gemini-3.8-flash"}]}`, `models/x: id: write "x"`},
		{`{"models": [{"id": "x?y", "like": "gemini-3.8-flash"}]}`, `x?y: id: letters, digits and - . _ @ only`},
		{`{"models": [{"id": "x/../y", "like": "gemini-3.8-flash"}]}`, `x/../y: id: letters`},
		{`{"prefixes": [""]}`, `prefixes: "" does not end in a slash`},
		{`{"prefixes": ["gem"]}`, `prefixes: "gem" does not end in a slash`},
		{`{"patterns": [{"match": "a[", "like": "gemini-3"}]}`, `patterns: match "a[" is not a pattern`},
		{`{"patterns": [{"match": "a*", "like": "b"}]}`, `patterns: "a*" is like "b", which is no family or model`},
		{`{"openai_aliases": [{"match": "gpt-9", "model": "gemini-3.8-flas"}]}`, `openai_aliases: "gpt-9" stands for "gemini-3.8-flas", which is no model; did you mean`},
		{`{"openai_aliases": [{"match": "a[", "model": "gemini-3.8-flash"}]}`, `openai_aliases: match "a[" is not a pattern`},
		{`{"openai_aliases": [{"match": "e", "model": "gemini-embedding-2", "dimensions": 9999}]}`, `gemini-embedding-2 does not embed to 9999`},
	}
	for _, tt := range tests {
		_, err := New(Options{Models: []byte(tt.file)})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s\n  got  %v\n  want %s", tt.file, err, tt.want)
		}
	}
}

// FuzzModels shows that no file of an operator breaks anything: it is taken,
// and then every model resolves, or refused.
func FuzzModels(f *testing.F) {
	f.Add([]byte(`{"models": [{"id": "gemini-2.5-flash", "retired": "2026-12-01", "vertex": {"retired": ""}}]}`))
	f.Add([]byte(`{"families": [{"id": "gemini", "like": "gemini-3"}], "patterns": [{"match": "a*", "like": "tts"}]}`))
	f.Add([]byte(`{"prefixes": ["", "x/"], "openai_aliases": [{"match": "*", "model": "gemini-3.8-flash"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := New(Options{Successors: true, OpenAIAliases: true, Models: data})
		if err != nil {
			return
		}
		for _, r := range c.List() {
			if _, ok := c.Resolve(r.ID); !ok {
				t.Errorf("%q does not resolve", r.ID)
			}
		}
	})
}

func TestInvalidAliases(t *testing.T) {
	for _, tt := range []struct {
		aliases map[string]string
		want    string
	}{
		{map[string]string{"a": "b", "b": "a"}, `leads in a circle: `},
		{map[string]string{"a": "a"}, `aliases: "a" leads in a circle: a > a`},
		{map[string]string{"a": "gemini/b", "b": "models/a"}, `leads in a circle: `},
		{map[string]string{"a": "foo"}, `aliases: "a" stands for "foo", which is no model`},
		{map[string]string{"a": "models/gpt-4"}, `aliases: "a" stands for "models/gpt-4", which is no model`},
		{map[string]string{"gemini-2.5-flash": ""}, `aliases: "gemini-2.5-flash" is a model, not an alias`},
	} {
		_, err := New(Options{Aliases: tt.aliases})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: got %v, want %s", tt.aliases, err, tt.want)
		}
	}
}

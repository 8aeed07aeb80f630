package catalog

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestThinking states the table of Google's page on thinking, with its
// columns of levels, defaults and budgets.
// https://ai.google.dev/gemini-api/docs/thinking
func TestThinking(t *testing.T) {
	tests := []struct {
		models   string
		levels   string // lowest first; empty: by budget, or none
		byBudget [2]int64
		off      bool
		byWhat   string
	}{
		{models: "gemini-4-argon", levels: "low medium high", byWhat: "medium"},
		{models: "gemini-3.8-flash gemini-3.7-flash", levels: "low medium high", byWhat: "medium"},
		{models: "gemini-3.6-flash gemini-3.5-flash", levels: "minimal low medium high", byWhat: "medium"},
		{models: "gemini-3.1-pro-preview", levels: "low medium high", byWhat: "high"},
		{models: "gemini-3.5-flash-lite gemini-3.1-flash-lite", levels: "minimal low medium high", byWhat: "minimal"},
		{models: "gemini-3.1-flash-lite-image", levels: "minimal high", byWhat: "minimal"},
		{models: "gemini-3-flash-preview", levels: "minimal low medium high", byWhat: "high"},
		{models: "gemini-3-pro-preview", levels: "low high", byWhat: "high"},
		{models: "gemma-4-31b-it gemma-4-26b-a4b-it", levels: "minimal high", byWhat: "high"},
		{models: "gemini-2.5-pro", byBudget: [2]int64{128, 32768}, byWhat: "dynamic"},
		{models: "gemini-2.5-flash", byBudget: [2]int64{1, 24576}, off: true, byWhat: "dynamic"},
		{models: "gemini-2.5-flash-lite", byBudget: [2]int64{512, 24576}, off: true, byWhat: "off"},
		{models: "gemini-2.0-flash gemini-2.0-flash-lite gemini-1.5-pro gemma-3-27b-it gemini-2.5-flash-image gemini-2.5-flash-preview-tts"},
	}
	c := load(t, Options{})
	for _, tt := range tests {
		for id := range strings.FieldsSeq(tt.models) {
			th := c.rows[id].Thinking
			control := ""
			switch {
			case tt.levels != "":
				control = "level"
			case tt.byBudget[1] != 0:
				control = "budget"
			}
			if th.Control != control || strings.Join(th.Levels, " ") != tt.levels ||
				th.Min != tt.byBudget[0] || th.Max != tt.byBudget[1] || th.Off != tt.off || th.Default != tt.byWhat {
				t.Errorf("%s: got %+v, want %+v", id, th, tt)
			}
		}
	}
	for id, want := range map[string]bool{"gemini-3.5-flash": true, "gemini-3-flash-preview": true, "gemini-4-argon": false} {
		if got := c.rows[id].Thinking.BudgetAccepted; got != want {
			t.Errorf("%s: budget accepted %t, want %t", id, got, want)
		}
	}
}

// TestGenerations states what changed from one generation to the next.
func TestGenerations(t *testing.T) {
	tests := []struct {
		fact  string
		of    func(*Row) bool
		yes   string
		notOf string
	}{
		{
			"fixed sampling", func(r *Row) bool { return r.FixedSampling },
			"gemini-3.5-flash-lite gemini-3.6-flash gemini-3.7-flash gemini-3.8-flash gemini-4-argon",
			"gemini-3.5-flash gemini-3.1-pro-preview gemini-3.1-flash-lite gemini-3-flash-preview gemini-2.5-flash gemini-2.0-flash",
		},
		{
			"a final model turn", func(r *Row) bool { return r.Prefill },
			"gemini-2.5-flash gemini-2.5-pro gemini-3-flash-preview gemini-3.5-flash",
			"gemini-3.5-flash-lite gemini-3.6-flash gemini-3.7-flash gemini-3.8-flash gemini-4-argon",
		},
		{
			"eight candidates", func(r *Row) bool { return r.MaxCandidates == 8 },
			"gemini-2.0-flash gemini-2.5-flash gemini-2.5-pro gemini-2.5-flash-lite", "",
		},
		{
			"one candidate", func(r *Row) bool { return r.MaxCandidates == 1 },
			"gemini-3-flash-preview gemini-3.5-flash gemini-3.8-flash gemini-4-argon gemini-2.5-flash-image gemini-3-pro-image gemini-2.5-flash-preview-tts", "",
		},
		{
			"penalties", func(r *Row) bool { return r.Penalties },
			"", "gemini-1.5-flash gemini-2.5-flash gemini-2.5-pro gemini-3-flash-preview gemini-3.5-flash gemini-3.8-flash",
		},
		{
			"JSON with tools", func(r *Row) bool { return r.JSONWithTools },
			"gemini-3-flash-preview gemini-3.1-pro-preview gemini-3.5-flash gemini-4-argon",
			"gemini-1.5-pro gemini-2.0-flash gemini-2.5-flash gemini-2.5-pro",
		},
		{
			"JSON Schema", func(r *Row) bool { return r.JSONSchema && r.JSONOutput },
			"gemini-2.0-flash gemini-2.5-flash gemini-3-flash-preview gemini-4-argon", "gemini-1.5-flash",
		},
		{
			"call ids, signatures and response parts",
			func(r *Row) bool {
				return r.CallIDs && r.SignaturesEnforced && r.ResponseParts && r.PartMediaResolution && r.SearchWithFunctions
			},
			"gemini-3-flash-preview gemini-3.1-pro-preview gemini-3.1-flash-lite gemini-3.5-flash gemini-3.5-flash-lite gemini-3.8-flash gemini-4-argon", "",
		},
		{
			"any of call ids, signatures and response parts",
			func(r *Row) bool {
				return r.CallIDs || r.SignaturesEnforced || r.ResponseParts || r.PartMediaResolution || r.SearchWithFunctions
			},
			"", "gemini-2.0-flash gemini-2.5-flash gemini-2.5-pro gemini-2.5-flash-lite",
		},
		{
			"WAV and style", func(r *Row) bool { return r.Speech.WAV && r.Speech.Style && len(r.Speech.Voices) == 30 },
			"gemini-3.8-flash-tts gemini-3.8-flash-lite-tts", "gemini-2.5-flash-preview-tts gemini-3.1-flash-tts-preview",
		},
	}
	c := load(t, Options{})
	for _, tt := range tests {
		for id := range strings.FieldsSeq(tt.yes) {
			if !tt.of(c.rows[id]) {
				t.Errorf("%s: want %s", id, tt.fact)
			}
		}
		for id := range strings.FieldsSeq(tt.notOf) {
			if tt.of(c.rows[id]) {
				t.Errorf("%s: want no %s", id, tt.fact)
			}
		}
	}
	if a := c.rows["gemini-4-argon"]; a.OutputTokens != 65536 || a.UnaryOutputTokens != 32768 {
		t.Errorf("argon answers with %d tokens streamed and %d at once", a.OutputTokens, a.UnaryOutputTokens)
	}
}

// TestImages states the sizes of Google's page on image generation.
// https://ai.google.dev/gemini-api/docs/image-generation
func TestImages(t *testing.T) {
	c := load(t, Options{})
	for id, want := range map[string]struct {
		sizes  string
		ratios int
	}{
		"gemini-3.1-flash-image":      {"512 1K 2K 4K", 14},
		"gemini-3.1-flash-lite-image": {"512 1K", 14},
		"gemini-3-pro-image":          {"1K 2K 4K", 10},
		"gemini-2.5-flash-image":      {"", 10},
	} {
		m := c.rows[id].Image
		if strings.Join(m.Sizes, " ") != want.sizes || len(m.Ratios) != want.ratios || m.Method != "generateContent" || m.PerCall != 1 {
			t.Errorf("%s: got %+v, want %+v", id, m, want)
		}
		if slices.Contains(m.Ratios, "8:1") != (want.ratios == 14) {
			t.Errorf("%s: 8:1 is for 3.1 only, got %v", id, m.Ratios)
		}
	}
}

// TestEmbeddings states Google's page on embeddings and what recorded vectors
// measure.
func TestEmbeddings(t *testing.T) {
	c := load(t, Options{})
	two, one := c.rows["gemini-embedding-2"].Embedding, c.rows["gemini-embedding-001"].Embedding
	if two.Dimensions != 3072 || two.MinDimensions != 128 || two.MaxDimensions != 3072 ||
		!two.UnitAlways || two.TaskType || !two.Usage || two.Batch != 1 {
		t.Errorf("gemini-embedding-2: %+v", two)
	}
	if one.Dimensions != 3072 || one.UnitAlways || !slices.Equal(one.UnitAt, []int64{3072}) || !one.TaskType || one.Usage || one.Batch != 100 {
		t.Errorf("gemini-embedding-001: %+v", one)
	}
	if v := load(t, Options{Vertex: true}).rows["gemini-embedding-001"].Embedding; v.Batch != 1 || !v.Usage || v.Dimensions != 3072 {
		t.Errorf("gemini-embedding-001 on Vertex AI: %+v", v)
	}
}

func TestPrices(t *testing.T) {
	tests := []struct {
		id     string
		day    Date
		prompt int64
		want   Price
	}{
		{"gemini-4-argon", "2026-11-30", 10, Price{Until: "2026-11-30", Input: 2, Cached: .1, Output: 10}},
		{"gemini-4-argon", "2026-12-01", 10, Price{From: "2026-12-01", Input: 4, Cached: .2, Output: 20}},
		{"gemini-3.8-flash", "2027-01-01", 10, Price{From: "2027-01-01", Input: 1.5, Cached: .15, Output: 7.5}},
		{"gemini-2.5-pro", "2026-11-22", 200000, Price{Input: 1.25, Cached: .125, Output: 10}},
		{"gemini-2.5-pro", "2026-11-22", 200001, Price{Above: 200000, Input: 2.5, Cached: .25, Output: 15}},
		{"gemini-2.5-flash", "2026-11-22", 10, Price{Input: .3, Cached: .03, Output: 2.5, AudioInput: 1}},
		{"gemini-3-pro-image", "2026-11-22", 10, Price{Input: 2, Output: 12, ImageOutput: 120}},
	}
	c := load(t, Options{})
	for _, tt := range tests {
		got, ok := c.rows[tt.id].PriceOn(tt.day, tt.prompt)
		if diff := cmp.Diff(tt.want, got); diff != "" || !ok {
			t.Errorf("%s on %s with %d tokens (-want +got):\n%s", tt.id, tt.day, tt.prompt, diff)
		}
	}
	if p, ok := c.rows["gemini-2.0-flash"].PriceOn("2026-11-22", 1); ok {
		t.Errorf("gemini-2.0-flash has the price %+v, although nobody sells it", p)
	}
	if got := Day(time.Date(2026, 12, 1, 1, 0, 0, 0, time.FixedZone("", 7200))); got != "2026-11-30" {
		t.Errorf("the day is %s in UTC", got)
	}
}

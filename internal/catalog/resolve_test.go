package catalog

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestResolve(t *testing.T) {
	old := Options{Successors: true}
	all := Options{Successors: true, OpenAIAliases: true}
	own := Options{Successors: true, OpenAIAliases: true, Aliases: map[string]string{
		"fast": "lite", "lite": "models/gemini-3.5-flash-lite", "gpt-4o": "gemini-3.1-pro-preview", "gpt-4": "",
		"gemini-3.6-flash": "gemini-3.8-flash", "nano-banana-pro-preview": "", "acme/big": "gemini-2.0-flash", "next": "gemini-9-flash",
		"gemini-3.5-flash": "gpt-4.1",
	}}
	tests := []struct {
		name    string
		options Options
		asked   string
		want    string // empty: no model
		via     Via
		dims    int64
	}{
		{"id", old, "gemini-3.8-flash", "gemini-3.8-flash", ViaExact, 0},
		{"models/", old, "models/gemini-3.8-flash", "gemini-3.8-flash", ViaExact, 0},
		{"google/", old, "google/gemini-3.8-flash", "gemini-3.8-flash", ViaExact, 0},
		{"gemini/", old, "gemini/gemini-3.8-flash", "gemini-3.8-flash", ViaExact, 0},
		{"publisher", old, "publishers/google/models/gemini-3.8-flash", "gemini-3.8-flash", ViaExact, 0},
		{"two prefixes", old, "gemini/models/gemini-3.8-flash", "gemini-3.8-flash", ViaExact, 0},
		{"2.5 serves itself", old, "gemini-2.5-pro", "gemini-2.5-pro", ViaExact, 0},

		{"retired", old, "gemini-2.0-flash", "gemini-3.1-flash-lite", ViaSuccessor, 0},
		{"retired, as asked", Options{}, "gemini-2.0-flash", "gemini-2.0-flash", ViaExact, 0},
		{"retired with prefix", old, "models/gemini-2.0-flash-001", "gemini-3.1-flash-lite", ViaSuccessor, 0},
		{"retired preview", old, "gemini-2.5-flash-preview-04-17", "gemini-3.5-flash-lite", ViaSuccessor, 0},
		{"retired preview of 3", old, "gemini-3-pro-preview", "gemini-3.1-pro-preview", ViaSuccessor, 0},
		{"alias of a retired one", old, "gemini-2.0-flash-thinking-exp-01-21", "gemini-3.5-flash", ViaSuccessor, 0},
		{"alias of a retired one, as asked", Options{}, "gemini-pro", "gemini-1.0-pro", ViaAlias, 0},
		{"Imagen", old, "imagen-3.0-generate-002", "gemini-3.1-flash-image", ViaSuccessor, 0},
		{"Imagen on Vertex", Options{Successors: true, Vertex: true}, "imagen-4.0-generate-001", "imagen-4.0-generate-001", ViaExact, 0},
		{"embeddings keep their size", old, "text-embedding-004", "gemini-embedding-001", ViaSuccessor, 768},
		{"embeddings as asked", Options{}, "text-embedding-004", "text-embedding-004", ViaExact, 0},
		{"embeddings of the same size", old, "gemini-embedding-exp-03-07", "gemini-embedding-001", ViaSuccessor, 0},

		{"dated variant", old, "gemini-3.8-flash-001", "gemini-3.8-flash-001", ViaPattern, 0},
		{"unknown preview of a retired one", old, "gemini-2.0-flash-preview-99", "gemini-3.1-flash-lite", ViaSuccessor, 0},
		{"unknown preview of a retired one, as asked", Options{}, "gemini-2.0-flash-preview-99", "gemini-2.0-flash-preview-99", ViaPattern, 0},
		{"unknown generation", old, "models/gemini-9-flash", "gemini-9-flash", ViaPattern, 0},
		{"unknown image model", old, "gemini-9-flash-image", "gemini-9-flash-image", ViaPattern, 0},

		{"no model", all, "foo", "", "", 0},
		{"empty", all, "", "", "", 0},
		{"only a prefix", all, "models/", "", "", 0},
		{"other case", old, "Gemini-3.8-Flash", "", "", 0},
		{"a family is no model", old, "tts", "", "", 0},
		{"tuned model", old, "tunedModels/gemini-2.5-flash-x", "", "", 0},
		{"slash in an id", old, "gemini-9/x", "", "", 0},

		{"a call in an id", old, "gemini-9:generateContent?key=x", "", "", 0},
		{"a step up in an id", old, "gemini-9%2f..", "", "", 0},
		{"a line in an id", old, "gemini-9\nx", "", "", 0},
		{"a very long id", old, "gemini-" + strings.Repeat("9", 200), "", "", 0},

		{"OpenAI off", old, "gpt-4o", "", "", 0},
		{"OpenAI embeddings off", old, "text-embedding-3-small", "", "", 0},
		{"OpenAI", all, "gpt-4o", "gemini-3.8-flash", ViaAlias, 0},
		{"OpenAI snapshot", all, "gpt-4o-mini-2024-07-18", "gemini-3.5-flash-lite", ViaAlias, 0},
		{"OpenAI flagship", all, "gpt-5", "gemini-4-argon", ViaAlias, 0},
		{"OpenAI small embeddings", all, "text-embedding-3-small", "gemini-embedding-2", ViaAlias, 1536},
		{"OpenAI images", all, "dall-e-3", "gemini-3.1-flash-image", ViaAlias, 0},
		{"OpenAI transcription", all, "whisper-1", "gemini-3.5-transcribe", ViaAlias, 0},
		{"OpenAI realtime has no counterpart", all, "gpt-realtime", "", "", 0},

		{"own alias of an alias", own, "fast", "gemini-3.5-flash-lite", ViaAlias, 0},
		{"own before OpenAI's", own, "gpt-4o", "gemini-3.1-pro-preview", ViaAlias, 0},
		{"OpenAI's switched off", own, "gpt-4", "", "", 0},
		{"row's switched off", own, "nano-banana-pro-preview", "", "", 0},
		{"own before an id", own, "gemini/gemini-3.6-flash", "gemini-3.8-flash", ViaAlias, 0},
		{"own with a slash, to a retired one", own, "acme/big", "gemini-3.1-flash-lite", ViaSuccessor, 0},
		{"own to OpenAI's", own, "gemini-3.5-flash", "gemini-3.8-flash", ViaAlias, 0},
		{"own to a pattern", own, "next", "gemini-9-flash", ViaAlias, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, ok := load(t, tt.options).Resolve(tt.asked)
			if !ok {
				if tt.want != "" {
					t.Fatalf("%q is no model", tt.asked)
				}
				return
			}
			if res.Row.ID != tt.want || res.Via != tt.via || res.Dimensions != tt.dims || res.Asked != tt.asked {
				t.Errorf("got %s via %s, %d dimensions, asked %q", res.Row.ID, res.Via, res.Dimensions, res.Asked)
			}
		})
	}
}

// TestPatternRules shows that an unlisted id has the rules of what it is like.
func TestPatternRules(t *testing.T) {
	c := load(t, Options{Successors: true})
	get := func(id string) *Row {
		res, ok := c.Resolve(id)
		if !ok {
			t.Fatalf("%s is no model", id)
		}
		return res.Row
	}
	newest := get("gemini-5-xenon")
	if !newest.FixedSampling || newest.Prefill || slices.Contains(newest.Thinking.Levels, "minimal") || newest.Thinking.Default != "medium" {
		t.Errorf("an unknown generation does not have the newest rules: %+v", newest.Model)
	}
	if _, known := newest.PriceOn("2026-11-22", 0); known {
		t.Error("an unknown generation has a price")
	}
	if _, known := get("gemini-3.8-flash-001").PriceOn("2026-11-22", 0); !known {
		t.Error("a dated variant has lost its model's price")
	}
	if r := get("gemini-2.5-flash-lite-001"); r.Thinking.Min != 512 || r.Thinking.Default != "off" {
		t.Errorf("a variant of 2.5 Flash-Lite thinks by %+v", r.Thinking)
	}
	if r := get("gemini-9-flash-tts"); !r.Can("audio") || !r.Speech.WAV {
		t.Errorf("an unknown TTS model: %+v", r.Speech)
	}
	if r := get("gemini-9-image"); !r.Can("image") || r.Image.Method != "generateContent" {
		t.Errorf("an unknown image model: %+v", r.Image)
	}
	if r := get("gemini-embedding-3"); !r.Can("embedding") || r.Embedding.Batch != 1 {
		t.Errorf("an unknown embedding model: %+v", r.Embedding)
	}
	before := len(c.List())
	get("gemini-5-neon").ID = "changed"
	if get("gemini-5-neon").ID != "gemini-5-neon" || len(c.List()) != before {
		t.Error("an unlisted id leaves a trace")
	}
}

// FuzzResolve shows that no name breaks anything, and that an id that nobody
// listed can stand in a URL as it is.
func FuzzResolve(f *testing.F) {
	for _, s := range []string{"gemini-3.8-flash", "models/google/gemini-9-x", "gpt-4o-2024-08-06", "gemini-2.0-flash-x", "imagen-[", "a", ""} {
		f.Add(s)
	}
	c := load(f, Options{Successors: true, OpenAIAliases: true, Aliases: map[string]string{"a": "b", "b": "gemini-3.8-flash"}})
	f.Fuzz(func(t *testing.T, name string) {
		res, ok := c.Resolve(name)
		switch {
		case !ok:
			c.Near(name)
		case res.Row == nil || res.Asked != name:
			t.Errorf("%q: got %+v", name, res)
		case res.Via == ViaPattern && (res.Row.ID != url.PathEscape(res.Row.ID) || !strings.HasSuffix(name, res.Row.ID)):
			t.Errorf("%q is sent upstream as %q", name, res.Row.ID)
		}
	})
}

func TestNear(t *testing.T) {
	c := load(t, Options{OpenAIAliases: true})
	for name, want := range map[string]string{
		"gemini-3.6-flahs":       "gemini-3.6-flash",
		"models/gemini-2.5-fash": "gemini-2.5-flash",
		"GPT4o":                  "gpt-4o",
		"gemini-embeding-001":    "gemini-embedding-001",
		"foo":                    "",
	} {
		got := c.Near(name)
		if len(got) > 3 || want == "" && len(got) > 0 || want != "" && (len(got) == 0 || got[0] != want) {
			t.Errorf("near %q: %v", name, got)
		}
	}
	if got := c.Near(strings.Repeat("gemini", 1<<20)); len(got) > 0 {
		t.Errorf("near a very long name: %v", got)
	}
	for _, r := range load(t, Options{}).List() {
		if near := c.Near(r.ID + "x"); r.Retired != "" && slices.Contains(near, r.ID) {
			t.Errorf("retired %s is suggested", r.ID)
		}
	}
}

func TestAliases(t *testing.T) {
	if got := load(t, Options{}).Aliases(); len(got) != 0 {
		t.Errorf("aliases although none are on: %v", got)
	}
	c := load(t, Options{OpenAIAliases: true, Aliases: map[string]string{"zoom": "gemini-3.8-flash", "fast": "gemini-3.5-flash-lite", "gpt-4o": "gemini-4-argon", "gpt-5": ""}})
	got := c.Aliases()
	if len(got) < 40 || got[0] != (Alias{Match: "fast", Model: "gemini-3.5-flash-lite"}) || got[2].Match != "zoom" {
		t.Fatalf("got %v", got)
	}
	names := map[string]int{}
	for _, a := range got {
		names[a.Match]++
		if strings.Contains(a.Match, "*") {
			t.Errorf("%s cannot be asked for", a.Match)
		}
		if res, ok := c.Resolve(a.Match); !ok || res.Row.ID != a.Model {
			t.Errorf("%s does not lead to %s", a.Match, a.Model)
		}
	}
	if names["gpt-4o"] != 1 || names["gpt-5"] != 0 {
		t.Errorf("overridden aliases are listed %d and %d times", names["gpt-4o"], names["gpt-5"])
	}
}

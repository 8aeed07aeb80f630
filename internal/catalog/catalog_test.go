package catalog

import (
	"strings"
	"testing"
)

// load returns a catalog made with the options.
func load(t testing.TB, o Options) *Catalog {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestEveryRow walks the shipped catalog, as it is for each site.
func TestEveryRow(t *testing.T) {
	for name, o := range map[string]Options{
		"gemini": {Successors: true},
		"vertex": {Successors: true, Vertex: true},
	} {
		t.Run(name, func(t *testing.T) {
			c := load(t, o)
			if len(c.List()) < 80 {
				t.Fatalf("only %d models", len(c.List()))
			}
			seen := map[string]bool{}
			for _, r := range c.List() {
				if seen[r.ID] {
					t.Errorf("%s is listed twice", r.ID)
				}
				seen[r.ID] = true
				if r.Source == "" {
					t.Errorf("%s names no source", r.ID)
				}
				if r.Family == "" || c.families[r.Family] == nil {
					t.Errorf("%s descends from no family", r.ID)
				}
				if r.Released == "" || r.Created%86400 != 0 || r.Created == 0 {
					t.Errorf("%s was released on %q and created at %d", r.ID, r.Released, r.Created)
				}
				if len(r.Input) == 0 || r.InputTokens == 0 || r.OutputTokens == 0 {
					t.Errorf("%s has no input or no limits", r.ID)
				}
				if r.Retired != "" && r.Successor == "" {
					t.Errorf("%s is retired and nothing serves in its place", r.ID)
				}
				checkServed(t, c, r)
			}
			for _, f := range c.families {
				if f.Source == "" {
					t.Errorf("family %s names no source", f.ID)
				}
			}
		})
	}
}

// checkServed resolves a row and its aliases: what answers must be alive and
// make what the row makes.
func checkServed(t *testing.T, c *Catalog, r *Row) {
	t.Helper()
	res, ok := c.Resolve(r.ID)
	switch {
	case !ok:
		t.Errorf("%s does not resolve", r.ID)
		return
	case r.Retired == "" && (res.Row != r || res.Via != ViaExact):
		t.Errorf("%s is served by %s via %s", r.ID, res.Row.ID, res.Via)
	case r.Retired != "" && (res.Row.Retired != "" || res.Via != ViaSuccessor):
		t.Errorf("retired %s is served by %s via %s", r.ID, res.Row.ID, res.Via)
	}
	for _, m := range r.Output {
		if !res.Row.Can(m) {
			t.Errorf("%s makes %s, %s in its place does not", r.ID, m, res.Row.ID)
		}
	}
	for _, m := range r.Input {
		if !res.Row.Takes(m) {
			t.Errorf("%s reads %s, %s in its place does not", r.ID, m, res.Row.ID)
		}
	}
	for _, a := range r.Aliases {
		if got, ok := c.Resolve(a); !ok || got.Row != res.Row {
			t.Errorf("%s does not lead where %s leads", a, r.ID)
		}
	}
}

// TestEveryPattern shows that no pattern stands in the shadow of another.
func TestEveryPattern(t *testing.T) {
	c := load(t, Options{})
	for _, p := range c.patterns {
		id := strings.ReplaceAll(p.Match, "*", "x")
		res, ok := c.Resolve(id)
		if !ok || res.Row.Like != p.Like || res.Via != ViaPattern || res.Row.ID != id {
			t.Errorf("%s, for pattern %s, resolves to %+v", id, p.Match, res.Row)
		}
	}
	on := load(t, Options{OpenAIAliases: true})
	for _, a := range on.openAI {
		id := strings.ReplaceAll(a.Match, "*", "2026-01-01")
		res, ok := on.Resolve(id)
		if !ok || res.Row.ID != a.Model || res.Via != ViaAlias || res.Dimensions != a.Dimensions {
			t.Errorf("%s, for alias %s, resolves to %+v", id, a.Match, res)
		}
		if _, ok := c.Resolve(id); ok {
			t.Errorf("%s resolves although the aliases are off", id)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		if _, err := New(Options{Successors: true}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkResolve(b *testing.B) {
	c := load(b, Options{Successors: true, OpenAIAliases: true})
	for _, name := range []string{"gemini-3.8-flash", "gemini-2.0-flash", "gpt-4o", "gemini-9-flash"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Resolve(name)
			}
		})
	}
}

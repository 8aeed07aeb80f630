package catalog

import "testing"

func TestShippedCatalogLoads(t *testing.T) {
	c, err := New(Options{Successors: true, OpenAIAliases: true})
	if err != nil {
		t.Fatal(err)
	}
	r, ok := c.Resolve("gemini-2.0-flash")
	if !ok || r.Row.ID != "gemini-3.1-flash-lite" {
		t.Fatalf("%+v", r)
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		if _, err := New(Options{Successors: true}); err != nil {
			b.Fatal(err)
		}
	}
}

package spelling_test

import (
	"testing"

	"github.com/gemway/gemway/internal/spelling"
	"github.com/google/go-cmp/cmp"
)

func TestNear(t *testing.T) {
	names := []string{"listen", "offline", "log.level", "log.format"}
	for name, want := range map[string][]string{
		"lisen":     {"listen"},
		"Listen":    {"listen"},
		"log.lvel":  {"log.level"},
		"log.leevl": {"log.level"},
		"of":        nil,
		"zzzzzz":    nil,
	} {
		if diff := cmp.Diff(want, spelling.Near(name, names)); diff != "" {
			t.Errorf("Near(%q): (-want +got)\n%s", name, diff)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	for want, names := range map[string][]string{
		"":                                nil,
		`; did you mean "a"?`:             {"a"},
		`; did you mean "a", "b" or "c"?`: {"a", "b", "c"},
	} {
		if got := spelling.DidYouMean(names); got != want {
			t.Errorf("DidYouMean(%q) = %q, want %q", names, got, want)
		}
	}
}

package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var ran = regexp.MustCompile(`([@a-z][@a-z0-9/-]*) (\d+\.\d+[.0-9]*)`)

// TestRecipeVersions holds the versions that docs/recipes.md says were run to
// the lock files of test/clients.
func TestRecipeVersions(t *testing.T) {
	locked := ""
	for _, name := range []string{"python/openai2.txt", "python/openai3.txt", "python/aider.txt", "node/package.json"} {
		b, err := os.ReadFile(filepath.Join(root, "test/clients", name))
		if err != nil {
			t.Fatal(err)
		}
		locked += "\n" + string(b)
	}
	b, err := os.ReadFile(filepath.Join(root, "docs/recipes.md"))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(b)) {
		if !strings.HasPrefix(line, "| ✔") {
			continue
		}
		for _, m := range ran.FindAllStringSubmatch(line, -1) {
			seen++
			name, version := m[1], m[2]
			if !strings.Contains(locked, "\n"+name+"=="+version+"\n") && !strings.Contains(locked, `"`+name+`": "`+version+`"`) {
				t.Errorf("docs/recipes.md says that %s %s was run; the lock files have another version", name, version)
			}
		}
	}
	if seen < 15 {
		t.Errorf("found %d versions: the test does not see them", seen)
	}
}

package translate_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const repo = ".."

// exhibits lists the ids of the failures that docs/fidelity.md answers.
func exhibits(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile(repo + "/testdata/corpus/exhibits.txt")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(b))
}

// The page has one row for each exhibit, and every test it names exists.
func TestFidelityPage(t *testing.T) {
	page, err := os.ReadFile(repo + "/docs/fidelity.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	unproven := 0
	row := regexp.MustCompile(`^\| ([A-Z]\d+[a-z]?) \| (.+) \| (.+) \|$`)
	for line := range strings.Lines(string(page)) {
		m := row.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		rows = append(rows, m[1])
		if why, ok := strings.CutPrefix(m[3], "none: "); ok {
			if unproven++; strings.TrimSpace(why) == "" {
				t.Errorf("%s: neither a test nor a reason", m[1])
			}
			continue
		}
		tests := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(m[3], -1)
		if len(tests) == 0 {
			t.Errorf("%s names no test", m[1])
		}
		for _, name := range tests {
			if !testExists(t, name[1]) {
				t.Errorf("%s names %s, which does not exist", m[1], name[1])
			}
		}
	}
	if want := exhibits(t); !slices.Equal(rows, want) {
		for _, id := range want {
			if !slices.Contains(rows, id) {
				t.Errorf("%s has no row", id)
			}
		}
		if !t.Failed() {
			t.Errorf("the rows are not those of exhibits.txt in its order: %v", rows)
		}
	}
	if unproven > 10 {
		t.Errorf("%d rows without a test", unproven)
	}
}

// testExists looks for pkg.TestName, pkg.TestCorpus/folder/case or file::test.
func testExists(t *testing.T, name string) bool {
	t.Helper()
	if file, test, ok := strings.Cut(name, "::"); ok {
		b, err := os.ReadFile(filepath.Join(repo, file))
		return err == nil && (strings.Contains(string(b), "def "+test+"(") || strings.Contains(string(b), `test("`+test+`"`))
	}
	pkg, rest, ok := strings.Cut(name, ".")
	if !ok {
		return false
	}
	test, path, isCase := strings.Cut(rest, "/")
	if isCase {
		if _, err := os.Stat(filepath.Join(repo, "testdata/corpus", path+".txtar")); err != nil {
			return false
		}
	}
	files, err := filepath.Glob(filepath.Join(repo, pkg, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "func "+test+"(") {
			return true
		}
	}
	return false
}

// The list of exhibits is that of the collection it was made of, where that is
// at hand.
func TestExhibits(t *testing.T) {
	b, err := os.ReadFile(repo + "/../shared/reference/bug-museum.md")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Logf("compared with nothing: %v", err)
		if n := len(exhibits(t)); n != 223+18 {
			t.Errorf("%d exhibits", n)
		}
		return
	}
	var want []string
	for _, m := range regexp.MustCompile(`(?m)^\| (G\d+[a-k]?|X\d+) \|`).FindAllStringSubmatch(string(b), -1) {
		want = append(want, m[1])
	}
	got := slices.DeleteFunc(exhibits(t), func(id string) bool { return id[0] == 'P' })
	if !slices.Equal(got, want) {
		t.Errorf("exhibits.txt has %d, the collection %d", len(got), len(want))
	}
}

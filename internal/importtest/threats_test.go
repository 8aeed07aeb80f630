package importtest

import (
	"go/ast"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// threats are the attacks and faults that a test must stand for, by the names of
// the threat model: TestT001… for T001.
func threats() []string {
	var all []string
	for _, r := range [][2]int{{1, 59}, {63, 63}, {71, 72}, {74, 95}, {98, 98}, {100, 100}, {103, 106}, {111, 113}, {118, 118}, {120, 123}, {125, 128}} {
		for n := r[0]; n <= r[1]; n++ {
			all = append(all, "T"+string([]byte{'0' + byte(n/100), '0' + byte(n/10%10), '0' + byte(n%10)}))
		}
	}
	return all
}

var threatTest = regexp.MustCompile(`^Test(T[01][0-9]{2})`)

// tested returns the ids that names of test functions carry. A function that
// does nothing carries none.
func tested(fsys fs.FS) ([]string, error) {
	files, err := parse(fsys)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, f := range files {
		if !f.test {
			continue
		}
		for _, d := range f.syntax.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || fn.Body == nil || len(fn.Body.List) == 0 {
				continue
			}
			if m := threatTest.FindStringSubmatch(fn.Name.Name); m != nil {
				ids = append(ids, m[1])
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

func TestEveryThreatHasATest(t *testing.T) {
	ids, err := tested(os.DirFS(repository(t)))
	if err != nil {
		t.Fatal(err)
	}
	var missing []string
	for _, id := range threats() {
		if !slices.Contains(ids, id) {
			missing = append(missing, id)
		}
	}
	if len(missing) > 0 {
		t.Errorf("no test is named by %s", strings.Join(missing, ", "))
	}
	// The rule itself: names count, comments, helpers and empty functions do not.
	ids, err = tested(fstest.MapFS{
		"a/a_test.go": {Data: []byte("package a\nimport \"testing\"\n// T001\nfunc TestT002(t *testing.T) {}\nfunc TestT003x(t *testing.T) { t.Log() }\nfunc helpTestT004(t *testing.T) { t.Log() }\n")},
		"a/a.go":      {Data: []byte("package a\nfunc TestT005() { println() }\n")},
	})
	if err != nil || !slices.Equal(ids, []string{"T003"}) {
		t.Errorf("%v, %v", ids, err)
	}
}

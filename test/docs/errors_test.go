package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// row is a line of a table whose first cell is a code.
var row = regexp.MustCompile("(?m)^\\| `([a-z_0-9]+)` \\|")

// TestErrorCodes holds docs/errors.md to the codes in the source, both ways.
func TestErrorCodes(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root, "docs/errors.md"))
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, m := range row.FindAllStringSubmatch(string(b), -1) {
		documented[m[1]] = true
	}
	inSource := codes(t, "openai", "translate", "internal/mime", "internal/media", "internal/server", "internal/app", "internal/auth")
	for _, c := range slices.Sorted(maps.Keys(inSource)) {
		if !documented[c] {
			t.Errorf("docs/errors.md lacks %s, of %s", c, inSource[c])
		}
	}
	for c := range documented {
		if inSource[c] == "" {
			t.Errorf("docs/errors.md has %s, which the source has not", c)
		}
	}
	if len(inSource) < 40 {
		t.Errorf("found %d codes in the source: the test does not see them", len(inSource))
	}
}

// codes finds the codes of OpenAI errors in the packages that make them, each
// with a file that has it.
func codes(t *testing.T, folders ...string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(tree, func(n ast.Node) bool {
				for _, e := range codesOf(n) {
					if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING && lit.Value != `""` {
						c, err := strconv.Unquote(lit.Value)
						if err != nil {
							t.Fatal(err)
						}
						found[c] = strings.TrimPrefix(filepath.ToSlash(file), root+"/")
					}
				}
				return true
			})
		}
	}
	return found
}

// codesOf returns the expressions in a node that stand for codes: arguments of
// openai.NewError and openai.Invalid, of the shorthand in server/errors.go,
// and constants named Code….
func codesOf(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.CallExpr:
		name := ""
		switch f := n.Fun.(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.SelectorExpr:
			name = f.Sel.Name
		}
		if at, ok := map[string]int{"NewError": 3, "Invalid": 1, "server": 1}[name]; ok && at < len(n.Args) {
			return n.Args[at : at+1]
		}
	case *ast.ValueSpec:
		for _, name := range n.Names {
			if strings.HasPrefix(name.Name, "Code") {
				return n.Values
			}
		}
	}
	return nil
}

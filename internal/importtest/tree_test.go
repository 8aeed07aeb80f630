package importtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/gemway/gemway"

// A goFile is one parsed Go file of the main module.
type goFile struct {
	name    string // slash-separated, from the repository's root
	pkg     string // folder of the file; "." for the root
	test    bool
	imports []string
	syntax  *ast.File
	fset    *token.FileSet
	lines   int
}

// at returns "file:line" of a node.
func (f *goFile) at(n ast.Node) string {
	return f.name + ":" + strconv.Itoa(f.fset.Position(n.Pos()).Line)
}

// ours returns the folder of an import of this module, such as internal/sse.
func ours(importPath string) (folder string, ok bool) {
	return strings.CutPrefix(importPath, module+"/")
}

// repository returns the root of the repository.
func repository(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if b, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil && strings.HasPrefix(string(b), "module "+module+"\n") {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod of " + module + " above the test")
		}
		dir = up
	}
}

// generated folders and those of tools are no part of the source.
var notSource = []string{".git", ".cache", ".venv", "bin", "node_modules", "__pycache__"}

// walk calls visit for every file of the source below the root of fsys.
func walk(fsys fs.FS, visit func(name string) error) error {
	return fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			for _, n := range notSource {
				if path.Base(name) == n {
					return fs.SkipDir
				}
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		return visit(name)
	})
}

// parse reads the Go files of the main module; nested modules are left out.
func parse(fsys fs.FS) ([]*goFile, error) {
	var nested []string
	var names []string
	err := walk(fsys, func(name string) error {
		switch {
		case path.Base(name) == "go.mod" && path.Dir(name) != ".":
			nested = append(nested, path.Dir(name)+"/")
		case path.Ext(name) == ".go" && !strings.Contains("/"+name, "/testdata/"):
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var files []*goFile
next:
	for _, name := range names {
		for _, n := range nested {
			if strings.HasPrefix(name, n) {
				continue next
			}
		}
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		fset := token.NewFileSet()
		syntax, err := parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		f := &goFile{
			name: name, pkg: path.Dir(name), test: strings.HasSuffix(name, "_test.go"),
			syntax: syntax, fset: fset, lines: strings.Count(string(src), "\n"),
		}
		for _, spec := range syntax.Imports {
			p, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return nil, err
			}
			f.imports = append(f.imports, p)
		}
		files = append(files, f)
	}
	return files, nil
}

package media

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// constructors are the places that may open connections: files of strangers
// are fetched by one, Gemini is called by the next, traces go to the operator's
// collector by the third; the last is the client of a terminal, and no part of a
// server.
var constructors = []string{"internal/media", "internal/upstream", "internal/tracing", "cmd/gemway/chat.go"}

// outside are folders of programs that are clients themselves.
var outside = []string{"test", "bench", "examples", "tools", "testdata", "node_modules"}

// dialling are the functions, variables and types that lead to a connection, by
// import path. Naming a type is free, making a value of it is not.
var dialling = map[string]struct{ names, types []string }{
	"net/http": {
		names: []string{"Get", "Head", "Post", "PostForm", "DefaultClient", "DefaultTransport", "ProxyFromEnvironment", "ProxyURL"},
		types: []string{"Client", "Transport"},
	},
	"net": {
		names: []string{"Dial", "DialTimeout", "DialTCP", "DialUDP", "DialIP", "DialUnix"},
		types: []string{"Dialer"},
	},
	"crypto/tls":        {names: []string{"Dial", "DialWithDialer"}, types: []string{"Dialer"}},
	"net/http/httputil": {names: []string{"NewSingleHostReverseProxy"}, types: []string{"ReverseProxy"}},
	"net/rpc":           {names: []string{"Dial", "DialHTTP", "DialHTTPPath"}},
	"net/smtp":          {names: []string{"Dial", "SendMail"}},
}

// outbound reports where the Go files of the main module make connections of
// their own outside the constructors.
func outbound(fsys fs.FS) (bad []string, files int, err error) {
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != ".":
			_, nested := fs.Stat(fsys, path.Join(name, "go.mod"))
			if nested == nil || slices.Contains(outside, path.Base(name)) || strings.HasPrefix(path.Base(name), ".") || slices.Contains(constructors, name) {
				return fs.SkipDir
			}
			return nil
		case path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || slices.Contains(constructors, name):
			return nil
		}
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		files++
		found, err := connects(name, src)
		bad = append(bad, found...)
		return err
	})
	return bad, files, err
}

func connects(name string, src []byte) ([]string, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var bad []string
	at := func(n ast.Node, what string) {
		bad = append(bad, name+":"+strconv.Itoa(fset.Position(n.Pos()).Line)+": "+what)
	}
	local := map[string]string{} // name in this file: import path
	for _, spec := range file.Imports {
		p, _ := strconv.Unquote(spec.Path.Value)
		as := path.Base(p)
		if spec.Name != nil {
			as = spec.Name.Name
		}
		if _, ok := dialling[p]; ok && as == "." {
			at(spec, "import of "+p+" without a name")
		}
		local[as] = p
	}
	// of returns the import path and name that an expression such as http.Client
	// stands for.
	of := func(e ast.Expr) (string, string) {
		if sel, ok := e.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok {
				return local[x.Name], sel.Sel.Name
			}
		}
		return "", ""
	}
	made := func(e ast.Expr) {
		if p, n := of(e); slices.Contains(dialling[p].types, n) {
			at(e, "a "+p+"."+n+" is made")
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if p, name := of(n); slices.Contains(dialling[p].names, name) {
				at(n, p+"."+name)
			}
		case *ast.CompositeLit:
			made(n.Type)
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "new" && len(n.Args) == 1 {
				made(n.Args[0])
			}
		case *ast.ValueSpec:
			made(n.Type)
		case *ast.Field: // an embedded or plain field of a struct is a value, too
			made(n.Type)
		}
		return true
	})
	return bad, nil
}

// T042: whatever field holds a URL, only these places in the binary can follow it.
func TestT042TwoConstructors(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatal(err)
	}
	bad, files, err := outbound(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range bad {
		t.Errorf("%s: only %v may connect", b, constructors)
	}
	if files < 10 {
		t.Errorf("only %d files were looked at", files)
	}
}

// The rule catches what it is there for.
func TestOutboundRule(t *testing.T) {
	for _, c := range []struct {
		file, imports, body string
		bad                 bool
	}{
		{"internal/server/a.go", `"net/http"`, `var x, _ = http.Get("http://x")`, true},
		{"internal/server/a.go", `h "net/http"`, `var x = h.DefaultClient`, true},
		{"internal/server/a.go", `. "net/http"`, `var x, _ = Get("http://x")`, true},
		{"internal/server/a.go", `"net/http"`, `var x = &http.Client{}`, true},
		{"internal/server/a.go", `"net/http"`, `var x = new(http.Transport)`, true},
		{"internal/server/a.go", `"net/http"`, `var x http.Client`, true},
		{"internal/server/a.go", `"net/http"`, `type s struct{ http.Client }`, true},
		{"internal/server/a.go", `"net/http"`, `func f() { c := http.DefaultTransport; _ = c }`, true},
		{"cmd/gemway/a.go", `"net"`, `var x, _ = net.Dial("tcp", "x")`, true},
		{"internal/app/a.go", `"net"`, `var x = net.Dialer{}`, true},
		{"internal/app/a.go", `"crypto/tls"`, `var x, _ = tls.Dial("tcp", "x", nil)`, true},
		{"internal/app/a.go", `"net/http/httputil"`, `var x = &httputil.ReverseProxy{}`, true},
		{"internal/server/a.go", `"net/http"`, `func f(c *http.Client) { _, _ = c.Get("x") }`, false},
		{"internal/server/a.go", `"net/http"`, `var x = http.StatusOK`, false},
		{"internal/server/a.go", `"net"`, `var x, _ = net.Listen("tcp", "x")`, false},
		{"internal/server/a_test.go", `"net/http"`, `var x, _ = http.Get("http://x")`, false},
		{"internal/media/a.go", `"net/http"`, `var x = &http.Transport{}`, false},
		{"internal/upstream/a.go", `"net/http"`, `var x = &http.Transport{}`, false},
		{"test/sdk/a.go", `"net/http"`, `var x, _ = http.Get("http://x")`, false},
	} {
		src := "package x\nimport " + c.imports + "\n" + c.body + "\n"
		bad, _, err := outbound(fstest.MapFS{c.file: {Data: []byte(src)}})
		if err != nil || (len(bad) > 0) != c.bad {
			t.Errorf("%s: %s: reported %q, %v, want a report: %v", c.file, c.body, bad, err, c.bad)
		}
	}
}

package importtest

import (
	"go/ast"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// harmless starts need no recovering: what they do cannot panic.
var harmless = map[string]string{
	"internal/media/lease.go": "gives a number of bytes back, under a lock of its own",
}

// T113: every goroutine of the program recovers. A panic that no one recovers
// ends the process, with the requests of everybody else.
func TestT113EveryGoroutineRecovers(t *testing.T) {
	files, err := parse(os.DirFS(repository(t)))
	if err != nil {
		t.Fatal(err)
	}
	bad, found := goroutines(files, harmless)
	for _, b := range bad {
		t.Error(b)
	}
	for _, pkg := range unguarded(files) {
		t.Errorf("%s starts goroutines, but its tests do not look for those that are left: use goleak", pkg)
	}
	if found < 15 {
		t.Errorf("only %d goroutines are found", found)
	}
}

// unguarded returns the packages that start goroutines and whose tests do not
// know goleak.
func unguarded(files []*goFile) []string {
	starts, guards := map[string]bool{}, map[string]bool{}
	for _, f := range files {
		if f.test {
			guards[f.pkg] = guards[f.pkg] || slices.Contains(f.imports, "go.uber.org/goleak")
			continue
		}
		if ofTheProgram(f) {
			ast.Inspect(f.syntax, func(n ast.Node) bool {
				starts[f.pkg] = starts[f.pkg] || startedBy(n) != nil
				return !starts[f.pkg]
			})
		}
	}
	var bad []string
	for pkg := range starts {
		if starts[pkg] && !guards[pkg] {
			bad = append(bad, pkg)
		}
	}
	slices.Sort(bad)
	return bad
}

// ofTheProgram reports whether a file is part of what is shipped.
func ofTheProgram(f *goFile) bool {
	return !f.test && !within(f.pkg, []string{"test", "bench", "examples", "tools"})
}

// goroutines reports every start of a goroutine, timers included, whose function
// does not defer panics.Recover before all else, and how many there are. A
// function is a literal, or a function or method of the same package.
func goroutines(files []*goFile, harmless map[string]string) (bad []string, found int) {
	bodies := map[string][]*ast.BlockStmt{} // by package and name
	for _, f := range files {
		for _, d := range f.syntax.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
				bodies[f.pkg+" "+fn.Name.Name] = append(bodies[f.pkg+" "+fn.Name.Name], fn.Body)
			}
		}
	}
	recovers := func(f *goFile, e ast.Expr) bool {
		switch e := e.(type) {
		case *ast.FuncLit:
			return defersRecover(e.Body)
		case *ast.Ident:
			return all(bodies[f.pkg+" "+e.Name])
		case *ast.SelectorExpr:
			return all(bodies[f.pkg+" "+e.Sel.Name])
		}
		return false
	}
	excused := map[string]bool{}
	for _, f := range files {
		if !ofTheProgram(f) {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			started := startedBy(n)
			if started == nil {
				return true
			}
			found++
			switch {
			case recovers(f, started):
			case harmless[f.name] != "":
				excused[f.name] = true
			default:
				bad = append(bad, f.at(n)+": the goroutine does not begin with defer panics.Recover")
			}
			return true
		})
	}
	for name := range harmless {
		if !excused[name] {
			bad = append(bad, name+": it starts no goroutine that has to be excused")
		}
	}
	return bad, found
}

// starters are the functions and methods that run what they are given in a
// goroutine of its own.
var starters = []string{"Go", "TryGo", "AfterFunc", "DoChan"}

// startedBy returns the function that a node starts as a goroutine, or nil.
func startedBy(n ast.Node) ast.Expr {
	switch n := n.(type) {
	case *ast.GoStmt:
		return n.Call.Fun
	case *ast.CallExpr:
		sel, ok := n.Fun.(*ast.SelectorExpr)
		if ok && slices.Contains(starters, sel.Sel.Name) && len(n.Args) > 0 {
			return n.Args[len(n.Args)-1]
		}
	}
	return nil
}

func all(bodies []*ast.BlockStmt) bool {
	return len(bodies) > 0 && !slices.ContainsFunc(bodies, func(b *ast.BlockStmt) bool { return !defersRecover(b) })
}

// defersRecover reports whether panics.Recover is among the deferred calls that
// a function begins with.
func defersRecover(b *ast.BlockStmt) bool {
	for _, s := range b.List {
		d, ok := s.(*ast.DeferStmt)
		if !ok {
			return false
		}
		if sel, ok := d.Call.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Recover" {
			if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "panics" {
				return true
			}
		}
	}
	return false
}

func TestGoroutinesRule(t *testing.T) {
	tests := map[string]struct {
		src string
		bad bool
	}{
		"bare go":            {`func f() { go func() { g() }() }`, true},
		"recovering":         {`func f() { go func() { defer panics.Recover(r); g() }() }`, false},
		"too late":           {`func f() { go func() { g(); defer panics.Recover(r) }() }`, true},
		"after other defers": {`func f() { go func() { defer wg.Done(); defer panics.Recover(r); g() }() }`, false},
		"not deferred":       {`func f() { go func() { panics.Recover(r); g() }() }`, true},
		"method":             {`func f() { go x.g() }; func (x T) g() { defer panics.Recover(r) }`, false},
		"method without":     {`func f() { go x.g() }; func (x T) g() { }`, true},
		"foreign function":   {`func f() { go http.Serve(l, nil) }`, true},
		"wait group":         {`func f() { wg.Go(func() { g() }) }`, true},
		"recovering group":   {`func f() { wg.Go(func() { defer panics.Recover(r); g() }) }`, false},
		"timer":              {`func f() { time.AfterFunc(d, func() { g() }) }`, true},
		"context":            {`func f() { context.AfterFunc(ctx, g) }`, true},
		"channel flight":     {`func f() { flight.DoChan("k", func() (any, error) { return nil, nil }) }`, true},
		"in a goroutine":     {`func f() { go func() { defer panics.Recover(r); go g() }() }`, true},
	}
	for name, tt := range tests {
		files, err := parse(fstest.MapFS{"internal/x/a.go": {Data: []byte("package x\n" + strings.ReplaceAll(tt.src, "; func", "\nfunc"))}})
		if err != nil {
			t.Fatal(err)
		}
		if bad, _ := goroutines(files, nil); (len(bad) > 0) != tt.bad {
			t.Errorf("%s: reported %q, want a report: %v", name, bad, tt.bad)
		}
	}
}

package importtest

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
)

// pure packages turn bytes into bytes: no I/O, clock, randomness, logging.
var pure = map[string][]string{ // folder: what it may import of this module
	"raw":           {},
	"openai":        {"raw"},
	"gemini":        {"raw"},
	"internal/mime": {},
	"translate":     {"raw", "openai", "gemini", "internal/mime"},
}

// pureStd are the packages of the standard library that pure packages may use.
var pureStd = []string{
	"bytes", "cmp", "crypto/sha256", "encoding", "encoding/base64", "encoding/binary",
	"encoding/hex", "errors", "fmt", "hash", "hash/crc32", "hash/fnv", "hash/maphash",
	"io", "iter", "maps", "math", "math/big", "math/bits", "net/url", "path", "regexp",
	"slices", "sort", "strconv", "strings", "sync", "time", "unicode", "unicode/utf16", "unicode/utf8",
}

// pureModules are the foreign packages that pure packages may use.
var pureModules = []string{
	"github.com/go-json-experiment/json",
	"github.com/go-json-experiment/json/jsontext",
}

// never lists, per folder, what it must not import. A trailing /... covers
// everything below.
var never = map[string][]string{
	"internal/upstream": {module + "/openai", module + "/translate", module + "/internal/server"},
	// The emulator stands in for Gemini: were it built from our own
	// translation, one mistake in both would go unseen.
	"internal/emulator": {module + "/openai", module + "/translate", module + "/internal/server", module + "/internal/upstream"},
	"internal/server":   append([]string{module + "/internal/store/...", module + "/internal/emulator", module + "/internal/config"}, databases...),
	"internal/sse":      {module + "/..."},
	"web":               {module + "/..."},
}

var databases = []string{
	"database/sql", "modernc.org/sqlite", "github.com/jackc/pgx/...",
	"github.com/redis/...", "github.com/pressly/goose/...", "github.com/riverqueue/...",
}

// onlyIn lists imports that belong to a few folders.
var onlyIn = map[string][]string{
	"flag":                            {"cmd", "internal/config", "test", "bench"},
	"github.com/alecthomas/kong":      {"cmd", "internal/config"},
	"github.com/goccy/go-yaml":        {"internal/config", "internal/catalog"},
	"github.com/prometheus/...":       {"internal/metrics"},
	module + "/internal/app":          {"cmd"},
	module + "/cmd/...":               {},
	module + "/internal/server":       {"internal/app", "internal/config"}, // its Config
	"log":                             {"bench", "cmd"},
	"math/rand":                       {},
	"encoding/json":                   {}, // the project's JSON package is the standard library's v2
	"io/ioutil":                       {},
	"unsafe":                          {},
	"github.com/stretchr/testify/...": {},
}

// clock are the parts of package time that look at, or wait for, the real
// time. Pure packages may know durations and dates, not what time it is.
var clock = map[string][]string{
	"time": {"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTicker", "NewTimer", "Local", "LoadLocation"},
}

// world are the functions and variables by which a program reads its
// environment and files: only the command and the configuration do.
var world = map[string][]string{
	"os": {
		"Args", "Getenv", "LookupEnv", "Environ", "ExpandEnv", "ReadFile", "Open", "OpenFile",
		"Create", "CreateTemp", "WriteFile", "ReadDir", "MkdirAll", "Mkdir", "Remove", "RemoveAll", "Exit",
	},
}

var readsWorld = []string{"cmd", "internal/config", "test", "bench"}

// badNames say nothing about what a package is for.
var badNames = []string{"util", "utils", "common", "helper", "helpers", "types", "models", "base", "core", "misc"}

// imports reports every import that breaks the rules of the layers.
func imports(files []*goFile) []string {
	var bad []string
	for _, f := range files {
		if f.test {
			continue
		}
		for _, p := range f.imports {
			bad = append(bad, checkImport(f, p)...)
		}
	}
	return append(bad, meetings(files)...)
}

func checkImport(f *goFile, p string) []string {
	var bad []string
	if allowed, ok := pure[f.pkg]; ok {
		folder, our := ours(p)
		switch {
		case our && slices.Contains(allowed, folder):
		case !our && (slices.Contains(pureStd, p) || slices.Contains(pureModules, p)):
		default:
			bad = append(bad, fmt.Sprintf("%s: %s is pure and may not import %s", f.name, f.pkg, p))
		}
	}
	for _, pattern := range never[f.pkg] {
		if matches(pattern, p) {
			bad = append(bad, fmt.Sprintf("%s: %s may not import %s", f.name, f.pkg, p))
		}
	}
	for pattern, folders := range onlyIn {
		if matches(pattern, p) && !within(f.pkg, folders) {
			bad = append(bad, fmt.Sprintf("%s: only %v may import %s", f.name, folders, p))
		}
	}
	return bad
}

// meetings reports packages other than translate that know both vocabularies.
func meetings(files []*goFile) []string {
	type both struct{ openai, gemini string }
	seen := map[string]both{}
	for _, f := range files {
		if f.test {
			continue
		}
		b := seen[f.pkg]
		if slices.Contains(f.imports, module+"/openai") {
			b.openai = f.name
		}
		if slices.Contains(f.imports, module+"/gemini") {
			b.gemini = f.name
		}
		seen[f.pkg] = b
	}
	var bad []string
	for pkg, b := range seen {
		if pkg != "translate" && b.openai != "" && b.gemini != "" {
			bad = append(bad, fmt.Sprintf("%s and %s: openai and gemini meet only in translate", b.openai, b.gemini))
		}
	}
	slices.Sort(bad)
	return bad
}

// touches reports uses of the environment, of files and of the clock in
// packages that may not use them.
func touches(files []*goFile) []string {
	var bad []string
	for _, f := range files {
		if f.test {
			continue
		}
		if !within(f.pkg, readsWorld) {
			for _, use := range uses(f, world) {
				bad = append(bad, fmt.Sprintf("%s: only %v read the environment and files", use, readsWorld))
			}
		}
		if _, ok := pure[f.pkg]; ok {
			for _, use := range uses(f, clock) {
				bad = append(bad, fmt.Sprintf("%s: %s is pure and has no clock", use, f.pkg))
			}
		}
	}
	return bad
}

// uses lists where a file uses one of the names, given by import path.
func uses(f *goFile, of map[string][]string) []string {
	local := map[string]string{} // name in this file: import path
	for _, spec := range f.syntax.Imports {
		p := strings.Trim(spec.Path.Value, `"`)
		local[path.Base(p)] = p
		if spec.Name != nil {
			local[spec.Name.Name] = p
		}
	}
	var found []string
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && slices.Contains(of[local[x.Name]], sel.Sel.Name) {
			found = append(found, fmt.Sprintf("%s: %s.%s", f.at(n), x.Name, sel.Sel.Name))
		}
		return true
	})
	return found
}

// names reports packages whose name says nothing.
func names(files []*goFile) []string {
	var bad []string
	for _, f := range files {
		for _, n := range badNames {
			if f.syntax.Name.Name == n || path.Base(f.pkg) == n {
				bad = append(bad, fmt.Sprintf("%s: a package may not be called %s", f.name, n))
			}
		}
	}
	return bad
}

// skips reports tests that are left out without a word.
func skips(files []*goFile) []string {
	var bad []string
	for _, f := range files {
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if ok && f.test && (sel.Sel.Name == "SkipNow" || sel.Sel.Name == "Skip" && len(call.Args) == 0) {
				bad = append(bad, f.at(n)+": a skipped test says why")
			}
			return true
		})
	}
	return bad
}

// longest is the number of lines a file may have.
const longest = 500

// long reports files that have outgrown one noun, and exceptions no longer needed.
func long(files []*goFile, excused map[string]string) []string {
	var bad []string
	need := map[string]bool{}
	for _, f := range files {
		if f.test || f.lines <= longest || ast.IsGenerated(f.syntax) {
			continue
		}
		need[f.name] = true
		if excused[f.name] == "" {
			bad = append(bad, fmt.Sprintf("%s: %d lines: which noun is hiding?", f.name, f.lines))
		}
	}
	for name := range excused {
		if !need[name] {
			bad = append(bad, name+": needs no exception from the length of files")
		}
	}
	slices.Sort(bad)
	return bad
}

// matches reports whether an import path is meant by a pattern.
func matches(pattern, p string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "/..."); ok {
		return p == prefix || strings.HasPrefix(p, prefix+"/")
	}
	return p == pattern
}

// within reports whether a folder is, or lies below, one of folders.
func within(pkg string, folders []string) bool {
	for _, f := range folders {
		if pkg == f || strings.HasPrefix(pkg, f+"/") {
			return true
		}
	}
	return false
}

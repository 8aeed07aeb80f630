package importtest

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// tooLong excuses files over 500 lines, each with its reason.
var tooLong = map[string]string{}

func TestRepository(t *testing.T) {
	fsys := os.DirFS(repository(t))
	files, err := parse(fsys)
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range []string{"raw", "openai", "gemini", "translate"} {
		found := false
		for _, f := range files {
			found = found || f.pkg == pkg && !f.test
		}
		if !found {
			t.Errorf("no file of package %s was found: the rules check nothing", pkg)
		}
	}
	words, err := forbidden(fsys)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]string{
		"imports": imports(files),
		"world":   touches(files),
		"names":   names(files),
		"skips":   skips(files),
		"length":  long(files, tooLong),
		"words":   words,
	} {
		t.Run(name, func(t *testing.T) {
			for _, b := range bad {
				t.Error(b)
			}
		})
	}
}

// TestRules shows that each rule catches what it is there for.
func TestRules(t *testing.T) {
	onFiles := func(rule func([]*goFile) []string) func(fs.FS) ([]string, error) {
		return func(fsys fs.FS) ([]string, error) {
			files, err := parse(fsys)
			return rule(files), err
		}
	}
	importsOf := func(paths ...string) string {
		return "package x\nimport (\n_ \"" + strings.Join(paths, "\"\n_ \"") + "\"\n)\n"
	}
	longFile := "package x\n" + strings.Repeat("//\n", longest)
	excuse := func(excused map[string]string) func([]*goFile) []string {
		return func(files []*goFile) []string { return long(files, excused) }
	}
	tests := []struct {
		name string
		rule func(fs.FS) ([]string, error)
		file string
		src  string
		bad  bool
	}{
		{"pure std", onFiles(imports), "translate/a.go", importsOf("strings", module+"/openai", module+"/gemini"), false},
		{"log in translate", onFiles(imports), "translate/a.go", importsOf("log/slog"), true},
		{"clock in translate", onFiles(touches), "translate/a.go", "package x\nimport \"time\"\nvar now = time.Now()\n", true},
		{"duration in translate", onFiles(touches), "translate/a.go", "package x\nimport \"time\"\nvar d = time.Second\n", false},
		{"clock in server", onFiles(touches), "internal/server/a.go", "package x\nimport \"time\"\nvar now = time.Now()\n", false},
		{"network in openai", onFiles(imports), "openai/a.go", importsOf("net/http"), true},
		{"gemini in openai", onFiles(imports), "openai/a.go", importsOf(module + "/gemini"), true},
		{"internal in gemini", onFiles(imports), "gemini/a.go", importsOf(module + "/internal/sse"), true},
		{"foreign module in raw", onFiles(imports), "raw/a.go", importsOf("github.com/other/json"), true},
		{"test of a pure package", onFiles(imports), "translate/a_test.go", importsOf("os"), false},
		{"both vocabularies", onFiles(imports), "internal/server/a.go", importsOf(module+"/openai", module+"/gemini"), true},
		{"openai in upstream", onFiles(imports), "internal/upstream/a.go", importsOf(module + "/openai"), true},
		{"gemini in upstream", onFiles(imports), "internal/upstream/a.go", importsOf(module + "/gemini"), false},
		{"translate in emulator", onFiles(imports), "internal/emulator/a.go", importsOf(module + "/translate"), true},
		{"database in server", onFiles(imports), "internal/server/a.go", importsOf("github.com/jackc/pgx/v5"), true},
		{"store in server", onFiles(imports), "internal/server/a.go", importsOf(module + "/internal/store/sqlite"), true},
		{"server in upstream", onFiles(imports), "internal/media/a.go", importsOf(module + "/internal/server"), true},
		{"server in app", onFiles(imports), "internal/app/a.go", importsOf(module + "/internal/server"), false},
		{"server in web", onFiles(imports), "web/a.go", importsOf(module + "/internal/server"), true},
		{"std in web", onFiles(imports), "web/a.go", importsOf("embed", "net/http"), false},
		{"flags in server", onFiles(imports), "internal/server/a.go", importsOf("flag"), true},
		{"flags in cmd", onFiles(imports), "cmd/gemway/a.go", importsOf("flag"), false},
		{"environment", onFiles(touches), "internal/app/a.go", "package x\nimport \"os\"\nvar k = os.Getenv(\"K\")\n", true},
		{"environment renamed", onFiles(touches), "internal/app/a.go", "package x\nimport o \"os\"\nvar k = o.Getenv(\"K\")\n", true},
		{"environment in config", onFiles(touches), "internal/config/a.go", "package x\nimport \"os\"\nvar k = os.Getenv(\"K\")\n", false},
		{"stderr", onFiles(touches), "internal/app/a.go", "package x\nimport \"os\"\nvar w = os.Stderr\n", false},
		{"folder name", onFiles(names), "internal/util/a.go", "package x\n", true},
		{"package name", onFiles(names), "internal/x/a.go", "package common\n", true},
		{"good name", onFiles(names), "internal/sse/a.go", "package sse\n", false},
		{"silent skip", onFiles(skips), "raw/a_test.go", "package x\nfunc TestX(t *T) { t.Skip() }\n", true},
		{"skip now", onFiles(skips), "raw/a_test.go", "package x\nfunc TestX(t *T) { t.SkipNow() }\n", true},
		{"skip with reason", onFiles(skips), "raw/a_test.go", "package x\nfunc TestX(t *T) { t.Skip(\"needs a disk\") }\n", false},
		{"long file", onFiles(excuse(nil)), "raw/a.go", longFile, true},
		{"long file excused", onFiles(excuse(map[string]string{"raw/a.go": "one table"})), "raw/a.go", longFile, false},
		{"needless excuse", onFiles(excuse(map[string]string{"raw/a.go": "one table"})), "raw/a.go", "package x\n", true},
		{"long test", onFiles(excuse(nil)), "raw/a_test.go", longFile, false},
		{"promise", forbidden, "README.md", "later (TO" + "DO)\n", true},
		{"registry", forbidden, "test/sdk/node/package-lock.json", `{"resolved":"https://registry.` + `npmjs.org/zod"}`, true},
		{"path", forbidden, "scripts/a.sh", "cd /wo" + "rk/main\n", true},
		{"clean text", forbidden, "README.md", "Gemway works at home/work.\n", false},
		{"not source", forbidden, "node_modules/a/README.md", "TO" + "DO\n", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bad, err := tt.rule(fstest.MapFS{tt.file: {Data: []byte(tt.src)}})
			if err != nil {
				t.Fatal(err)
			}
			if got := len(bad) > 0; got != tt.bad {
				t.Errorf("reported %q, want a report: %v", bad, tt.bad)
			}
		})
	}
}

package importtest

import (
	"crypto/sha256"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The tests named T… are those of the threat model on what Gemway is made of
// and how it is made.

func read(t *testing.T, name ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(append([]string{repository(t)}, name...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var (
	required = regexp.MustCompile(`(?m)^\s*(?:require )?([a-z0-9.-]+\.[a-z]+/\S+|[a-z]+\.[a-z.]+/\S+) (v\S+)( // indirect)?$`)
	reason   = regexp.MustCompile(`(?m)^\| (\S+/\S+) \| (.+) \|$`)
)

// modules returns what go.mod requires, by path; direct ones only, or all.
func modules(goMod string, direct bool) map[string]string {
	all := map[string]string{}
	for _, m := range required.FindAllStringSubmatch(goMod, -1) {
		if !direct || m[3] == "" {
			all[m[1]] = m[2]
		}
	}
	return all
}

// T125: vulnerabilities are looked for in every check, and versions known to be
// vulnerable are not used.
func TestT125KnownVulnerabilities(t *testing.T) {
	makefile := read(t, "Makefile")
	for _, part := range []string{"CHECKS := lint vet tidy generated race vuln\n", "\n\t@scripts/vuln.sh $<\n", "\ncheck: "} {
		if !strings.Contains(makefile, part) {
			t.Errorf("the Makefile lacks %q", part)
		}
	}
	linters := read(t, ".golangci.yml")
	for _, l := range []string{"staticcheck", "gosec"} {
		if !regexp.MustCompile(`(?m)^    - ` + l + `( |$)`).MatchString(linters) {
			t.Errorf("%s is not among the linters", l)
		}
	}
	if !strings.Contains(read(t, "tools", "go.mod"), "golang.org/x/vuln/cmd/govulncheck") {
		t.Error("govulncheck is not pinned")
	}
	least := map[string][]int{"github.com/jackc/pgx/v5": {5, 9, 2}, "golang.org/x/text": {0, 39, 0}}
	for path, version := range modules(read(t, "go.mod"), false) {
		if want := least[path]; want != nil && older(version, want) {
			t.Errorf("%s %s is vulnerable: at least %v", path, version, want)
		}
	}
	if !older("v0.38.9", least["golang.org/x/text"]) || older("v5.10.0", least["github.com/jackc/pgx/v5"]) {
		t.Error("versions are compared wrongly")
	}
}

func older(version string, least []int) bool {
	for i, part := range strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3) {
		part, _, _ = strings.Cut(part, "-")
		if n, err := strconv.Atoi(part); err != nil || n != least[i] {
			return err == nil && n < least[i]
		}
	}
	return false
}

// T126: few modules, each for a reason, and each with its checksum.
func TestT126Modules(t *testing.T) {
	goMod, sums := read(t, "go.mod"), read(t, "go.sum")
	direct := modules(goMod, true)
	if len(direct) < 5 || len(direct) > 25 {
		t.Errorf("%d direct modules, at most 25 are allowed", len(direct))
	}
	reasons := map[string]string{}
	_, table, _ := strings.Cut(read(t, "docs", "develop.md"), "\n## Dependencies\n")
	for _, m := range reason.FindAllStringSubmatch(table, -1) {
		reasons[m[1]] = m[2]
	}
	for path := range direct {
		if len(reasons[path]) < 20 {
			t.Errorf("docs/develop.md has no reason for %s", path)
		}
		delete(reasons, path)
	}
	for path := range reasons {
		t.Errorf("docs/develop.md has a reason for %s, which go.mod does not require directly", path)
	}
	for path, version := range modules(goMod, false) {
		if !strings.Contains(sums, "\n"+path+" "+version+"/go.mod h1:") && !strings.HasPrefix(sums, path+" "+version+"/go.mod h1:") {
			t.Errorf("go.sum lacks %s %s", path, version)
		}
	}
	for _, word := range []string{"\nreplace ", "\nexclude ", "\nretract "} {
		if strings.Contains(goMod, word) {
			t.Errorf("go.mod has%s", word)
		}
	}
	// -mod=readonly is what go does unless it is told otherwise.
	err := walk(os.DirFS(repository(t)), func(name string) error {
		if strings.HasSuffix(name, ".go") || strings.HasSuffix(name, ".md") {
			return nil
		}
		b, err := fs.ReadFile(os.DirFS(repository(t)), name)
		if regexp.MustCompile(`-mod[= ](mod|vendor)|GONOSUMDB|GONOSUMCHECK|GOFLAGS=.*-mod|GOSUMDB=off|GOINSECURE`).Match(b) {
			t.Errorf("%s lets modules change or go unchecked", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

var (
	action = regexp.MustCompile(`(?m)^\s*-? ?uses: *(\S+)`)
	pinned = regexp.MustCompile(`^[\w-]+/[\w./-]+@[0-9a-f]{40}$`)
	secret = regexp.MustCompile(`secrets\.|secrets\[`)
)

// workflow reports what is wrong with a workflow: actions that are not pinned by
// hash, and secrets in jobs that run for changes nobody has accepted yet.
func workflow(text string) []string {
	var bad []string
	for _, m := range action.FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(m[1], "./") && !pinned.MatchString(m[1]) {
			bad = append(bad, m[1]+" is not pinned by the hash of a commit")
		}
	}
	released := regexp.MustCompile(`(?m)^on:\n  push:\n    tags: `).MatchString(text)
	if secret.MatchString(text) && !released {
		bad = append(bad, "there are secrets outside a release")
	}
	if strings.Contains(text, "pull_request_target") || strings.Contains(text, "workflow_run") {
		bad = append(bad, "changes of strangers would run with the repository's rights")
	}
	if !regexp.MustCompile(`(?m)^permissions:\n  contents: read\n(\S|$)`).MatchString(text) {
		bad = append(bad, "the workflow may do more than read")
	}
	for _, step := range strings.Split(text, "\n      - ")[1:] {
		if strings.Contains(step, "actions/checkout@") && !strings.Contains(step, "persist-credentials: false") {
			bad = append(bad, "a checkout leaves its token behind")
		}
	}
	return bad
}

// T127: jobs that look at and test code have no secrets, and run no code that
// somebody can change behind its name.
func TestT127Workflows(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(repository(t), ".github", "workflows", "*"))
	if err != nil || len(names) < 2 {
		t.Fatalf("%v, %v", names, err)
	}
	for _, name := range names {
		for _, bad := range workflow(read(t, ".github", "workflows", filepath.Base(name))) {
			t.Errorf("%s: %s", filepath.Base(name), bad)
		}
	}
	good := read(t, ".github", "workflows", "ci.yml")
	for what, text := range map[string]string{
		"tag":        good + "      - uses: actions/cache@v4\n",
		"branch":     good + "      - uses: actions/cache@main\n",
		"secret":     good + "        env: {T: \"${{ secrets.T }}\"}\n",
		"target":     strings.Replace(good, "pull_request:", "pull_request_target:", 1),
		"rights":     strings.Replace(good, "contents: read", "contents: write", 1),
		"token":      strings.Replace(good, "persist-credentials: false", "fetch-depth: 1", 1),
		"no default": strings.Replace(good, "permissions:\n  contents: read\n", "", 1),
	} {
		if len(workflow(text)) == 0 {
			t.Errorf("the rule lets pass: %s", what)
		}
	}
}

// T128: two builds in two places are the same to the byte.
func TestT128ReproducibleBuild(t *testing.T) {
	root := repository(t)
	var sums [2][sha256.Size]byte
	for i := range sums {
		// The second place is a copy with another path, time and order of things.
		dir := root
		if i == 1 {
			dir = filepath.Join(t.TempDir(), "another place", "gemway")
			copySource(t, root, dir)
		}
		bin := filepath.Join(t.TempDir(), strconv.Itoa(i))
		cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -X main.version=1.2.3-test", "-o", bin, "./cmd/gemway")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		f, err := os.Open(bin)
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		if _, err := io.Copy(h, f); err != nil {
			t.Fatal(err)
		}
		f.Close()
		copy(sums[i][:], h.Sum(nil))
	}
	if sums[0] != sums[1] {
		t.Errorf("two builds differ: %x and %x", sums[0], sums[1])
	}
	// The flags are those of make build.
	if m := read(t, "Makefile"); !strings.Contains(m, `GOBUILD := go build -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)'`) || !strings.Contains(m, "export CGO_ENABLED := 0") {
		t.Error("make build has other flags than this test")
	}
	if strings.Contains(read(t, "Makefile"), "$(shell date") {
		t.Error("the Makefile looks at the clock")
	}
}

// copySource copies the files of the source that a build needs.
func copySource(t *testing.T, from, to string) {
	t.Helper()
	fsys := os.DirFS(from)
	err := walk(fsys, func(name string) error {
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		at := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return err
		}
		return os.WriteFile(at, b, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

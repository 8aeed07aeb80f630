package emulator

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"unicode"

	"github.com/gemway/gemway/internal/catalog"
	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
)

const casesDir = "../../testdata/corpus/emulator"

// readCase reads a txtar file: its comment, and its files by name.
func readCase(t *testing.T, name string) (comment string, files map[string]string) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	files = map[string]string{}
	file := ""
	for line := range strings.Lines(string(b)) {
		if n, ok := strings.CutPrefix(strings.TrimSpace(line), "-- "); ok && strings.HasSuffix(n, " --") {
			file = strings.TrimSuffix(n, " --")
			files[file] = ""
			continue
		}
		if file == "" {
			comment += line
			continue
		}
		files[file] += line
	}
	return comment, files
}

func newEmulator(t testing.TB, config Config) *Emulator {
	t.Helper()
	cat, err := catalog.New(catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	config.Catalog = cat
	return New(config)
}

// post sends a request of the form "POST /path" and returns what came.
func post(t testing.TB, h http.Handler, path, body string) (int, []byte) {
	t.Helper()
	method, url, _ := strings.Cut(strings.TrimSpace(path), " ")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, url, strings.NewReader(body)))
	b, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, b
}

// TestCases sends what must be refused and compares the refusal whole, and
// what stands beside it and must pass.
func TestCases(t *testing.T) {
	names, err := filepath.Glob(casesDir + "/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			comment, files := readCase(t, name)
			if !strings.Contains(comment, "https://") {
				t.Error("the comment gives no source")
			}
			e := newEmulator(t, Config{})
			code, body := post(t, e, files["path"], files["gemini.request.json"])
			var got, want struct {
				Error Error `json:"error"`
			}
			if err := json.Unmarshal([]byte(files["gemini.error.json"]), &want); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(body, &got); err != nil {
				t.Fatalf("%v in %s", err, body)
			}
			if code != want.Error.Code || got.Error.Code != code || got.Error.Status != want.Error.Status || got.Error.Message != want.Error.Message {
				t.Errorf("got %d %s\nwant %d %s: %s", code, body, want.Error.Code, want.Error.Status, want.Error.Message)
			}
			if len(want.Error.Details) > 0 {
				var a, b any
				if json.Unmarshal(got.Error.Details[0], &a) != nil || json.Unmarshal(want.Error.Details[0], &b) != nil {
					t.Fatalf("details: %s", body)
				}
				if diff := cmp.Diff(b, a); diff != "" {
					t.Errorf("details (-want +got):\n%s", diff)
				}
			}
			if files["accepted.json"] == "" {
				return
			}
			path := files["path"]
			if p := files["accepted.path"]; p != "" {
				path = p
			}
			if code, body := post(t, e, path, files["accepted.json"]); code != http.StatusOK {
				t.Errorf("what must pass got %d: %s", code, body)
			}
		})
	}
}

// TestEveryRuleHasACase finds, for every rule, a case named for it.
func TestEveryRuleHasACase(t *testing.T) {
	var rules []string
	for _, r := range chatRules {
		rules = append(rules, runtime.FuncForPC(reflect.ValueOf(r).Pointer()).Name())
	}
	for _, r := range turnRules {
		rules = append(rules, runtime.FuncForPC(reflect.ValueOf(r).Pointer()).Name())
	}
	for _, r := range rules {
		name := r[strings.LastIndexByte(r, '.')+1:]
		if name == "cachedAlone" { // needs a cache: TestCaches
			continue
		}
		var kebab strings.Builder
		for _, c := range name {
			if unicode.IsUpper(c) {
				kebab.WriteByte('-')
			}
			kebab.WriteRune(unicode.ToLower(c))
		}
		if _, err := os.Stat(filepath.Join(casesDir, kebab.String()+".txtar")); err != nil {
			t.Errorf("the rule %s has no case: %v", name, err)
		}
	}
}

package server_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
)

// A case of the corpus is a txtar file: a comment that says what is right and
// where that stands, and these files, whose first line is not JSON:
//
//	-- openai.request --   method and path, then the body
//	-- gemini.request --   method, path and query as they reach the upstream, then the body
//	-- gemini.response --  the status of the answer to it, then the answer
//	-- openai.response --  the status, headers (name: value), an empty line, the body
//
// Calls upstream may come in any order. A case without one says that upstream
// is not asked. A body that is not JSON, as of a stream, is compared as text.
type corpusCase struct {
	comment        string
	request, reply section
	calls          []corpusCall
}

type corpusCall struct{ request, response section }

// section is one file of a case.
type section struct{ head, body string }

// corpusFolders are the endpoints whose cases are played here.
var corpusFolders = []string{"embeddings", "images", "models"}

func readCase(t *testing.T, name string) corpusCase {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var c corpusCase
	parts := strings.Split("\n"+string(b), "\n-- ")
	c.comment = strings.TrimSpace(parts[0])
	for _, p := range parts[1:] {
		file, text, ok := strings.Cut(p, " --\n")
		if !ok {
			t.Fatalf("%s: a file of a case begins with -- name --", name)
		}
		head, body, _ := strings.Cut(text, "\n")
		s := section{head, body}
		switch file {
		case "openai.request":
			c.request = s
		case "gemini.request":
			c.calls = append(c.calls, corpusCall{request: s})
		case "gemini.response":
			c.calls[len(c.calls)-1].response = s
		case "openai.response":
			c.reply = s
		default:
			t.Fatalf("%s: unknown file %s", name, file)
		}
	}
	return c
}

// TestCorpus plays the cases over HTTP.
func TestCorpus(t *testing.T) {
	for _, folder := range corpusFolders {
		names, err := filepath.Glob(filepath.Join("..", "..", "testdata", "corpus", folder, "*.txtar"))
		if err != nil || len(names) == 0 {
			t.Fatalf("no cases for %s: %v", folder, err)
		}
		for _, name := range names {
			t.Run(folder+"/"+strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) { readCase(t, name).play(t) })
		}
	}
}

func (c corpusCase) play(t *testing.T) {
	if !strings.Contains(c.comment, "https://") && !strings.Contains(c.comment, "recorded") {
		t.Error("the comment gives no source")
	}
	up := &corpusUpstream{left: slices.Clone(c.calls)}
	g := newGateway(t, up, setup{})
	method, path, _ := strings.Cut(c.request.head, " ")
	got := g.call(t, method, path, c.request.body)
	up.mu.Lock()
	defer up.mu.Unlock()
	for _, p := range up.problems {
		t.Error(p)
	}
	for _, left := range up.left {
		t.Errorf("this call did not reach upstream: %s\n%s", left.request.head, left.request.body)
	}
	if status := fmt.Sprint(got.status); status != c.reply.head {
		t.Errorf("status is %s, not %s", status, c.reply.head)
	}
	headers, body, _ := strings.Cut(c.reply.body, "\n\n")
	if strings.HasPrefix(strings.TrimSpace(headers), "{") || strings.HasPrefix(headers, "event:") {
		headers, body = "", c.reply.body
	}
	for line := range strings.Lines(headers) {
		name, want, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if value := got.header.Get(name); value != want {
			t.Errorf("header %s is %q, not %q", name, value, want)
		}
	}
	if diff := compareBodies(body, string(got.body)); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}

// compareBodies compares JSON by meaning and anything else as text.
func compareBodies(want, got string) string {
	var w, g any
	if json.Unmarshal([]byte(want), &w) != nil || json.Unmarshal([]byte(got), &g) != nil {
		return cmp.Diff(strings.TrimSpace(want), strings.TrimSpace(got))
	}
	return cmp.Diff(w, g)
}

// corpusUpstream gives each of its answers once.
type corpusUpstream struct {
	mu       sync.Mutex
	left     []corpusCall
	problems []string
}

func (u *corpusUpstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	u.mu.Lock()
	defer u.mu.Unlock()
	head := r.Method + " " + r.URL.RequestURI()
	nearest := "no call to this place is expected"
	for i, c := range u.left {
		if c.request.head != head {
			continue
		}
		diff := ""
		if strings.TrimSpace(c.request.body) != "" || len(body) > 0 {
			diff = compareBodies(c.request.body, string(body))
		}
		if diff != "" {
			nearest = diff
			continue
		}
		u.left = slices.Delete(u.left, i, i+1)
		status, serr := strconv.Atoi(c.response.head)
		if err != nil || serr != nil {
			u.problems = append(u.problems, fmt.Sprintf("%s: %v %v", head, err, serr))
		}
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		w.WriteHeader(status)
		fmt.Fprint(w, c.response.body)
		return
	}
	u.problems = append(u.problems, fmt.Sprintf("upstream was asked %s\n%s\n(-want +got)\n%s", head, body, nearest))
	http.Error(w, `{"error":{"code":500,"message":"unexpected call","status":"INTERNAL"}}`, http.StatusInternalServerError)
}

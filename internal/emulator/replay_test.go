package emulator_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/emulator"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// exchange is one recording of ../shared/corpus.
type exchange struct {
	ID     string `json:"id"`
	Source struct {
		Repo     string `json:"repo"`
		Path     string `json:"path"`
		Evidence string `json:"evidence"`
	} `json:"source"`
	Feature  string `json:"feature"`
	Surface  string `json:"surface"`
	Model    string `json:"model"`
	Sequence struct {
		Index int `json:"index"`
	} `json:"sequence"`
	Upstream struct {
		Method      string            `json:"method"`
		Path        string            `json:"path"`
		PathIsGuess bool              `json:"path_is_guess"`
		Headers     map[string]string `json:"headers"`
		Request     jsontext.Value    `json:"request"`
	} `json:"upstream"`
	Response struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    jsontext.Value    `json:"body"`
		SSE     []jsontext.Value  `json:"sse"`
	} `json:"response"`
}

// corpusDir finds the recordings beside the repository.
func corpusDir(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the package")
		}
		dir = filepath.Dir(dir)
	}
	corpus := filepath.Join(dir, "../shared/corpus")
	if _, err := os.Stat(filepath.Join(corpus, "index.json")); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the recordings are missing: %v", err)
		}
		t.Logf("no recordings beside the repository: %v", err)
		return ""
	}
	return corpus
}

// recordings reads the recordings of a surface, in the order of their play.
func recordings(t testing.TB, surface string) []*exchange {
	t.Helper()
	dir := corpusDir(t)
	if dir == "" {
		return nil
	}
	files, err := filepath.Glob(filepath.Join(dir, "*/*.json"))
	if err != nil {
		t.Fatal(err)
	}
	var out []*exchange
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		x := &exchange{}
		if err := json.Unmarshal(b, x); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if x.Surface == surface {
			out = append(out, x)
		}
	}
	sort.SliceStable(out, func(i, j int) bool {
		a, b := out[i], out[j]
		if a.Source.Repo+a.Source.Path != b.Source.Repo+b.Source.Path {
			return a.Source.Repo+a.Source.Path < b.Source.Repo+b.Source.Path
		}
		return a.Sequence.Index < b.Sequence.Index
	})
	return out
}

// played is what the emulator answered.
type played struct {
	status int
	header http.Header
	body   []byte
}

// player plays recordings against an emulator, with the names of files,
// caches and batches that the emulator gives in the place of the recorded.
type player struct {
	t      testing.TB
	server *httptest.Server
	names  map[string]string // recorded: ours; of one recording
}

func newPlayer(t testing.TB, config emulator.Config) *player {
	cat, err := catalog.New(catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	config.Catalog = cat
	if config.Vertex, err = catalog.New(catalog.Options{Vertex: true}); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(emulator.New(config))
	t.Cleanup(s.Close)
	return &player{t: t, server: s, names: map[string]string{}}
}

// translate puts our names in the place of the recorded ones.
func (p *player) translate(s string) string {
	for recorded, ours := range p.names {
		s = strings.ReplaceAll(s, recorded, ours)
	}
	return s
}

// play sends one recorded request.
func (p *player) play(x *exchange) played {
	p.t.Helper()
	if x.Sequence.Index == 0 {
		p.names = map[string]string{}
	}
	body := []byte(p.translate(string(x.Upstream.Request)))
	var odd struct {
		Base64 string `json:"$base64"`
		Text   string `json:"$text"`
	}
	_ = json.Unmarshal(x.Upstream.Request, &odd)
	switch {
	case odd.Base64 != "":
		body, _ = base64.StdEncoding.DecodeString(odd.Base64)
	case odd.Text != "":
		body = []byte(odd.Text)
	case string(body) == "null":
		body = nil
	}
	path := strings.NewReplacer("<", "", ">", "").Replace(p.translate(x.Upstream.Path)) // recorders' placeholders
	req, err := http.NewRequest(x.Upstream.Method, p.server.URL+path, bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	for k, v := range x.Upstream.Headers {
		req.Header.Set(k, v)
	}
	if x.Response.Headers["x-goog-upload-url"] != "" { // one recorder leaves the headers out
		req.Header.Set("X-Goog-Upload-Protocol", "resumable")
		req.Header.Set("X-Goog-Upload-Command", "start")
	}
	resp, err := p.server.Client().Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	out := played{status: resp.StatusCode, header: resp.Header}
	if out.body, err = io.ReadAll(resp.Body); err != nil {
		p.t.Fatal(err)
	}
	p.learn(x, out)
	return out
}

// learn notes what the emulator calls the thing that was made.
func (p *player) learn(x *exchange, got played) {
	const id = "upload_id="
	if url := x.Response.Headers["x-goog-upload-url"]; url != "" {
		p.names[between(url, id, "&")] = between(got.header.Get("X-Goog-Upload-URL"), id, "&")
	}
	type named struct {
		Name string `json:"name"`
		URI  string `json:"uri"`
		File struct {
			Name string `json:"name"`
			URI  string `json:"uri"`
		} `json:"file"`
		Next string `json:"nextPageToken"`
	}
	var recorded, ours named
	if json.Unmarshal(x.Response.Body, &recorded) != nil || json.Unmarshal(got.body, &ours) != nil {
		return
	}
	for a, b := range map[string]string{recorded.Name: ours.Name, recorded.File.Name: ours.File.Name, recorded.Next: ours.Next} {
		if a != "" && b != "" {
			p.names[a] = b
		}
	}
}

func between(s, from, to string) string {
	_, s, _ = strings.Cut(s, from)
	s, _, _ = strings.Cut(s, to)
	return s
}

// notReplayed are the recordings that the emulator does not answer as Google
// did, by the end of their id or a part of it, each with the reason.
var notReplayed = []struct {
	match  func(x *exchange) bool
	reason string
}{
	{
		func(x *exchange) bool {
			return strings.Contains(x.Upstream.Path, "predictLongRunning") || strings.Contains(x.Upstream.Path, "/operations/") || strings.Contains(x.Upstream.Path, "zqw12cp8qc38")
		},
		"video generation is not emulated",
	},
	{
		func(x *exchange) bool {
			return strings.Contains(x.ID, "test_multimodal_tool_return_matrix") && strings.Contains(string(x.Upstream.Request), "/v1beta/files/")
		},
		"refers to a file whose upload is not recorded",
	},
	{
		func(x *exchange) bool {
			return strings.Contains(string(x.Response.Body), "robots.txt")
		},
		"refers to a page that Google could not fetch; the emulator fetches none",
	},
}

// TestReplay sends every recorded request to the emulator: what Google
// answered is answered, and what Google refused for its content is refused
// with the same status.
func TestReplay(t *testing.T) {
	p := newPlayer(t, emulator.Config{ServeRetired: true, TrustSignatures: true})
	counts := map[string]int{}
	used := make([]int, len(notReplayed))
	for _, x := range append(recordings(t, "gemini"), recordings(t, "vertex")...) {
		want := x.Response.Status
		if len(x.Upstream.Request) == 0 || x.Upstream.PathIsGuess || x.Source.Evidence == "response_only" || x.Source.Evidence == "sample" {
			counts["no request recorded"]++
			continue
		}
		if want == 429 || want == 401 || want == 403 && strings.Contains(string(x.Response.Body), "unregistered") || strings.Contains(string(x.Response.Body), "API_KEY_INVALID") {
			counts["refused for key or quota"]++ // not for their content
			continue
		}
		got := p.play(x)
		ok := got.status == want
		if ok && want >= 400 {
			ok = statusWord(got.body) == statusWord(x.Response.Body)
		}
		i := slices.IndexFunc(notReplayed, func(n struct {
			match  func(x *exchange) bool
			reason string
		},
		) bool {
			return n.match(x)
		})
		switch {
		case ok && i >= 0:
			t.Errorf("%s is replayed by now: take it off the list (%s)", x.ID, notReplayed[i].reason)
		case i >= 0:
			used[i]++
			counts["exceptions: "+notReplayed[i].reason]++
		case !ok:
			t.Errorf("%s: %s %s: got %d, recorded %d: %.400s", x.ID, x.Upstream.Method, x.Upstream.Path, got.status, want, got.body)
		case want >= 400:
			counts["refused, as recorded"]++
		default:
			counts["answered, as recorded"]++
		}
	}
	for i, n := range used {
		if n == 0 && len(counts) > 0 {
			t.Errorf("no recording is excepted because %q: take it off the list", notReplayed[i].reason)
		}
	}
	var lines []string
	for what, n := range counts {
		lines = append(lines, fmt.Sprintf("%5d %s", n, what))
	}
	sort.Strings(lines)
	t.Logf("recordings of the Gemini API and of Vertex AI:\n%s", strings.Join(lines, "\n"))
}

func statusWord(body []byte) string {
	var e struct {
		Error struct {
			Status string `json:"status"`
		} `json:"error"`
	}
	_ = json.Unmarshal(body, &e)
	return e.Error.Status
}

package upstream

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gemway/gemway/internal/keypool"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// recording is an exchange of the shared corpus, as far as it matters here.
type recording struct {
	ID       string `json:"id"`
	Surface  string `json:"surface"`
	Upstream struct {
		Method  string         `json:"method"`
		Path    string         `json:"path"`
		Guess   bool           `json:"path_is_guess"`
		Request jsontext.Value `json:"request"`
	} `json:"upstream"`
	Response struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    jsontext.Value    `json:"body"`
		SSE     []jsontext.Value  `json:"sse"`
		Raw     string            `json:"raw"`
	} `json:"response"`
}

// recordings returns the recorded exchanges of a surface whose path is known,
// or a few written here where the corpus is not at hand.
func recordings(t *testing.T, surface string) []recording {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		root = filepath.Dir(root)
	}
	var out []recording
	err = filepath.WalkDir(filepath.Join(root, "..", "shared", "corpus"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".json" || d.Name() == "index.json" {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var r recording
		if err := json.Unmarshal(b, &r, jsontext.AllowDuplicateNames(true)); err != nil {
			return err
		}
		if r.Surface == surface && !r.Upstream.Guess {
			out = append(out, r)
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("CI") != "true" {
		t.Log("../shared/corpus is missing: only what the test has itself is replayed")
		if err := json.Unmarshal([]byte(ownRecordings), &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 190 {
		t.Fatalf("%d recordings of %s", len(out), surface)
	}
	return out
}

const ownRecordings = `[
{"id":"whole","upstream":{"method":"POST","path":"/v1beta1/projects/p12345/locations/us-east5/publishers/google/models/m:generateContent","request":{"contents":[]}},
 "response":{"status":200,"headers":{"content-type":"application/json"},"body":{"candidates":[]}}},
{"id":"stream","upstream":{"method":"POST","path":"/v1/projects/p12345/locations/global/publishers/google/models/m:streamGenerateContent?alt=sse","request":{"contents":[]}},
 "response":{"status":200,"headers":{"content-type":"text/event-stream"},"sse":[{"a":1},{"a":2}],"raw":"data: {\"a\":1}\r\n\r\ndata: {\"a\":2}\r\n\r\n"}},
{"id":"express","upstream":{"method":"POST","path":"/v1beta1/publishers/google/models/m:predict","request":{"instances":[]}},
 "response":{"status":401,"headers":{"content-type":"application/json"},"body":{"error":{"code":401,"message":"no"}}}}
]`

var vertexPath = regexp.MustCompile(`^/(v1(?:beta1)?)(?:/projects/([^/]+)/locations/([^/]+))?/publishers/google/models/([^/:]+):(\w+)$`)

// Every recorded exchange with Vertex AI comes about again: the same method,
// path, query and kind of authorization, and the recorded answer or error.
func TestVertexReplay(t *testing.T) {
	google := newTokenServer(t, "")
	for _, rec := range recordings(t, "vertex") {
		t.Run(rec.ID, func(t *testing.T) { replayVertex(t, google, rec) })
	}
}

func replayVertex(t *testing.T, google *tokenServer, rec recording) {
	path, query, _ := strings.Cut(rec.Upstream.Path, "?")
	// Recorders put these words for what they took out.
	path = strings.NewReplacer("<GOOGLE_CLOUD_LOCATION>", "us-central1", "REDACTED/pub", "us-central1/pub", "projects/REDACTED", "projects/redacted",
		"<GOOGLE_CLOUD_PROJECT>", "redacted").Replace(path)
	m := vertexPath.FindStringSubmatch(path)
	if m == nil {
		t.Fatalf("path %s", path)
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	wantQuery := values.Encode()
	up := serve(t, func(w *wire) {
		if w.Method != rec.Upstream.Method || w.URL.Path != path || w.URL.Query().Encode() != wantQuery {
			t.Errorf("sent %s %s, want %s %s?%s", w.Method, w.URL, rec.Upstream.Method, path, query)
		}
		token, key := w.Header.Get("Authorization"), w.Header.Get("X-Goog-Api-Key")
		if express := m[2] == ""; express && (token != "" || key != "AQ.express-key") || !express && (!strings.HasPrefix(token, "Bearer ya29.token-") || key != "") {
			t.Errorf("authorized by %q and %q", token, key)
		}
		if string(w.body) != string(rec.Upstream.Request) {
			t.Errorf("sent the body %.100s", w.body)
		}
		body := rec.Response.Raw
		if body == "" {
			body = string(rec.Response.Body)
		}
		w.answer(rec.Response.Status, rec.Response.Headers["content-type"], body)
	})
	cfg := VertexConfig{Version: m[1], Project: m[2], Location: m[3], BaseURL: "http://" + up.addr, Credentials: google.credentials, Keys: m[2] == ""}
	site, err := NewVertex(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer site.Close()
	c, err := New(site, Default(), keypool.New([]string{"AQ.express-key"}), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	values.Del("alt") // is the client's own business
	call := Call{Model: m[4], Method: m[5], Query: values, Body: [][]byte{rec.Upstream.Request}}

	if call.Method != "streamGenerateContent" {
		a, err := c.Do(context.Background(), call)
		if rec.Response.Status >= 400 {
			e := stating(t, err, rec.Response.Status)
			if want := messageOf(t, rec.Response.Body); e.Err.Message != want {
				t.Errorf("message %q, want %q", e.Err.Message, want)
			}
			return
		}
		if err != nil || string(a.Body) != string(rec.Response.Body) {
			t.Errorf("%v", err)
		}
		return
	}
	want := rec.Response.SSE
	if len(want) == 0 { // recorded without alt=sse: an array
		if err := json.Unmarshal(rec.Response.Body, &want); err != nil {
			t.Fatal(err)
		}
	}
	s, err := c.Stream(context.Background(), call)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got, err := drain(s)
	if err != io.EOF || len(got) != len(want) {
		t.Fatalf("%d events and %v, want %d", len(got), err, len(want))
	}
	for i := range got {
		g, w := jsontext.Value(got[i]), want[i]
		if g.Canonicalize() != nil || w.Canonicalize() != nil || string(g) != string(w) {
			t.Errorf("event %d: %.200s, want %.200s", i, g, w)
		}
	}
}

// messageOf returns the recorded error's message.
func messageOf(t *testing.T, body jsontext.Value) string {
	t.Helper()
	var b struct{ Error struct{ Message string } }
	if err := json.Unmarshal(body, &b, json.MatchCaseInsensitiveNames(true)); err != nil || b.Error.Message == "" {
		t.Fatalf("recorded error %s: %v", body, err)
	}
	return b.Error.Message
}

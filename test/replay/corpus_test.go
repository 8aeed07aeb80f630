package replay_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

// exchange is one recorded HTTP exchange with Gemini.
type exchange struct {
	ID       string   `json:"id"`
	Feature  string   `json:"feature"`
	Tags     []string `json:"tags"`
	Surface  string   `json:"surface"`
	Model    string   `json:"model"`
	Upstream struct {
		Method  string          `json:"method"`
		Path    string          `json:"path"`
		Request json.RawMessage `json:"request"`
	} `json:"upstream"`
	Response struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    json.RawMessage   `json:"body"`
		SSE     []json.RawMessage `json:"sse"`
		Raw     string            `json:"raw"`
	} `json:"response"`
	Twin *twin `json:"openai_twin"`
}

// twin is the same test recorded against OpenAI's own API.
type twin struct {
	Path      string          `json:"path"`
	Request   json.RawMessage `json:"request"`
	Status    int             `json:"status"`
	Alignment string          `json:"alignment"`
}

// method is what stands behind the colon of a native path, such as
// generateContent, or the last path element where there is no colon.
func (e *exchange) method() string {
	path, _, _ := strings.Cut(e.Upstream.Path, "?")
	if _, method, ok := strings.Cut(path, ":"); ok {
		return method
	}
	return path[strings.LastIndex(path, "/")+1:]
}

// chat reports whether the exchange is an answer of a model to a conversation
// on one of Gemini's native surfaces.
func (e *exchange) chat() bool {
	return (e.Surface == "gemini" || e.Surface == "vertex") &&
		(e.method() == "generateContent" || e.method() == "streamGenerateContent")
}

func (e *exchange) streams() bool { return e.method() == "streamGenerateContent" }

func (e *exchange) modelID() string {
	if e.Model == "" {
		return "gemini-2.5-flash"
	}
	return strings.TrimPrefix(e.Model, "models/")
}

// chunks gives the native answer as a list of GenerateContentResponses: the
// events of a stream, the elements of a JSON array (how the stream comes
// without alt=sse), or the one whole answer.
func (e *exchange) chunks() []json.RawMessage {
	if e.Response.SSE != nil {
		return e.Response.SSE
	}
	var list []json.RawMessage
	if json.Unmarshal(e.Response.Body, &list) == nil {
		return list
	}
	return []json.RawMessage{e.Response.Body}
}

// body gives the bytes of a recorded answer that is not a stream.
func (e *exchange) body() []byte {
	var odd struct {
		Text   *string `json:"$text"`
		Base64 *string `json:"$base64"`
	}
	if bytes.HasPrefix(e.Response.Body, []byte(`{"$`)) && json.Unmarshal(e.Response.Body, &odd) == nil {
		if odd.Text != nil {
			return []byte(*odd.Text)
		}
		if odd.Base64 != nil {
			data, err := base64.StdEncoding.DecodeString(*odd.Base64)
			if err == nil {
				return data
			}
		}
	}
	if string(e.Response.Body) == "null" {
		return nil
	}
	return e.Response.Body
}

// sse gives the answer as the text of a server-sent event stream: the recorded
// bytes where there are some, else the chunks in Gemini's framing.
func (e *exchange) sse() []byte {
	if e.Response.Raw != "" {
		return []byte(e.Response.Raw)
	}
	var out bytes.Buffer
	for _, chunk := range e.chunks() {
		out.WriteString("data: ")
		if err := json.Compact(&out, chunk); err != nil {
			out.Write(chunk)
		}
		out.WriteString("\r\n\r\n")
	}
	return out.Bytes()
}

// moduleRoot walks up from the package to go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("no go.mod above %s", dir)
		}
		dir = parent
	}
}

// loadCorpus reads every exchange below ../shared/corpus. Without that folder
// it gives the few cases of testdata/exchanges, except in CI, where the
// recordings are owed.
func loadCorpus(t testing.TB) (all []*exchange, full bool) {
	t.Helper()
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, "..", "shared", "corpus")
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the recorded traffic is missing: %v", err)
		}
		t.Logf("no recorded traffic at %s: using the cases in testdata/exchanges", dir)
		all, err = readExchanges(filepath.Join("testdata", "exchanges"))
		if err != nil {
			t.Fatal(err)
		}
		return all, false
	}
	all, err = readExchanges(dir)
	if err != nil {
		t.Fatal(err)
	}
	return all, true
}

func readExchanges(dir string) ([]*exchange, error) {
	var all []*exchange
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".json" || d.Name() == "index.json" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		e := new(exchange)
		if err := json.Unmarshal(data, e); err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		all = append(all, e)
		return nil
	})
	sort.Slice(all, func(i, j int) bool { return all[i].ID < all[j].ID })
	return all, err
}

// decode reads JSON with numbers kept as written.
func decode(data []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	return v, nil
}

// at walks down objects and arrays; keys are strings, or ints for elements.
// It gives nil where there is nothing.
func at(v any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := v.(map[string]any)
			v = object[step]
		case int:
			list, _ := v.([]any)
			if step >= len(list) {
				return nil
			}
			v = list[step]
		}
	}
	return v
}

func textAt(v any, path ...any) string {
	s, _ := at(v, path...).(string)
	return s
}

func listAt(v any, path ...any) []any {
	l, _ := at(v, path...).([]any)
	return l
}

func intAt(v any, path ...any) int64 {
	switch n := at(v, path...).(type) {
	case json.Number:
		i, _ := n.Int64()
		return i
	case string: // proto3 JSON writes int64 as a string
		i, _ := json.Number(n).Int64()
		return i
	}
	return 0
}

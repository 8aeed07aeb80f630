package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A script is one answer of the scripted upstream, in Gemini's own format. A
// request names it by "script:NAME" anywhere in its text.
type script struct {
	Comment string              `json:"comment"`
	Status  int                 `json:"status"` // 0 stands for 200
	Headers map[string][]string `json:"headers"`
	Whole   jsontext.Value      `json:"whole"`  // the answer of generateContent, or an error
	Stream  []jsontext.Value    `json:"stream"` // the events of streamGenerateContent; none: Whole is the only one
	Tail    string              `json:"tail"`   // what comes behind the events, as it stands
	End     string              `json:"end"`    // of the stream: "" at the end of the answer, "reset" by a broken connection
}

// received is a request that reached the upstream.
type received struct {
	Path string         `json:"path"`
	Key  string         `json:"key"` // the x-goog-api-key
	Body jsontext.Value `json:"body"`
}

// upstream plays Gemini's native API from scripts.
type upstream struct {
	scripts map[string]*script
	badKey  *script
	rest    http.Handler // answers what names no script; nil: nobody does

	mu   sync.Mutex
	seen []received
}

// newUpstream reads the scripts NAME.json of a folder.
func newUpstream(fsys fs.FS) (*upstream, error) {
	u := &upstream{scripts: map[string]*script{}}
	names, err := fs.Glob(fsys, "*.json")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		var s script
		if err := json.Unmarshal(b, &s, json.RejectUnknownMembers(true)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		u.scripts[strings.TrimSuffix(name, ".json")] = &s
	}
	u.badKey = u.scripts["bad-key"]
	if u.badKey == nil {
		return nil, fmt.Errorf("no script bad-key among %d", len(u.scripts))
	}
	return u, nil
}

var scriptName = regexp.MustCompile(`script:([a-z0-9-]+)`)

// ServeHTTP implements http.Handler.
func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/received" {
		u.tell(w, r.URL.Query().Get("tag"))
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the gateway went away
	}
	key := r.Header.Get("X-Goog-Api-Key")
	u.mu.Lock()
	u.seen = append(u.seen, received{Path: r.URL.Path, Key: key, Body: jsontext.Value(body)})
	u.mu.Unlock()

	_, method, _ := strings.Cut(path.Base(r.URL.Path), ":")
	switch names := scriptName.FindAllSubmatch(body, -1); {
	case key == "bad-key":
		play(w, u.badKey, false)
	case len(names) == 0 && u.rest != nil:
		r.Body = io.NopCloser(bytes.NewReader(body))
		u.rest.ServeHTTP(w, r)
	case method == "batchEmbedContents" || method == "embedContent":
		embed(w, method, body)
	case method == "countTokens":
		reply(w, http.StatusOK, jsontext.Value(`{"totalTokens":7}`))
	case len(names) > 0 && u.scripts[string(names[len(names)-1][1])] != nil:
		play(w, u.scripts[string(names[len(names)-1][1])], method == "streamGenerateContent")
	default:
		reply(w, http.StatusNotImplemented, jsontext.Value(`{"error":{"code":501,"message":"the request names no script","status":"UNIMPLEMENTED"}}`))
	}
}

// tell answers with the requests that hold the tag, in the order they came.
func (u *upstream) tell(w http.ResponseWriter, tag string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	found := []received{}
	for _, r := range u.seen {
		if tag != "" && strings.Contains(string(r.Body), tag) {
			found = append(found, r)
		}
	}
	b, err := json.Marshal(found)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	reply(w, http.StatusOK, b)
}

// reply writes a JSON answer. A client that has gone is no concern of ours.
func reply(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// play answers by a script. An error before the first event of a stream comes
// as plain JSON under its status, as Gemini sends it.
func play(w http.ResponseWriter, s *script, stream bool) {
	for name, values := range s.Headers {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	status := max(s.Status, http.StatusOK)
	if status != http.StatusOK || !stream {
		reply(w, status, s.Whole)
		return
	}
	events := s.Stream
	if events == nil {
		events = []jsontext.Value{s.Whole}
	}
	w.Header().Set("Content-Type", "text/event-stream")
	for _, e := range events {
		event := e.Clone()
		if err := event.Compact(); err != nil {
			panic(http.ErrAbortHandler)
		}
		if _, err := fmt.Fprintf(w, "data: %s\r\n\r\n", event); err != nil {
			return
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			return
		}
	}
	if _, err := io.WriteString(w, s.Tail); err != nil {
		return
	}
	if s.End == "reset" {
		panic(http.ErrAbortHandler)
	}
}

var lastNumber = regexp.MustCompile(`(\d+)\D*$`)

// embed answers with one unit vector an input: 1 at the place that the last
// number in its text names, 0 elsewhere. So order and values can be told from
// the answer.
func embed(w http.ResponseWriter, method string, body []byte) {
	type request struct {
		Content struct {
			Parts []struct {
				Text string `json:"text"`
			} `json:"parts"`
		} `json:"content"`
		Dimensions int `json:"outputDimensionality"`
	}
	var batch struct {
		Requests []request `json:"requests"`
	}
	var one request
	if json.Unmarshal(body, &batch) != nil || json.Unmarshal(body, &one) != nil {
		reply(w, http.StatusBadRequest, jsontext.Value(`{"error":{"code":400,"message":"Invalid JSON payload received.","status":"INVALID_ARGUMENT"}}`))
		return
	}
	type embedding struct {
		Values []float64 `json:"values"`
	}
	answer := func(r request) embedding {
		values := make([]float64, cmp.Or(r.Dimensions, 3072))
		text := ""
		for _, p := range r.Content.Parts {
			text += p.Text
		}
		if m := lastNumber.FindStringSubmatch(text); m != nil {
			if n, err := strconv.Atoi(m[1]); err == nil {
				values[n%len(values)] = 1
			}
		}
		return embedding{values}
	}
	var v any = map[string]any{"embedding": answer(one)}
	if method == "batchEmbedContents" {
		all := []embedding{}
		for _, r := range batch.Requests {
			all = append(all, answer(r))
		}
		v = map[string]any{"embeddings": all}
	}
	b, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	reply(w, http.StatusOK, b)
}

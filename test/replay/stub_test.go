package replay_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
)

// reply is what the stub answers to whoever comes with a certain key.
type reply struct {
	status int
	// contentType is the recorded one for errors; else it follows the method.
	contentType string
	whole       []byte
	sse         []byte
	// pieces, if set, are written and flushed one by one instead of sse.
	pieces [][]byte
	// serve, if set, answers instead of all the above.
	serve func(w http.ResponseWriter, got sent)
}

// sent is one request Gemway made.
type sent struct {
	method string
	path   string
	query  string
	header http.Header
	body   []byte
}

func (s sent) String() string { return s.method + " " + s.path + " " + clip(string(s.body), 300) }

// stub stands where Gemini's API would. The key that comes in x-goog-api-key
// says which reply is meant.
type stub struct {
	mu      sync.Mutex
	replies map[string]*reply
	got     map[string][]sent
}

func newStub() *stub {
	return &stub{replies: map[string]*reply{}, got: map[string][]sent{}}
}

func (s *stub) expect(key string, r *reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replies[key] = r
}

// take gives and forgets what came with the key.
func (s *stub) take(key string) []sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := s.got[key]
	delete(s.got, key)
	delete(s.replies, key)
	return got
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := r.Header.Get("x-goog-api-key")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	got := sent{r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Clone(), body}
	s.mu.Lock()
	s.got[key] = append(s.got[key], got)
	rep := s.replies[key]
	s.mu.Unlock()
	if rep == nil {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTeapot)
		write(w, fmt.Appendf(nil, `{"error":{"code":418,"message":"the stub knows no key %q","status":"UNKNOWN"}}`, key))
		return
	}
	if rep.serve != nil {
		rep.serve(w, got)
		return
	}
	rep.answer(w, got)
}

func (rep *reply) answer(w http.ResponseWriter, got sent) {
	if rep.status != http.StatusOK {
		w.Header().Set("Content-Type", rep.contentType)
		w.WriteHeader(rep.status)
		write(w, rep.whole)
		return
	}
	if !strings.HasSuffix(got.path, ":streamGenerateContent") {
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		write(w, rep.whole)
		return
	}
	if !strings.Contains(got.query, "alt=sse") {
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		w.WriteHeader(http.StatusBadRequest)
		write(w, []byte(`{"error":{"code":400,"message":"the stub streams with alt=sse only","status":"INVALID_ARGUMENT"}}`))
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	if rep.pieces == nil {
		write(w, rep.sse)
		return
	}
	for _, piece := range rep.pieces {
		write(w, piece)
		if http.NewResponseController(w).Flush() != nil {
			return // the client has left
		}
	}
}

// replyFor gives the reply an exchange was recorded with. Its own form is given
// byte for byte; the other form (a stream for a whole answer, a whole answer
// for a stream) is made from the same chunks, so that one recording proves both.
func replyFor(e *exchange) (*reply, error) {
	r := &reply{status: e.Response.Status, contentType: e.Response.Headers["content-type"]}
	if r.contentType == "" {
		r.contentType = "application/json; charset=UTF-8"
	}
	if r.status != http.StatusOK {
		r.whole = e.body()
		if r.whole == nil {
			r.whole = []byte(e.Response.Raw)
		}
		return r, nil
	}
	r.sse = e.sse()
	if !e.streams() {
		r.whole = e.body()
		return r, nil
	}
	whole, err := joinChunks(e.chunks())
	r.whole = whole
	return r, err
}

// joinChunks makes the whole answer that a stream's chunks add up to: the parts
// of each candidate one after the other, texts of one kind joined, the last
// value of everything else. Parts stay the bytes they were, so that arguments
// keep their key order and their numbers.
func joinChunks(chunks []json.RawMessage) ([]byte, error) {
	if len(chunks) == 1 {
		return chunks[0], nil
	}
	type object = map[string]json.RawMessage
	type candidate struct {
		fields object
		parts  []json.RawMessage
	}
	whole := object{}
	byIndex := map[string]*candidate{}
	var order []*candidate
	for _, chunk := range chunks {
		var c object
		if err := json.Unmarshal(chunk, &c); err != nil {
			return nil, err
		}
		var candidates []object
		if list, ok := c["candidates"]; ok {
			if err := json.Unmarshal(list, &candidates); err != nil {
				return nil, err
			}
			delete(c, "candidates")
		}
		maps.Copy(whole, c)
		for _, fields := range candidates {
			index := string(fields["index"])
			if index == "" {
				index = "0"
			}
			have := byIndex[index]
			if have == nil {
				have = &candidate{fields: object{}}
				byIndex[index] = have
				order = append(order, have)
			}
			var content struct{ Parts []json.RawMessage }
			if raw, ok := fields["content"]; ok {
				if err := json.Unmarshal(raw, &content); err != nil {
					return nil, err
				}
				delete(fields, "content")
			}
			for k, v := range fields {
				switch {
				case k == "citationMetadata" && have.fields[k] != nil:
					joined, err := joinLists(have.fields[k], v)
					if err != nil {
						return nil, err
					}
					have.fields[k] = joined
				case string(v) != "{}":
					have.fields[k] = v
				}
			}
			for _, part := range content.Parts {
				have.parts = appendPart(have.parts, part)
			}
		}
	}
	list := []object{}
	for _, c := range order {
		content, err := plainJSON(map[string]any{"role": "model", "parts": rawList(c.parts)})
		if err != nil {
			return nil, err
		}
		c.fields["content"] = content
		list = append(list, c.fields)
	}
	var err error
	if whole["candidates"], err = plainJSON(list); err != nil {
		return nil, err
	}
	return plainJSON(whole)
}

// plainJSON writes JSON without escaping what only HTML needs escaped, so that
// raw values stay the bytes they were.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// joinLists adds up two objects of lists.
func joinLists(a, b json.RawMessage) (json.RawMessage, error) {
	var x, y map[string][]json.RawMessage
	if err := json.Unmarshal(a, &x); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &y); err != nil {
		return nil, err
	}
	for k, list := range y {
		x[k] = append(x[k], list...)
	}
	return plainJSON(x)
}

func rawList(l []json.RawMessage) []json.RawMessage {
	if l == nil {
		return []json.RawMessage{}
	}
	return l
}

// appendPart adds a part, joining it to the last one when both are nothing but
// text of the same kind.
func appendPart(parts []json.RawMessage, part json.RawMessage) []json.RawMessage {
	text, thought, plain := plainText(part)
	if len(parts) > 0 && plain {
		before, kind, ok := plainText(parts[len(parts)-1])
		if ok && kind == thought {
			joined := map[string]any{"text": before + text}
			if thought {
				joined["thought"] = true
			}
			data, err := plainJSON(joined)
			if err == nil {
				parts[len(parts)-1] = data
				return parts
			}
		}
	}
	return append(parts, part)
}

func plainText(part json.RawMessage) (text string, thought, ok bool) {
	v, err := decode(part)
	if err != nil {
		return "", false, false
	}
	for k := range v.(map[string]any) {
		if k != "text" && k != "thought" {
			return "", false, false
		}
	}
	text, ok = at(v, "text").(string)
	thought, _ = at(v, "thought").(bool)
	return text, thought, ok
}

// write sends what a client takes; one that has left is no concern of the stub.
func write(w http.ResponseWriter, data []byte) { _, _ = w.Write(data) }

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return fmt.Sprintf("%s… (%d bytes)", s[:n], len(s))
}

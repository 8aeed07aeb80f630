package server_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gemway/gemway/raw"
)

// FuzzChatRequest: whatever a body holds, the answer is JSON, and no fault of
// the server's.
func FuzzChatRequest(f *testing.F) {
	for _, body := range []string{
		"", "null", "[]", normal, nested(20), with(`"n":9`), with(`"n":2`), with(`"metadata":{"a":1}`), with(`"temperature":1e400`), with(`"stop":["a"]`),
		saying(`cut \ud83d`), saying("raw\nnewline"), `{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"hi",},],}`, `{"a":1,"\u0061":2}`, `{"a":1}` + "\xff",
		tools(tool("a/b", ""), tool("ä", `{"type":"object","properties":{"x":{"$ref":"#"}}}`)), with(`"tool_choice":"required"`),
		messages(1, `[{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}]`), messages(3, `"x"`),
		`{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"},{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":"r"}]}`,
		`{"model":"gemini-2.5-pro","reasoning_effort":"low","extra_body":{"google":{"thinking_config":{"thinking_budget":1}}},"messages":[{"role":"system","content":"s"}]}`,
	} {
		f.Add([]byte(body))
	}
	for _, schema := range []string{`{"$ref":"#"}`, `{"enum":["a"]}`, `{"allOf":[{"anyOf":[{}]}]}`, `{"type":"object","properties":{"x":{"pattern":"(a+)+$"}}}`} {
		for _, body := range asked(schema) {
			f.Add([]byte(body))
		}
	}
	s := newBare(f, nil)
	f.Fuzz(func(t *testing.T, body []byte) {
		w := httptest.NewRecorder()
		s.quiet = true
		s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/v1/chat/completions", strings.NewReader(string(body))))
		// The upstream of these tests has no streams: that alone is a 500.
		if w.Code >= 500 && !s.streamed.Swap(false) {
			t.Fatalf("%d: %s", w.Code, w.Body)
		}
		if !raw.Value(w.Body.Bytes()).IsValid() {
			t.Fatalf("%d: not JSON: %q", w.Code, w.Body)
		}
		if w.Code != http.StatusOK && faultOf(t, answer{w.Code, w.Header(), w.Body.Bytes()}).Message == "" {
			t.Fatalf("%d without a message", w.Code)
		}
	})
}

var errNotStreamed = errors.New("not streamed here")

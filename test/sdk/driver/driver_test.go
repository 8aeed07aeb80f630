package main

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/go-json-experiment/json"
)

// scripted starts the upstream with the scripts of the suites.
func scripted(t *testing.T) (string, *upstream) {
	t.Helper()
	u, err := newUpstream(os.DirFS("../scripts"))
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(u)
	t.Cleanup(s.Close)
	return s.URL, u
}

// post returns the status, the type and the body of an answer, and how
// reading it ended.
func post(t *testing.T, url, key, body string) (status int, contentType, answer string, err error) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Goog-Api-Key", key)
	resp, err := new(http.Client).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header.Get("Content-Type"), string(b), err
}

func say(text string) string {
	return `{"contents":[{"role":"user","parts":[{"text":"` + text + `"}]}]}`
}

const chat = "/v1beta/models/gemini-2.5-flash:"

func TestScripts(t *testing.T) {
	url, u := scripted(t)
	for name, s := range u.scripts {
		t.Run(name, func(t *testing.T) {
			if s.Comment == "" || len(s.Whole) == 0 {
				t.Error("a script has a comment and a whole answer")
			}
			status, _, answer, err := post(t, url+chat+"generateContent", "k", say("script:"+name))
			if err != nil || status != max(s.Status, 200) || answer != string(s.Whole) {
				t.Errorf("whole: %d, %v, %s", status, err, answer)
			}
			status, contentType, answer, err := post(t, url+chat+"streamGenerateContent?alt=sse", "k", say("script:"+name))
			if status != max(s.Status, 200) {
				t.Errorf("streamed: %d", status)
			}
			if status != http.StatusOK {
				return
			}
			events, whole := strings.CutSuffix(answer, s.Tail)
			if want := max(len(s.Stream), 1); !whole || strings.Count(events, "data: ") != want || strings.Count(events, "\r\n\r\n") != want {
				t.Errorf("%d events, want %d and %q behind them: %s", strings.Count(events, "data: "), want, s.Tail, answer)
			}
			if contentType != "text/event-stream" || (err != nil) != (s.End == "reset") {
				t.Errorf("%s, ended with %v", contentType, err)
			}
		})
	}
}

func TestLastScriptCounts(t *testing.T) {
	url, u := scripted(t)
	_, _, answer, _ := post(t, url+chat+"generateContent", "k", say("script:text and script:length"))
	if answer != string(u.scripts["length"].Whole) {
		t.Error("the last name in the text is the one that counts")
	}
}

func TestRefusals(t *testing.T) {
	url, _ := scripted(t)
	if status, _, answer, _ := post(t, url+chat+"generateContent", "bad-key", say("script:text")); status != 400 || !strings.Contains(answer, "API_KEY_INVALID") {
		t.Errorf("bad key: %d %s", status, answer)
	}
	if status, _, _, _ := post(t, url+chat+"generateContent", "k", say("hello")); status != http.StatusNotImplemented {
		t.Errorf("no script: %d", status)
	}
}

// What names no script goes to the emulator when there is one, and is told
// like the rest.
func TestEmulated(t *testing.T) {
	url, u := scripted(t)
	var err error
	if u.rest, err = emulated(); err != nil {
		t.Fatal(err)
	}
	if status, _, answer, _ := post(t, url+chat+"generateContent", "k", say("What is 12*34? tag-e")); status != http.StatusOK || !strings.Contains(answer, "408") {
		t.Errorf("no script: %d %s", status, answer)
	}
	if _, _, answer, _ := post(t, url+chat+"generateContent", "k", say("script:text tag-e")); answer != string(u.scripts["text"].Whole) {
		t.Errorf("a script: %s", answer)
	}
	if _, _, answer, _ := post(t, url+"/received?tag=tag-e", "", ""); strings.Count(answer, `"path"`) != 2 {
		t.Errorf("received: %s", answer)
	}
}

func TestReceived(t *testing.T) {
	url, _ := scripted(t)
	_, _, _, _ = post(t, url+chat+"generateContent", "k1", say("script:text tag-a"))
	_, _, _, _ = post(t, url+chat+"generateContent", "k2", say("script:text tag-b"))
	resp, err := new(http.Client).Get(url + "/received?tag=tag-b")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var got []received
	if err := json.UnmarshalRead(resp.Body, &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].Key != "k2" || got[0].Path != chat+"generateContent" {
		t.Errorf("got %+v", got)
	}
}

func TestEmbeddings(t *testing.T) {
	url, _ := scripted(t)
	_, _, answer, _ := post(t, url+"/v1beta/models/m:batchEmbedContents", "k",
		`{"requests":[{"content":{"parts":[{"text":"number 2"}]},"outputDimensionality":3},{"content":{"parts":[{"text":"number 0"}]},"outputDimensionality":3}]}`)
	if want := `{"embeddings":[{"values":[0,0,1]},{"values":[1,0,0]}]}`; answer != want {
		t.Errorf("got %s, want %s", answer, want)
	}
	if _, _, answer, _ := post(t, url+"/v1beta/models/m:embedContent", "k", `{"content":{"parts":[{"text":"1"}]},"outputDimensionality":2}`); answer != `{"embedding":{"values":[0,1]}}` {
		t.Errorf("got %s", answer)
	}
}

func TestBadScripts(t *testing.T) {
	for name, fsys := range map[string]fstest.MapFS{
		"none":         {},
		"unknown name": {"bad-key.json": {Data: []byte(`{"hole":{}}`)}},
	} {
		if _, err := newUpstream(fsys); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestServers runs programs that are no good servers.
func TestServers(t *testing.T) {
	write := func(script string) string {
		name := filepath.Join(t.TempDir(), "server")
		if err := os.WriteFile(name, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
			t.Fatal(err)
		}
		return name
	}
	log := filepath.Join(t.TempDir(), "log")
	_, err := start(t.Context(), write("echo no such flag; exit 3"), log, nil)
	if err == nil || !strings.Contains(err.Error(), "ended before it was ready") || !strings.Contains(err.Error(), "no such flag") {
		t.Errorf("a server that ends at once: %v", err)
	}
	if _, err := run(t.Context(), write("exit 3"), http.NotFoundHandler(), t.TempDir(), []string{"true"}); err == nil {
		t.Error("the driver takes a server that does not start")
	}
	s := &server{log: log, done: make(chan error, 1), cmd: exec.Command("true")}
	s.done <- errors.New("exit status 2")
	if err := s.stop(); err == nil || !strings.Contains(err.Error(), "ended during the tests") {
		t.Errorf("a server that crashed: %v", err)
	}
}

package upstream

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gemway/gemway/internal/keypool"
	"github.com/google/go-cmp/cmp"
)

const part = `{"candidates":[{"content":{"parts":[{"text":"Hi"}]},"finishReason":"STOP"}]}`

func TestDo(t *testing.T) {
	var got *wire
	up := serve(t, func(w *wire) { got = w; w.json(200, part) })
	c := up.client(t, nil)
	call := chat()
	call.Body = [][]byte{[]byte(`{"contents":`), []byte(`[]}`)}
	call.Header = http.Header{"x-extra": {"1"}}
	call.Query = map[string][]string{"prettyPrint": {"false"}}
	answer, err := c.Do(context.Background(), call)
	if err != nil {
		t.Fatal(err)
	}
	if answer.Status != 200 || string(answer.Body) != part || answer.Attempts != 1 || answer.KeyID != keypool.ID("AIzaTestKeyNumberOne") {
		t.Errorf("answer: %+v", answer)
	}
	if want := "/v1beta/models/gemini-2.5-flash:generateContent?prettyPrint=false"; got.URL.String() != want || got.Method != "POST" {
		t.Errorf("sent %s %s, want POST %s", got.Method, got.URL, want)
	}
	want := http.Header{
		"Content-Type": {"application/json"}, "X-Goog-Api-Key": {"AIzaTestKeyNumberOne"},
		"User-Agent": {"gemway"}, "X-Extra": {"1"}, "Content-Length": {"15"},
	}
	if diff := cmp.Diff(want, got.Header); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if string(got.body) != `{"contents":[]}` {
		t.Errorf("body %q", got.body)
	}
}

func TestDoLongSegments(t *testing.T) {
	a, b := strings.Repeat("a", 100_000), strings.Repeat("b", 3_000_000)
	up := serve(t, func(w *wire) {
		if string(w.body) != `{"`+a+`":"`+b+`"}` || w.ContentLength != int64(len(w.body)) {
			t.Errorf("body of %d bytes, Content-Length %d", len(w.body), w.ContentLength)
		}
		w.json(200, part)
	})
	call := chat()
	call.Body = nil
	for _, s := range []string{`{"`, a, `":"`, "", b, `"}`} {
		call.Body = append(call.Body, []byte(s))
	}
	if _, err := up.client(t, nil).Do(context.Background(), call); err != nil {
		t.Fatal(err)
	}
}

func TestStream(t *testing.T) {
	up := serve(t, func(w *wire) {
		if got := w.URL.String(); got != "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse" {
			t.Errorf("sent %s", got)
		}
		w.events()
		w.chunk("data: {\"n\":1}\r\n\r\ndata: {\"n\"")
		w.chunk(":2}\r\n\r\n: waiting\r\n\r\ndata: {\"n\":3}")
		w.done()
	})
	got, err := streamAll(t, up.client(t, nil))
	if err != io.EOF {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`{"n":1}`, `{"n":2}`, `{"n":3}`}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Without events the same objects come as one array.
func TestStreamAsArray(t *testing.T) {
	up := serve(t, func(w *wire) { w.json(200, "[{\n  \"n\": 1\n}\n,\r\n{\"n\":2}\n]\n") })
	got, err := streamAll(t, up.client(t, nil))
	if diff := cmp.Diff([]string{"{\n  \"n\": 1\n}", `{"n":2}`}, got); diff != "" || err != io.EOF {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestCallsThatCannotBeSent(t *testing.T) {
	c := serve(t, func(w *wire) { t.Errorf("sent %s", w.URL); w.json(200, part) }).client(t, nil)
	for _, call := range []Call{
		{},
		{Model: "../files/x", Method: "generateContent"},
		{Model: "a/../../b", Method: "generateContent"},
		{Model: "gemini?key=1", Method: "generateContent"},
		{Model: "gemini#", Method: "generateContent"},
		{Model: "gemini%2f..", Method: "generateContent"},
		{Model: "gemini\r\nX: y", Method: "generateContent"},
		{Model: "gemini:predict", Method: "generateContent"},
		{Path: "files//x"},
		{URL: "https://elsewhere.example/upload"},
		{URL: "http://127.0.0.1:1/upload"},
	} {
		_, err := c.Do(context.Background(), call)
		var f *Failure
		if !errors.As(err, &f) || f.Kind != Invalid {
			t.Errorf("%v: %v, want %s", call, err, Invalid)
		}
	}
}

func TestGeminiAPIAddresses(t *testing.T) {
	for _, tt := range []struct {
		base string
		call Call
		want string
	}{
		{"", Call{Model: "gemini-3-pro-preview", Method: "countTokens"}, "https://generativelanguage.googleapis.com/v1beta/models/gemini-3-pro-preview:countTokens"},
		{"http://h:1", Call{Model: "models/m", Method: "generateContent"}, "http://h:1/v1beta/models/m:generateContent"},
		{"http://h:1/", Call{Model: "tunedModels/m", Method: "generateContent"}, "http://h:1/v1beta/tunedModels/m:generateContent"},
		{"http://h:1/x/y/", Call{Path: "models", Query: map[string][]string{"pageSize": {"5"}}}, "http://h:1/x/y/v1beta/models?pageSize=5"},
		{"http://h:1/x/v1beta/", Call{Path: "models/m"}, "http://h:1/x/v1beta/models/m"},
		{"http://h:1", Call{Path: "batches/b", Method: "cancel"}, "http://h:1/v1beta/batches/b:cancel"},
		{"http://h:1", Call{Path: "files", Upload: true, Verb: "POST"}, "http://h:1/upload/v1beta/files"},
		{"http://h:1", Call{URL: "http://h:1/upload/v1beta/files?upload_id=abc"}, "http://h:1/upload/v1beta/files?upload_id=abc"},
		{"http://h:1", Call{Model: "m", Method: "streamGenerateContent", Query: map[string][]string{"alt": {"json"}}}, "http://h:1/v1beta/models/m:streamGenerateContent?alt=json"},
	} {
		site, err := NewGeminiAPI(tt.base)
		if err != nil {
			t.Fatal(err)
		}
		got, err := site.URL(&tt.call)
		if err != nil || got.String() != tt.want {
			t.Errorf("%q %v: %v, %v, want %s", tt.base, tt.call, got, err, tt.want)
		}
	}
	for _, bad := range []string{"generativelanguage.googleapis.com", "ftp://h", "http://", "http://u:p@h", "http://h?key=1"} {
		if _, err := NewGeminiAPI(bad); err == nil || strings.Contains(err.Error(), "u:p") {
			t.Errorf("%q: %v, want an error that does not repeat it", bad, err)
		}
	}
}

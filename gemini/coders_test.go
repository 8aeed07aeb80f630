package gemini

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
)

var responses = []string{
	`{"candidates":[{"content":{"parts":[{"text":"a\u00e9"},{"text":"t","thought":true},{"functionCall":{"name":"f","args":{"a":1.0}},"thoughtSignature":"QQ=="},{"inlineData":{"mimeType":"image/png","data":"AA=="}}],"role":"model"},"finishReason":"STOP","index":1}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2,"totalTokenCount":3,"promptTokensDetails":[{"modality":"TEXT","tokenCount":1}],"thoughtsTokenCount":4,"serviceTier":"standard"},"modelVersion":"m","responseId":"r"}`,
	`{"candidates":[{"content":{},"finishReason":"SAFETY","safetyRatings":[{"category":"X"}],"groundingMetadata":{},"finishMessage":"m"}],"promptFeedback":{"blockReason":"SAFETY"}}`,
	`{"candidates":null,"usageMetadata":null,"promptFeedback":{}}`, `{"candidates":[{"content":null,"finishReason":1}]}`, `{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}`,
	`{"candidates":[{"content":{"parts":[{"executableCode":{"language":"PYTHON","code":"1"}},{"toolCall":{"id":"1"}}]}}]}`, `{"candidates":[{"content":{"parts":null}}]}`,
	`{"candidates":{}}`, `[]`, `null`, `{"usageMetadata":{"promptTokenCount":"5"}}`, `{"modelVersion":5}`,
	`{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","willContinue":true}}]}}]}`, `{"candidates":[{"logprobsResult":{"chosenCandidates":[{"token":"a","logProbability":-0.5}]}}]}`,
}

func sameResponse(t *testing.T, b []byte) {
	t.Helper()
	fast, ferr := DecodeResponse(b)
	plain, perr := decodeResponsePlain(b)
	if (ferr == nil) != (perr == nil) {
		t.Fatalf("%s: fast says %v, plain %v", b, ferr, perr)
	}
	if ferr == nil && !reflect.DeepEqual(plain, fast) {
		t.Errorf("%.300s: plain and fast differ: %s", b, cmp.Diff(plain, fast))
	}
}

func sameWritten(t *testing.T, b []byte) {
	t.Helper()
	var r GenerateContentRequest
	if json.Unmarshal(b, &r) != nil {
		return
	}
	plain, err := raw.Marshal(&r)
	if err != nil {
		return
	}
	w := raw.NewWriter(nil)
	if err := r.Write(&w); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	fast := raw.Value(w.Bytes())
	if err := fast.Compact(); err != nil || string(plain) != string(fast) {
		t.Errorf("plain %.300s\n fast %.300s (%v)", plain, fast, err)
	}
}

func TestFastDecodeEqualsPlain(t *testing.T) {
	for _, r := range responses {
		sameResponse(t, []byte(r))
	}
}

func FuzzDecodeResponse(f *testing.F) {
	for _, r := range responses {
		f.Add([]byte(r))
	}
	f.Fuzz(func(t *testing.T, b []byte) { sameResponse(t, b) })
}

// Requests and answers of the recorded exchanges go through both coders alike.
func TestFastEqualsPlainOnRecordings(t *testing.T) {
	files, err := filepath.Glob("../../shared/corpus/*/*.json")
	if err != nil || len(files) == 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("the corpus is missing")
		}
		t.Skip("the shared corpus is not there: the cases above ran")
	}
	n := 0
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var x struct {
			Upstream struct {
				Request raw.Value `json:"request"`
			} `json:"upstream"`
			Response struct {
				Body raw.Value   `json:"body"`
				SSE  []raw.Value `json:"sse"`
			} `json:"response"`
		}
		if json.Unmarshal(b, &x) != nil {
			continue
		}
		if x.Upstream.Request.Kind() == '{' {
			sameWritten(t, x.Upstream.Request)
			n++
		}
		for _, v := range append(x.Response.SSE, x.Response.Body) {
			if v.Kind() == '{' {
				sameResponse(t, v)
				n++
			}
		}
	}
	t.Logf("%d recorded messages", n)
	if n == 0 {
		t.Error("no recorded message was found")
	}
}

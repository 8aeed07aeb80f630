package emulator

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

// clockwork is a clock that is set by hand.
type clockwork struct{ now time.Time }

func (c *clockwork) Now() time.Time { return c.now }

func uploaded(t *testing.T, e *Emulator, mime, content string) *file {
	t.Helper()
	r := httptest.NewRequest("POST", "/upload/v1beta/files", strings.NewReader(`{"file":{"display_name":"a file"}}`))
	r.Header.Set("X-Goog-Upload-Protocol", "resumable")
	r.Header.Set("X-Goog-Upload-Command", "start")
	r.Header.Set("X-Goog-Upload-Header-Content-Type", mime)
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	url := w.Header().Get("X-Goog-Upload-URL")
	if w.Code != 200 || url == "" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	half := len(content) / 2
	for i, chunk := range []string{content[:half], content[half:]} {
		r := httptest.NewRequest("POST", url, strings.NewReader(chunk))
		r.Header.Set("X-Goog-Upload-Offset", []string{"0", itoa(half)}[i])
		r.Header.Set("X-Goog-Upload-Command", []string{"upload", "upload, finalize"}[i])
		w = httptest.NewRecorder()
		e.ServeHTTP(w, r)
		if want := []string{"active", "final"}[i]; w.Code != 200 || w.Header().Get("X-Goog-Upload-Status") != want {
			t.Fatalf("chunk %d: %d %s", i, w.Code, w.Body)
		}
	}
	var out struct {
		File *file `json:"file"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		t.Fatal(err)
	}
	return out.File
}

func itoa(n int) string {
	return strings.TrimSpace(strings.Join([]string{formatNumber(float64(n))}, ""))
}

func TestFilesExpire(t *testing.T) {
	clock := &clockwork{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	e := newEmulator(t, Config{Now: clock.Now})
	f := uploaded(t, e, "text/plain", "some text")
	if f.SizeBytes != "9" || f.ExpirationTime != "2026-01-04T03:04:05.000000Z" || string(f.SHA256Hash) != "b94f6f125c79e3a5ffaa826f584c10d52ada669e6762051b826b55776d05aed2" {
		t.Errorf("%+v", f)
	}
	get := func() int {
		code, _ := post(t, e, "GET /v1beta/"+f.Name, "")
		return code
	}
	clock.now = clock.now.Add(47 * time.Hour)
	if got := get(); got != 200 {
		t.Errorf("after 47 hours: %d", got)
	}
	clock.now = clock.now.Add(2 * time.Hour)
	if got := get(); got != 403 {
		t.Errorf("after 49 hours: %d", got)
	}
	if e.stored != 0 {
		t.Errorf("%d bytes are still held", e.stored)
	}
}

func TestStoredBytesAreBounded(t *testing.T) {
	e := newEmulator(t, Config{MaxStored: 10})
	uploaded(t, e, "text/plain", "12345678")
	r := httptest.NewRequest("POST", "/upload/v1beta/files", strings.NewReader(`{}`))
	r.Header.Set("X-Goog-Upload-Command", "start")
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	code, body := post(t, e, "POST "+w.Header().Get("X-Goog-Upload-URL"), "123456")
	if code != 429 || !strings.Contains(string(body), "RESOURCE_EXHAUSTED") {
		t.Errorf("%d %s", code, body)
	}
}

func TestFilmsAreProcessed(t *testing.T) {
	e := newEmulator(t, Config{})
	f := uploaded(t, e, "video/mp4", "no film, but said to be one")
	if f.State != "PROCESSING" {
		t.Errorf("state %s", f.State)
	}
	use := `{"contents":[{"parts":[{"text":"What?"},{"fileData":{"mimeType":"video/mp4","fileUri":"` + f.URI + `"}}]}]}`
	if code, b := post(t, e, "POST /v1beta/models/gemini-2.5-flash:generateContent", use); code != 400 || !strings.Contains(string(b), "not in an ACTIVE state") {
		t.Errorf("%d %s", code, b)
	}
	for _, want := range []string{"PROCESSING", "ACTIVE"} {
		if _, b := post(t, e, "GET /v1beta/"+f.Name, ""); !strings.Contains(string(b), want) {
			t.Errorf("not %s: %s", want, b)
		}
	}
	if code, b := post(t, e, "POST /v1beta/models/gemini-2.5-flash:generateContent", use); code != 200 {
		t.Errorf("%d %s", code, b)
	}
}

func TestUploadedFilesCannotBeDownloaded(t *testing.T) {
	e := newEmulator(t, Config{})
	f := uploaded(t, e, "text/plain", "some text")
	if code, b := post(t, e, "GET /v1beta/"+f.Name+":download?alt=media", ""); code != 400 {
		t.Errorf("%d %s", code, b)
	}
}

func TestPages(t *testing.T) {
	e := newEmulator(t, Config{})
	for range 5 {
		uploaded(t, e, "text/plain", "x")
	}
	seen := map[string]bool{}
	token := ""
	for range 3 {
		code, b := post(t, e, "GET /v1beta/files?pageSize=2&pageToken="+token, "")
		var out struct {
			Files []file `json:"files"`
			Next  string `json:"nextPageToken"`
		}
		if err := json.Unmarshal(b, &out); err != nil || code != 200 {
			t.Fatalf("%d %v", code, err)
		}
		for _, f := range out.Files {
			seen[f.Name] = true
		}
		token = out.Next
	}
	if len(seen) != 5 || token != "" {
		t.Errorf("%d files, then %q", len(seen), token)
	}
	if code, _ := post(t, e, "GET /v1beta/files?pageToken=nonsense", ""); code != 400 {
		t.Errorf("a token that was not given: %d", code)
	}
}

func TestCaches(t *testing.T) {
	clock := &clockwork{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	e := newEmulator(t, Config{Now: clock.Now})
	code, b := post(t, e, "POST /v1beta/cachedContents", `{"model":"models/gemini-2.5-flash","ttl":"60s",`+weatherTool+`,"systemInstruction":{"parts":[{"text":"`+strings.Repeat("You know the sea. ", 300)+`"}]}}`)
	k := &cache{}
	if err := json.Unmarshal(b, k); err != nil || code != 200 || k.ExpireTime != "2026-01-02T03:05:05.000000Z" {
		t.Fatalf("%d %v %s", code, err, b)
	}
	use := func(rest string) (int, string) {
		code, b := post(t, e, "POST /v1beta/models/gemini-2.5-flash:generateContent", asked("What is the weather in Rome?", `"cachedContent":"`+k.Name+`"`+rest))
		return code, string(b)
	}
	if code, b := use(""); code != 200 || !strings.Contains(b, `"name": "get_weather"`) || !strings.Contains(b, `"cachedContentTokenCount": `+formatNumber(float64(k.UsageMetadata.TotalTokenCount))) {
		t.Errorf("%d %s", code, b)
	}
	const alone = "CachedContent can not be used with GenerateContent request setting system_instruction, tools or tool_config."
	for _, rest := range []string{`,"systemInstruction":{"parts":[{"text":"x"}]}`, "," + weatherTool} {
		if code, b := use(rest); code != 400 || !strings.Contains(b, alone) {
			t.Errorf("%s: %d %s", rest, code, b)
		}
	}
	if code, b := post(t, e, "POST /v1beta/models/gemini-2.5-pro:generateContent", asked("Hello", `"cachedContent":"`+k.Name+`"`)); code != 400 || !strings.Contains(string(b), "has to be the same") {
		t.Errorf("another model: %d %s", code, b)
	}
	if code, b := post(t, e, "PATCH /v1beta/"+k.Name+"?updateMask=ttl", `{"ttl":"120s"}`); code != 200 || !strings.Contains(string(b), "2026-01-02T03:06:05") {
		t.Errorf("%d %s", code, b)
	}
	if code, _ := post(t, e, "PATCH /v1beta/"+k.Name, `{"displayName":"x"}`); code != 400 {
		t.Errorf("another field: %d", code)
	}
	clock.now = clock.now.Add(3 * time.Minute)
	if code, b := use(""); code != 403 || !strings.Contains(b, "CachedContent not found (or permission denied)") {
		t.Errorf("expired: %d %s", code, b)
	}
}

func TestBatchOfAFile(t *testing.T) {
	e := newEmulator(t, Config{})
	f := uploaded(t, e, "application/jsonl", `{"key":"a","request":{"contents":[{"parts":[{"text":"Say \"one\""}]}]}}
{"key":"b","request":{"contents":[]}}
`)
	code, b := post(t, e, "POST /v1beta/models/gemini-2.5-flash:batchGenerateContent", `{"batch":{"displayName":"two","inputConfig":{"fileName":"`+f.Name+`"}}}`)
	if code != 200 || !strings.Contains(string(b), "BATCH_STATE_PENDING") {
		t.Fatalf("%d %s", code, b)
	}
	name := parse(b).get("name").text()
	if _, b = post(t, e, "GET /v1beta/"+name, ""); !strings.Contains(string(b), "BATCH_STATE_RUNNING") {
		t.Errorf("%s", b)
	}
	_, b = post(t, e, "GET /v1beta/"+name, "")
	done := parse(b)
	if done.get("metadata").get("state").text() != "BATCH_STATE_SUCCEEDED" || done.get("metadata").get("batchStats").get("failedRequestCount").text() != "1" {
		t.Errorf("%s", b)
	}
	_, b = post(t, e, "GET /v1beta/"+done.get("response").get("responsesFile").text()+":download?alt=media", "")
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], `"text":"one"`) || !strings.Contains(lines[1], "contents is not specified") {
		t.Errorf("%s", b)
	}
}

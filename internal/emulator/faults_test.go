package emulator

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gemway/gemway/gemini"
	"github.com/go-json-experiment/json"
)

// TestRefusingFaults asks for each both by header and by the model's name.
func TestRefusingFaults(t *testing.T) {
	e := newEmulator(t, Config{})
	for _, tc := range []struct {
		fault, suffix string
		code          int
		status        string
	}{
		{"429;retry=3s", "429-retry=3s", 429, "RESOURCE_EXHAUSTED"},
		{"429_daily", "429_daily", 429, "RESOURCE_EXHAUSTED"},
		{"400", "400", 400, "INVALID_ARGUMENT"},
		{"403", "403", 403, "PERMISSION_DENIED"},
		{"404", "404", 404, "NOT_FOUND"},
		{"500", "500", 500, "INTERNAL"},
		{"503", "503", 503, "UNAVAILABLE"},
		{"504", "504", 504, "DEADLINE_EXCEEDED"},
		{"key", "key", 400, "INVALID_ARGUMENT"},
		{"nonsense", "nonsense", 400, "INVALID_ARGUMENT"},
		{"429;what=1", "429-what=1", 400, "INVALID_ARGUMENT"},
	} {
		byName := httptest.NewRequest("POST", "/v1beta/models/gemini-2.5-flash--"+tc.suffix+":generateContent", strings.NewReader(asked("Hello", "")))
		byHeader := httptest.NewRequest("POST", "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", strings.NewReader(asked("Hello", "")))
		byHeader.Header.Set("X-Gemway-Fault", tc.fault)
		for _, r := range []*http.Request{byName, byHeader} {
			w := httptest.NewRecorder()
			e.ServeHTTP(w, r)
			var got struct {
				Error gemini.Error `json:"error"`
			}
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatalf("%s: %v in %s", tc.fault, err, w.Body)
			}
			if w.Code != tc.code || got.Error.Code != tc.code || got.Error.Status != tc.status {
				t.Errorf("%s: %d %+v", tc.fault, w.Code, got.Error)
			}
			d := got.Error.Parse()
			if tc.fault == "429;retry=3s" && (d.RetryDelay != 3*time.Second || !strings.HasSuffix(got.Error.Message, "Please retry in 3s.")) {
				t.Errorf("%+v %s", d, got.Error.Message)
			}
			if tc.fault == "429_daily" && (d.RetryDelay != 0 || !strings.Contains(d.QuotaViolations[0].QuotaID, "PerDay")) {
				t.Errorf("%+v", d)
			}
			if w.Header().Get("Retry-After") != "" {
				t.Error("Gemini sends no retry-after")
			}
		}
	}
}

func TestAnsweringFaults(t *testing.T) {
	e := newEmulator(t, Config{})
	for fault, want := range map[string]string{
		"max_tokens": "MAX_TOKENS", "malformed_call": "MALFORMED_FUNCTION_CALL", "unexpected_call": "UNEXPECTED_TOOL_CALL",
		"empty_stop": "STOP", "safety": "SAFETY", "recitation": "RECITATION", "no_image": "NO_IMAGE",
	} {
		for _, model := range []string{"gemini-2.5-flash", "gemini-3.5-flash"} {
			r := ask(t, e, model+"--"+fault, asked("Hello", ""))
			if len(r.Candidates) != 1 || r.Candidates[0].FinishReason != want || textOf(&r.Candidates[0]) != "" {
				t.Errorf("%s: %+v", fault, r.Candidates)
			}
			chunks := chunksOf(t, e, model+"--"+fault, asked("Hello", ""))
			if last := chunks[len(chunks)-1].Candidates[0]; last.FinishReason != want || textOf(&last) != "" {
				t.Errorf("%s streamed: %+v", fault, last)
			}
		}
	}
	r := ask(t, e, "gemini-2.5-flash--blocked_prompt", asked("Hello", ""))
	if len(r.Candidates) != 0 || r.PromptFeedback == nil || r.PromptFeedback.BlockReason != "SAFETY" {
		t.Errorf("%+v", r)
	}
}

// TestBrokenStreams: one that is cut ends in an error of the connection, one
// with an error in it ends with the object.
func TestBrokenStreams(t *testing.T) {
	s := httptest.NewServer(newEmulator(t, Config{}))
	defer s.Close()
	get := func(fault string) (string, error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/v1beta/models/gemini-2.5-flash--"+fault+":streamGenerateContent?alt=sse", strings.NewReader(asked("Tell me about the sea.", "")))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := s.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		return string(b), err
	}
	body, err := get("cut-at=2")
	if err == nil || strings.Count(body, "data: ") != 2 || strings.Contains(body, "finishReason") {
		t.Errorf("cut: %v %q", err, body)
	}
	body, err = get("stream_error-at=1")
	if err != nil || strings.Count(body, "data: ") != 1 || !strings.Contains(body, "\n{\n  \"error\"") {
		t.Errorf("error: %v %q", err, body)
	}
}

func TestDelays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEmulator(t, Config{})
		start := time.Now()
		ask(t, e, "gemini-2.5-flash--delay-after=90s", asked("Hello", ""))
		if got := time.Since(start); got != 90*time.Second {
			t.Errorf("delay: %s", got)
		}
		start = time.Now()
		n := len(chunksOf(t, e, "gemini-2.5-flash--slow-each=2s", asked("Tell me about the sea.", "")))
		if got := time.Since(start); got != time.Duration(n)*2*time.Second {
			t.Errorf("slow: %s for %d chunks", got, n)
		}
	})
}

package translate_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
	"github.com/gemway/gemway/translate"
	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
)

func painter(method string, perCall int, sizes ...string) *translate.Model {
	return &translate.Model{ID: "p", Output: []string{"image"}, Image: translate.ImageOutput{
		Method: method, PerCall: perCall, Sizes: sizes,
		Ratios: []string{"1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"},
	}}
}

func newImages(t *testing.T, request string, m *translate.Model) *translate.Images {
	t.Helper()
	g, err := tryImages(t, request, m)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func tryImages(t *testing.T, request string, m *translate.Model) (*translate.Images, error) {
	t.Helper()
	var req openai.ImageRequest
	if err := json.Unmarshal([]byte(request), &req); err != nil {
		t.Fatal(err)
	}
	return translate.NewImages(&req, m)
}

func imageBody(t *testing.T, g *translate.Images, call int) string {
	t.Helper()
	b, err := g.Body(call)
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes.Join(b, nil))
}

// TestImageShapes: OpenAI's sizes and qualities become the nearest shape the
// model has.
func TestImageShapes(t *testing.T) {
	every := []string{"512", "1K", "2K", "4K"}
	for _, c := range []struct {
		request     string
		sizes       []string
		ratio, size string
	}{
		{`"size":"auto"`, every, "", ""},
		{`"size":null,"quality":null`, every, "", ""},
		{`"size":"1024x1024"`, every, "1:1", "1K"},
		{`"size":"1536x1024"`, every, "3:2", "1K"},
		{`"size":"1024x1536"`, every, "2:3", "1K"},
		{`"size":"1792x1024"`, every, "16:9", "1K"},
		{`"size":"1024X1792"`, every, "9:16", "1K"},
		{`"size":"256x256"`, every, "1:1", "512"},
		{`"size":"512x512"`, every, "1:1", "512"},
		{`"size":"768x768"`, every, "1:1", "1K"},
		{`"size":"2560x1440"`, every, "16:9", "2K"},
		{`"size":"3840x2160"`, every, "16:9", "4K"},
		{`"size":"3840x2160"`, []string{"1K", "2K"}, "16:9", "2K"},
		{`"size":"256x256"`, []string{"1K", "2K"}, "1:1", "1K"},
		{`"size":"1024x1024"`, nil, "1:1", ""},
		{`"size":"3000x1000"`, every, "21:9", "2K"},
		{`"quality":"hd"`, every, "", "2K"},
		{`"quality":"high"`, []string{"512", "1K"}, "", "1K"},
		{`"quality":"low"`, every, "", "1K"},
		{`"quality":"hd"`, nil, "", ""},
		{`"quality":"medium"`, every, "", ""},
		{`"quality":"hd","size":"1024x1024"`, every, "1:1", "1K"},
		{`"size":"1024x1024","google":{"aspect_ratio":"16:9"}`, every, "16:9", "1K"},
		{`"google":{"aspectRatio":"1:4","image_size":"4k"}`, []string{"1K", "2K"}, "9:16", "2K"},
		{`"google":{"image_config":{"aspect_ratio":"5:4","imageSize":"512"}}`, every, "5:4", "512"},
		{`"google":{"generation_config":{"imageConfig":{"aspectRatio":"5:4"}}}`, every, "5:4", ""},
	} {
		g := newImages(t, `{"model":"p","prompt":"x",`+c.request+`}`, painter("generateContent", 1, c.sizes...))
		var got struct {
			Config struct {
				Image struct {
					Ratio string `json:"aspectRatio"`
					Size  string `json:"imageSize"`
				} `json:"imageConfig"`
			} `json:"generationConfig"`
		}
		if err := json.Unmarshal([]byte(imageBody(t, g, 0)), &got); err != nil {
			t.Fatal(err)
		}
		if i := got.Config.Image; i.Ratio != c.ratio || i.Size != c.size {
			t.Errorf("%s of %v is %q at %q, not %q at %q", c.request, c.sizes, i.Ratio, i.Size, c.ratio, c.size)
		}
	}
	for _, bad := range []string{
		`"size":"0x10"`, `"size":"10"`, `"size":"1024x1024x1024"`, `"size":"-1x5"`, `"quality":"best"`, `"n":0`, `"n":-3`,
		`"response_format":"png"`, `"output_format":"gif"`, `"output_compression":101`, `"partial_images":4`, `"background":"red"`,
		`"google":{"aspect_ratio":"wide"}`, `"google":{"image_size":"8K"}`, `"extra_body":7`,
	} {
		_, err := tryImages(t, `{"model":"p","prompt":"x",`+bad+`}`, painter("generateContent", 1, every...))
		if e, ok := errors.AsType[*openai.Error](err); !ok || e.Status != 400 || e.Param == nil {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// TestImagen: several images a call, parameters by Imagen's names, and what its
// filter leaves. The answers' forms are recorded.
func TestImagen(t *testing.T) {
	g := newImages(t, `{"model":"p","prompt":"a \"cat\"","n":6,"size":"1536x1024","output_format":"jpeg","output_compression":70,
		"google":{"person_generation":"allow_adult","negativePrompt":"dogs","tools":[{}]}}`, painter("predict", 4, "1K", "2K"))
	if g.Method() != "predict" || g.Calls() != 2 || !cmp.Equal(g.Ignored, []string{"extra_body.google.tools"}) {
		t.Fatalf("%d calls of %s, ignored %v", g.Calls(), g.Method(), g.Ignored)
	}
	for call, count := range []string{"4", "2"} {
		want := `{"instances":[{"prompt":"a \"cat\""}],"parameters":{"sampleCount":` + count + `,"aspectRatio":"3:2","includeRaiReason":true,` +
			`"negativePrompt":"dogs","outputOptions":{"compressionQuality":70,"mimeType":"image/jpeg"},"personGeneration":"allow_adult","sampleImageSize":"1K"}}`
		var w, got any
		if json.Unmarshal([]byte(want), &w) != nil || json.Unmarshal([]byte(imageBody(t, g, call)), &got) != nil {
			t.Fatal(imageBody(t, g, call))
		}
		if diff := cmp.Diff(w, got); diff != "" {
			t.Errorf("call %d (-want +got):\n%s", call, diff)
		}
	}
	for call, answer := range []string{
		`{"predictions":[{"bytesBase64Encoded":"QQ==","mimeType":"image/png"},{"mimeType":"image/png","bytesBase64Encoded":"Qg==","prompt":"better"}]}`,
		`{"predictions":[{"raiFilteredReason":"Your current safety filter threshold filtered out 2 generated images."}]}`,
	} {
		if _, err := g.Push(call, []byte(answer)); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Check(); err != nil {
		t.Fatal(err)
	}
	pictures, more, blocked := g.Pictures()
	if len(pictures) != 2 || more != 0 || blocked != 1 || g.Retryable(1) {
		t.Errorf("%d pictures, %d more, %d calls blocked", len(pictures), more, blocked)
	}
	got, err := raw.Marshal(g.Answer(5))
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"created":5,"data":[{"b64_json":"QQ=="},{"b64_json":"Qg==","revised_prompt":"better"}],"output_format":"png"}`; string(got) != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	for _, answer := range []string{`{}`, `{"predictions":[]}`, `{"predictions":[{"raiFilteredReason":"Unable to show generated images."}]}`} {
		g := newImages(t, `{"model":"p","prompt":"x"}`, painter("predict", 4))
		if _, err := g.Push(0, []byte(answer)); err != nil {
			t.Fatal(err)
		}
		e, ok := errors.AsType[*openai.Error](g.Check())
		if !ok || e.Status != 400 || e.Code == nil || *e.Code != "moderation_blocked" || e.Type != "image_generation_user_error" {
			t.Errorf("%s: %v", answer, g.Check())
		}
	}
}

// TestImageCandidates: a client that asks Google for candidates gets them all;
// what is more than it asked OpenAI for is counted.
func TestImageCandidates(t *testing.T) {
	two := `{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"QQ=="}}]},"finishReason":"STOP"},
		{"index":1,"content":{"parts":[{"inlineData":{"mimeType":"image/jpeg","data":"Qg=="}}]},"finishReason":"STOP"}]}`
	for n, want := range map[string]struct{ calls, pictures, more int }{
		"": {1, 2, 0}, `"n":1,`: {1, 1, 1}, `"n":3,`: {2, 3, 1},
	} {
		g := newImages(t, `{"model":"p",`+n+`"prompt":"x","google":{"generation_config":{"candidateCount":2}}}`, painter("generateContent", 1))
		if !strings.Contains(imageBody(t, g, 0), `"candidateCount":2`) || g.Calls() != want.calls {
			t.Fatalf("%d calls of %s", g.Calls(), imageBody(t, g, 0))
		}
		for i := range g.Calls() {
			if _, err := g.Push(i, []byte(two)); err != nil {
				t.Fatal(err)
			}
		}
		if p, more, _ := g.Pictures(); len(p) != want.pictures || more != want.more {
			t.Errorf("%q: %d pictures and %d more", n, len(p), more)
		}
	}
}

// TestImageNothing: an answer without any form of an answer is an upstream's
// failure, not the client's.
func TestImageNothing(t *testing.T) {
	g := newImages(t, `{"model":"p","prompt":"x"}`, painter("generateContent", 1))
	if _, err := g.Push(0, []byte(`{"candidates":[]}`)); err != nil {
		t.Fatal(err)
	}
	if err := g.Check(); !errors.Is(err, translate.ErrNoAnswer) {
		t.Errorf("%v", err)
	}
	if _, err := g.Push(0, []byte(`{"candidates":3}`)); !errors.Is(err, translate.ErrNotGemini) {
		t.Errorf("%v", err)
	}
}

package genai_go_test

import (
	"bytes"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"math"
	"strings"
	"testing"
	"time"

	"google.golang.org/genai"
)

func TestEmbeddings(t *testing.T) {
	c, ctx := client(t)
	dims := int32(768)
	r, err := c.Models.EmbedContent(ctx, "gemini-embedding-001", []*genai.Content{
		genai.NewContentFromText("The cat sits on the mat.", genai.RoleUser),
		genai.NewContentFromText("A cat sat on a mat.", genai.RoleUser),
		genai.NewContentFromText("Quarterly revenue rose by nine percent.", genai.RoleUser),
	}, &genai.EmbedContentConfig{OutputDimensionality: &dims, TaskType: "SEMANTIC_SIMILARITY"})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Embeddings) != 3 || len(r.Embeddings[0].Values) != 768 {
		t.Fatalf("%d embeddings of %d values", len(r.Embeddings), len(r.Embeddings[0].Values))
	}
	near, far := cosine(r.Embeddings[0].Values, r.Embeddings[1].Values), cosine(r.Embeddings[0].Values, r.Embeddings[2].Values)
	if near < far+0.2 {
		t.Errorf("similar texts are %.2f, others %.2f", near, far)
	}
	two, err := c.Models.EmbedContent(ctx, "gemini-embedding-2", genai.Text("hello"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if v := two.Embeddings[0].Values; len(v) != 3072 || math.Abs(math.Sqrt(dot(v, v))-1) > 1e-3 {
		t.Errorf("%d values of length %f", len(v), math.Sqrt(dot(v, v)))
	}
}

func dot(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

func cosine(a, b []float32) float64 { return dot(a, b) / math.Sqrt(dot(a, a)*dot(b, b)) }

func TestImage(t *testing.T) {
	c, ctx := client(t)
	for model, want := range map[string]image.Point{"gemini-2.5-flash-image": {X: 1376, Y: 768}, "gemini-3.1-flash-lite-image": {X: 1376, Y: 768}} {
		r, err := c.Models.GenerateContent(ctx, model, genai.Text("A cat on a mat"), &genai.GenerateContentConfig{
			ResponseModalities: []string{"TEXT", "IMAGE"}, ImageConfig: &genai.ImageConfig{AspectRatio: "16:9"},
		})
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, p := range r.Candidates[0].Content.Parts {
			if p.InlineData == nil {
				continue
			}
			img, format, err := image.DecodeConfig(bytes.NewReader(p.InlineData.Data))
			if err != nil || p.InlineData.MIMEType != "image/"+format || (image.Point{X: img.Width, Y: img.Height}) != want {
				t.Errorf("%s: %v %s %dx%d", model, err, p.InlineData.MIMEType, img.Width, img.Height)
			}
			found = true
		}
		if !found {
			t.Errorf("%s: no image in %+v", model, r)
		}
		checkUsage(t, r.UsageMetadata)
	}
}

// TestSpeech also lets a chat model hear what was spoken.
func TestSpeech(t *testing.T) {
	c, ctx := client(t)
	r, err := c.Models.GenerateContent(ctx, "gemini-3.8-flash-tts", genai.Text("Have a wonderful day!"), &genai.GenerateContentConfig{
		ResponseModalities: []string{"AUDIO"},
		SpeechConfig:       &genai.SpeechConfig{VoiceConfig: &genai.VoiceConfig{PrebuiltVoiceConfig: &genai.PrebuiltVoiceConfig{VoiceName: "Kore"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	sound := r.Candidates[0].Content.Parts[0].InlineData
	if sound == nil || sound.MIMEType != "audio/wav" || !bytes.HasPrefix(sound.Data, []byte("RIFF")) {
		t.Fatalf("%+v", r.Candidates[0].Content.Parts[0])
	}
	heard, err := c.Models.GenerateContent(ctx, flash35, []*genai.Content{genai.NewContentFromParts([]*genai.Part{
		genai.NewPartFromText("Transcribe this."), genai.NewPartFromBytes(sound.Data, "audio/wav"),
	}, genai.RoleUser)}, nil)
	if err != nil || !strings.Contains(heard.Text(), "Have a wonderful day!") {
		t.Errorf("%v: %s", err, heard.Text())
	}
}

func TestFiles(t *testing.T) {
	c, ctx := client(t)
	text := "The launch code is 4711. The moon is made of cheese."
	f, err := c.Files.Upload(ctx, strings.NewReader(text), &genai.UploadFileConfig{MIMEType: "text/plain", DisplayName: "notes.txt"})
	if err != nil {
		t.Fatal(err)
	}
	if *f.SizeBytes != int64(len(text)) || f.State != genai.FileStateActive || f.DisplayName != "notes.txt" {
		t.Errorf("%+v", f)
	}
	got, err := c.Files.Get(ctx, f.Name, nil)
	if err != nil || got.URI != f.URI {
		t.Errorf("%v %+v", err, got)
	}
	r, err := c.Models.GenerateContent(ctx, flash25, []*genai.Content{genai.NewContentFromParts([]*genai.Part{
		genai.NewPartFromText("What is the launch code?"), genai.NewPartFromURI(f.URI, f.MIMEType),
	}, genai.RoleUser)}, nil)
	if err != nil || !strings.Contains(r.Text(), "4711") {
		t.Errorf("%v: %s", err, r.Text())
	}
	listed := false
	for one, err := range c.Files.All(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		listed = listed || one.Name == f.Name
	}
	if !listed {
		t.Error("the file is not listed")
	}
	if _, err := c.Files.Delete(ctx, f.Name, nil); err != nil {
		t.Error(err)
	}
	if _, err := c.Files.Get(ctx, f.Name, nil); err == nil {
		t.Error("the file is there after its deletion")
	}
}

func TestCaches(t *testing.T) {
	c, ctx := client(t)
	k, err := c.Caches.Create(ctx, flash25, &genai.CreateCachedContentConfig{
		DisplayName: "book", TTL: time.Hour,
		SystemInstruction: genai.NewContentFromText("You know the book.", genai.RoleUser),
		Contents:          genai.Text("The hero is called Ishmael. " + strings.Repeat("The sea was calm that day. ", 300)),
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Models.GenerateContent(ctx, flash25, genai.Text("What is the hero called?"), &genai.GenerateContentConfig{CachedContent: k.Name})
	if err != nil {
		t.Fatal(err)
	}
	u := r.UsageMetadata
	if !strings.Contains(r.Text(), "Ishmael") || u.CachedContentTokenCount != k.UsageMetadata.TotalTokenCount || u.PromptTokenCount <= u.CachedContentTokenCount {
		t.Errorf("%s %+v", r.Text(), u)
	}
	checkUsage(t, u)
	longer, err := c.Caches.Update(ctx, k.Name, &genai.UpdateCachedContentConfig{TTL: 2 * time.Hour})
	if err != nil || !longer.ExpireTime.After(k.ExpireTime) {
		t.Errorf("%v %+v", err, longer)
	}
	_, err = c.Models.GenerateContent(ctx, flash25, genai.Text("Hello"), &genai.GenerateContentConfig{CachedContent: k.Name, SystemInstruction: genai.NewContentFromText("x", genai.RoleUser)})
	if err == nil || !strings.Contains(err.Error(), "CachedContent can not be used") {
		t.Errorf("cache with system instruction: %v", err)
	}
	if _, err := c.Caches.Delete(ctx, k.Name, nil); err != nil {
		t.Error(err)
	}
	if _, err := c.Caches.Get(ctx, k.Name, nil); err == nil {
		t.Error("the cache is there after its deletion")
	}
}

func TestModels(t *testing.T) {
	c, ctx := client(t)
	n := 0
	seen := map[string]bool{}
	for m, err := range c.Models.All(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		seen[m.Name] = true
	}
	if n < 30 || !seen["models/gemini-3.8-flash"] || seen["models/gemini-2.0-flash"] {
		t.Errorf("%d models", n)
	}
	m, err := c.Models.Get(ctx, flash35, nil)
	if err != nil || m.Name != "models/"+flash35 || m.InputTokenLimit != 1048576 {
		t.Errorf("%v %+v", err, m)
	}
	small, err := c.Models.List(ctx, &genai.ListModelsConfig{PageSize: 5})
	if err != nil || len(small.Items) != 5 || small.NextPageToken == "" {
		t.Errorf("%v: %d models on the page", err, len(small.Items))
	}
}

func TestBatch(t *testing.T) {
	c, ctx := client(t)
	job, err := c.Batches.Create(ctx, flash25, &genai.BatchJobSource{InlinedRequests: []*genai.InlinedRequest{
		{Contents: genai.Text("Say \"one\""), Metadata: map[string]string{"key": "a"}},
		{Contents: genai.Text("Say \"two\""), Metadata: map[string]string{"key": "b"}},
	}}, &genai.CreateBatchJobConfig{DisplayName: "two"})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if job, err = c.Batches.Get(ctx, job.Name, nil); err != nil {
			t.Fatal(err)
		}
		if job.State == genai.JobStateSucceeded {
			break
		}
	}
	if job.State != genai.JobStateSucceeded || len(job.Dest.InlinedResponses) != 2 {
		t.Fatalf("%+v", job)
	}
	if got := job.Dest.InlinedResponses[1].Response.Text(); got != "two" {
		t.Errorf("second answer: %q", got)
	}
}

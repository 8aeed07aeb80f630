package openai_test

import (
	"testing"

	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
	"github.com/google/go-cmp/cmp"
)

// TestImagesWrite holds the writer of images to the ordinary encoder.
func TestImagesWrite(t *testing.T) {
	big := make(raw.String, 20<<10)
	for i := range big {
		big[i] = 'A'
	}
	big[0], big[len(big)-1] = '"', '"'
	for _, r := range []*openai.ImagesResponse{
		{Data: []openai.GeneratedImage{}},
		{Created: 1, Data: []openai.GeneratedImage{{B64JSON: raw.String(`"QQ=="`)}, {URL: big, RevisedPrompt: raw.String(`"a\"b"`)}}},
		{
			Created: 2, Data: []openai.GeneratedImage{{B64JSON: big, RevisedPrompt: raw.String(`""`)}, {}},
			Background: "opaque", OutputFormat: "jpeg", Quality: "low", Size: "1024x1024", Usage: &openai.ImageUsage{TotalTokens: 3},
		},
	} {
		want, err := raw.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		w := raw.NewWriter(nil)
		if err := r.Write(&w); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(w.Bytes())); diff != "" {
			t.Errorf("(-encoder +writer):\n%.2000s", diff)
		}
	}
}

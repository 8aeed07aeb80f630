package emulator

import (
	"strings"
	"unicode/utf8"

	"github.com/gemway/gemway/internal/catalog"
)

// runesPerToken is the emulator's tokenizer: every four characters are a
// token. Google says "about 4 characters" in English.
const runesPerToken = 4

// textTokens counts the tokens of s.
func textTokens(s string) int64 {
	return int64((utf8.RuneCountInString(s) + runesPerToken - 1) / runesPerToken)
}

// cutTokens returns the first n tokens of s.
func cutTokens(s string, n int64) string {
	runes := int64(0)
	for i := range s {
		if runes == n*runesPerToken {
			return s[:i]
		}
		runes++
	}
	return s
}

// modalities in the order in which counts list them.
var modalities = []string{"TEXT", "IMAGE", "VIDEO", "AUDIO", "DOCUMENT"}

// tokenCount counts tokens by modality.
type tokenCount struct {
	text, image, video, audio, document int64
}

func (t *tokenCount) add(o tokenCount) {
	t.text += o.text
	t.image += o.image
	t.video += o.video
	t.audio += o.audio
	t.document += o.document
}

func (t tokenCount) total() int64 { return t.text + t.image + t.video + t.audio + t.document }

// details lists the modalities that have tokens.
func (t tokenCount) details() []modalityCount {
	var out []modalityCount
	for i, n := range []int64{t.text, t.image, t.video, t.audio, t.document} {
		if n > 0 {
			out = append(out, modalityCount{modalities[i], n})
		}
	}
	return out
}

// modalityCount is google.ai.generativelanguage.v1beta.ModalityTokenCount.
type modalityCount struct {
	Modality   string `json:"modality"`
	TokenCount int64  `json:"tokenCount"`
}

// mediaTokens says what a medium costs. Gemini 3: 1,120 an image by default,
// 280, 560 or 2,240 by resolution, 560 a page; before: 258 for an image of up
// to 384 pixels a side or for each tile of 768 by 768, 258 a page; audio 32 a
// second, video 258 a second (70 from Gemini 3 on). Source: the media
// resolution and token pages of the Gemini API.
func mediaTokens(m *catalog.Row, d *medium, resolution string) tokenCount {
	three := m.SignaturesEnforced
	low := strings.HasSuffix(resolution, "_LOW")
	switch d.class() {
	case "image":
		return tokenCount{image: imageTokens(three, d, resolution)}
	case "audio":
		return tokenCount{audio: max(1, int64(d.seconds*32+0.5))}
	case "video":
		perSecond := int64(258)
		switch {
		case three && strings.HasSuffix(resolution, "_HIGH"):
			perSecond = 280
		case three:
			perSecond = 70
		case low:
			perSecond = 66
		}
		return tokenCount{video: max(1, int64(d.seconds+0.5)) * perSecond}
	case "pdf":
		perPage := int64(258)
		if three {
			perPage = 560
		}
		return tokenCount{document: max(1, int64(d.pages)) * perPage}
	}
	return tokenCount{text: textTokens(d.text)}
}

func imageTokens(three bool, d *medium, resolution string) int64 {
	if three {
		switch {
		case strings.HasSuffix(resolution, "_ULTRA_HIGH"):
			return 2240
		case strings.HasSuffix(resolution, "_MEDIUM"):
			return 560
		case strings.HasSuffix(resolution, "_LOW"):
			return 280
		}
		return 1120
	}
	if strings.HasSuffix(resolution, "_LOW") {
		return 64
	}
	if d.width <= 384 && d.height <= 384 {
		return 258
	}
	tiles := func(n int) int64 { return int64((n + 767) / 768) }
	return 258 * tiles(d.width) * tiles(d.height)
}

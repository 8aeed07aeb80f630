package translate

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gemway/gemway/openai"
)

// imageShape is the shape of an image in Gemini's terms; empty members leave
// the choice to the model.
type imageShape struct{ ratio, size string }

// sizeEdges are the edges of the square at each image size, in pixels.
var sizeEdges = map[string]float64{"512": 512, "1K": 1024, "2K": 2048, "4K": 4096}

// shape maps size and quality to what the model has.
func (m *ImageOutput) shape(size, quality string) (imageShape, error) {
	var s imageShape
	switch quality {
	case "", "auto", "medium":
	case "low", "standard":
		s.size = m.nearestSize(1024)
	case "high", "hd":
		s.size = m.nearestSize(2048)
	default:
		return s, openai.Invalid("quality", "invalid_value", fmt.Sprintf("quality must be auto, low, medium, high, standard or hd, got %q", quality))
	}
	if size == "" || size == "auto" {
		return s, nil
	}
	w, h, ok := twoNumbers(size, "x")
	if !ok {
		return s, openai.Invalid("size", "invalid_value", fmt.Sprintf("size must be auto or WIDTHxHEIGHT such as 1024x1024, got %q", size))
	}
	s.ratio, s.size = m.nearestRatio(w/h), m.sizeFor(w*h)
	return s, nil
}

// sizeFor returns the smallest image size that has at least 55 % of the pixels:
// OpenAI's 1792x1024 is then one of 1K, and 3840x2160 one of 4K.
func (m *ImageOutput) sizeFor(pixels float64) string {
	for _, s := range m.Sizes {
		if e := sizeEdges[s]; e*e >= 0.55*pixels {
			return s
		}
	}
	if len(m.Sizes) == 0 {
		return "" // the size is fixed
	}
	return m.Sizes[len(m.Sizes)-1]
}

// nearestSize returns the image size whose edge is nearest.
func (m *ImageOutput) nearestSize(edge float64) string {
	return nearest(m.Sizes, func(s string) float64 { return math.Log(sizeEdges[s] / edge) })
}

// nearestRatio returns the model's ratio that is nearest to width by height.
func (m *ImageOutput) nearestRatio(ratio float64) string {
	return nearest(m.Ratios, func(s string) float64 {
		w, h, _ := twoNumbers(s, ":")
		return math.Log(w / h / ratio)
	})
}

// nearest returns the word with the smallest distance from 0, "" of none.
func nearest(words []string, distance func(string) float64) string {
	if len(words) == 0 {
		return ""
	}
	return slices.MinFunc(words, func(a, b string) int {
		x, y := math.Abs(distance(a)), math.Abs(distance(b))
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
}

// readShape applies aspect_ratio and image_size of Google's options, which win
// over OpenAI's.
func (m *ImageOutput) readShape(s *imageShape, path, ratio, size string) error {
	if ratio != "" && !slices.Contains(m.Ratios, ratio) {
		w, h, ok := twoNumbers(ratio, ":")
		if !ok {
			return openai.Invalid(path+".aspect_ratio", "invalid_value", fmt.Sprintf("%s.aspect_ratio must be a ratio such as 16:9, got %q", path, ratio))
		}
		ratio = m.nearestRatio(w / h)
	}
	if ratio != "" {
		s.ratio = ratio
	}
	if size == "" {
		return nil
	}
	size = strings.ToUpper(size)
	edge, known := sizeEdges[size]
	if !known {
		return openai.Invalid(path+".image_size", "invalid_value", fmt.Sprintf("%s.image_size must be 512, 1K, 2K or 4K, got %q", path, size))
	}
	s.size = m.nearestSize(edge)
	return nil
}

// twoNumbers reads two positive whole numbers with a sign between them.
func twoNumbers(s, between string) (a, b float64, ok bool) {
	x, y, found := strings.Cut(strings.ToLower(s), between)
	m, err1 := strconv.ParseUint(strings.TrimSpace(x), 10, 20)
	n, err2 := strconv.ParseUint(strings.TrimSpace(y), 10, 20)
	return float64(m), float64(n), found && err1 == nil && err2 == nil && m > 0 && n > 0
}

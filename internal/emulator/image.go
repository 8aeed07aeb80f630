package emulator

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math"
	"strconv"
	"strings"

	"github.com/gemway/gemway/internal/catalog"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// picture makes an image model's reply: a word about it, unless images alone
// are asked for, and a real image with the prompt drawn on it.
func (ch *chat) picture(r *reply, id identity) *Error {
	question, _ := ch.question()
	ratio, size := ch.shape()
	w, h := pixels(ratio, size)
	mime := "image/png"
	if ch.model.SignaturesEnforced {
		mime = "image/jpeg" // recorded with 3-pro-image and 3.1-flash-lite-image
	}
	data, err := paint(question, w, h, mime, id)
	if err != nil {
		return refusal(500, statusInternal, "emulator: %v", err)
	}
	if !ch.wants("IMAGE") || ch.wants("TEXT") {
		text := fmt.Sprintf("Here is an image of %d by %d pixels from the Gemway emulator: it shows the words of your prompt. ", w, h)
		for _, d := range ch.media() {
			text += fmt.Sprintf("You sent %s. ", d)
		}
		text = strings.TrimSpace(text)
		r.parts = append(r.parts, part{Text: &text})
		r.tokens.text += textTokens(text)
	}
	p := part{InlineData: &blob{MIMEType: mime, Data: data}}
	if ch.model.SignaturesEnforced {
		p.ThoughtSignature = sign(id.of("image", 0), []byte("image"))
	}
	r.parts = append(r.parts, p)
	r.tokens.image += outputImageTokens(ch.model, size)
	return nil
}

// outputImageTokens: 1,290 an image for 2.5; by size for Gemini 3.
// https://ai.google.dev/gemini-api/docs/image-generation
func outputImageTokens(m *catalog.Row, size string) int64 {
	if !m.SignaturesEnforced {
		return 1290
	}
	switch size {
	case "512":
		return 747
	case "2K":
		return 1680
	case "4K":
		return 2520
	}
	return 1120
}

// shape returns the ratio and size asked for; without a ratio the shape of the
// first image sent.
func (ch *chat) shape() (ratio, size string) {
	ratio, size = "1:1", "1K"
	for _, d := range ch.media() {
		if d.width > 0 {
			ratio = fmt.Sprintf("%d:%d", d.width, d.height)
			break
		}
	}
	if c := ch.config.ImageConfig; c != nil {
		if c.AspectRatio != "" {
			ratio = c.AspectRatio
		}
		if c.ImageSize != "" {
			size = c.ImageSize
		}
	}
	if f := ch.responseFormat("image"); f.kind() == '{' {
		if r := f.get("aspectRatio").text(); r != "" {
			ratio = r
		}
		if s := f.get("imageSize").text(); s != "" {
			size = s
		}
	}
	return ratio, size
}

// knownPixels are sizes that the documentation gives for 1K.
var knownPixels = map[string][2]int{
	"1:1": {1024, 1024}, "3:2": {1264, 848}, "2:3": {848, 1264}, "16:9": {1376, 768}, "9:16": {768, 1376},
}

// pixels returns the width and height of a ratio at a size: about the area of
// a square of that size, in steps of 16.
func pixels(ratio, size string) (int, int) {
	scale := map[string]float64{"512": 0.5, "2K": 2, "4K": 4}[size]
	if scale == 0 {
		scale = 1
	}
	if wh, ok := knownPixels[ratio]; ok {
		return int(float64(wh[0]) * scale), int(float64(wh[1]) * scale)
	}
	a, b, _ := strings.Cut(ratio, ":")
	x, err := strconv.ParseFloat(a, 64)
	y, err2 := strconv.ParseFloat(b, 64)
	if err != nil || err2 != nil || x <= 0 || y <= 0 {
		x, y = 1, 1
	}
	q := math.Sqrt(math.Min(8, math.Max(0.125, x/y)))
	round := func(v float64) int { return int(math.Round(v*scale/16)) * 16 }
	return round(1024 * q), round(1024 / q)
}

// paint draws a text on a coloured ground.
func paint(text string, w, h int, mime string, id identity) ([]byte, error) {
	// A palette keeps pictures small and quick to encode.
	ground := color.RGBA{R: 60 + id[0]/3, G: 60 + id[1]/3, B: 60 + id[2]/3, A: 255}
	img := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{ground, color.White, color.Black})
	frame := image.Rect(8, 8, w-8, h-8)
	draw.Draw(img, frame, image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(img, frame.Inset(2), image.NewUniform(ground), image.Point{}, draw.Src)

	face := basicfont.Face7x13
	scale := max(1, min(w, h)/256)
	columns := max(1, (w-48)/(7*scale))
	lines := wrap("Gemway emulator: "+shorten(text, 600), columns)
	lines = lines[:min(len(lines), max(1, (h-48)/(14*scale)))]
	small := image.NewPaletted(image.Rect(0, 0, columns*7, len(lines)*14), img.Palette)
	pen := &font.Drawer{Dst: small, Src: image.White, Face: face}
	for i, line := range lines {
		pen.Dot = fixed.P(0, 14*i+11)
		pen.DrawString(line)
	}
	top := (h - small.Rect.Dy()*scale) / 2
	for y := range small.Rect.Dy() * scale {
		for x := range small.Rect.Dx() * scale {
			if c := small.ColorIndexAt(x/scale, y/scale); c != 0 {
				img.SetColorIndex(24+x, top+y, c)
			}
		}
	}
	var out bytes.Buffer
	if mime == "image/jpeg" {
		err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 80})
		return out.Bytes(), err
	}
	err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, img)
	return out.Bytes(), err
}

// wrap breaks a text into lines of so many characters.
func wrap(text string, columns int) []string {
	var lines []string
	line := ""
	for _, w := range strings.Fields(text) {
		for len(w) > columns {
			lines, w = append(lines, w[:columns]), w[columns:]
		}
		if line != "" && len(line)+1+len(w) > columns {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += w
	}
	return append(lines, line)
}

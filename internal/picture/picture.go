// Package picture looks at generated images and converts them: Gemini gives PNG
// or JPEG as it likes, OpenAI's clients say which they want.
package picture

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"

	"github.com/HugoSmits86/nativewebp"
	"github.com/gemway/gemway/raw"
	_ "golang.org/x/image/webp" // decoding, for models that may give it
)

// maxPixels bounds an image that is decoded: the largest that Gemini makes has
// about 17 million.
const maxPixels = 50_000_000

// ErrTooLarge reports an image of more pixels than are decoded.
var ErrTooLarge = errors.New("the image has too many pixels to be converted")

// Size reads the width and height, in pixels, from the head of an image in
// base64. It reports false for what is no PNG, JPEG or WebP.
func Size(data raw.String) (width, height int, ok bool) {
	// It stands near the beginning, where no long text goes before.
	const near = 16 << 10
	head := data
	if len(data) > near {
		head = append(data[:near:near], '"')
	}
	c, _, err := image.DecodeConfig(reader(head))
	if err != nil && len(data) > near {
		c, _, err = image.DecodeConfig(reader(data))
	}
	return c.Width, c.Height, err == nil
}

// Convert turns an image in base64 into a PNG, JPEG or WebP in base64.
// quality is that of a JPEG, 1 to 100; the WebP is lossless.
func Convert(data raw.String, format string, quality int) (raw.String, error) {
	c, _, err := image.DecodeConfig(reader(data))
	if err != nil {
		return nil, fmt.Errorf("read the image: %w", err)
	}
	if c.Width*c.Height > maxPixels {
		return nil, ErrTooLarge
	}
	img, _, err := image.Decode(reader(data))
	if err != nil {
		return nil, fmt.Errorf("decode the image: %w", err)
	}
	var out bytes.Buffer
	out.WriteByte('"')
	enc := base64.NewEncoder(base64.StdEncoding, &out)
	switch format {
	case "jpeg":
		err = jpeg.Encode(enc, opaque(img), &jpeg.Options{Quality: quality})
	case "png":
		// A third of the time of the default, for files a little larger.
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(enc, img)
	case "webp":
		err = nativewebp.Encode(enc, img, nil)
	default:
		err = fmt.Errorf("no encoder for %s", format)
	}
	if err == nil {
		err = enc.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("encode the image: %w", err)
	}
	out.WriteByte('"')
	return out.Bytes(), nil
}

// opaque puts an image with transparent places on white, as JPEG has none.
func opaque(img image.Image) image.Image {
	if o, ok := img.(interface{ Opaque() bool }); ok && o.Opaque() {
		return img
	}
	flat := image.NewRGBA(img.Bounds())
	draw.Draw(flat, flat.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(flat, flat.Bounds(), img, img.Bounds().Min, draw.Over)
	return flat
}

// reader decodes base64 of either alphabet, padded or not.
func reader(data raw.String) io.Reader {
	inner := data.Inner()
	if bytes.IndexByte(inner, '\\') >= 0 { // escaped slashes
		inner = []byte(data.Decode())
	}
	inner = bytes.TrimRight(inner, "=")
	enc := base64.RawStdEncoding
	if bytes.IndexByte(inner, '-') >= 0 || bytes.IndexByte(inner, '_') >= 0 {
		enc = base64.RawURLEncoding
	}
	return base64.NewDecoder(enc, bytes.NewReader(inner))
}

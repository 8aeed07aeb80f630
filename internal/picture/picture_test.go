package picture_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/gemway/gemway/internal/picture"
	"github.com/gemway/gemway/raw"
)

func base64Of(t *testing.T, encode func(*bytes.Buffer) error) raw.String {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		t.Fatal(err)
	}
	return raw.Quote(base64.StdEncoding.EncodeToString(b.Bytes()))
}

func decoded(t *testing.T, data raw.String) (image.Image, string) {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(data.Decode())
	if err != nil {
		t.Fatal(err)
	}
	img, format, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return img, format
}

// half is transparent on its right side.
func half() image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, 16, 8))
	for y := range 8 {
		for x := range 8 {
			img.Set(x, y, color.NRGBA{200, 30, 40, 255})
		}
	}
	return img
}

func TestConvert(t *testing.T) {
	asPNG := base64Of(t, func(b *bytes.Buffer) error { return png.Encode(b, half()) })
	if w, h, ok := picture.Size(asPNG); w != 16 || h != 8 || !ok {
		t.Fatalf("%d by %d, %v", w, h, ok)
	}
	asJPEG, err := picture.Convert(asPNG, "jpeg", 90)
	if err != nil {
		t.Fatal(err)
	}
	img, format := decoded(t, asJPEG)
	if format != "jpeg" || img.Bounds() != image.Rect(0, 0, 16, 8) {
		t.Fatalf("%s of %v", format, img.Bounds())
	}
	if near(img.At(2, 4), color.NRGBA{200, 30, 40, 255}) > 12 || near(img.At(13, 4), color.White) > 12 {
		t.Errorf("colours are %v and %v", img.At(2, 4), img.At(13, 4))
	}
	back, err := picture.Convert(asJPEG, "png", 0)
	if err != nil {
		t.Fatal(err)
	}
	again, format := decoded(t, back)
	if format != "png" || near(again.At(2, 4), img.At(2, 4)) > 1 {
		t.Errorf("%s with %v for %v", format, again.At(2, 4), img.At(2, 4))
	}
	asWebP, err := picture.Convert(asPNG, "webp", 0)
	if err != nil {
		t.Fatal(err)
	}
	exact, format := decoded(t, asWebP)
	if _, _, _, a := exact.At(13, 4).RGBA(); format != "webp" || near(exact.At(2, 4), color.NRGBA{200, 30, 40, 255}) != 0 || a != 0 {
		t.Errorf("%s with %v and %v", format, exact.At(2, 4), exact.At(13, 4))
	}
	small, err := picture.Convert(asJPEG, "jpeg", 1)
	if err != nil || len(small) >= len(asJPEG) {
		t.Errorf("quality 1 gives %d bytes, 90 gave %d: %v", len(small), len(asJPEG), err)
	}
}

func near(a, b color.Color) uint32 {
	r1, g1, b1, _ := a.RGBA()
	r2, g2, b2, _ := b.RGBA()
	return max(diff(r1, r2), diff(g1, g2), diff(b1, b2)) >> 8
}

func diff(a, b uint32) uint32 { return max(a, b) - min(a, b) }

// TestSpellings: base64 of both alphabets, without padding, and with escaped
// slashes.
func TestSpellings(t *testing.T) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, half(), nil); err != nil {
		t.Fatal(err)
	}
	std := base64.StdEncoding.EncodeToString(b.Bytes())
	for _, s := range []string{
		`"` + std + `"`, `"` + base64.RawStdEncoding.EncodeToString(b.Bytes()) + `"`,
		`"` + base64.RawURLEncoding.EncodeToString(b.Bytes()) + `"`, `"` + string(bytes.ReplaceAll([]byte(std), []byte("/"), []byte(`\/`))) + `"`,
	} {
		if w, h, ok := picture.Size(raw.String(s)); w != 16 || h != 8 || !ok {
			t.Errorf("%.40s: %d by %d, %v", s, w, h, ok)
		}
		if _, err := picture.Convert(raw.String(s), "png", 0); err != nil {
			t.Errorf("%.40s: %v", s, err)
		}
	}
}

// TestHostile: what is no image, or a bomb of one, is refused and not decoded.
func TestHostile(t *testing.T) {
	bomb := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
	head := binary.BigEndian.AppendUint32(nil, 60000)
	head = binary.BigEndian.AppendUint32(head, 60000)
	head = append(head, 8, 0, 0, 0, 0)
	bomb = append(bomb, head...)
	bomb = binary.BigEndian.AppendUint32(bomb, crc32.ChecksumIEEE(append([]byte("IHDR"), head...)))
	for _, s := range []raw.String{
		nil, raw.Quote(""), raw.Quote("????"), raw.Quote("aGVsbG8="), raw.Quote(base64.StdEncoding.EncodeToString(bomb)),
		raw.Quote(base64.StdEncoding.EncodeToString(bomb[:20])),
	} {
		if out, err := picture.Convert(s, "png", 0); err == nil {
			t.Errorf("%.30s became %d bytes", s, len(out))
		}
	}
	if _, err := picture.Convert(raw.Quote(base64.StdEncoding.EncodeToString(bomb)), "png", 0); err != picture.ErrTooLarge {
		t.Errorf("a bomb: %v", err)
	}
}

package mime

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The heads in testdata are the first 320 bytes of tiny files written by Pillow,
// libheif and FFmpeg; their names say what they are.
func TestTypeOfRealFiles(t *testing.T) {
	want := map[string]string{
		"sample.png": "image/png", "sample.jpeg": "image/jpeg", "sample.gif": "image/gif", "sample.bmp": "image/bmp",
		"sample.webp": "image/webp", "lossless.webp": "image/webp", "sample.tiff": "image/tiff",
		"sample.heic": "image/heic", "sample.avif": "image/avif", "sample.pdf": "application/pdf",
		"sample.wav": "audio/wav", "rf64.wav": "audio/wav", "id3.mp3": "audio/mp3", "bare.mp3": "audio/mp3",
		"sample.aiff": "audio/aiff", "sample.aac": "audio/aac", "sample.ogg": "audio/ogg", "opus.ogg": "audio/ogg",
		"sample.flac": "audio/flac", "sample.m4a": "audio/mp4", "audio.webm": "video/webm",
		"sample.mp4": "video/mp4", "fragmented.mp4": "video/mp4", "sample.mov": "video/mov", "sample.avi": "video/avi",
		"sample.flv": "video/x-flv", "sample.webm": "video/webm", "sample.mkv": "video/x-matroska",
		"sample.mpg": "video/mpeg", "sample.wmv": "video/wmv", "sample.3gp": "video/3gpp",
	}
	files, err := os.ReadDir("testdata/heads")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if got := Type(sample(t, f.Name())); got != want[f.Name()] {
			t.Errorf("Type(%s) = %q, want %q", f.Name(), got, want[f.Name()])
		}
		delete(want, f.Name())
	}
	for name := range want {
		t.Errorf("no head of %s in testdata", name)
	}
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "heads", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Heads written from the formats' specifications, and what only looks like one.
func TestType(t *testing.T) {
	for _, c := range []struct{ name, head, want string }{
		{"heif of unsaid coding", "\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1miaf", "image/heif"},
		{"heif that names heic", "\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic", "image/heic"},
		{"heif that names avif", "\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1avif", "image/avif"},
		{"brands end with their box", "\x00\x00\x00\x14ftypmif1\x00\x00\x00\x00mif1heic", "image/heif"},
		{"mp4 that names 3gp", "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp423gp4", "video/mp4"},
		{"quicktime before brands", "\x00\x00\x00\x08wide\x00\x00\x10\x00mdat", "video/mov"},
		{"aifc", "FORM\x00\x00\x00\x10AIFCFVER", "audio/aiff"},
		{"aac mpeg-2", "\xff\xf9\x50\x80\x00\x1f\xfc", "audio/aac"},
		{"mp3 mpeg-2", "\xff\xf3\x84\xc4\x00", "audio/mp3"},
		{"mp3 reserved version", "\xff\xeb\x90\x00", ""},
		{"utf-16 text is no mp3", "\xff\xfeh\x00i\x00", "text/plain"},
		{"utf-16 svg", "\xff\xfe<\x00s\x00v\x00g\x00 \x00", "image/svg+xml"},
		{"all bits set", "\xff\xff\xff\xff\xff\xff", ""},
		{"text that begins with BM", "BMW makes cars, and motorcycles too", "text/plain"},
		{"text that begins with RIFF", "RIFFs and WEBP", "text/plain"},
		{"text that begins with ID3", "ID3 tags are old", "text/plain"},
		{"FLV in a sentence", "FLV is a format", "text/plain"},
		{"text", "Grüße\n", "text/plain"},
		{"text cut inside a character", "Gr\xc3", "text/plain"},
		{"latin-1", "Gr\xfc\xdfe", ""},
		{"bom", "\xef\xbb\xbfhello", "text/plain"},
		{"control characters", "ab\x01cd", ""},
		{"nul", "\x00\x00\x00\x00", ""},
		{"empty", "", ""},
		{"html", "\n <!DOCTYPE HTML><p>", "text/html"},
		{"html without doctype", "<html>", "text/html"},
		{"html comment", "<!-- x --><b>", "text/html"},
		{"script", "<script>alert(1)</script>", "text/html"},
		{"xhtml", "<?xml version='1.0'?><html xmlns=''>", "text/html"},
		{"svg", "<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"},
		{"svg after a prologue", "<?xml version='1.0'?>\n<!-- c -->\n<!DOCTYPE svg><SVG>", "image/svg+xml"},
		{"xml", "<?xml version='1.0'?><note/>", "text/plain"},
		{"less than", "<3 you", "text/plain"},
		{"tag of another name", "<abbr>", "text/plain"},
		{"pdf", "%PDF-1.7\n", "application/pdf"},
		{"zip", "PK\x03\x04\x14\x00", ""},
		{"elf", "\x7fELF\x02\x01\x01\x00", ""},
		{"png without its first chunk", "\x89PNG\r\n\x1a\n\x00\x00\x00\x0dXXXX", ""},
		{"jpeg with no marker", "\xff\xd8\xff\x00", ""},
	} {
		if got := Type([]byte(c.head)); got != c.want {
			t.Errorf("%s: Type(%q) = %q, want %q", c.name, c.head, got, c.want)
		}
	}
}

// Only the head counts, however long the file is.
func TestTypeReadsOnlyTheHead(t *testing.T) {
	b := []byte(strings.Repeat("a", HeadLen) + "\x00\x01")
	if got := Type(b); got != "text/plain" {
		t.Errorf("Type = %q, want text/plain", got)
	}
}

// Every prefix of every format is judged without a panic, and never as a page.
func TestTypeOfPrefixes(t *testing.T) {
	files, err := os.ReadDir("testdata/heads")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b := sample(t, f.Name())
		for n := range b {
			if got := Type(b[:n]); got == typeHTML || got == typeSVG {
				t.Errorf("Type(%s[:%d]) = %q", f.Name(), n, got)
			}
		}
	}
}

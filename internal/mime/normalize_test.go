package mime

import (
	"errors"
	"testing"
)

func TestNormalize(t *testing.T) {
	png, jpeg, webp := sample(t, "sample.png"), sample(t, "sample.jpeg"), sample(t, "sample.webp")
	unknown := []byte("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09")
	plain := []byte("a,b\n1,2\n")
	for _, c := range []struct {
		name, declared string
		head           []byte
		want           string // "" for refused
	}{
		{"G85 jpg is jpeg", "image/jpg", jpeg, "image/jpeg"},
		{"G85 even when the bytes are unknown", "image/jpg", unknown, "image/jpeg"},
		{"G86 a word instead of a type", "png", png, "image/png"},
		{"G86 even when the bytes are unknown", "PNG", unknown, "image/png"},
		{"G87 webp labelled jpeg", "image/jpeg", webp, "image/webp"},
		{"G88 octet-stream", "application/octet-stream", png, "image/png"},
		{"G89 jpeg labelled png", "image/png", jpeg, "image/jpeg"},
		{"no label", "", jpeg, "image/jpeg"},
		{"a wildcard", "image/*", webp, "image/webp"},
		{"a made-up label", "image/generic", webp, "image/webp"},
		{"parameters are dropped", "Image/PNG; charset=binary", png, "image/png"},
		{"G90 x-wav", "audio/x-wav", sample(t, "sample.wav"), "audio/wav"},
		{"G90 format mp3", "mp3", sample(t, "bare.mp3"), "audio/mp3"},
		{"G90 audio/mpeg is taken too", "audio/mpeg", sample(t, "id3.mp3"), "audio/mpeg"},
		{"G90 format aiff", "aiff", sample(t, "sample.aiff"), "audio/aiff"},
		{"G90 format flac", "flac", sample(t, "sample.flac"), "audio/flac"},
		{"G90 format opus", "opus", sample(t, "opus.ogg"), "audio/ogg"},
		{"G90 format aac", "aac", sample(t, "sample.aac"), "audio/aac"},
		{"ID3 before AAC", "audio/aac", []byte("ID3\x04\x00\x00\x00\x00\x00\x00"), "audio/aac"},
		{"m4a labelled mp4 sound", "audio/mp4", sample(t, "sample.m4a"), "audio/mp4"},
		{"sound in a general container", "audio/mp4", sample(t, "sample.mp4"), "audio/mp4"},
		{"recorder of a browser", "audio/webm;codecs=opus", sample(t, "audio.webm"), "audio/webm"},
		{"quicktime is taken too", "video/quicktime", sample(t, "sample.mov"), "video/quicktime"},
		{"mov labelled mp4", "video/mp4", sample(t, "sample.mov"), "video/mov"},
		{"x-msvideo", "video/x-msvideo", sample(t, "sample.avi"), "video/avi"},
		{"heic labelled heif", "image/heif", sample(t, "sample.heic"), "image/heif"},
		{"heic labelled jpeg", "image/jpeg", sample(t, "sample.heic"), "image/heic"},
		{"PDF without label", "", sample(t, "sample.pdf"), "application/pdf"},
		{"PDF labelled text", "text/plain", sample(t, "sample.pdf"), "application/pdf"},
		{"samples keep their rate", "audio/L16;codec=pcm;rate=24000", unknown, "audio/L16;codec=pcm;rate=24000"},
		{"odd parameters are dropped", "audio/L16;x=\"\n", unknown, "audio/L16"},
		{"csv", "text/csv", plain, "text/csv"},
		{"csv by another name", "application/csv", plain, "text/csv"},
		{"text of unknown kind", "", plain, "text/plain"},
		{"text by the name of its file", "main.go", plain, "text/plain"},
		{"text by the path of its file", "src/main.go", plain, "text/plain"},
		{"text as octet-stream", "application/octet-stream", plain, "text/plain"},
		{"json", "application/json; charset=utf-8", []byte(`{"a":1}`), "application/json"},
		{"source of a page as text", "text/plain", []byte("<html><body>"), "text/plain"},
		{"unknown bytes, known label", "image/png", unknown, "image/png"},
		{"unknown bytes, unknown label", "application/zip", unknown, "application/zip"},
		{"svg label on a png", "image/svg+xml", png, "image/png"},
		{"T023 svg", "image/svg+xml", []byte("<svg/>"), ""},
		{"T023 svg labelled png", "image/png", []byte("<svg/>"), ""},
		{"T023 svg label on text", "image/svg+xml", plain, ""},
		{"T023 compressed svg", "image/svg+xml", []byte("\x1f\x8b\x08\x00"), ""},
		{"T023 html", "text/html", []byte("<p>hi"), ""},
		{"T023 html label on text", "text/html", plain, ""},
		{"T023 html without label", "", []byte("<!doctype html>"), ""},
		{"T023 xhtml", "application/xhtml+xml", []byte("<?xml version='1.0'?><html>"), ""},
		{"G91 nothing tells", "", unknown, ""},
		{"G91 nothing tells", "application/octet-stream", unknown, ""},
		{"no type at all", "a b/c", unknown, ""},
		{"header injection", "image/x\r\nA: b", unknown, ""},
	} {
		got, err := Normalize(c.declared, c.head)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: Normalize(%q, %.12q) = %q, %v, want %q", c.name, c.declared, c.head, got, err, c.want)
		}
		if e, ok := errors.AsType[*Error](err); err != nil && (!ok || e.Code != CodeUnsupported || e.Status != 400) {
			t.Errorf("%s: error %v is not of code %s", c.name, err, CodeUnsupported)
		}
	}
}

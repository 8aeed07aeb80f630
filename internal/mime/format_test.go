package mime

import (
	"slices"
	"testing"
)

// A label or extension must lead to one format only, or the order of the table
// would decide.
func TestFormatsAreUnambiguous(t *testing.T) {
	seen := map[string]string{}
	for _, f := range Formats() {
		for _, k := range append([]string{f.MIME}, f.Aliases...) {
			if other, ok := seen[k]; ok {
				t.Errorf("label %q of %s also belongs to %s", k, f.MIME, other)
			}
			seen[k] = f.MIME
		}
		for _, k := range f.Ext {
			if other, ok := seen["."+k]; ok {
				t.Errorf("extension %q of %s also belongs to %s", k, f.MIME, other)
			}
			seen["."+k] = f.MIME
		}
		if (f.Source == "") != (f.Support == Unconfirmed) {
			t.Errorf("%s: support %s with source %q", f.MIME, f.Support, f.Source)
		}
		if unwanted(f.MIME) || vague(f.MIME) || !wellFormed(f.MIME) {
			t.Errorf("%s cannot be a format", f.MIME)
		}
	}
	for _, f := range Formats() {
		for _, k := range f.Keep {
			if to, ok := seen[k]; ok && to != k {
				t.Errorf("%s keeps %q, which is an alias of %s", f.MIME, k, to)
			}
		}
	}
}

// Every type in Gemini's own lists for pictures, sound and films is in the table.
// X17: an allow-list lacked some.
func TestFormatsHoldGeminisLists(t *testing.T) {
	for _, want := range []string{
		"image/png", "image/jpeg", "image/webp", "image/heic", "image/heif",
		"audio/wav", "audio/mp3", "audio/aiff", "audio/aac", "audio/ogg", "audio/flac",
		"video/mp4", "video/mpeg", "video/mov", "video/avi", "video/x-flv", "video/mpg", "video/webm", "video/wmv", "video/3gpp",
		"application/pdf", "text/plain",
	} {
		i := slices.IndexFunc(Formats(), func(f Format) bool { return f.MIME == want })
		if i < 0 || Formats()[i].Support != Documented {
			t.Errorf("%s is missing, or not marked as documented", want)
		}
	}
}

func TestByExtension(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"gs://bucket/a.JPG", "image/jpeg"},
		{"gs://bucket/a.txt", "text/plain"},  // X17
		{"gs://bucket/a.webp", "image/webp"}, // X17
		{"https://h/a.pdf?sign=x.png#p", "application/pdf"},
		{"voice.m4a", "audio/mp4"},
		{"a.b/c", ""},
		{"noname", ""},
		{"x.svg", ""},
		{"x.html", ""},
		{".", ""},
		{"", ""},
	} {
		if got := ByExtension(c.name); got != c.want {
			t.Errorf("ByExtension(%q) = %q, want %q", c.name, got, c.want)
		}
	}
}

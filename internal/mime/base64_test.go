package mime

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
)

// decodeAny decodes with the standard library what TypeOfBase64 accepts.
func decodeAny(s string) ([]byte, error) {
	s = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\r', '\n':
			return -1
		case '-':
			return '+'
		case '_':
			return '/'
		}
		return r
	}, s)
	return base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "="))
}

func TestTypeOfBase64(t *testing.T) {
	jpeg := sample(t, "sample.jpeg")
	std := base64.StdEncoding.EncodeToString(jpeg)
	lines := strings.Join(strings.SplitAfterN(std, std[76:80], 2), `\r\n`)
	for _, c := range []struct{ name, in string }{
		{"standard", std},
		{"unpadded", strings.TrimRight(std, "=")},
		{"URL alphabet", base64.URLEncoding.EncodeToString(jpeg)},
		{"URL alphabet unpadded", base64.RawURLEncoding.EncodeToString(jpeg)},
		{"escaped slashes", strings.ReplaceAll(std, "/", `\/`)},
		{"escaped as Gson does", strings.ReplaceAll(std, "=", `\u003d`)},
		{"line breaks", lines},
		{"line break at the end", std + `\n`},
	} {
		if got, err := TypeOfBase64([]byte(c.in), "image/png"); err != nil || got != "image/jpeg" {
			t.Errorf("%s: TypeOfBase64(%.80q…) = %q, %v, want image/jpeg", c.name, c.in, got, err)
		}
		if got := Size([]byte(c.in)); got != len(jpeg) {
			t.Errorf("%s: Size = %d, want %d", c.name, got, len(jpeg))
		}
	}
}

func TestCleanBase64(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"AAEC", "AAEC"},
		{`AA\/+`, `AA\/+`},
		{`AA\/+\nBB`, `AA/+BB`},
		{`\u000aAA\u0020AA\t`, "AAAA"},
		{`AA \"`, `AA \"`}, // left as it is, to be refused
		{`\u005c/ AA`, `\u005c/ AA`},
		{"", ""},
		{`\`, `\`},
	} {
		if got := CleanBase64([]byte(c.in)); string(got) != c.want {
			t.Errorf("CleanBase64(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

// A 20 MB picture must cost a scan, not a copy.
func TestInlineDoesNotCopy(t *testing.T) {
	in := []byte("data:image/png;base64," + base64.StdEncoding.EncodeToString(append(sample(t, "sample.png"), make([]byte, 8<<20)...)))
	allocated := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Inline(in, "", 20<<20); err != nil {
				b.Fatal(err)
			}
		}
	}).AllocedBytesPerOp()
	if allocated > 16<<10 {
		t.Errorf("Inline of 8 MiB allocates %d bytes, want at most 16 KiB", allocated)
	}
}

func BenchmarkInline20MB(b *testing.B) {
	in := []byte("data:image/png;base64," + base64.StdEncoding.EncodeToString(append(sample(b, "sample.png"), make([]byte, 20<<20)...)))
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		if _, err := Inline(in, "", 0); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzTypeOfBase64(f *testing.F) {
	for _, s := range []string{"AAEC", "AA==", `AA\/\n`, "-_", `\u003d`, "=", "A", `\`, `\u00`, " "} {
		f.Add([]byte(s), "image/png")
	}
	f.Fuzz(func(t *testing.T, in []byte, declared string) {
		got, err := TypeOfBase64(in, declared)
		if err == nil && got == "" {
			t.Fatal("neither a type nor an error")
		}
		if label, _ := splitLabel(got); err == nil && (unwanted(label) || vague(label) || !wellFormed(strings.ToLower(label))) {
			t.Fatalf("type %q came out", got)
		}
		clean := CleanBase64(in)
		if _, after := TypeOfBase64(clean, declared); (after == nil) != (err == nil) {
			t.Fatalf("%q is judged %v, and cleaned as %q %v", in, err, clean, after)
		}
		if err == nil && !bytes.Equal(decodeHead(in), decodeHead(clean)) {
			t.Fatalf("cleaning %q changed its content", in)
		}
	})
}

// TestLongBase64: an odd character is found wherever it stands in a long text.
func TestLongBase64(t *testing.T) {
	text := bytes.Repeat([]byte("QUJDabcdefghi012"), worthPairs/16+3)[:worthPairs+37]
	for _, at := range []int{0, 1, 7, 8, 15, 16, 17, worthPairs / 2, worthPairs, len(text) - 38, len(text) - 2, len(text) - 1} {
		for c := range 256 {
			was := text[at]
			text[at] = byte(c)
			end, want := len(text), byte(0)
			for end > 0 && text[end-1] == '=' {
				end--
			}
			for _, b := range text[:end] {
				want |= classes[b]
			}
			if n, pad, seen := plain(text); n != end || pad != len(text)-end || seen != want {
				t.Errorf("%#x at %d: %d, %d, %#x, want %d, %d, %#x", byte(c), at, n, pad, seen, end, len(text)-end, want)
			}
			text[at] = was
		}
	}
}

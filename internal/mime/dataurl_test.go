package mime

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"unsafe"

	"github.com/gemway/gemway/raw"
)

// within reports whether part lies inside whole's memory.
func within(part, whole []byte) bool {
	p, w := uintptr(unsafe.Pointer(unsafe.SliceData(part))), uintptr(unsafe.Pointer(unsafe.SliceData(whole)))
	return p >= w && p+uintptr(len(part)) <= w+uintptr(len(whole))
}

func TestParseDataURL(t *testing.T) {
	png := base64.StdEncoding.EncodeToString(sample(t, "sample.png"))
	for _, c := range []struct {
		name, inner, mime, data string
		alias                   bool
	}{
		{"ordinary", "data:image/png;base64,AAECAw==", "image/png", "AAECAw==", true},
		{"upper case", "DATA:IMAGE/PNG;BASE64,AAEC", "IMAGE/PNG", "AAEC", true},
		{"blanks", " data: image/png ; base64 ,AAEC", "image/png", "AAEC", true},
		{"escaped slashes", `data:image\/png;base64,AA\/+`, "image/png", `AA\/+`, true},
		{"escaped padding", `data:image/png;base64,AA\u003d\u003d`, "image/png", `AA\u003d\u003d`, true},
		{"URL alphabet", "data:image/png;base64,-_8", "image/png", "-_8", true},
		{"parameters", "data:audio/webm;codecs=opus;base64,AAEC", "audio/webm;codecs=opus", "AAEC", true},
		{"no type", "data:;base64,AAEC", "", "AAEC", true},
		{"no type and no semicolon", "data:base64,AAEC", "", "AAEC", true},
		{"line breaks", `data:image/png;base64,AAEC\r\nAwQF\n`, "image/png", "AAECAwQF", false},
		{"line breaks and escapes", `data:image/png;base64,AA\/+\nAAAA`, "image/png", "AA/+AAAA", false},
		{"spaces", "data:image/png;base64,AAEC AwQF", "image/png", "AAECAwQF", false},
		{"percent in base64", "data:image/png;base64,AA%2B%2FAA%3D%3D", "image/png", "AA+/AA==", false},
		{"percent encoding", "data:text/plain,hello%20w%C3%B6rld", "text/plain", "aGVsbG8gd8O2cmxk", false},
		{"percent encoding and JSON escapes", `data:text/plain;charset=utf-8,a\"b\u00e9`, "text/plain;charset=utf-8", "YSJiw6k=", false},
		{"stray percent", "data:text/plain,100%", "text/plain", "MTAwJQ==", false},
		{"nothing but data", "data:,hi", "text/plain", "aGk=", false},
		{"empty data", "data:image/png;base64,", "image/png", "", true},
		{"forgotten marker", "data:image/png," + png, "image/png", png, true},
		{"text that could be base64", "data:text/plain,AAEC", "text/plain", "QUFFQw==", false},
	} {
		in := []byte(c.inner)
		mime, data, err := ParseDataURL(in)
		if err != nil || mime != c.mime || string(data) != c.data {
			t.Errorf("%s: ParseDataURL(%.60q) = %q, %.60q, %v, want %q, %.60q", c.name, c.inner, mime, data, err, c.mime, c.data)
		}
		if len(data) > 0 && within(data, in) != c.alias {
			t.Errorf("%s: data alias the input: %v, want %v", c.name, !c.alias, c.alias)
		}
	}
}

func TestParseDataURLRefuses(t *testing.T) {
	for _, in := range []string{"", "data", "http://x/", "data:image/png;base64", "data:" + strings.Repeat("a", 600) + ",AAAA"} {
		_, _, err := ParseDataURL([]byte(in))
		if e, ok := errors.AsType[*Error](err); !ok || e.Code != CodeInvalidURL {
			t.Errorf("ParseDataURL(%.30q) = %v, want code %s", in, err, CodeInvalidURL)
		}
	}
}

// T023: what clients put into data URLs to break a gateway. 30 MiB of data are
// counted, not decoded.
func TestT023DataURL(t *testing.T) {
	big := "data:image/png;base64," + strings.Repeat("A", 40<<20)
	frame := base64.StdEncoding.EncodeToString(sample(t, "sample.jpeg"))
	const limit = 20 << 20
	for _, c := range []struct{ name, in, code string }{
		{"30 MiB", big, CodeTooLarge},
		{"bad alphabet", "data:image/png;base64,AAEC*AAA", CodeInvalidBase64},
		{"bad alphabet behind the head", "data:image/png;base64," + strings.Repeat("A", 9000) + "\x00" + strings.Repeat("A", 999), CodeInvalidBase64},
		{"bad length", "data:image/png;base64,AAECA", CodeInvalidBase64},
		{"too much padding", "data:image/png;base64,AAE===", CodeInvalidBase64},
		{"padding of another length", "data:image/png;base64,AAEC=", CodeInvalidBase64},
		{"padding inside", "data:image/png;base64,AA==AAEC", CodeInvalidBase64},
		{"both alphabets", "data:image/png;base64,+/-_", CodeInvalidBase64},
		{"escaped quote", `data:image/png;base64,AA\"C`, CodeInvalidBase64},
		{"not ASCII", `data:image/png;base64,AA\u0142C`, CodeInvalidBase64},
		{"nothing", "data:image/png;base64,", CodeInvalidBase64},
		{"nothing but blanks", `data:image/png;base64, \n `, CodeInvalidBase64},
		{"10,000 frames", "data:video/jpeg;base64," + strings.Repeat(frame+",", 10_000), CodeInvalidBase64},
		{"html", "data:text/html,<script>1</script>", CodeUnsupported},
		{"html in base64", "data:text/html;base64," + base64.StdEncoding.EncodeToString([]byte("<p>hi</p>")), CodeUnsupported},
		{"svg", "data:image/svg+xml;utf8,<svg xmlns='http://www.w3.org/2000/svg'></svg>", CodeUnsupported},
		{"svg in base64", "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte("<svg/>")), CodeUnsupported},
		{"svg labelled png", "data:image/png;base64," + base64.StdEncoding.EncodeToString([]byte("<?xml version='1.0'?><svg/>")), CodeUnsupported},
	} {
		_, err := Inline([]byte(c.in), "", limit)
		if e, ok := errors.AsType[*Error](err); !ok || e.Code != c.code || e.Status != 400 {
			t.Errorf("%s: Inline = %v, want code %s", c.name, err, c.code)
		}
	}
}

func TestInline(t *testing.T) {
	enc := func(name string) string { return base64.StdEncoding.EncodeToString(sample(t, name)) }
	for _, c := range []struct{ name, in, hint, mime string }{
		{"data URL", "data:image/jpg;base64," + enc("sample.jpeg"), "", "image/jpeg"},
		{"wrong label", "data:image/jpeg;base64," + enc("sample.webp"), "", "image/webp"},
		{"octet-stream with a name", "data:application/octet-stream;base64,AAECAwQF", "scan.tif", "image/tiff"},
		{"bare base64 of a PDF", enc("sample.pdf"), "report.pdf", "application/pdf"},
		{"bare base64 without name", enc("sample.pdf"), "", "application/pdf"},
		{"input_audio mp3", enc("bare.mp3"), "mp3", "audio/mp3"},
		{"input_audio with a data URL", "data:audio/x-wav;base64," + enc("sample.wav"), "wav", "audio/wav"},
		{"text file", "aGVsbG8=", "notes.md", "text/markdown"},
		{"data URL without type", "data:;base64,aGVsbG8=", "table.csv", "text/csv"},
	} {
		d, err := Inline([]byte(c.in), c.hint, 1<<20)
		if err != nil || d.MIME != c.mime || !strings.HasSuffix(c.in, string(d.Base64)) {
			t.Errorf("%s: Inline = %q, %.20q…, %v, want %q", c.name, d.MIME, d.Base64, err, c.mime)
		}
	}
	// G91: a file that nothing names is an error that says what to do.
	_, err := Inline([]byte("AAECAwQF"), "", 0)
	if e, ok := errors.AsType[*Error](err); !ok || e.Code != CodeUnsupported || !strings.Contains(e.Message, "name it") {
		t.Errorf("Inline of unknown bytes = %v", err)
	}
}

// FuzzParseDataURL checks against the whole of the decoded string that what comes
// out holds the same bytes, for any input that is the inside of a JSON string.
func FuzzParseDataURL(f *testing.F) {
	for _, s := range []string{
		"data:image/png;base64,AAECAw==", `data:image\/png;base64,AA\/+\n`, "data:,a%20b", "data:;base64,",
		`data:text/plain,\ud83d`, `data:a;base64,\u003d\u002`, "data:image/png,iVBORw0KGgo", "data:a;base64,%2b%", `data:,\`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		before := bytes.Clone(in)
		_, data, err := ParseDataURL(in)
		if !bytes.Equal(in, before) {
			t.Fatal("the input was changed")
		}
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Fatalf("error of another type: %v", err)
			}
			return
		}
		if _, err := TypeOfBase64(data, ""); err != nil {
			return
		}
		// Valid base64: another decoder must agree with the size and the head.
		text := raw.String(append(append([]byte{'"'}, data...), '"')).Decode()
		want, err := decodeAny(text)
		if err != nil {
			t.Fatalf("accepted %q, which encoding/base64 refuses: %v", text, err)
		}
		if Size(data) != len(want) {
			t.Errorf("Size(%q) = %d, want %d", data, Size(data), len(want))
		}
		if got := decodeHead(data); !bytes.Equal(got, want[:min(len(want), HeadLen)]) {
			t.Errorf("head of %q = %x, want %x", data, got, want)
		}
	})
}

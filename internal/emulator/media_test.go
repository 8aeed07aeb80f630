package emulator

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"strings"
	"testing"

	"github.com/gemway/gemway/raw"
)

func TestInspect(t *testing.T) {
	gif := "GIF89a\x03\x00\x02\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x03\x00\x02\x00\x00\x02\x02\x84\x51\x00;"
	pdf := "%PDF-1.4\n1 0 obj <</Type /Pages /Count 2>>\n2 0 obj <</Type /Page /Parent 1 0 R>>\n3 0 obj <</Type/Page>>\n"
	for _, tc := range []struct {
		mime string
		data []byte
		want string
	}{
		{"image/gif", []byte(gif), "an image of type image/gif, 43 bytes, 3 by 2 pixels"},
		{"image/png", []byte(gif), "an image of type image/png (its bytes are image/gif), 43 bytes, 3 by 2 pixels"},
		{"audio/wav", wav(speak("Hi")), "an audio of type audio/wav, 6284 bytes, 0.1 seconds"},
		{"application/pdf", []byte(pdf), "a PDF document of type application/pdf, 104 bytes, 2 pages"},
		{"text/csv; charset=utf-8", []byte("a,b"), "a text file of type text/csv, 3 bytes"},
		{"image/png", nil, "an image of type image/png"},
	} {
		if got := inspect(tc.mime, tc.data).String(); got != tc.want {
			t.Errorf("%s\n got %s\nwant %s", tc.mime, got, tc.want)
		}
	}
}

func TestSpeechIsHeard(t *testing.T) {
	const text = "Hello, World! 0123456789 ~"
	if got := hear(inspect("audio/wav", wav(speak(text)))); got != text {
		t.Errorf("as WAV: %q", got)
	}
	if got := hear(inspect("audio/L16", speak(text))); got != text {
		t.Errorf("as PCM: %q", got)
	}
	for _, other := range [][]byte{nil, make([]byte, 10000), []byte(strings.Repeat("noise", 2000)), wav(make([]byte, 8000))} {
		if got := hear(inspect("audio/wav", other)); got != "" {
			t.Errorf("in other sounds: %q", got)
		}
	}
}

func TestPixels(t *testing.T) {
	for _, tc := range []struct {
		ratio, size string
		w, h        int
	}{
		{"1:1", "1K", 1024, 1024},
		{"16:9", "1K", 1376, 768},
		{"3:2", "1K", 1264, 848},
		{"9:16", "2K", 1536, 2752},
		{"1:1", "512", 512, 512},
		{"1:1", "4K", 4096, 4096},
		{"nonsense", "", 1024, 1024},
	} {
		if w, h := pixels(tc.ratio, tc.size); w != tc.w || h != tc.h {
			t.Errorf("%s %s: %d by %d", tc.ratio, tc.size, w, h)
		}
	}
	for _, ratio := range []string{"21:9", "4:5", "8:1", "1000:1", "0:1"} {
		if w, h := pixels(ratio, "1K"); w < 256 || h < 256 || w > 4096 || h > 4096 {
			t.Errorf("%s: %d by %d", ratio, w, h)
		}
	}
}

// TestPictures: real images of the size asked for, with something on them.
func TestPictures(t *testing.T) {
	for _, mime := range []string{"image/png", "image/jpeg"} {
		data, err := paint("a cat", 640, 480, mime, identify([]byte("x")))
		if err != nil {
			t.Fatal(err)
		}
		img, format, err := image.Decode(bytes.NewReader(data))
		if err != nil || "image/"+format != mime || img.Bounds().Dx() != 640 || img.Bounds().Dy() != 480 {
			t.Fatalf("%s: %v %s %v", mime, err, format, img.Bounds())
		}
		white := 0
		for x := 24; x < 616; x++ {
			for y := 24; y < 456; y++ {
				if r, g, b, _ := img.At(x, y).RGBA(); r > 0xE000 && g > 0xE000 && b > 0xE000 {
					white++
				}
			}
		}
		if white < 200 {
			t.Errorf("%s: only %d white points of writing", mime, white)
		}
	}
}

func TestVectors(t *testing.T) {
	e := newEmulator(t, Config{})
	two, _ := e.find("gemini-embedding-2", false)
	one, _ := e.find("gemini-embedding-001", false)
	norm := func(v []float32) float64 {
		sum := 0.0
		for _, x := range v {
			sum += float64(x) * float64(x)
		}
		return math.Sqrt(sum)
	}
	cosine := func(a, b string) float64 {
		x, y := vector(a, 768, two), vector(b, 768, two)
		sum := 0.0
		for i := range x {
			sum += float64(x[i]) * float64(y[i])
		}
		return sum / norm(x) / norm(y)
	}
	for _, size := range []int{128, 768, 3072} {
		if n := norm(vector("hello world", size, two)); math.Abs(n-1) > 1e-5 {
			t.Errorf("embedding-2 at %d has length %f", size, n)
		}
	}
	// Recorded: gemini-embedding-001 is of unit length at 3,072 only.
	if n := norm(vector("The quick brown fox jumps over the lazy dog", 3072, one)); math.Abs(n-1) > 1e-5 {
		t.Errorf("embedding-001 has length %f", n)
	}
	if n := norm(vector("The quick brown fox jumps over the lazy dog", 768, one)); n > 0.9 || n < 0.1 {
		t.Errorf("embedding-001 cut to 768 has length %f", n)
	}
	same, near, far := cosine("a cat", "a cat"), cosine("the cat sleeps on the sofa", "a cat is sleeping on a sofa"), cosine("the cat sleeps on the sofa", "interest rates rose in March")
	if same < 0.9999 || near < far+0.3 {
		t.Errorf("same %f, near %f, far %f", same, near, far)
	}
}

func TestFormulas(t *testing.T) {
	for text, want := range map[string]string{
		"What is 12*34?":                "12*34=408",
		"15 * (3 + 4) please":           "15*(3+4)=105",
		"What's 2 plus 2?":              "2+2=4",
		"10 divided by 4":               "10/4=2.5",
		"2^10 is?":                      "2^10=1024",
		"Call 555-1234":                 "555-1234=-679",
		"no numbers":                    "=",
		"1/0":                           "=",
		"On 5 May we ate 3 apples, ok?": "=",
	} {
		f := findFormula(text)
		v, ok := evaluate(f)
		got := f + "="
		if ok {
			got += formatNumber(v)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestBase64(t *testing.T) {
	for s, want := range map[string]string{"SGVsbG8=": "Hello", "SGVsbG8": "Hello", "_-8=": "\xff\xef", "/+8": "\xff\xef", "SGVs\\nbG8=": "Hello", "": ""} {
		q := raw.String(`"` + s + `"`)
		if !validBase64(q) || string(decodeBase64(q)) != want {
			t.Errorf("%q: %v %q", s, validBase64(q), decodeBase64(q))
		}
	}
	for _, s := range []string{"A", "AB=C", "A*BC", "ABC==", "===="} {
		if validBase64(raw.String(`"` + s + `"`)) {
			t.Errorf("%q passes", s)
		}
	}
}

// FuzzRequest: nothing a client sends may crash the emulator, and every
// refusal is in Google's form.
func FuzzRequest(f *testing.F) {
	f.Add("generateContent", asked("What is 12*34 in Rome and Paris?", weatherTool))
	f.Add("streamGenerateContent", asked("x", `"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":{"$ref":"#/$defs/a","$defs":{"a":{"anyOf":[{"$ref":"#/$defs/a"}]}}}}`))
	f.Add("countTokens", `{"generateContentRequest":{"model":"models/gemini-3.5-flash","contents":{}}}`)
	f.Add("embedContent", `{"content":{"parts":[{"text":""}]},"outputDimensionality":1e3}`)
	f.Add("generateContent", `{"contents":[{"parts":[{"inlineData":{"mimeType":"audio/mp3","data":"SUQz"}}]}]}`)
	e := newEmulator(f, Config{})
	f.Fuzz(func(t *testing.T, method, body string) {
		for _, model := range []string{"gemini-3.5-flash", "gemini-embedding-2"} {
			if strings.ContainsAny(method, "/ ?#%\n\r") || strings.ContainsFunc(method, func(r rune) bool { return r < ' ' || r > '~' }) {
				return
			}
			code, b := post(t, e, "POST /v1beta/models/"+model+":"+method, body)
			if code != 200 && parse(b).get("error").get("status").text() == "" {
				t.Errorf("%d %s", code, b)
			}
		}
	})
}

// FuzzInstance: an instance is made of any schema, and ends.
func FuzzInstance(f *testing.F) {
	for _, s := range schemas {
		f.Add(s, "John, 34, and Susan")
	}
	f.Add(`{"$defs":{"a":{"type":"object","properties":{"x":{"$ref":"#/$defs/a"},"y":{"$ref":"#/$defs/a"}},"required":["x","y"]}},"$ref":"#/$defs/a"}`, "")
	f.Add(`{"type":"array","minItems":2000000000,"items":{"type":"array","minItems":100000}}`, "")
	f.Add(`{"type":"string","minLength":65000}`, "")
	f.Fuzz(func(t *testing.T, schema, text string) {
		if len(schema) > 2000 || len(text) > 2000 {
			return
		}
		n := parse([]byte(schema))
		if n.kind() != '{' {
			return
		}
		out := instance(n, look(text))
		if parse(out).kind() == 0 {
			t.Errorf("no JSON: %.200s", fmt.Sprint(string(out)))
		}
	})
}

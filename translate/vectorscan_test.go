package translate

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
)

// unitModel is one whose vectors have unit length always.
var unitModel = &Model{ID: "m", Output: []string{"embedding"}, Embedding: Embedding{Dimensions: 8, UnitAlways: true, Batch: 100}}

func embeddingsOf(t testing.TB, format string, inputs int) *Embeddings {
	t.Helper()
	req := &openai.EmbeddingRequest{EncodingFormat: format}
	for range inputs {
		req.Input.Texts = append(req.Input.Texts, raw.String(`"a"`))
	}
	e, err := NewEmbeddings(req, EmbeddingOptions{Model: unitModel})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// sameWays fails unless the short way, where it takes an answer, makes what the
// plain way makes of it. It reports whether it took it.
func sameWays(t *testing.T, body string, inputs int) bool {
	t.Helper()
	taken := false
	for _, format := range []string{"float", "base64"} {
		e := embeddingsOf(t, format, inputs)
		piece, tokens, ok := e.scan(0, []byte(body))
		if !ok {
			continue
		}
		taken = true
		if err := e.pushPlain(0, []byte(body)); err != nil {
			t.Fatalf("%s: the plain way refuses %.300q, which the short one takes: %v", format, body, err)
		}
		if !bytes.Equal(piece, e.pieces[0]) || tokens != e.tokens[0] {
			t.Fatalf("%s of %.300q: %.300q and %d tokens, the plain way %.300q and %d", format, body, piece, tokens, e.pieces[0], e.tokens[0])
		}
	}
	return taken
}

func TestVectorWays(t *testing.T) {
	numbers := []string{
		"0", "-0", "1", "-1", "0.5", "-0.5", "0.012345678", "-0.01234567", "0.0123456789012", "0.012345678901234", "0.0123456789012345", "0.01234567890123456789",
		"1.5", "-12.25", "1e-7", "-3.25E+2", "1e0", "0.00000000000000000000000000000000001", "0.1e-40", "0.000000000000000",
		// Just between two float32s, and beside it.
		"0.50000002980232238", "0.500000029802322", "0.5000000298023223", "0.5000000298023224", "0.100000001490116", "0.10000000894069672",
	}
	for _, space := range []string{"", " ", "\n        ", "\r\n\t"} {
		for n := 1; n <= len(numbers); n++ {
			list := strings.Join(numbers[:n], space+","+space)
			body := "{" + space + `"embeddings":` + space + "[" + space + `{"values":[` + space + list + space + "]" + space + "}" + space + "]" + space + "}"
			if !sameWays(t, body, 1) {
				t.Fatalf("not taken: %q", body)
			}
		}
		for _, n := range numbers {
			if !sameWays(t, `{"embeddings":[{"values":[`+n+space+`]},{"values":[`+space+n+`]}]}`+strings.Repeat(" ", 40), 2) {
				t.Errorf("not taken: %s", n)
			}
		}
	}
	if !sameWays(t, `{"embeddings":[{"values":[]}],"usageMetadata":{"promptTokenCount":7}}`, 1) || !sameWays(t, `{"embeddings":[{"values":[0.5]}], "x": 1 }`, 1) {
		t.Error("the usage is not taken")
	}
	for _, body := range []string{
		``, `{}`, `{"embeddings":[]}`, `{"embeddings":[{"values":[1]},{"values":[1]}]}`, `{"embeddings":[{"values":[1,]}]}`, `{"embeddings":[{"values":[,1]}]}`,
		`{"embeddings":[{"values":[1 2]}]}`, `{"embeddings":[{"values":[01]}]}`, `{"embeddings":[{"values":[0.]}]}`, `{"embeddings":[{"values":[-]}]}`,
		`{"embeddings":[{"values":[1e]}]}`, `{"embeddings":[{"values":[.5]}]}`, `{"embeddings":[{"values":[NaN]}]}`, `{"embeddings":[{"values":[1}]}`,
		`{"embeddings":[{"values":[1]}]}x`, `{"embeddings":[{"values":[1]}],}`, `{"embeddings":[{"values":[1]}],"embeddings":[]}`, `{"embeddings":[{"values":[1]`,
		`{"embeddings":[{"values":[0.12345678x                                 ]}]}`, `{"embeddings":[{"values":["1"]}]}`, "{\"embeddings\":[{\"values\":[0.5\x00                            ]}]}",
	} {
		if sameWays(t, body, 1) {
			t.Errorf("taken: %q", body)
		}
	}
}

// TestShortFloats: a decimal of the common form becomes the float32 that is
// nearest to it.
func TestShortFloats(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	taken := 0
	for range 200_000 {
		text := strconv.FormatFloat(random.NormFloat64()/40, 'f', 1+random.IntN(16), 64)
		if random.IntN(4) == 0 { // in the middle of two
			f := float64(math.Float32frombits(random.Uint32()>>9 | 0x3c000000))
			text = strconv.FormatFloat((f+float64(math.Nextafter32(float32(f), 1)))/2, 'f', 15, 64)
		}
		s := scanner{b: []byte(text + "," + strings.Repeat(" ", longest))}
		got, ok := s.short()
		if !ok {
			continue
		}
		taken++
		want, err := strconv.ParseFloat(text, 32)
		if err != nil || got != float32(want) || s.i != len(text) {
			t.Fatalf("%s: %v and %d bytes, want %v and %d", text, got, s.i, float32(want), len(text))
		}
	}
	if taken < 100_000 {
		t.Errorf("only %d taken", taken)
	}
}

// FuzzVectorWays holds both ways to the same answer.
func FuzzVectorWays(f *testing.F) {
	for _, s := range []string{"0.5,-0.25", "1 , 2", "1e5", "0.012345678,\n        -0.012345678", "", "0.50000002980232238"} {
		f.Add(s, "", true)
		f.Add(s, `,"usageMetadata":{"promptTokenCount":3}`, false)
	}
	f.Fuzz(func(t *testing.T, values, tail string, two bool) {
		one := fmt.Sprintf(`{"values":[%s]}`, values)
		inputs := 1
		if two {
			one += "," + one
			inputs = 2
		}
		sameWays(t, `{"embeddings":[`+one+`]`+tail+`}`, inputs)
		sameWays(t, `{"embeddings":[`+one+`]`+tail+`}`+strings.Repeat(" ", longest), inputs)
	})
}

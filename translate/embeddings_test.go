package translate_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/translate"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
)

// embedder is a model that gives unit length at 8 dimensions only.
func embedder() *translate.Model {
	return &translate.Model{ID: "m", Output: []string{"embedding"}, Embedding: translate.Embedding{
		Dimensions: 8, MinDimensions: 2, MaxDimensions: 8, UnitAt: []int64{8}, TaskType: true, Batch: 2,
	}}
}

func newEmbeddings(t testing.TB, request string, opt translate.EmbeddingOptions) *translate.Embeddings {
	t.Helper()
	var req openai.EmbeddingRequest
	if err := json.Unmarshal([]byte(request), &req); err != nil {
		t.Fatal(err)
	}
	e, err := translate.NewEmbeddings(&req, opt)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// vectors reads the answer's vectors, whatever their format.
func vectors(t testing.TB, e *translate.Embeddings) [][]float32 {
	t.Helper()
	var answer struct {
		Data []struct {
			Index     int            `json:"index"`
			Embedding jsontext.Value `json:"embedding"`
		} `json:"data"`
	}
	if err := json.Unmarshal(bytes.Join(e.Segments(1), nil), &answer); err != nil {
		t.Fatal(err)
	}
	var out [][]float32
	for i, d := range answer.Data {
		if d.Index != i {
			t.Fatalf("entry %d has index %d", i, d.Index)
		}
		var v []float32
		if d.Embedding.Kind() == '"' {
			var b []byte // encoding/json/v2 reads base64 by itself
			if err := json.Unmarshal(d.Embedding, &b); err != nil {
				t.Fatal(err)
			}
			v = make([]float32, len(b)/4)
			if err := binary.Read(bytes.NewReader(b), binary.LittleEndian, v); err != nil {
				t.Fatal(err)
			}
		} else if err := json.Unmarshal(d.Embedding, &v); err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

// TestVectorFormats: floats and base64 are the same numbers, and of unit length
// where the model does not see to it.
func TestVectorFormats(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{2, 3, 7, 8} {
		want := make([][]float64, 3)
		var native []string
		for i := range want {
			sum := 0.0
			for range size {
				f := float64(float32(random.NormFloat64() / 30))
				want[i] = append(want[i], f)
				sum += f * f
			}
			b, err := json.Marshal(want[i])
			if err != nil {
				t.Fatal(err)
			}
			native = append(native, `{"values":`+string(b)+`}`)
			if size != 8 {
				for j := range want[i] {
					want[i][j] /= math.Sqrt(sum)
				}
			}
		}
		for _, format := range []string{"float", "base64"} {
			e := newEmbeddings(t, fmt.Sprintf(`{"model":"m","input":["a","b","c"],"dimensions":%d,"encoding_format":%q}`, size, format),
				translate.EmbeddingOptions{Model: embedder()})
			if e.Calls() != 2 {
				t.Fatalf("%d calls for three inputs, two a call", e.Calls())
			}
			for call, body := range []string{strings.Join(native[:2], ","), native[2]} {
				if err := e.Push(call, []byte(`{"embeddings":[`+body+`]}`)); err != nil {
					t.Fatal(err)
				}
			}
			for i, v := range vectors(t, e) {
				if len(v) != size {
					t.Fatalf("%s: %d dimensions, not %d", format, len(v), size)
				}
				for j := range v {
					if math.Abs(float64(v[j])-want[i][j]) > 1e-7 {
						t.Errorf("%s, %d dimensions: vector %d: value %d is %g, not %g", format, size, i, j, v[j], want[i][j])
					}
				}
			}
		}
	}
}

// TestEmbeddingMethods gives the requests and answers of each way a site embeds.
// The forms on Vertex AI are recorded.
func TestEmbeddingMethods(t *testing.T) {
	request := `{"model":"m","input":["a","b"],"dimensions":4,"extra_body":{"google":{"taskType":"RETRIEVAL_QUERY","title":"t"}}}`
	for _, c := range []struct {
		method string
		batch  int
		bodies []string
		answer string
		tokens int64
	}{
		{
			"batchEmbedContents", 2,
			[]string{`{"requests":[` +
				`{"model":"models/m","content":{"parts":[{"text":"a"}]},"taskType":"RETRIEVAL_QUERY","title":"t","outputDimensionality":4},` +
				`{"model":"models/m","content":{"parts":[{"text":"b"}]},"taskType":"RETRIEVAL_QUERY","title":"t","outputDimensionality":4}]}`},
			`{"embeddings":[{"values":[0,0,0,1]},{"values":[1,0,0,0]}],"usageMetadata":{"promptTokenCount":5}}`, 5,
		},
		{
			"predict", 2,
			[]string{`{"instances":[{"content":"a","task_type":"RETRIEVAL_QUERY","title":"t"},{"content":"b","task_type":"RETRIEVAL_QUERY","title":"t"}],"parameters":{"outputDimensionality":4}}`},
			`{"predictions":[{"embeddings":{"values":[0,0,0,1],"statistics":{"token_count":2,"truncated":false}}},{"embeddings":{"values":[1,0,0,0],"statistics":{"token_count":1}}}]}`, 3,
		},
		{
			"embedContent", 1,
			[]string{
				`{"content":{"parts":[{"text":"a"}]},"embedContentConfig":{"taskType":"RETRIEVAL_QUERY","title":"t","outputDimensionality":4}}`,
				`{"content":{"parts":[{"text":"b"}]},"embedContentConfig":{"taskType":"RETRIEVAL_QUERY","title":"t","outputDimensionality":4}}`,
			},
			`{"embedding":{"values":[0,0,0,1]},"usageMetadata":{"promptTokenCount":4,"totalTokenCount":4}}`, 8,
		},
	} {
		e := newEmbeddings(t, request, translate.EmbeddingOptions{Model: embedder(), Method: c.method})
		if e.Method() != c.method || e.Calls() != len(c.bodies) {
			t.Fatalf("%s: %d calls by %s", c.method, e.Calls(), e.Method())
		}
		for i, want := range c.bodies {
			got, err := e.Body(i)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, string(bytes.Join(got, nil))); diff != "" {
				t.Errorf("%s, call %d (-want +got):\n%s", c.method, i, diff)
			}
			if err := e.Push(i, []byte(c.answer)); err != nil {
				t.Fatal(err)
			}
		}
		if n, known := e.Tokens(); n != c.tokens || !known {
			t.Errorf("%s: %d tokens, %v", c.method, n, known)
		}
		if got := vectors(t, e)[0]; !cmp.Equal(got, []float32{0, 0, 0, 1}) {
			t.Errorf("%s: %v", c.method, got)
		}
	}
}

// TestEmbeddingsByAnotherMethod: an answer in the form of another method than
// the one that was asked by is understood.
func TestEmbeddingsByAnotherMethod(t *testing.T) {
	for _, c := range []struct {
		answer string
		tokens int64
	}{
		{`{"embedding":{"values":[0,0,0,1]},"usageMetadata":{"promptTokenCount":4}}`, 4},
		{`{"predictions":[{"embeddings":{"values":[0,0,0,1],"statistics":{"token_count":2}}}],"metadata":{"billableCharacterCount":1}}`, 2},
	} {
		e := newEmbeddings(t, `{"model":"m","input":"a","dimensions":4}`, translate.EmbeddingOptions{Model: embedder()})
		if e.Method() != translate.EmbedBatch {
			t.Fatalf("asked by %s", e.Method())
		}
		if err := e.Push(0, []byte(c.answer)); err != nil {
			t.Errorf("%s: %v", c.answer, err)
			continue
		}
		if got := vectors(t, e); len(got) != 1 || !cmp.Equal(got[0], []float32{0, 0, 0, 1}) {
			t.Errorf("%s: %v", c.answer, got)
		}
		if n, known := e.Tokens(); n != c.tokens || !known {
			t.Errorf("%s: %d tokens, %v", c.answer, n, known)
		}
	}
	e := newEmbeddings(t, `{"model":"m","input":"a","dimensions":4}`, translate.EmbeddingOptions{Model: embedder()})
	if err := e.Push(0, []byte(`{}`)); !errors.Is(err, translate.ErrNotGemini) {
		t.Errorf("an answer without a vector: %v", err)
	}
}

// TestCountBodies: the requests that count an input hold all of it, in pieces
// of bounded size.
func TestCountBodies(t *testing.T) {
	long := strings.Repeat("x", 300<<10)
	input, err := json.Marshal([]string{long, long, long, long, "last"})
	if err != nil {
		t.Fatal(err)
	}
	e := newEmbeddings(t, `{"model":"m","input":`+string(input)+`}`, translate.EmbeddingOptions{Model: embedder()})
	bodies, err := e.CountBodies()
	if err != nil {
		t.Fatal(err)
	}
	all := ""
	for _, b := range bodies {
		if len(b) > 2<<20 {
			t.Errorf("a request of %d bytes", len(b))
		}
		all += string(b)
	}
	if len(bodies) != 2 || strings.Count(all, long) != 4 || strings.Count(all, `"last"`) != 1 {
		t.Errorf("%d requests with %d and %d of the texts", len(bodies), strings.Count(all, long), strings.Count(all, `"last"`))
	}
}

// FuzzVector: whatever array comes, it is refused or gives the same numbers in
// both formats.
func FuzzVector(f *testing.F) {
	for _, s := range []string{`[]`, `[1,2.5,-3e-7]`, "[\n 1 ,\t2]", `["NaN"]`, `[null]`, `[[1]]`, `[1e400]`, `[-0]`, `{}`, `[0.1,{}]`, `[true]`} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, values string, scaled bool) {
		if !jsontext.Value(values).IsValid() {
			return
		}
		size := 8
		if scaled {
			size = 4
		}
		var got [2][][]float32
		var failed [2]bool
		for i, format := range []string{"float", "base64"} {
			e := newEmbeddings(t, fmt.Sprintf(`{"model":"m","input":"a","dimensions":%d,"encoding_format":%q}`, size, format), translate.EmbeddingOptions{Model: embedder()})
			if failed[i] = e.Push(0, []byte(`{"embeddings":[{"values":`+values+`}]}`)) != nil; failed[i] {
				continue
			}
			body := bytes.Join(e.Segments(1), nil)
			if !jsontext.Value(body).IsValid() {
				t.Fatalf("%s of %s is no JSON: %s", format, values, body)
			}
			var plain []jsontext.Value
			if json.Unmarshal([]byte(values), &plain) != nil || slices.ContainsFunc(plain, func(v jsontext.Value) bool { return v.Kind() != '0' }) {
				t.Fatalf("%s was taken for a vector", values)
			}
			if format == "base64" || !tooBig(plain) {
				got[i] = vectors(t, e)
			}
		}
		if failed[0] == failed[1] && got[0] != nil && got[1] != nil && !cmp.Equal(got[0], got[1], cmp.Comparer(near)) {
			t.Errorf("%s: %v and %v", values, got[0], got[1])
		}
	})
}

// tooBig reports numbers that no float32 holds.
func tooBig(v []jsontext.Value) bool {
	return slices.ContainsFunc(v, func(n jsontext.Value) bool {
		_, err := strconv.ParseFloat(string(n), 32)
		return err != nil
	})
}

func near(a, b float32) bool {
	return a == b || math.Abs(float64(a)-float64(b)) <= 1e-6*math.Abs(float64(a))
}

// BenchmarkVectors takes a hundred vectors of 3,072 floats.
func BenchmarkVectors(b *testing.B) {
	v := make([]float32, 3072)
	for i := range v {
		v[i] = float32(math.Sin(float64(i)) / 40)
	}
	one, err := json.Marshal(v)
	if err != nil {
		b.Fatal(err)
	}
	body := []byte(`{"embeddings":[{"values":` + string(one) + `}` + strings.Repeat(`,{"values":`+string(one)+`}`, 99) + `]}`)
	m := embedder()
	m.Embedding.Batch, m.Embedding.MaxDimensions = 100, 3072
	input := `["a"` + strings.Repeat(`,"a"`, 99) + `]`
	for _, c := range []struct {
		name, format string
		scaled       bool
	}{{"float", "float", false}, {"base64", "base64", false}, {"scaled", "float", true}, {"scaled base64", "base64", true}} {
		b.Run(c.name, func(b *testing.B) {
			m.Embedding.UnitAlways = !c.scaled
			e := newEmbeddings(b, `{"model":"m","input":`+input+`,"encoding_format":"`+c.format+`","dimensions":3072}`, translate.EmbeddingOptions{Model: m})
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if err := e.Push(0, body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package raw

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestFloat: a number is written as the ordinary encoder writes it.
func TestFloat(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	all := []float64{0, math.Copysign(0, -1), 1, -1, 0.7, 2, 1e-6, 9.99e-7, 1e20, 1e21, 123456789012345678901, 5e-324, math.MaxFloat64, 0.1 + 0.2}
	for range 10_000 {
		all = append(all, random.NormFloat64(), math.Float64frombits(random.Uint64()))
	}
	for _, f := range all {
		want, werr := Marshal(f)
		w := NewWriter(nil)
		if err := w.Float(f); (err != nil) != (werr != nil) || err == nil && string(w.Bytes()) != string(want) {
			t.Errorf("%g: %s, %v, want %s, %v", f, w.Bytes(), err, want, werr)
		}
	}
}

func TestTextLike(t *testing.T) {
	for _, c := range []struct{ in, likely, want string }{
		{`"STOP"`, "STOP", "STOP"},
		{`"stop"`, "STOP", "stop"},
		{`""`, "", ""},
		{`null`, "STOP", ""},
		{`"a\b"`, `a\b`, "a\b"},
		{`"\u0041"`, "A", "A"},
		{`"é"`, "é", "é"},
	} {
		r := NewReader([]byte(c.in))
		if got := r.TextLike(c.likely); got != c.want || !r.End() {
			t.Errorf("%s, likely %q: %q", c.in, c.likely, got)
		}
	}
	if r := NewReader([]byte(`1`)); r.TextLike("1") != "" || !r.Failed() {
		t.Error("a number is taken for a text")
	}
}

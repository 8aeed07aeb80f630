package raw_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json/jsontext"
)

var documents = []string{
	``, ` `, `null`, `true `, `tru`, `nulll`, `0`, `-0`, `01`, `1.`, `.5`, `1e5`, `1E+5`, `1e`, `-`, `+1`, `NaN`, `"a"`, `"a`, `"\u00e9\ud83d\ude00"`,
	`"\ud83d"`, `"\ud83d\u0041"`, `"\ude00"`, `"\x"`, `"\u12g4"`, `"a` + "\n" + `b"`, "\"\xff\"", "\"\xc0\xaf\"", `[]`, `[1,2]`, `[1,]`, `[,1]`, `[1 2]`, `{}`,
	`{"a":1}`, `{"a":1,}`, `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"a":{"b":1,"c":{"b":2}},"d":[{"a":1},{"a":2}]}`, `{"a"}`, `{"a" : [ ] , "b":{ } }`, `{a:1}`,
	`{"a":1]`, `[1}`, `[[[[]]]]`, `[[[[]]]`, `1 2`, `{} {}`, "\ufeff{}", `"` + strings.Repeat("x", 100) + `\n` + strings.Repeat("é", 50) + `\"q"`,
	`{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10,"k":11,"l":12,"m":13,"n":14,"o":15,"p":16,"q":17,"r":18,"s":19,"t":20,"u":21,"v":22,"w":23,"x":24,"y":25,"z":26,"a":27}`,
	strings.Repeat(`{"a":`, 900) + `1` + strings.Repeat(`}`, 900),
}

// strict is the judge: the library's decoder, which is strict by default.
func strict(b []byte) error {
	dec := jsontext.NewDecoder(bytes.NewReader(b))
	if _, err := dec.ReadValue(); err != nil {
		return err
	}
	if _, err := dec.ReadToken(); err == nil {
		return errors.New("a second value")
	} else if err.Error() != "EOF" {
		return err
	}
	return nil
}

func agree(t *testing.T, b []byte) {
	t.Helper()
	got, want := raw.Check(b, raw.Limits{}), strict(b)
	if (got == nil) != (want == nil) {
		t.Errorf("Check(%q) = %v, the library says %v", b, got, want)
	}
	if got != nil {
		return
	}
	r := raw.NewReader(b)
	v := r.Value()
	if !r.End() || string(v) != string(bytes.TrimSpace(b)) {
		t.Errorf("Reader gives %q of %q", v, b)
	}
}

func TestCheckAgreesWithLibrary(t *testing.T) {
	for _, d := range documents {
		agree(t, []byte(d))
	}
}

func FuzzCheck(f *testing.F) {
	for _, d := range documents {
		f.Add([]byte(d))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if bytes.Count(b, []byte("[")) < 900 && bytes.Count(b, []byte("{")) < 900 {
			agree(t, b)
		}
	})
}

func TestCheckNamesTheFault(t *testing.T) {
	lim := raw.Limits{Depth: 3, Values: 10, Name: 5, Number: 4}
	for in, want := range map[string]raw.Fault{
		`[[[[1]]]]`: raw.FaultDepth, `[1,2,3,4,5,6,7,8,9,0]`: raw.FaultValues, `{"toolong":1}`: raw.FaultLongName, `12345`: raw.FaultLongNumber,
		"\"\xff\"": raw.FaultUTF8, `"\ud800"`: raw.FaultSurrogate, `{"a":1,"a":1}`: raw.FaultDuplicate, `{`: raw.FaultSyntax,
	} {
		var e *raw.CheckError
		if err := raw.Check([]byte(in), lim); !errors.As(err, &e) || e.Fault != want {
			t.Errorf("Check(%s) = %v, want a %s fault", in, err, want)
		}
	}
}

// The time for a hundred thousand open brackets, and for a long string full of
// escapes, is bounded by the limits and linear in the size.
func TestCheckIsLinear(t *testing.T) {
	if err := raw.Check(bytes.Repeat([]byte("["), 100_000), raw.Limits{Depth: 128}); err == nil {
		t.Error("unbounded depth")
	}
	escapes := []byte(`"` + strings.Repeat(`line\n`, 1<<20) + `"`)
	if n := testing.AllocsPerRun(1, func() {
		if err := raw.Check(escapes, raw.Limits{}); err != nil {
			t.Error(err)
		}
	}); n > 1 {
		t.Errorf("%v allocations for one long string", n)
	}
}

func BenchmarkCheck10MiB(b *testing.B) {
	doc := []byte(`{"a":"` + strings.Repeat("QUJD", 10<<18) + `"}`)
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		if raw.Check(doc, raw.Limits{}) != nil {
			b.Fatal()
		}
	}
}

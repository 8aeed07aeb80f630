package raw_test

import (
	"testing"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
)

// Bytes that pass through a wire type keep their spelling: escapes, numbers
// beyond 2^53, key order, white space inside raw values.
func TestWireTypesKeepSpelling(t *testing.T) {
	const in = `{"role":"model","parts":[{"text":"a\u00e9\/\ud83d\ude00"},{"functionCall":{"name":"f","args":{"z":12345678901234567890,"a":1.0}}},{"toolCall":{"id":"x"}}]}`
	var c gemini.Content
	if err := json.Unmarshal([]byte(in), &c); err != nil {
		t.Fatal(err)
	}
	out, err := raw.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if string(out) != in {
		t.Errorf("spelling changed:\n in %s\nout %s", in, out)
	}
	if got, want := c.Parts[0].Text.Decode(), "aé/😀"; got != want {
		t.Errorf("Decode() = %q, want %q", got, want)
	}
}

func TestParseInt(t *testing.T) {
	for in, want := range map[string]int64{"1": 1, "10.0": 10, "1e3": 1000, "-0": 0, "9223372036854775807": 1<<63 - 1} {
		if got, err := raw.ParseInt([]byte(in)); err != nil || got != want {
			t.Errorf("ParseInt(%s) = %d, %v; want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"1.5", "1e400", "9223372036854775808", "1e308", "null"} {
		if got, err := raw.ParseInt([]byte(in)); err == nil {
			t.Errorf("ParseInt(%s) = %d, want an error", in, got)
		}
	}
}

func TestConcat(t *testing.T) {
	if got := string(raw.Concat(raw.Quote("a\n"), nil, raw.Quote("b"))); got != `"a\nb"` {
		t.Errorf("Concat = %s", got)
	}
}

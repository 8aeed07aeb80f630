package translate

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
)

// sameAsPlain fails when the short way passes a schema on that the long way
// would have changed, reported or refused.
func sameAsPlain(t *testing.T, v raw.Value) bool {
	t.Helper()
	if raw.Check(v, raw.Limits{}) != nil || !ordinary(v) {
		return false
	}
	r := &chatRequest{model: &Model{JSONSchema: true}, chat: &Chat{}}
	plain, err := r.plainSchema("parameters", v, true)
	if err != nil || string(plain) != string(v) || len(r.chat.Weakened) > 0 {
		t.Errorf("ordinary %.300s\n   plain %.300s, %v, %v", v, plain, err, r.chat.Weakened)
	}
	return true
}

func TestOrdinaryEqualsPlain(t *testing.T) {
	for s, want := range map[string]bool{
		`{"type":"object","properties":{"a":{"type":"string","enum":["x",1]},"b":{"type":"array","items":{"type":"integer"}}},"required":["a"],"additionalProperties":false}`: true,
		`{"type":"object","properties":{"$ref":{"type":"string"},"definitions":{"type":"object","properties":{"const":{}}}}}`:                                                 true,
		`{"type":"object","properties":{}}`: false, `{"properties":{"a":{}}}`: false, `{"type":["object","null"],"properties":{"a":{}}}`: false,
		`{"type":"object","properties":{"a":{"$ref":"#/$defs/x"}}}`: false, `{"type":"object","properties":{"a":{"const":1}}}`: false,
		`{"type":"object","properties":{"a":true}}`: false, `{"type":"object","properties":{"a":{"items":[{}]}}}`: false, `[]`: false,
	} {
		if got := sameAsPlain(t, raw.Value(s)); got != want {
			t.Errorf("ordinary(%s) = %v, want %v", s, got, want)
		}
	}
}

func FuzzOrdinary(f *testing.F) {
	f.Add([]byte(`{"type":"object","properties":{"a":{"type":"array","items":{"type":"object","properties":{"b":{"enum":[1]}}}}},"required":["a"]}`))
	f.Fuzz(func(t *testing.T, b []byte) { sameAsPlain(t, b) })
}

// Most schemas of the recorded tools take the short way.
func TestOrdinaryOnRecordings(t *testing.T) {
	files, err := filepath.Glob("../../shared/corpus/*/*.json")
	if err != nil || len(files) == 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("the corpus is missing")
		}
		t.Skip("the shared corpus is not there: the cases above ran")
	}
	short, all := 0, 0
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var x struct {
			Twin *struct {
				Request struct {
					Tools []struct {
						Function struct {
							Parameters raw.Value `json:"parameters"`
						} `json:"function"`
					} `json:"tools"`
				} `json:"request"`
			} `json:"openai_twin"`
		}
		if json.Unmarshal(b, &x) != nil || x.Twin == nil {
			continue
		}
		for _, tool := range x.Twin.Request.Tools {
			if v := tool.Function.Parameters; len(v) > 0 {
				all++
				if sameAsPlain(t, v) {
					short++
				}
			}
		}
	}
	t.Logf("%d of %d recorded schemas take the short way", short, all)
	if short == 0 || short < all/4 {
		t.Errorf("only %d of %d recorded schemas take the short way", short, all)
	}
}

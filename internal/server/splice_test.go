package server

import (
	"bytes"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// judge drops d, replaces m and goes into w.
func judgeTest(_ int, name string) action {
	return map[string]action{"d": drop, "m": replace, "w": within}[name]
}

func TestSpliceChangesWhatItIsToldTo(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{`{"a":1,"m":"x","b":[1.50, "\u00e9"]}`, `{"a":1,"m":NEW,"b":[1.50, "\u00e9"]}`},
		{`{ "m" : {"m":1} , "b":2 }`, `{ "m" : NEW , "b":2 }`},
		{`{"d":1,"a":2}`, `{"a":2}`},
		{`{"a":2,"d":{"x":[1]}}`, `{"a":2}`},
		{`{"d":1,"d":2, "a":3,"d":4,"d":5,"b":6}`, `{"a":3,"b":6}`},
		{` {"d":1} `, ` {}`},
		{`{"w":[{"d":1,"c":[{"d":2}]},{"c":{"d":3,"e":4}},5,"d"],"x":{"d":1}}`, `{"w":[{"c":[{"d":2}]},{"c":{"d":3,"e":4}},5,"d"],"x":{"d":1}}`},
		{`{"w":[{"w":[{"d":2,"y":1}]},{"w":{"d":3,"e":4}}]}`, `{"w":[{"w":[{"y":1}]},{"w":{"e":4}}]}`},
		{"{\n\t\"a\" : 1,\n\t\"d\" : 2,\n\t\"m\" : 3\n}", "{\n\t\"a\" : 1,\n\t\"m\" : NEW\n}"},
		{`{"\u006d":1}`, `{"\u006d":NEW}`},
		{`{}`, `{}`},
	} {
		got, err := splice([]byte(tt.in), []byte("NEW"), judgeTest)
		if err != nil || string(bytes.Join(got, nil)) != tt.want {
			t.Errorf("%s became %s, %v; want %s", tt.in, bytes.Join(got, nil), err, tt.want)
		}
	}
	for _, bad := range []string{``, `[]`, `1`, `{`, `{"a"}`, `{"a":1`, `{"a":1}}`, `{"w":[}`, `{"w":[1`, `{"d":`, `{"m":x}`, "{\"a\":\"\xff\"}"} {
		if got, err := splice([]byte(bad), []byte("1"), judgeTest); err == nil {
			t.Errorf("%q became %s, want an error", bad, bytes.Join(got, nil))
		}
	}
}

// What is spliced stays JSON, loses every d where it is to, and nothing else.
func FuzzSplice(f *testing.F) {
	for _, seed := range []string{`{"a":1,"d":2,"m":3,"w":[{"d":1},{"w":{"d":[]}}]}`, `{"d":{},"d":1}`, `{"w":{"m":1,"m":2}}`, `{ }`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		valid := jsontext.Value(in).IsValid(jsontext.AllowDuplicateNames(true)) && bytes.HasPrefix(bytes.TrimLeft(in, " \t\r\n"), []byte("{"))
		out, err := splice(in, []byte("7"), judgeTest)
		if (err == nil) != valid {
			t.Fatalf("%q: %v, valid is %v", in, err, valid)
		}
		if err != nil {
			return
		}
		whole := bytes.Join(out, nil)
		if !jsontext.Value(whole).IsValid(jsontext.AllowDuplicateNames(true)) {
			t.Fatalf("%q became %q, which is no JSON", in, whole)
		}
		again, err := splice(whole, []byte("7"), judgeTest)
		if err != nil || !bytes.Equal(bytes.TrimSpace(bytes.Join(again, nil)), bytes.TrimSpace(whole)) {
			t.Errorf("%q became %q and then %q", in, whole, bytes.Join(again, nil))
		}
		if same, err := splice(in, nil, func(int, string) action { return within }); err != nil || !bytes.HasPrefix(in, bytes.Join(same, nil)) {
			t.Errorf("%q changed to %q although nothing was to change", in, bytes.Join(same, nil))
		}
	})
}

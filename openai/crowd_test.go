package openai

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

func TestItems(t *testing.T) {
	for body, want := range map[string]struct {
		n     int
		param string
	}{
		`{"model":"m"}`:     {0, "model"},
		`{"messages":[]}`:   {0, "messages"},
		`{"messages":[{}]}`: {1, "messages"},
		`{"messages":[{"role":"user","content":["a",{"type":"text"}]},{}]}`:          {4, "messages"},
		`{"tools":[{"function":{"parameters":{"enum":[1,2,3]}}}],"x":[[[]]]}`:        {3, "x"},
		`{"response_format":{"json_schema":{"schema":[1,2]},"response_schema":[1]}}`: {0, "response_format"},
		`{"input":[1,2,3]}`:                    {0, "input"},
		`{"input":[[1,2],[3]]}`:                {0, "input"},
		`{"input":["a","b"]}`:                  {2, "input"},
		`{"input":"a"}`:                        {0, "input"},
		`{"\u0061":[1],"b\"":[1,2]}`:           {3, `b\"`},
		`{"x":{` + numbered(32) + `}}`:         {0, "x"},
		`{"x":{` + numbered(40) + `},"y":[1]}`: {9, "y"},
	} {
		if err := raw.Check([]byte(body), raw.Limits{}); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		if n, param := Items([]byte(body), 1000); n != want.n || param != want.param {
			t.Errorf("%s: %d items, last in %q; want %d in %q", body, n, param, want.n, want.param)
		}
	}
	// It stops soon after the limit.
	if n, param := Items([]byte(`{"a":[`+strings.Repeat("1,", 10_000)+`1],"b":1}`), 50); n != 51 || param != "a" {
		t.Errorf("%d items in %s", n, param)
	}
}

func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`,"` + strings.Repeat("a", i+1) + `":1`)
	}
	return b.String()[1:]
}

// Every member that the types know comes out the same on the fast path: none is
// skipped there as unknown.
func TestFastDecodeKnowsEveryMember(t *testing.T) {
	values := []string{`null`, `"text"`, `1`, `true`, `{}`, `[]`, `{"url":"u"}`, `{"google":{"thought_signature":"QUJD"}}`, `[{"type":"image_url","image_url":{"url":"u"}}]`, `{"name":"f","arguments":"{}"}`, `{"data":"QQ==","format":"wav"}`}
	for _, c := range []struct {
		of     reflect.Type
		around [2]string
	}{
		{reflect.TypeFor[ChatRequest](), [2]string{`{`, `}`}},
		{reflect.TypeFor[Message](), [2]string{`{"messages":[{`, `}]}`}},
		{reflect.TypeFor[ContentPart](), [2]string{`{"messages":[{"role":"user","content":[{`, `}]}]}`}},
		{reflect.TypeFor[ToolCall](), [2]string{`{"messages":[{"role":"assistant","tool_calls":[{`, `}]}]}`}},
		{reflect.TypeFor[FunctionCall](), [2]string{`{"messages":[{"role":"assistant","tool_calls":[{"function":{`, `}}]}]}`}},
		{reflect.TypeFor[Tool](), [2]string{`{"tools":[{`, `}]}`}},
		{reflect.TypeFor[Function](), [2]string{`{"tools":[{"function":{`, `}}]}`}},
		{reflect.TypeFor[File](), [2]string{`{"messages":[{"role":"user","content":[{"file":{`, `}}]}]}`}},
	} {
		known := 0
		for _, name := range append(memberNames(c.of), "unknown") {
			for _, v := range values {
				sameRequest(t, []byte(c.around[0]+`"`+name+`":`+v+c.around[1]))
				known++
			}
		}
		if known < 3*len(values) {
			t.Errorf("%v has hardly any members", c.of)
		}
	}
}

func memberNames(of reflect.Type) []string {
	var out []string
	for f := range of.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name != "":
			out = append(out, name)
		case options == "embed" && f.Type.Kind() == reflect.Pointer:
			out = append(out, memberNames(f.Type.Elem())...)
		}
	}
	return out
}

// FuzzItems: the count of items is that of an ordinary walk over the document.
func FuzzItems(f *testing.F) {
	for _, s := range requests {
		f.Add([]byte(s))
	}
	for _, s := range []string{`{"a":[1,[2],{"b":[3]}],"input":[1,"a"],"parameters":[1]}`, `{"\u0061":{"input":["a",[1]]}}`, `{"input":[{"input":[1]}]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if raw.Check(body, raw.Limits{}) != nil {
			return
		}
		got, _ := Items(body, 1<<30)
		if want := walked(t, "", body); got != want {
			t.Fatalf("%s: %d items, want %d", body, got, want)
		}
		if some, _ := Items(body, got/2); some > got || got > 0 && some <= got/2 {
			t.Fatalf("%s: %d items of %d when %d are enough", body, some, got, got/2)
		}
	})
}

// walked counts items by the ordinary decoder.
func walked(t *testing.T, name string, v raw.Value) int {
	t.Helper()
	n := 0
	switch v.Kind() {
	case '[':
		var list []raw.Value
		if err := json.Unmarshal(v, &list); err != nil {
			t.Fatal(err)
		}
		if name == "input" && len(list) > 0 && (list[0].Kind() == '0' || list[0].Kind() == '[') {
			return 0
		}
		for _, one := range list {
			n += 1 + walked(t, "", one)
		}
	case '{':
		if name == "input" {
			return 0
		}
		dec := jsontext.NewDecoder(bytes.NewReader(v))
		if _, err := dec.ReadToken(); err != nil {
			t.Fatal(err)
		}
		for members := 1; dec.PeekKind() == '"'; members++ {
			spelled, err := dec.ReadValue()
			if err != nil {
				t.Fatal(err)
			}
			name := string(spelled[1 : len(spelled)-1])
			value, err := dec.ReadValue()
			if err != nil {
				t.Fatal(err)
			}
			if members > freeMembers {
				n++
			}
			switch name {
			case "parameters", "schema", "response_schema", "arguments":
			default:
				n += walked(t, name, value.Clone())
			}
		}
	}
	return n
}

// FuzzDecodeOthers: requests of the other endpoints are decoded or refused, and
// what was decoded can be written again.
func FuzzDecodeOthers(f *testing.F) {
	for _, s := range []string{`{"model":"m","input":["a"],"dimensions":1e2}`, `{"input":[[1]],"user":"u"}`, `{"prompt":"p","n":1.0,"size":"a","x":{}}`, `{"input":null}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if raw.Check(body, raw.Limits{}) != nil {
			return
		}
		for _, dst := range []any{&EmbeddingRequest{}, &ImageRequest{}} {
			if json.Unmarshal(body, dst) != nil {
				continue
			}
			out, err := raw.Marshal(dst)
			if err != nil || !raw.Value(out).IsValid() {
				t.Fatalf("%T of %s: %s, %v", dst, body, out, err)
			}
		}
	})
}

package openai

import (
	"reflect"
	"strings"
	"testing"

	"github.com/gemway/gemway/raw"
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

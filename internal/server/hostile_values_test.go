package server_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
)

// with is the normal request with more members.
func with(members string) string { return normal[:len(normal)-1] + "," + members + "}" }

func saying(text string) string {
	return `{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"` + text + `"}]}`
}

// text is the first text of a native request.
func text(t *testing.T, native string) string {
	t.Helper()
	if !utf8.ValidString(native) {
		t.Errorf("not UTF-8: %q", native)
	}
	var r struct {
		Contents []struct {
			Parts []struct {
				Text string `json:"text"`
			} `json:"parts"`
		} `json:"contents"`
	}
	if err := json.Unmarshal([]byte(native), &r, json.MatchCaseInsensitiveNames(true)); err != nil || len(r.Contents) == 0 || len(r.Contents[0].Parts) == 0 {
		t.Fatalf("%v: %s", err, native)
	}
	return r.Contents[0].Parts[0].Text
}

func TestT009LoneSurrogates(t *testing.T) {
	v := newVictim(t, nil)
	for escaped, want := range map[string]string{
		`cut \ud83d`: "cut \ufffd", `\ude00 cut`: "\ufffd cut", `\ud83d\ud83d\ude00`: "\ufffd😀", `\uD83D\uDE00`: "😀", `\ude00\ud83d`: "\ufffd\ufffd", `a\\ud83d`: `a\ud83d`,
	} {
		up := v.passes(t, saying(escaped))
		if got := text(t, up); got != want {
			t.Errorf("%s: %q went upstream, want %q", escaped, got, want)
		}
		if regexp.MustCompile(`(^|[^\\])\\u[dD][89a-fA-F]`).MatchString(up) && !strings.Contains(want, "😀") {
			t.Errorf("%s: half a character went upstream: %s", escaped, up)
		}
	}
	v.alive(t)
}

func TestT010Control(t *testing.T) {
	v := newVictim(t, nil)
	if got := text(t, v.passes(t, saying(`a\u0000b\u001b[31m\u007f\n\t\u0085`))); got != "a\x00b\x1b[31m\x7f\n\t\u0085" {
		t.Errorf("the text became %q", got)
	}
	v.passes(t, with(`"user":"a\u0000b"`)) // goes nowhere
	v.passes(t, with(`"a\u0000b":1`))
	messages := func(m string) string { return `{"model":"gemini-2.5-flash","messages":[` + m + `]}` }
	for body, param := range map[string]string{
		`{"model":"gemini-2.5-flash\u0000","messages":[{"role":"user","content":"hi"}]}`:                                                                      "model",
		`{"model":"gemini-2.5-flash\r\nX: y","messages":[{"role":"user","content":"hi"}]}`:                                                                    "model",
		`{"model":"\u001b[2J","messages":[{"role":"user","content":"hi"}]}`:                                                                                   "model",
		messages(`{"role":"user","name":"a\u0000","content":"hi"}`):                                                                                           "messages[0].name",
		messages(`{"role":"user","content":"q"},{"role":"assistant","tool_calls":[{"id":"a\n","type":"function","function":{"name":"f","arguments":"{}"}}]}`): "messages[1].tool_calls[0].id",
		messages(`{"role":"user","content":"q"},{"role":"tool","tool_call_id":"a\u007f","content":"r"}`):                                                      "messages[1].tool_call_id",
		with(`"tools":[{"type":"function","function":{"name":"a\u0000b"}}]`):                                                                                  "tools[0].function.name",
	} {
		f := v.refuses(t, body, http.StatusBadRequest, "invalid_value", param)
		if strings.ContainsAny(f.Message, "\x00\x1b\r\n") {
			t.Errorf("%q has control characters", f.Message)
		}
	}
	// In an id of a request they are replaced, before anything is answered.
	a := v.do(t, "/v1/chat/completions", strings.NewReader(normal), "X-Request-Id: a b\tc")
	if id := a.header.Get("X-Request-Id"); a.status != http.StatusOK || !regexp.MustCompile(`^req_[a-z0-9]+$`).MatchString(id) {
		t.Errorf("%d with the id %q", a.status, id)
	}
	v.alive(t)
}

func TestT011Numbers(t *testing.T) {
	v := newVictim(t, nil)
	for _, c := range []struct{ members, code, param string }{
		{`"temperature":1e400`, "*", "temperature"},
		{`"max_tokens":1e400`, "invalid_type", "max_tokens"},
		{`"max_tokens":1.5`, "invalid_type", "max_tokens"},
		{`"max_tokens":"5"`, "invalid_type", "max_tokens"},
		{`"temperature":"1"`, "invalid_type", "temperature"},
		{`"n":[1]`, "invalid_type", "n"},
		{`"n":-0`, "invalid_value", "n"},
		{`"top_p":{}`, "invalid_type", "top_p"},
		{`"seed":9223372036854775808`, "invalid_type", "seed"},
		{`"seed":` + strings.Repeat("1", 100_000), "number_too_long", ""},
		{`"x":` + strings.Repeat("1", 65), "number_too_long", ""},
		{`"x":0.` + strings.Repeat("1", 100_000), "number_too_long", ""},
		{`"x":1e` + strings.Repeat("1", 100_000), "number_too_long", ""},
		{`"temperature":NaN`, "invalid_json", ""},
		{`"temperature":Infinity`, "invalid_json", ""},
		{`"temperature":-Infinity`, "invalid_json", ""},
		{`"n":01`, "invalid_json", ""},
		{`"n":+1`, "invalid_json", ""},
		{`"n":.5`, "invalid_json", ""},
		{`"n":1.`, "invalid_json", ""},
		{`"n":0x1`, "invalid_json", ""},
		{`"n":1e`, "invalid_json", ""},
	} {
		v.refuses(t, with(c.members), http.StatusBadRequest, c.code, c.param)
	}
	for members, want := range map[string]string{
		`"max_tokens":10.0`: `"maxOutputTokens":10`, `"max_tokens":1e3`: `"maxOutputTokens":1000`, `"temperature":-0`: `"temperature":`, `"temperature":1`: `"temperature":1`,
		`"seed":1.0`: `"seed":1`, `"x":` + strings.Repeat("1", 64): `hi`,
	} {
		if up := v.passes(t, with(members)); !strings.Contains(up, want) {
			t.Errorf("%s: %s", members, up)
		}
	}
	v.alive(t)
}

func TestT012N(t *testing.T) {
	v := newVictim(t, nil)
	s := newBare(t, nil)
	for _, n := range []string{"0", "-1", "9", "129", "1000000000", "1e9", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "1e308"} {
		v.refuses(t, with(`"n":`+n), http.StatusBadRequest, "*", "n")
		if used, _ := s.cost(t, strings.NewReader(with(`"n":`+n)), http.StatusBadRequest); used > floor/4 {
			t.Errorf("n = %s took %d bytes", n, used)
		}
	}
	v.alive(t)
}

func TestT013MaxTokens(t *testing.T) {
	v := newVictim(t, nil)
	for _, name := range []string{"max_tokens", "max_completion_tokens"} {
		for _, n := range []string{"0", "-1", "2147483648", "9223372036854775808", "1e308", "-1e308", "0.5"} {
			v.refuses(t, with(`"`+name+`":`+n), http.StatusBadRequest, "*", name)
		}
		v.passes(t, with(`"`+name+`":2147483647`))
	}
	v.alive(t)
}

func TestT014Ranges(t *testing.T) {
	v := newVictim(t, nil)
	for param, values := range map[string][]string{
		"temperature": {"-0.1", "2.1", "1e308", "-1e308"}, "top_p": {"-0.1", "1.1", "1e308"}, "presence_penalty": {"-2.1", "2.1"}, "frequency_penalty": {"-2.1", "2.1", "1e308"},
		"top_k": {"0", "-1"}, "top_logprobs": {"-1", "21", "1e9"},
	} {
		for _, value := range values {
			v.refuses(t, with(`"logprobs":true,"`+param+`":`+value), http.StatusBadRequest, "*", param)
		}
	}
	v.refuses(t, with(`"stop":["1","2","3","4","5","6"]`), http.StatusBadRequest, "array_above_max_length", "stop")
	var bias strings.Builder
	for i := range 1_000_000 {
		fmt.Fprintf(&bias, `"%d":1,`, i)
	}
	v.refuses(t, with(`"logit_bias":{`+bias.String()+`"x":1}`), http.StatusBadRequest, "too_many_values", "")
	v.refuses(t, with(`"logit_bias":{"1":100}`), http.StatusBadRequest, "unsupported_parameter", "logit_bias")
	v.alive(t)
}

func TestT024Metadata(t *testing.T) {
	v := newVictim(t, nil)
	pairs := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"k%d":"v"`, i)
		}
		return `"metadata":{` + strings.TrimPrefix(b.String(), ",") + `}`
	}
	long := func(n int) string { return strings.Repeat("é", n) }
	for _, c := range []struct{ members, code, param, message string }{
		{pairs(17), "object_above_max_properties", "metadata", "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object with 17 properties instead."},
		{`"metadata":{"a":"` + long(513) + `"}`, "string_above_max_length", "metadata.a", "Invalid 'metadata.a': string too long. Expected a string with maximum length 512, but got a string with length 513 instead."},
		{`"metadata":{"` + long(65) + `":"a"}`, "string_above_max_length", "metadata", ""},
		{`"user":"` + long(1<<20) + `"`, "string_above_max_length", "user", "Invalid 'user': string too long. Expected a string with maximum length 512, but got a string with length 1048576 instead."},
		{`"safety_identifier":"` + long(513) + `"`, "string_above_max_length", "safety_identifier", ""},
	} {
		if f := v.refuses(t, with(c.members), http.StatusBadRequest, c.code, c.param); c.message != "" && f.Message != c.message {
			t.Errorf("%q, want %q", f.Message, c.message)
		}
	}
	for _, members := range []string{
		pairs(16), `"metadata":{"` + long(64) + `":"` + long(512) + `"}`, `"metadata":null`, `"metadata":{}`, `"metadata":{"a":1,"b":null}`, `"metadata":"x"`, `"user":"` + long(512) + `"`, `"user":null`,
	} {
		v.passes(t, with(members))
	}
	v.alive(t)
}

func TestT025UnknownFields(t *testing.T) {
	v := newVictim(t, nil)
	const canary = "CANARY-of-an-unknown-field"
	var small strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&small, `"unknown_%d":"%s",`, i, canary)
	}
	large := `"unknown_large":"` + canary + strings.Repeat("a", 1<<20) + `"`
	for _, body := range []string{with(small.String() + large), with(strings.Repeat(" ", 30<<20) + `"` + canary + `":{"a":[{}]}`)} {
		if up := v.passes(t, body); strings.Contains(up, canary) || strings.Contains(up, "unknown_") {
			t.Errorf("it went upstream: %.300s", up)
		}
	}
	var huge strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&huge, `"unknown_%d":"%s%s",`, i, canary, strings.Repeat("a", 40<<10))
	}
	v.refuses(t, with(huge.String()+large), http.StatusRequestEntityTooLarge, "request_too_large", "")
	v.alive(t)
	if strings.Contains(v.logged(), canary) {
		t.Error("an unknown field is in the log")
	}
}

package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

func tool(name, parameters string) string {
	if parameters == "" {
		parameters = `{"type":"object"}`
	}
	return `{"type":"function","function":{"name":"` + name + `","parameters":` + parameters + `}}`
}

func tools(list ...string) string { return with(`"tools":[` + strings.Join(list, ",") + `]`) }

// asked are both places where a schema may stand.
func asked(schema string) map[string]string {
	return map[string]string{
		"response_format": with(`"response_format":{"type":"json_schema","json_schema":{"name":"r","schema":` + schema + `}}`),
		"tools":           tools(tool("f", schema)),
	}
}

func TestT016Tools(t *testing.T) {
	v := newVictim(t, nil)
	many := func(n int) string {
		list := make([]string, n)
		for i := range list {
			list[i] = tool(fmt.Sprintf("f%d", i), "")
		}
		return tools(list...)
	}
	v.passes(t, many(128))
	v.refuses(t, many(129), http.StatusBadRequest, "array_above_max_length", "tools")
	v.refuses(t, many(10_000), http.StatusBadRequest, "array_above_max_length", "tools")
	for _, name := range []string{strings.Repeat("a", 10<<10), strings.Repeat("é", 65), `a\nb`, `a\u0000`, `\u001b[2J`} {
		v.refuses(t, tools(tool(name, "")), http.StatusBadRequest, "invalid_value", "tools[0].function.name")
	}
	v.refuses(t, tools(tool("", "")), http.StatusBadRequest, "missing_required_parameter", "tools[0].function.name")
	v.refuses(t, tools(tool("a", ""), tool("a", "")), http.StatusBadRequest, "invalid_value", "tools[1].function.name")
	v.refuses(t, tools(tool("a/b", ""), tool("c", ""), tool("a/b", "")), http.StatusBadRequest, "invalid_value", "tools[2].function.name")
	// Names that Gemini does not take, but clients use, get others upstream,
	// each its own.
	up := v.passes(t, tools(tool("a/b", ""), tool("a b", ""), tool("ä", ""), tool("名前", ""), tool("../../x", ""), tool("a_b", "")))
	var sent struct {
		Tools []struct {
			FunctionDeclarations []struct{ Name string } `json:"functionDeclarations"`
		} `json:"tools"`
	}
	if err := json.Unmarshal([]byte(up), &sent, json.MatchCaseInsensitiveNames(true)); err != nil || len(sent.Tools) != 1 || len(sent.Tools[0].FunctionDeclarations) != 6 {
		t.Fatalf("%v: %s", err, up)
	}
	seen := map[string]bool{}
	for _, d := range sent.Tools[0].FunctionDeclarations {
		if seen[d.Name] || !regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$`).MatchString(d.Name) {
			t.Errorf("the name %q went upstream", d.Name)
		}
		seen[d.Name] = true
	}
	v.alive(t)
}

func TestT017References(t *testing.T) {
	v := newVictim(t, nil)
	s := newBare(t, nil)
	var fetched atomic.Int64
	remote := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { fetched.Add(1) }))
	defer remote.Close()
	var fan strings.Builder
	fan.WriteString(`{"type":"object","properties":{"x":{"$ref":"#/$defs/d0"}},"$defs":{`)
	for i := range 30 {
		next := fmt.Sprintf(`{"$ref":"#/$defs/d%d"}`, i+1)
		fmt.Fprintf(&fan, `"d%d":{"type":"object","properties":{"a":%s,"b":%s}},`, i, next, next)
	}
	fan.WriteString(`"d30":{"type":"string"}}}`)

	object := func(ref string) string {
		return `{"type":"object","properties":{"x":{"$ref":"` + ref + `"}}}`
	}
	for name, schema := range map[string]string{
		"http":    object(remote.URL + "/s.json"),
		"https":   object("https://example.com/s.json#/a"),
		"file":    object("file:///etc/passwd"),
		"path":    object("../s.json"),
		"missing": object("#/$defs/none"),
		"itself":  `{"type":"object","properties":{"x":{"$ref":"#/$defs/x"}},"$defs":{"x":{"$ref":"#/$defs/x"}}}`,
		"circle":  `{"type":"object","properties":{"x":{"$ref":"#/$defs/x"}},"$defs":{"x":{"$ref":"#/$defs/y"},"y":{"$ref":"#/$defs/x"}}}`,
	} {
		for where, body := range asked(schema) {
			t.Run(name+" in "+where, func(t *testing.T) {
				v.refuses(t, body, http.StatusBadRequest, "invalid_schema", "*")
			})
		}
	}
	// Recursion that ends, and a fan of two to the power of thirty: answered or
	// refused, but at once, and small.
	for name, schema := range map[string]string{
		"tree":   `{"type":"object","properties":{"x":{"$ref":"#"}}}`,
		"mutual": `{"type":"object","properties":{"x":{"$ref":"#/$defs/a"}},"$defs":{"a":{"type":"object","properties":{"b":{"$ref":"#/$defs/b"}}},"b":{"type":"object","properties":{"a":{"$ref":"#/$defs/a"}}}}}`,
		"fan":    fan.String(),
	} {
		for where, body := range asked(schema) {
			before := v.upstream.Load()
			a := v.do(t, "/v1/chat/completions", strings.NewReader(body))
			if a.status == http.StatusOK {
				if up, _ := v.last.Load().(string); len(up) > 1<<20 {
					t.Errorf("%s in %s: %d bytes went upstream for %d", name, where, len(up), len(body))
				}
			} else {
				v.refusal(t, a, before, name+" in "+where, http.StatusBadRequest, "invalid_schema", "*")
			}
			if used, took := s.cost(t, strings.NewReader(body), a.status); used > 8<<20 || took > 100*time.Millisecond {
				t.Errorf("%s in %s: %d bytes, %v", name, where, used, took)
			}
		}
	}
	if n := fetched.Load(); n != 0 {
		t.Errorf("%d fetches", n)
	}
	v.alive(t)
}

func TestT018LargeSchemas(t *testing.T) {
	v := newVictim(t, nil)
	s := newBare(t, nil)
	deep := func(n int) string {
		return strings.Repeat(`{"type":"object","properties":{"x":`, n) + `{"type":"string"}` + strings.Repeat(`}}`, n)
	}
	for name, schema := range map[string]string{
		"combinations": `{"allOf":[` + strings.Repeat(`{"anyOf":[{"type":"string"},{"type":"null"}]},`, 999) + `{"anyOf":[{"type":"string"}]}]}`,
		"depth 32":     deep(31),
		"depth 33":     deep(33),
		"depth 60":     deep(60),
		"values":       `{"enum":[` + strings.Repeat(`"a",`, 99_999) + `"b"]}`,
		"properties": func() string {
			var b strings.Builder
			for i := range 1001 {
				fmt.Fprintf(&b, `,"p%d":{}`, i)
			}
			return `{"type":"object","properties":{` + b.String()[1:] + `}}`
		}(),
	} {
		for where, body := range asked(schema) {
			before := v.upstream.Load()
			a := v.do(t, "/v1/chat/completions", strings.NewReader(body))
			if a.status != http.StatusOK {
				v.refusal(t, a, before, name+" in "+where, http.StatusBadRequest, "invalid_schema", "*")
			} else if name != "depth 32" && name != "combinations" {
				t.Errorf("%s in %s: accepted", name, where)
			}
			fastest := time.Hour
			for range 3 {
				_, took := s.cost(t, strings.NewReader(body), a.status)
				fastest = min(fastest, took)
			}
			if fastest > 100*time.Millisecond {
				t.Errorf("%s in %s: took %v", name, where, fastest)
			}
		}
	}
	v.alive(t)
}

// Patterns are never run: they go upstream as they are, or not at all.
func TestT019Patterns(t *testing.T) {
	v := newVictim(t, nil)
	for _, pattern := range []string{`(a+)+$`, `(x{1000}){1000}`, `(?<=a)b`, `(?<!a)b`, `(a|a)*$`, `\\1(a)`, `[`, `(`, `\\`} {
		for where, body := range asked(`{"type":"object","properties":{"x":{"type":"string","pattern":"` + pattern + `"}}}`) {
			if up := v.passes(t, body); !strings.Contains(up, `"`+pattern+`"`) && strings.Contains(up, `"pattern"`) {
				t.Errorf("%s in %s became another pattern: %s", pattern, where, up)
			}
		}
	}
	for _, n := range []int{2 << 10, 1 << 20} {
		for _, body := range asked(`{"type":"object","properties":{"x":{"type":"string","pattern":"` + strings.Repeat("a", n) + `"}}}`) {
			v.refuses(t, body, http.StatusBadRequest, "invalid_schema", "*")
		}
	}
	v.alive(t)
}

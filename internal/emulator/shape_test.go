package emulator_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/gemway/gemway/internal/emulator"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// shape is the set of the paths of all keys in an answer's JSON, or in all
// chunks of a stream.
type shape map[string]bool

// opaque are keys whose value is a user's or a model's, with any keys.
var opaque = []string{"args", "response", "metadata"}

func (s shape) add(path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			p := path + "." + k
			s[p] = true
			if !slices.Contains(opaque, k) {
				s.add(p, x)
			}
		}
	case []any:
		for _, x := range v {
			s.add(path+"[]", x)
		}
	}
}

// bodies returns the JSON objects of an answer: one, or those of a stream.
func bodies(t *testing.T, body []byte, events []jsontext.Value) []any {
	t.Helper()
	var out []any
	decode := func(b []byte) {
		var v any
		if err := json.Unmarshal(b, &v, jsontext.AllowDuplicateNames(true)); err != nil {
			t.Fatalf("%v in %.200s", err, b)
		}
		if list, ok := v.([]any); ok {
			out = append(out, list...)
			return
		}
		out = append(out, v)
	}
	switch {
	case len(events) > 0:
		for _, e := range events {
			var s string
			if json.Unmarshal(e, &s) == nil {
				e = jsontext.Value(s)
			}
			decode(e)
		}
	case bytes.HasPrefix(body, []byte("data: ")):
		for _, e := range strings.Split(strings.TrimSpace(string(body)), "\r\n\r\n") {
			decode([]byte(strings.TrimPrefix(e, "data: ")))
		}
	case len(body) > 0:
		decode(body)
	}
	return out
}

// kindOf says what an answer is an example of: the method, the family of the
// model, and what is in it.
func kindOf(x *exchange, all []any) (kind, family string) {
	path, model := x.Upstream.Path, x.Model
	method := path
	if i := strings.LastIndexByte(path, ':'); i >= 0 {
		method = path[i+1:]
	}
	method, _, _ = strings.Cut(method, "?")
	for _, f := range []string{"gemini-1.5", "gemini-2.0", "gemini-2.5", "gemini-3", "imagen", "gemini-embedding-2", "embedding"} {
		if strings.Contains(model, f) {
			family = f
			break
		}
	}
	for _, special := range []string{"image", "tts", "thinking"} {
		if strings.Contains(model, "-"+special) {
			family += "-" + special
		}
	}
	s := shape{}
	for _, v := range all {
		s.add("", v)
	}
	var has []string
	for _, f := range []string{"functionCall", "thought", "inlineData", "executableCode", "toolCall", "functionResponse"} {
		if s[".candidates[].content.parts[]."+f] {
			has = append(has, f)
		}
	}
	for _, f := range []string{".candidates[].groundingMetadata", ".candidates[].urlContextMetadata", ".usageMetadata.toolUsePromptTokenCount"} {
		if s[f] {
			has = append(has, f)
		}
	}
	if bytes.Contains(x.Upstream.Request, []byte("unction")) {
		has = append(has, "functions")
	}
	if s[".candidates"] && !s[".candidates[].content.parts"] {
		has = append(has, "no parts")
	}
	sort.Strings(has)
	return strings.Join([]string{method, family, strings.Join(has, "+")}, " "), family
}

// extraKeys are keys that the emulator sends although no recording of the
// same kind has them, each with the reason.
var extraKeys = map[string]string{
	".usageMetadata.serviceTier": "in every answer since 2026; older recordings lack it",
}

// enough recorded answers of a kind say what its keys are. Of rarer kinds only
// the keys of the whole family are known.
const enough = 3

// TestShapes holds the keys of the emulator's answers to the recorded requests
// against those of the recorded answers of the same kind: no key that none of
// them has, and every key that all of them have.
func TestShapes(t *testing.T) {
	p := newPlayer(t, emulator.Config{ServeRetired: true, TrustSignatures: true})
	type seen struct {
		n   int
		any shape // keys of some
		all shape // keys of all
	}
	recorded := map[string]*seen{}
	type ours struct {
		family string
		keys   shape
	}
	families, members := map[string]shape{}, map[string]int{}
	emulated := map[string][]ours{}
	for _, x := range recordings(t, "gemini") {
		if x.Response.Status != 200 || x.Source.Evidence == "sample" || len(x.Response.Body)+len(x.Response.SSE) == 0 || bytes.HasPrefix(x.Response.Body, []byte(`{"$`)) {
			continue
		}
		all := bodies(t, x.Response.Body, x.Response.SSE)
		keys := shape{}
		for _, v := range all {
			keys.add("", v)
		}
		kind, family := kindOf(x, all)
		if families[family] == nil {
			families[family] = shape{}
		}
		maps.Copy(families[family], keys)
		members[family]++
		r := recorded[kind]
		if r == nil {
			r = &seen{any: shape{}, all: maps.Clone(keys)}
			recorded[kind] = r
		}
		r.n++
		maps.Copy(r.any, keys)
		maps.DeleteFunc(r.all, func(k string, _ bool) bool { return !keys[k] })

		if x.Source.Evidence == "response_only" || x.Upstream.PathIsGuess {
			continue
		}
		got := p.play(x)
		if got.status != 200 {
			continue // see TestReplay
		}
		answer := bodies(t, got.body, nil)
		mine := shape{}
		for _, v := range answer {
			mine.add("", v)
		}
		kind, family = kindOf(x, answer)
		emulated[kind] = append(emulated[kind], ours{family, mine})
	}
	compared, alone := 0, 0
	usedExtra := map[string]bool{}
	problems := map[string]int{}
	for kind, answers := range emulated {
		r := recorded[kind]
		if r == nil || r.n < enough {
			r = &seen{}
		}
		for _, a := range answers {
			known := r.any
			if r.n == 0 {
				known = families[a.family]
			}
			if r.n == 0 && members[a.family] < enough {
				alone++
				continue
			}
			compared++
			for k := range a.keys {
				if !known[k] {
					if extraKeys[k] != "" {
						usedExtra[k] = true
						continue
					}
					problems[fmt.Sprintf("%s: %s is in none of %d recorded answers", kind, k, r.n)]++
				}
			}
			for k := range r.all {
				if !a.keys[k] {
					problems[fmt.Sprintf("%s: %s is in all of %d recorded answers", kind, k, r.n)]++
				}
			}
		}
	}
	for what, n := range problems {
		t.Errorf("%s (%d times)", what, n)
	}
	for k := range extraKeys {
		if compared > 0 && !usedExtra[k] {
			t.Errorf("%s needs no exception any more", k)
		}
	}
	t.Logf("%d answers of %d kinds compared, %d too rare in the recordings", compared, len(emulated), alone)
}

package server_test

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/gemway/gemway/openai"
)

func listOf(n int, one string) string { return "[" + strings.Repeat(one+",", n-1) + one + "]" }

// crowds are requests full of items that cost more than their bytes.
var crowds = map[string]func(n int) string{
	"messages": func(n int) string { return `"messages":` + listOf(n, `{"role":"user","content":"x"}`) },
	"two sides": func(n int) string {
		return `"messages":` + listOf(n/2, `{"role":"user","content":"x"},{"role":"assistant","content":"x"}`)
	},
	"system":   func(n int) string { return `"messages":` + listOf(n, `{"role":"system","content":"x"}`) },
	"odd role": func(n int) string { return `"messages":` + listOf(n, `{"role":"x","content":"x"}`) },
	"last is bad": func(n int) string {
		return `"messages":` + last(listOf(n-1, `{"role":"user","content":"x"}`), `{"role":1}`)
	},
	"last is odd": func(n int) string {
		return `"messages":` + last(listOf(n-1, `{"role":"user","content":"x"}`), `{"role":"x"}`)
	},
	"no messages":  func(n int) string { return `"messages":` + listOf(n, `{}`) },
	"rare members": func(n int) string { return `"messages":` + listOf(n, `{"role":"user","audio":null}`) },
	"unknown":      func(n int) string { return `"messages":` + listOf(n, `{"role":"user","content":"x","y":1}`) },
	"bare parts":   func(n int) string { return `"messages":[{"role":"user","content":` + listOf(n, `"x"`) + `}]` },
	"parts": func(n int) string {
		return `"messages":[{"role":"user","content":` + listOf(n, `{"type":"text","text":"x"}`) + `}]`
	},
	"no parts":    func(n int) string { return `"messages":[{"role":"user","content":` + listOf(n, `{}`) + `}]` },
	"a part each": func(n int) string { return `"messages":` + listOf(n/2, `{"role":"user","content":["x"]}`) },
	"bad pictures": func(n int) string {
		return `"messages":[{"role":"user","content":` + listOf(n, `{"type":"image_url","image_url":{}}`) + `}]`
	},
	"no calls": func(n int) string { return `"messages":[{"role":"assistant","tool_calls":` + listOf(n, `{}`) + `}]` },
	"lost calls": func(n int) string {
		return `"messages":[{"role":"assistant","tool_calls":` + listOf(n, `{"function":{"name":"f"}}`) + `}]`
	},
	"calls":        calls,
	"turns":        turns,
	"own pictures": func(n int) string { return `"messages":[{"role":"assistant","images":` + listOf(n, `{}`) + `}]` },
	"details":      func(n int) string { return answered1(`"reasoning_details":` + listOf(n, `{}`)) },
	"blocks":       func(n int) string { return answered1(`"thinking_blocks":` + listOf(n, `{}`)) },
	"server parts": func(n int) string {
		return answered1(`"extra_content":{"google":{"parts":` + listOf(n, `{"a":1}`) + `}}`)
	},
	"tools":      func(n int) string { return asking + `,"tools":` + listOf(n, `{}`) },
	"odd tools":  func(n int) string { return asking + `,"tools":` + listOf(n, `{"a":1}`) },
	"functions":  func(n int) string { return asking + `,"functions":` + listOf(n, `{}`) },
	"stop":       func(n int) string { return asking + `,"stop":` + listOf(n, `""`) },
	"modalities": func(n int) string { return asking + `,"modalities":` + listOf(n, `""`) },
	"allowed tools": func(n int) string {
		return asking + `,"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":` + listOf(n, `{}`) + `}}`
	},
	"safety": func(n int) string {
		return asking + `,"extra_body":{"google":{"safety_settings":` + listOf(n, `{}`) + `}}`
	},
	"google tools": func(n int) string {
		return asking + `,"extra_body":{"google":{"tools":[{"function_declarations":` + listOf(n, `{}`) + `}]}}`
	},
	"members":      func(n int) string { return asking + `,` + members(n) },
	"metadata":     func(n int) string { return asking + `,"metadata":{` + members(n) + `}` },
	"a tool":       func(n int) string { return asking + `,"tools":[{` + members(n) + `}]` },
	"escaped name": func(n int) string { return `"\u0061":[],"messages":` + listOf(n, `{"role":"user","content":"x"}`) },
	"no use":       func(n int) string { return asking + `,"x":` + listOf(n, `{}`) },
}

const asking = `"messages":[{"role":"user","content":"q"}]`

func answered1(members string) string {
	return `"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a",` + members + `}]`
}

func last(list, item string) string { return strings.TrimSuffix(list, "]") + "," + item + "]" }

func members(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`,"` + strings.Repeat("k", 1+i%7) + string(rune('a'+i%26)) + strconv.Itoa(i) + `":1`)
	}
	return b.String()[1:]
}

// calls is a history of one turn of many calls.
func calls(n int) string {
	var call, result strings.Builder
	for i := range n / 2 {
		id := strconv.Itoa(i)
		call.WriteString(`,{"id":"` + id + `","function":{"name":"f` + id + `","arguments":"{}"}}`)
		result.WriteString(`,{"role":"tool","tool_call_id":"` + id + `","content":"r"}`)
	}
	return `"messages":[{"role":"user","content":"q"},{"role":"assistant","tool_calls":[` + call.String()[1:] + `]}` + result.String() + `]`
}

// turns is a history of many turns of one call each.
func turns(n int) string {
	var b strings.Builder
	for i := range n / 3 {
		id := strconv.Itoa(i)
		b.WriteString(`,{"role":"assistant","tool_calls":[{"id":"` + id + `","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"` + id + `","content":"r"}`)
	}
	return `"messages":[{"role":"user","content":"q"}` + b.String() + `]`
}

// Requests of as many small items as a body of their size may hold take at most
// four times their bytes when they are accepted and ten times when they are
// refused, beside what any request may take. What is refused is judged by all
// that is allocated, which is more than is ever in use.
func TestMemoryOfItems(t *testing.T) {
	s := newBare(t, nil)
	for _, n := range []int{1000, 2000, 6000, 20_000} {
		for name, crowd := range crowds {
			body := `{"model":"gemini-2.5-flash",` + crowd(n)
			s.judge(t, name, "/v1/chat/completions", body, n)
		}
		s.judge(t, "inputs", "/v1/embeddings", `{"model":"gemini-embedding-001","input":`+listOf(n, `"x"`), n)
		s.judge(t, "tokens", "/v1/embeddings", `{"model":"gemini-embedding-001","input":`+listOf(n, `1`), n)
		s.judge(t, "members", "/v1/embeddings", `{"model":"gemini-embedding-001","input":"x",`+members(n), n)
		s.judge(t, "members", "/v1/images/generations", `{"model":"gemini-2.5-flash-image","prompt":"x",`+members(n), n)
	}
}

// judge sends a body in two sizes: as it is, and with as much white space as its
// items need to be let pass.
func (s *bare) judge(t *testing.T, name, path, body string, n int) {
	t.Helper()
	items, _ := openai.Items([]byte(body+"}"), 1<<30)
	sizes := []string{body + "}"}
	if missing := items - openai.MaxItems(len(body)); missing > 0 {
		sizes = append(sizes, body+strings.Repeat(" ", 256*missing)+"}")
	}
	for i, b := range sizes {
		var before runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		s.live.Store(0)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(b))
		w := httptest.NewRecorder()
		used := allocated(func() { s.ServeHTTP(w, r) })
		crowded := strings.Contains(w.Body.String(), `"too_many_items"`) || n > 2048 && strings.Contains(w.Body.String(), `"array_above_max_length"`)
		if len(sizes) == 2 && i == 0 && !crowded || i == 1 && strings.Contains(w.Body.String(), `"too_many_items"`) {
			t.Errorf("%s of %d in %d bytes: %d %.200s", name, n, len(b), w.Code, w.Body)
		}
		if s.live.Load() == 0 { // refused
			// Memory that is used again may have to be made anew in one try, and the
			// race detector sees to it that it is.
			for tries := 0; used > 10*uint64(len(b))+floor+detector && tries < 8; tries++ {
				again := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(b))
				used = min(used, allocated(func() { s.ServeHTTP(httptest.NewRecorder(), again) }))
			}
			if used > 10*uint64(len(b))+floor+detector {
				t.Errorf("%s of %d: %d bytes for a refused body of %d", name, n, used, len(b))
			}
			t.Logf("%6d %-14s refused %5.1fx of %8d, without the floor", n, name, float64(used)/float64(len(b)), len(b))
			continue
		}
		live := int64(s.live.Load()) - int64(before.HeapAlloc)
		if live > 4*int64(len(b))+floor {
			t.Errorf("%s of %d: %d bytes in use for an accepted body of %d", name, n, live, len(b))
		}
		t.Logf("%6d %-14s accepted %5.2fx of %8d, without the floor", n, name, float64(live)/float64(len(b)), len(b))
	}
}

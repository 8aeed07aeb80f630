package replay_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// smallStream is the size in bytes up to which a stream is cut everywhere.
const smallStream = 4 << 10

// TestCuts plays streams whose bytes come in other pieces than Gemini sent them
// in: the client must get the same events. Small streams come byte by byte and
// some cut in two at every place, large ones cut at random.
func TestCuts(t *testing.T) {
	all, _ := loadCorpus(t)
	var small, large []*exchange
	for _, e := range all {
		switch {
		case !e.chat() || e.Response.Status != 200 || e.Response.Raw == "":
		case len(e.Response.Raw) < smallStream:
			small = append(small, e)
		default:
			large = append(large, e)
		}
	}
	if len(small) == 0 {
		t.Fatal("no stream to cut")
	}
	report(t, small, each(small, func(_ int, e *exchange) []string {
		return sameEvents(e, "bytes", everyByte([]byte(e.Response.Raw)))
	}))
	everywhere := widest(small, 6)
	report(t, everywhere, each(everywhere, func(_ int, e *exchange) []string {
		text := []byte(e.Response.Raw)
		for i := 1; i < len(text); i++ {
			if problems := sameEvents(e, fmt.Sprintf("cut %d", i), [][]byte{text[:i], text[i:]}); problems != nil {
				return problems
			}
		}
		return nil
	}))
	report(t, large, each(large, func(i int, e *exchange) []string {
		random := rand.New(rand.NewPCG(1, uint64(i)))
		return sameEvents(e, "random cuts", randomPieces([]byte(e.Response.Raw), 40, random))
	}))
}

// TestFraming plays streams with other line ends than recorded, and without the
// last one: the client must get the same events.
func TestFraming(t *testing.T) {
	all, _ := loadCorpus(t)
	var streams []*exchange
	for _, e := range all {
		if e.chat() && e.Response.Status == 200 && e.Response.Raw != "" {
			streams = append(streams, e)
		}
	}
	if len(streams) == 0 {
		t.Fatal("no stream to frame")
	}
	report(t, streams, each(streams, func(_ int, e *exchange) []string {
		lf := strings.ReplaceAll(e.Response.Raw, "\r\n", "\n")
		problems := sameEvents(e, "LF", [][]byte{[]byte(lf)})
		problems = append(problems, sameEvents(e, "CRLF", [][]byte{[]byte(strings.ReplaceAll(lf, "\n", "\r\n"))})...)
		return append(problems, sameEvents(e, "no last line end", [][]byte{[]byte(strings.TrimRight(lf, "\n"))})...)
	}))
}

func report(t *testing.T, list []*exchange, results [][]string) {
	t.Helper()
	for i, problems := range results {
		for _, p := range problems {
			t.Errorf("%s: %s", list[i].ID, p)
		}
	}
}

// widest picks streams that between them show the most: characters of several
// bytes, calls, thoughts, several events.
func widest(list []*exchange, n int) []*exchange {
	var picked []*exchange
	for _, sign := range []func(string) bool{
		func(s string) bool { return strings.Contains(s, "functionCall") && strings.Count(s, "data: ") > 1 },
		func(s string) bool { return strings.Contains(s, `"thought"`) },
		func(s string) bool { return !ascii(s) },
		func(s string) bool { return strings.Contains(s, "thoughtSignature") },
		func(s string) bool { return strings.Count(s, "data: ") > 2 },
		func(s string) bool { return len(s) < 1000 },
	} {
		var smallest *exchange
		for _, e := range list {
			if sign(e.Response.Raw) && !slices.Contains(picked, e) && (smallest == nil || len(e.Response.Raw) < len(smallest.Response.Raw)) {
				smallest = e
			}
		}
		if smallest != nil && len(picked) < n {
			picked = append(picked, smallest)
		}
	}
	return picked
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 127 })
}

func everyByte(text []byte) [][]byte {
	pieces := make([][]byte, len(text))
	for i := range text {
		pieces[i] = text[i : i+1]
	}
	return pieces
}

func randomPieces(text []byte, cuts int, random *rand.Rand) [][]byte {
	at := []int{0, len(text)}
	for range cuts {
		at = append(at, random.IntN(len(text)+1))
	}
	slices.Sort(at)
	var pieces [][]byte
	for i := range at[1:] {
		if at[i] < at[i+1] {
			pieces = append(pieces, text[at[i]:at[i+1]])
		}
	}
	return pieces
}

// sameEvents plays a stream as recorded and in the given pieces, and says where
// the client's events differ.
func sameEvents(e *exchange, name string, pieces [][]byte) []string {
	want, err := playPieces(e, "whole-"+name, [][]byte{[]byte(e.Response.Raw)})
	if err != nil {
		return []string{err.Error()}
	}
	got, err := playPieces(e, name, pieces)
	if err != nil {
		return []string{name + ": " + err.Error()}
	}
	for i := range max(len(want), len(got)) {
		var a, b string
		if i < len(want) {
			a = want[i]
		}
		if i < len(got) {
			b = got[i]
		}
		if a != b {
			return []string{fmt.Sprintf("%s: event %d is %s, not %s", name, i, clip(b, 300), clip(a, 300))}
		}
	}
	return nil
}

func playPieces(e *exchange, name string, pieces [][]byte) ([]string, error) {
	key := "law-" + e.ID + "-" + name
	upstream.expect(key, &reply{status: 200, pieces: pieces})
	defer upstream.take(key)
	body, err := fittingRequest(e, true)
	if err != nil {
		return nil, err
	}
	r, err := gemway.call("POST", "/v1/chat/completions", key, body)
	if err != nil {
		return nil, err
	}
	if r.status != 200 {
		return []string{fmt.Sprint(r.status), string(r.body)}, nil
	}
	list := events(r.body)
	for i := range list {
		list[i] = anonymous(list[i])
	}
	return list, nil
}

// anonymous takes out of an event what is new in every answer.
func anonymous(event string) string {
	v, err := decode([]byte(event))
	object, ok := v.(map[string]any)
	if err != nil || !ok {
		return event
	}
	for _, k := range []string{"id", "created"} {
		if _, ok := object[k]; ok {
			object[k] = k
		}
	}
	for _, c := range listAt(object, "choices") {
		for _, call := range listAt(c, "delta", "tool_calls") {
			if call, ok := call.(map[string]any); ok && call["id"] != nil {
				call["id"] = "id"
			}
		}
		if sound, ok := at(c, "delta", "audio").(map[string]any); ok {
			for _, k := range []string{"id", "expires_at"} {
				if sound[k] != nil {
					sound[k] = k
				}
			}
		}
	}
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(object); err != nil {
		return event
	}
	return strings.TrimSpace(b.String())
}

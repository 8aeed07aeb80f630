package sse

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gosse "github.com/tmaxmax/go-sse"
)

// splitBy reads s in pieces whose lengths are the bytes of cuts, over and over.
func splitBy(s string, cuts []byte) io.Reader {
	p := &pieces{s: s}
	for len(cuts) > 0 && len(p.cuts) <= len(s) {
		for _, c := range cuts {
			p.cuts = append(p.cuts, 1+int(c))
		}
	}
	return p
}

// The alphabet of streams that go wrong.
var tokens = []string{
	"\n", "\n", "\r\n", "\r\n", "\r", "\n\n", "\r\n\r\n", "data: ", "data:", "data", "data: {\"a\":1}", "{", "}", "[", "]", "{\"error\": {",
	"\"", "\\", ":", ": ping", " ", "x", "event: e", "id: 1", "retry: 2", "datum: 3", bom, "é", "🎉", "\x00", "\xff", strings.Repeat("y", 40),
}

// stream makes a stream of tokens.
func stream(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(40) {
		b.WriteString(tokens[r.IntN(len(tokens))])
	}
	return b.String()
}

// checkSplit asserts that the pieces in which a stream arrives change nothing,
// whether it stays within the limit or not.
func checkSplit(t *testing.T, in string, cuts []byte) {
	t.Helper()
	for _, limit := range []int{0, 30} {
		want, wantErr := readAll(strings.NewReader(in), limit)
		got, gotErr := readAll(splitBy(in, cuts), limit)
		if !slices.Equal(got, want) || !errors.Is(gotErr, wantErr) {
			t.Fatalf("%q with limit %d:\nwhole    %q %v\nin %v %q %v", in, limit, want, wantErr, cuts, got, gotErr)
		}
	}
}

// checkOther compares with a parser that shares nothing with this one, where
// both follow the standard: that one has no bare JSON, drops what no blank line
// ends, takes a byte order mark after blank lines for one at the start, and
// reports events without data, which are left out here.
func checkOther(t *testing.T, in string) {
	t.Helper()
	if strings.LastIndex(in, bom) > 0 {
		return
	}
	for line := range strings.FieldsFuncSeq(strings.TrimPrefix(in, bom), func(r rune) bool { return r == '\n' || r == '\r' }) {
		if startsJSON([]byte(line)) {
			return
		}
	}
	in += "\n\n"
	var want, got []string
	for ev, err := range gosse.Read(strings.NewReader(in), nil) {
		if err != nil {
			return // its own limits
		}
		if ev.Data != "" {
			want = append(want, ev.Data)
		}
	}
	events, err := readAll(strings.NewReader(in), 0)
	if !errors.Is(err, io.EOF) {
		t.Fatalf("%q: %v", in, err)
	}
	for _, ev := range events {
		if ev.Data != "" {
			got = append(got, ev.Data)
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%q:\ngot  %q\nwant %q", in, got, want)
	}
}

func TestT084_ResultDoesNotDependOnTheSplit(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		in := stream(r)
		cuts := make([]byte, 1+r.IntN(5))
		for i := range cuts {
			cuts[i] = byte(r.IntN(12))
		}
		checkSplit(t, in, cuts)
		checkOther(t, in)
	}
}

// What AppendData writes is read back as it was, between comments.
func TestWrittenIsRead(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		var b []byte
		var want []event
		for range r.IntN(5) {
			data := stream(r)
			b = AppendComment(AppendData(b, []byte(data)), stream(r))
			want = append(want, event{Data, strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(data)})
		}
		got, err := readAll(bytes.NewReader(b), 0)
		if !errors.Is(err, io.EOF) || !slices.Equal(got, want) {
			t.Fatalf("wrote %q\ngot %q %v", want, got, err)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add("data: {\"a\":1}\r\n\r\ndata: {\"a\":2}\r\n\r\n", []byte{0})
	f.Add("\ufeffdata: 1\rdata: 2\r\r{\n\"error\":\"}\"\n}\n", []byte{1, 0, 7})
	f.Add(": ping\n\ndata:x\n\nevent: y\ndata", []byte{2})
	f.Fuzz(func(t *testing.T, in string, cuts []byte) {
		checkSplit(t, in, cuts)
		checkOther(t, in)
	})
}

// Time is linear in the length of an event that arrives byte by byte: were the
// event searched or moved from its start at each read, this test would take
// minutes. Line ends of a kind that does not occur must not be looked for again
// and again either.
func TestLinearTime(t *testing.T) {
	const n = 3 << 19
	for name, in := range map[string]string{
		"one line":            "data: " + strings.Repeat("x", n) + "\n\n",
		"lines without CR":    strings.Repeat("data: x\n", n/8) + "\n",
		"lines without LF":    strings.Repeat("data: x\r", n/8) + "\r",
		"events without CR":   strings.Repeat("data: x\n\n", n/9),
		"comments in between": "data: x\n" + strings.Repeat(":\n", n/2) + "\n",
		"bare JSON":           "{\n" + strings.Repeat("\"a\":[],\n", n/8) + "}\n",
	} {
		if _, err := readAll(&pieces{s: in, cuts: []int{1}}, 0); !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkReader(b *testing.B) {
	one := "data: " + strings.Repeat("x", 334) + "\r\n\r\n"
	r := NewReader(&pieces{s: strings.Repeat(one, b.N), cuts: []int{len(one)}}, 0)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if _, err := r.Next(); err != nil {
			b.Fatal(err)
		}
	}
}

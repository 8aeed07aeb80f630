package sse

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// event is an Event with text, for comparisons.
type event struct {
	Kind Kind
	Data string
}

// readAll returns the events of src and the error that ended it.
func readAll(src io.Reader, max int) ([]event, error) {
	r := NewReader(src, max)
	var out []event
	for {
		ev, err := r.Next()
		if err != nil {
			return out, err
		}
		out = append(out, event{ev.Kind, string(ev.Data)})
	}
}

// pieces reads a string cut at the given places.
type pieces struct {
	s    string
	cuts []int // lengths of the reads, the last one repeats
}

func (p *pieces) Read(b []byte) (int, error) {
	if p.s == "" {
		return 0, io.EOF
	}
	n := len(p.s)
	if len(p.cuts) > 0 {
		n = min(n, p.cuts[0])
		if len(p.cuts) > 1 {
			p.cuts = p.cuts[1:]
		}
	}
	n = copy(b, p.s[:n])
	p.s = p.s[n:]
	return n, nil
}

func TestEvents(t *testing.T) {
	data := func(s ...string) (out []event) {
		for _, x := range s {
			out = append(out, event{Data, x})
		}
		return out
	}
	for _, tt := range []struct {
		name, in string
		want     []event
	}{
		{"nothing", "", nil},
		{"crlf as google sends it", "data: {\"a\":1}\r\n\r\ndata: {\"a\":2}\r\n\r\n", data(`{"a":1}`, `{"a":2}`)},
		{"lf", "data: 1\n\ndata: 2\n\n", data("1", "2")},
		{"cr", "data: 1\r\rdata: 2\r\r", data("1", "2")},
		{"mixed endings", "data: 1\r\n\ndata: 2\n\rdata: 3\r\r\ndata: 4\n\r\n", data("1", "2", "3", "4")},
		{"byte order mark", "\ufeffdata: 1\n\n\ufeffdata: 2\n\n", data("1")},
		{"byte order mark before json", "\ufeff{\"a\":1}\n", []event{{Bare, `{"a":1}`}}},
		{"no space", "data:1\n\ndata:  2\n\n", data("1", " 2")},
		{"lines are joined", "data: a\ndata:\ndata\ndata: b\n\n", data("a\n\n\nb")},
		{"empty data", "data:\n\ndata\n\n", data("", "")},
		{"comments and other fields", ": hello\nevent: x\nid: 7\nretry: 10\ndatax: no\n: more\n\ndata: 1\n:c\nevent: y\n\n", data("1")},
		{"no data no event", "event: x\n\n\n\n", nil},
		{"last event without blank line", "data: 1\n\ndata: 2\n", data("1", "2")},
		{"last line without ending", "data: 1\n\ndata: 2", data("1", "2")},
		{"last line of several without ending", "data: 1\ndata: 2", data("1\n2")},
		{"bare object at the end", "data: 1\n\n{\"error\":{\"code\":503}}", []event{{Data, "1"}, {Bare, `{"error":{"code":503}}`}}},
		{"bare object with newline and more", "{\"error\":1}\r\n\r\ndata: 1\r\n\r\n", []event{{Bare, `{"error":1}`}, {Data, "1"}}},
		{"bare object straight after a data line", "data: 1\n{\"error\":1}\n", []event{{Data, "1"}, {Bare, `{"error":1}`}}},
		{
			"bare object over lines", "data: 1\n\n{\r\n  \"error\": {\r\n\r\n    \"message\": \"a } \\\" b\"\r\n  }\r\n}\r\n\r\ndata: 2\n\n",
			[]event{{Data, "1"}, {Bare, "{\n  \"error\": {\n\n    \"message\": \"a } \\\" b\"\n  }\n}"}, {Data, "2"}},
		},
		{"bare array", "[{\"error\": {\n\"code\": 1}}\n]\n", []event{{Bare, "[{\"error\": {\n\"code\": 1}}\n]"}}},
		{"bare object cut off", "{\"error\": {\n\"co", []event{{Bare, "{\"error\": {\n\"co"}}},
		{"two bare objects on a line stay together", "{}{}\n", []event{{Bare, "{}{}"}}},
		{"text is not data", "upstream connect error\n\n", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for size := range len(tt.in) + 1 { // 0 is everything at once
				p := &pieces{s: tt.in}
				if size > 0 {
					p.cuts = []int{size}
				}
				got, err := readAll(p, 0)
				if !errors.Is(err, io.EOF) {
					t.Fatalf("in pieces of %d: error %v, want EOF", size, err)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Fatalf("in pieces of %d (-want +got):\n%s", size, diff)
				}
			}
		})
	}
}

// Characters of several bytes and everything else survive a cut at any byte.
func TestSplitAtEveryByte(t *testing.T) {
	in := "\ufeffdata: {\"text\":\"好的，我 🎉 é\"}\r\n\r\n: ping\r\rdata: a\rdata: b\n\n{\"error\":\n{\"code\":1}}\r\ndata: end"
	want, err := readAll(strings.NewReader(in), 0)
	if !errors.Is(err, io.EOF) || len(want) != 4 || want[0].Data != `{"text":"好的，我 🎉 é"}` {
		t.Fatalf("whole: %q, %v", want, err)
	}
	for i := range len(in) {
		for j := i; j < len(in); j++ {
			got, err := readAll(&pieces{s: in, cuts: []int{i + 1, j - i + 1, len(in)}}, 0)
			if !errors.Is(err, io.EOF) || !cmp.Equal(got, want) {
				t.Fatalf("cut at %d and %d: %q, %v", i, j, got, err)
			}
		}
	}
}

func TestLimit(t *testing.T) {
	const limit = 1000
	x := func(n int) string { return strings.Repeat("x", n) }
	for _, tt := range []struct {
		name, in string
		events   int
		err      error
	}{
		{"data at the limit", "data: " + x(limit) + "\n\n", 1, io.EOF},
		{"data at the limit, no ending", "data: " + x(limit), 1, io.EOF},
		{"data at the limit without a space", "data:" + x(limit) + "\n\n", 1, io.EOF},
		{"data beyond the limit", "data: 1\n\ndata: " + x(limit+1) + "\n\ndata: 2\n\n", 1, ErrTooLong},
		{"data beyond the limit without a space", "data:" + x(limit+1) + "\n\n", 0, ErrTooLong},
		{"data beyond the limit, no ending", "data: " + x(limit+1), 0, ErrTooLong},
		{"many lines at the limit", "data: " + x(499) + "\ndata: " + x(500) + "\n\n", 1, io.EOF},
		{"many lines beyond the limit", "data: " + x(500) + "\ndata: " + x(500) + "\n\n", 0, ErrTooLong},
		{"endless comment", ":" + x(10*limit), 0, ErrTooLong},
		{"endless line break without data", strings.Repeat("\n", 10*limit) + "data: 1\n\n", 1, io.EOF},
		{"many comments", strings.Repeat(": ping\n\n", 10*limit) + "data: 1\n\n", 1, io.EOF},
		{"many comments inside an event", "data: 1\n" + strings.Repeat(": ping\n", 10*limit) + "\n", 1, io.EOF},
		{"bare object beyond the limit", "{\n" + strings.Repeat("\"a\":1,\n", limit), 0, ErrTooLong},
		{"long bare line after a data line", "data: 1\n{" + x(10*limit), 1, ErrTooLong},
		{"byte order mark", bom + "data: " + x(limit) + "\n\n", 1, io.EOF},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, size := range []int{1, 7, 512, 1 << 20} {
				r := NewReader(&pieces{s: tt.in, cuts: []int{size}}, limit)
				n := 0
				var err error
				for {
					if _, err = r.Next(); err != nil {
						break
					}
					n++
					if most := 2*limit + 4*firstBuffer; cap(r.buf) > most {
						t.Fatalf("buffer grew to %d bytes, want at most %d", cap(r.buf), most)
					}
				}
				if n != tt.events || err != tt.err {
					t.Errorf("in pieces of %d: %d events and %v, want %d and %v", size, n, err, tt.events, tt.err)
				}
				if _, again := r.Next(); again != tt.err {
					t.Errorf("after the end: %v, want %v again", again, tt.err)
				}
			}
		})
	}
}

func TestSourceFails(t *testing.T) {
	broken := errors.New("connection reset")
	src := io.MultiReader(strings.NewReader("data: 1\n\ndata: 2"), iotest.ErrReader(broken))
	got, err := readAll(src, 0)
	if err != broken {
		t.Errorf("error %v, want %v", err, broken)
	}
	if diff := cmp.Diff([]event{{Data, "1"}}, got); diff != "" {
		t.Errorf("an incomplete event must not be delivered (-want +got):\n%s", diff)
	}
	if _, err := readAll(iotest.DataErrReader(strings.NewReader("data: 1\n\n")), 0); err != io.EOF {
		t.Errorf("data together with EOF: %v", err)
	}
	if _, err := readAll(stuck{}, 0); err != io.ErrNoProgress {
		t.Errorf("source without progress: %v", err)
	}
}

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

// An event in tiny pieces is not searched again from its start: the time for
// an event eight times as long must stay far below sixty-four times as long.
// Counted in bytes moved and searched by way of the buffer's growth, it is
// checked here by the number of buffers made.
func TestBufferIsReused(t *testing.T) {
	one := "data: " + strings.Repeat("x", 300) + "\r\n\r\n"
	r := NewReader(&pieces{s: strings.Repeat(one, 5000), cuts: []int{len(one)}}, 0)
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	allocs := testing.AllocsPerRun(4000, func() {
		if ev, err := r.Next(); err != nil || len(ev.Data) != 300 {
			t.Fatalf("event of %d bytes, %v", len(ev.Data), err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations per event, want 0", allocs)
	}
	if cap(r.buf) != firstBuffer {
		t.Errorf("buffer has %d bytes, want %d", cap(r.buf), firstBuffer)
	}
}

func TestWriter(t *testing.T) {
	for _, tt := range []struct{ data, want string }{
		{`{"a":1}`, "data: {\"a\":1}\n\n"},
		{"", "data: \n\n"},
		{"a\nb\r\nc\rd\n", "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n"},
	} {
		if got := string(AppendData([]byte("x"), []byte(tt.data))); got != "x"+tt.want {
			t.Errorf("AppendData(%q) = %q, want %q", tt.data, got, tt.want)
		}
		got, err := readAll(bytes.NewReader(AppendData(nil, []byte(tt.data))), 0)
		norm := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(tt.data)
		if !errors.Is(err, io.EOF) || len(got) != 1 || got[0].Data != norm {
			t.Errorf("reading %q back: %q, %v", tt.data, got, err)
		}
	}
	if got := string(AppendComment(nil, "keep\nalive")); got != ": keep alive\n\n" {
		t.Errorf("AppendComment: %q", got)
	}
}

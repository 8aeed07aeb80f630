package sse

import (
	"bytes"
	"errors"
	"io"
)

// DefaultMax is the default limit of one event in bytes. Inline images make
// events of many megabytes.
const DefaultMax = 64 << 20

// ErrTooLong reports an event, or a line of any kind, beyond the limit.
var ErrTooLong = errors.New("sse: event is too long")

// Kind tells how an event stood in the stream.
type Kind uint8

const (
	// Data is an event made of "data:" fields.
	Data Kind = iota
	// Bare is a JSON object or array that stood in the stream without a
	// field name, on one line or pretty-printed over several. Servers that
	// break off in mid-stream write their error that way.
	Bare
)

// Event is one event of the stream.
type Event struct {
	Kind Kind
	// Data are the data lines joined by line feeds. The bytes are valid until
	// the next call of Next.
	Data []byte
}

const (
	firstBuffer = 4 << 10
	minRead     = 512
	prefix      = "data: "
	bom         = "\xef\xbb\xbf"
)

// Reader cuts a stream into events. It works in one buffer which it reuses,
// takes time linear in the stream however small the pieces are in which it
// arrives, and is not safe for concurrent use.
type Reader struct {
	src io.Reader
	max int
	err error // from src, due once the buffer is used up

	// The event under construction is buf[from:to], its lines already joined.
	// The first line not looked at yet starts at line, and buf[line:] holds
	// what was read of it and of what follows.
	buf      []byte
	from, to int
	line     int
	// The first line feed and the first carriage return at or after line, or
	// the end of what was searched. Remembering both keeps the search linear
	// whatever line endings the stream uses.
	lf, cr int

	some    bool // the event has at least one line
	afterCR bool // the last line ended with a carriage return
	begun   bool // the first line was seen
	bare    bareJSON
}

// NewReader returns a Reader of src that refuses events of more than max
// bytes. A max of zero or less means DefaultMax.
func NewReader(src io.Reader, max int) *Reader {
	if max <= 0 {
		max = DefaultMax
	}
	return &Reader{src: src, max: max}
}

// Next returns the next event. It returns io.EOF at the end of the stream,
// ErrTooLong for an event beyond the limit, and any other error of the
// underlying reader as it is. An event that is incomplete when the underlying
// reader fails is dropped. Errors are permanent.
func (r *Reader) Next() (Event, error) {
	if !r.some {
		r.from, r.to = r.line, r.line
	}
	for {
		start, end, next := r.cut()
		if next < 0 {
			if r.err == nil && len(r.buf)-r.line <= r.max+len(prefix)+len(bom) {
				r.fill()
				continue
			}
			if r.err != nil && !errors.Is(r.err, io.EOF) {
				return r.fail(r.err)
			}
			if r.line == len(r.buf) { // the end of the stream
				if r.some {
					return r.finish(), nil
				}
				return r.fail(io.EOF)
			}
			next = end // a last line without its ending, or one too long
		}
		if r.bare.depth == 0 && r.some && startsJSON(r.buf[start:end]) {
			return r.finish(), nil // the line is looked at again
		}
		r.advance(next, end)
		complete := r.take(start, end)
		if r.to-r.from > r.max || end-start > r.max+len(prefix) {
			return r.fail(ErrTooLong)
		}
		if complete {
			return r.finish(), nil
		}
	}
}

// Buffered reports whether Next has another event at hand, without reading.
// After the end of the stream it reports true as well: Next does not wait then.
func (r *Reader) Buffered() bool {
	if r.err != nil {
		return true
	}
	rest := bytes.TrimLeft(r.buf[r.line:], "\r\n")
	return bytes.Contains(rest, []byte("\n\n")) || bytes.Contains(rest, []byte("\n\r\n"))
}

// cut finds the first line that was not looked at, without its ending. next is
// where the one after it starts, negative if the ending was not read so far.
func (r *Reader) cut() (start, end, next int) {
	if r.afterCR && r.line < len(r.buf) {
		r.afterCR = false
		if r.buf[r.line] == '\n' {
			r.line++
		}
	}
	r.lf = indexFrom(r.buf, max(r.lf, r.line), '\n')
	r.cr = indexFrom(r.buf, max(r.cr, r.line), '\r')
	start, end = r.line, min(r.lf, r.cr)
	if !r.begun && bytes.HasPrefix(r.buf[start:end], []byte(bom)) {
		start += len(bom)
	}
	if end == len(r.buf) {
		return start, end, -1
	}
	return start, end, end + 1
}

// indexFrom returns the index of the first c in b[from:], or len(b).
func indexFrom(b []byte, from int, c byte) int {
	if i := bytes.IndexByte(b[from:], c); i >= 0 {
		return from + i
	}
	return len(b)
}

// advance marks the line that ends at end as looked at.
func (r *Reader) advance(next, end int) {
	r.begun = true
	r.afterCR = next > end && r.buf[end] == '\r'
	r.line = next
}

// take adds a line to the event and reports whether that completes it.
func (r *Reader) take(start, end int) (complete bool) {
	line := r.buf[start:end]
	switch {
	case r.bare.depth > 0 || startsJSON(line):
		r.bare.scan(line)
		r.add(start, end)
		return r.bare.depth == 0
	case len(line) == 0:
		return r.some
	case bytes.HasPrefix(line, []byte("data")):
		switch rest := line[len("data"):]; {
		case len(rest) == 0:
			r.add(end, end)
		case bytes.HasPrefix(rest, []byte(": ")):
			r.add(start+len("data: "), end)
		case rest[0] == ':':
			r.add(start+len("data:"), end)
		}
	}
	return false // comments and the fields event, id and retry say nothing here
}

// add joins buf[start:end] to the event. There is always at least one byte
// between the event and the line: the ending of the line before.
func (r *Reader) add(start, end int) {
	if !r.some {
		r.some = true
		r.from, r.to = start, end
		return
	}
	r.buf[r.to] = '\n'
	r.to++
	r.to += copy(r.buf[r.to:], r.buf[start:end])
}

// finish returns the event under construction.
func (r *Reader) finish() Event {
	ev := Event{Kind: Data, Data: r.buf[r.from:r.to:r.to]}
	if r.bare.begun {
		ev.Kind = Bare
	}
	r.some, r.bare = false, bareJSON{}
	return ev
}

// fail makes err permanent and lets go of the buffer.
func (r *Reader) fail(err error) (Event, error) {
	*r = Reader{src: r.src, max: r.max, err: err}
	return Event{}, err
}

// fill reads once more from the source.
func (r *Reader) fill() {
	r.makeRoom()
	for range 100 {
		n, err := r.src.Read(r.buf[len(r.buf):cap(r.buf)])
		r.buf = r.buf[:len(r.buf)+n]
		if n > 0 || err != nil {
			r.err = err
			return
		}
	}
	r.err = io.ErrNoProgress
}

// makeRoom sees to it that there is space to read into. It moves what is kept
// only when that is at most half of the buffer, and grows the buffer
// otherwise, so that the bytes moved stay in proportion to the bytes read.
func (r *Reader) makeRoom() {
	event, rest := r.to-r.from, len(r.buf)-r.line
	if event+rest > 0 && cap(r.buf)-len(r.buf) >= minRead {
		return
	}
	gap := min(event, 1) // for the line feed that joins the next line
	kept := event + gap + rest
	buf := r.buf
	if most := 2*r.max + 4*firstBuffer; cap(buf) < firstBuffer || kept > cap(buf)/2 && cap(buf) < most {
		grown := max(firstBuffer, 2*cap(buf))
		if one := r.max + firstBuffer; cap(buf) < one && grown+grown/8 > one {
			grown = one // enough for any event of a single line
		}
		buf = make([]byte, 0, min(grown, most))
	}
	buf = buf[:kept]
	copy(buf, r.buf[r.from:r.to])
	copy(buf[event+gap:], r.buf[r.line:])
	shift := r.line - event - gap
	r.buf, r.from, r.to, r.line = buf, 0, event, event+gap
	r.lf, r.cr = max(r.lf-shift, r.line), max(r.cr-shift, r.line)
}

// bareJSON finds the end of a JSON object or array.
type bareJSON struct {
	begun, quoted, escaped bool
	depth                  int
}

// startsJSON reports whether a line starts an object or array. No field of an
// event stream has such a name.
func startsJSON(line []byte) bool {
	return len(line) > 0 && (line[0] == '{' || line[0] == '[')
}

// scan follows one line. Afterwards depth is 0 if the value is complete.
func (j *bareJSON) scan(line []byte) {
	j.begun = true
	for _, c := range line {
		switch {
		case j.escaped:
			j.escaped = false
		case j.quoted:
			j.quoted, j.escaped = c != '"', c == '\\'
		case c == '"':
			j.quoted = true
		case c == '{' || c == '[':
			j.depth++
		case c == '}' || c == ']':
			j.depth = max(j.depth-1, 0)
		}
	}
}

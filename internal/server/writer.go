package server

import (
	"net/http"
	"strings"
	"time"
)

// writer notes what has been written, and bounds how long a client may take
// nothing of it.
type writer struct {
	http.ResponseWriter
	limit  time.Duration // for maxWrite bytes of an answer that is no stream
	status int
	bytes  int64
	stream bool      // of events; it keeps its own time
	first  time.Time // the first event
	timed  bool      // a deadline is set on the connection
}

// maxWrite is how much is written under one deadline.
const maxWrite = 256 << 10

// WriteHeader implements http.ResponseWriter.
func (w *writer) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
		w.stream = strings.HasPrefix(w.Header().Get("Content-Type"), "text/event-stream")
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *writer) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if w.stream {
		if w.first.IsZero() && string(b[:min(len(b), 5)]) == "data:" {
			w.first = time.Now()
		}
		n, err := w.ResponseWriter.Write(b)
		w.bytes += int64(n)
		return n, err
	}
	total := 0
	for len(b) > 0 {
		piece := b[:min(len(b), maxWrite)]
		w.deadline(time.Now().Add(w.limit))
		n, err := w.ResponseWriter.Write(piece)
		total += n
		w.bytes += int64(n)
		if err != nil {
			return total, err
		}
		b = b[n:]
	}
	return total, nil
}

// finish writes what is still in buffers, while the deadline holds, and takes
// it away: the connection may serve other requests.
func (w *writer) finish() {
	if !w.timed {
		return
	}
	if f, ok := w.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
	w.deadline(time.Time{})
}

func (w *writer) deadline(t time.Time) {
	if c, ok := w.ResponseWriter.(interface{ SetWriteDeadline(time.Time) error }); ok {
		w.timed = c.SetWriteDeadline(t) == nil && !t.IsZero()
	}
}

// Unwrap lets http.ResponseController reach the connection.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

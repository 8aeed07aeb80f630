package server

import (
	"errors"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/gemway/gemway/openai"
)

// smallBody is the size up to which a body does not count for the memory of
// all bodies. As many as there can be connections are no burden.
const smallBody = 64 << 10

// body reads a request's body in time and in bounds.
type body struct {
	io.ReadCloser
	conn interface{ SetReadDeadline(time.Time) error } // nil: no deadlines
	cfg  *Limits
	all  *atomic.Int64 // bytes of all bodies
	note func(int64)   // told of their changes

	request  *http.Request
	began    time.Time
	deadline time.Time
	read     int64
	counted  int64
}

var (
	errSlowBody = errors.New("the request body comes too slowly")
	errBusy     = errors.New("the request bodies under way take all memory they may")
)

// guardBody makes the body of a request keep its limits. Even if nobody reads
// it, it may not hold the connection: net/http reads what is left.
func (s *Server) guardBody(w http.ResponseWriter, r *http.Request) *body {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	b := &body{ReadCloser: r.Body, request: r, cfg: &s.cfg.Limits, all: &s.bodies, note: s.parts.Metrics.Bodies, began: time.Now()}
	if conn, ok := w.(interface{ SetReadDeadline(time.Time) error }); ok {
		b.conn = conn
		b.until(b.began.Add(b.cfg.BodyGrace))
	}
	r.Body = b
	return b
}

func (b *body) until(t time.Time) {
	b.deadline = t
	_ = b.conn.SetReadDeadline(t) // without one the others still hold
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if b.conn != nil {
		// The time that what has come so far is good for.
		next := b.began.Add(b.cfg.BodyGrace + time.Duration(float64(b.read)/float64(b.cfg.BodyRate)*float64(time.Second)))
		if next.After(b.deadline) {
			b.until(next)
		}
	}
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	if b.read > smallBody && b.read > b.counted {
		more := b.read - b.counted
		b.counted = b.read
		b.note(more)
		if b.all.Add(more) > b.cfg.Bodies {
			return n, errBusy
		}
	}
	switch {
	case err == nil:
	case errors.Is(err, io.EOF):
		if b.conn != nil {
			b.until(time.Time{})
		}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return n, errSlowBody
	}
	return n, err
}

// release gives the memory back, and net/http its own body: by it the server
// knows that it left something unread, and closes the connection in a way that
// lets the client read the answer first.
func (b *body) release() {
	if b == nil {
		return
	}
	b.request.Body = b.ReadCloser
	if b.counted > 0 {
		b.all.Add(-b.counted)
		b.note(-b.counted)
	}
}

// bodyError words why a body could not be read.
func bodyError(w http.ResponseWriter, err error) error {
	w.Header().Set("Connection", "close")
	switch {
	case errors.Is(err, errBusy):
		return err
	case errors.Is(err, errSlowBody):
		return openai.NewError(http.StatusRequestTimeout, openai.TypeInvalidRequest, "", "request_timeout", "the request body came too slowly")
	}
	return openai.NewError(http.StatusBadRequest, openai.TypeInvalidRequest, "", "incomplete_body", "the request body ended early")
}

package upstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/gemway/gemway/internal/sse"
	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Stream is an answer in events. It is not safe for concurrent use, except
// that Close may be called at any time.
type Stream struct {
	// Tried says what it took to get here.
	Tried

	x       *exchange
	events  *sse.Reader
	first   []byte           // the event read ahead
	queue   []jsontext.Value // of a JSON array
	err     error            // permanent
	release context.CancelFunc
}

func newStream(x *exchange, maxEvent int64) *Stream {
	return &Stream{x: x, events: sse.NewReader(x, int(maxEvent))}
}

// begin waits for the first event.
func (s *Stream) begin() error {
	if s.x.resp.StatusCode == http.StatusNoContent || s.x.mediaType("text/html") {
		body, _ := io.ReadAll(io.LimitReader(s.x, 16<<10)) // what was read is enough for a message
		return s.x.notJSON(trim(body))
	}
	first, err := s.read()
	if errors.Is(err, io.EOF) {
		return s.x.fail(Broken, errors.New("stream ended without an event"))
	}
	s.first = first
	return err
}

// Header returns the headers of the answer.
func (s *Stream) Header() http.Header { return s.x.resp.Header }

// Next returns the next event: one JSON object, valid until the next call. It
// returns io.EOF at the clean end of the transport, which is not yet a sign
// that the answer is complete; a *StatusError when the upstream breaks off with
// an error; and a *Failure for everything else. Errors are permanent.
func (s *Stream) Next() ([]byte, error) {
	if s.first != nil {
		ev := s.first
		s.first = nil
		return ev, nil
	}
	if s.err != nil {
		return nil, s.err
	}
	ev, err := s.read()
	if err != nil {
		s.err = s.ended(err)
		return nil, s.err
	}
	return ev, nil
}

// ended tidies up after the last event.
func (s *Stream) ended(err error) error {
	kind := Kind("")
	switch e := err.(type) {
	case *StatusError:
		kind, e.Tried = "status", s.Tried
	case *Failure:
		kind, e.Tried = e.Kind, s.Tried
	}
	if kind != "" && kind != Cancelled {
		s.x.client.observer.streamBreak(s.x.client.site.Name(), s.x.call.Model, kind)
	}
	s.x.close()
	s.release()
	return err
}

// Buffered reports whether Next has an answer without waiting for the upstream,
// so that a caller may write several events at once.
func (s *Stream) Buffered() bool { return len(s.queue) > 0 || s.err != nil || s.events.Buffered() }

// Close ends the stream. An upstream that is still at work is cancelled at
// once.
func (s *Stream) Close() error {
	s.x.close()
	s.release()
	return nil
}

// read returns the next event that has content.
func (s *Stream) read() ([]byte, error) {
	for {
		if len(s.queue) > 0 {
			ev := s.queue[0]
			s.queue = s.queue[1:]
			return s.check(ev)
		}
		ev, err := s.events.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil, err
		case errors.Is(err, sse.ErrTooLong):
			return nil, s.x.fail(TooLarge, fmt.Errorf("event of more than %d bytes", s.x.client.cfg.MaxEvent))
		case err != nil:
			return nil, s.x.failure(err)
		}
		data := trim(ev.Data)
		if len(data) == 0 {
			continue
		}
		if s.x.call.speaksOpenAI() && bytes.Equal(data, done) {
			return nil, io.EOF
		}
		// Without alt=sse the same objects come as one array.
		if data[0] == '[' && errorIn(data) == nil {
			if err := json.Unmarshal(data, &s.queue, jsontext.AllowDuplicateNames(true)); err != nil {
				return nil, s.x.fail(Broken, errors.New("a JSON array came instead of events, and it is cut off or invalid"))
			}
			continue
		}
		return s.check(data)
	}
}

// valid reports whether data is JSON. Names that occur twice are Google's affair.
func valid(data []byte) bool {
	err := raw.Check(data, raw.Limits{})
	if e, ok := errors.AsType[*raw.CheckError](err); ok && (e.Fault == raw.FaultDuplicate || e.Fault == raw.FaultSurrogate) {
		return jsontext.Value(data).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	}
	return err == nil
}

// check lets only a JSON object pass that is not an error.
func (s *Stream) check(data []byte) ([]byte, error) {
	if !valid(data) || data[0] != '{' && data[0] != '[' {
		return nil, s.x.fail(Broken, fmt.Errorf("an event of %d bytes is not JSON", len(data)))
	}
	if errorIn(data) != nil {
		return nil, s.x.statusError(data)
	}
	if data[0] != '{' {
		return nil, s.x.fail(Broken, errors.New("event is not a JSON object"))
	}
	return data, nil
}

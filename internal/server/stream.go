package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/gemway/gemway/internal/panics"
	"github.com/gemway/gemway/internal/sse"
	"github.com/gemway/gemway/internal/upstream"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
	"github.com/gemway/gemway/translate"
)

// eventWriter writes server-sent events. Its lock keeps heartbeats, which come
// from a timer, apart from events.
type eventWriter struct {
	mu       sync.Mutex
	w        http.ResponseWriter
	control  *http.ResponseController
	limit    time.Duration // for one write
	pause    time.Duration // between heartbeats
	timer    *time.Timer
	buf      []byte
	open     bool
	told     bool // an event was written, not only signs of life
	pending  bool // buf holds an event
	closed   bool
	written  time.Time // the last write
	deadline time.Time // set on the connection
	err      error
	lost     func(*panics.Recovered) // told of a mistake in a heartbeat
}

func (s *Server) newEventWriter(w http.ResponseWriter, r *request) *eventWriter {
	e := &eventWriter{
		w: w, control: http.NewResponseController(w), limit: s.cfg.WriteTimeout, pause: s.cfg.Heartbeat,
		lost: func(p *panics.Recovered) { s.lost(r.id, p) },
	}
	e.mu.Lock() // the first heartbeat may come before the timer is known
	defer e.mu.Unlock()
	e.timer = time.AfterFunc(e.pause, e.heartbeat)
	return e
}

// heartbeat writes a comment, so that clients and proxies see that the model
// still thinks. It commits to the status of the answer.
func (e *eventWriter) heartbeat() {
	defer panics.Recover(e.lost)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return
	}
	if silent := time.Since(e.written); silent < e.pause {
		e.timer.Reset(e.pause - silent) // something was written meanwhile
		return
	}
	e.buf = sse.AppendComment(e.buf, "thinking")
	e.flush()
	e.timer.Reset(e.pause)
}

// add puts one event behind those not yet written.
func (e *eventWriter) add(data ...[]byte) {
	e.pending = true
	e.buf = append(e.buf, "data: "...)
	for _, d := range data { // JSON in one line: nothing to fold
		e.buf = append(e.buf, d...)
	}
	e.buf = append(e.buf, "\n\n"...)
}

// addNamed is add for an event with a name.
func (e *eventWriter) addNamed(name string, data []byte) { e.buf = sse.AppendEvent(e.buf, name, data) }

// flush writes what has been added; the lock is held.
func (e *eventWriter) flush() {
	if !e.open {
		e.open = true
		h := e.w.Header()
		h.Set("Content-Type", "text/event-stream; charset=utf-8")
		h.Set("Cache-Control", "no-cache")
		h.Set("X-Accel-Buffering", "no") // nginx would hold events back
		e.w.WriteHeader(http.StatusOK)
	}
	if e.err == nil {
		// A reader that takes nothing for so long is gone or hostile. Moving the
		// deadline costs more than looking at the clock, so it moves in steps.
		e.written = time.Now()
		if e.deadline.Sub(e.written) < e.limit/2 {
			e.deadline = e.written.Add(e.limit)
			_ = e.control.SetWriteDeadline(e.deadline)
		}
		if _, e.err = e.w.Write(e.buf); e.err == nil {
			e.err = e.control.Flush()
		}
	}
	e.told, e.pending = e.told || e.pending, false
	e.buf = e.buf[:0]
}

// header changes the headers of the answer while they can be changed.
func (e *eventWriter) header(change func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.open {
		change()
	}
}

// forget drops what has been added, and reports whether the client has seen
// nothing: then there may be another try, or an answer with its own status.
func (e *eventWriter) forget() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.open {
		return false
	}
	e.buf, e.pending = e.buf[:0], false
	return true
}

// discard drops what has been added, and reports whether the client has seen
// no event: then another model may answer, and no client can tell.
func (e *eventWriter) discard() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.told {
		e.buf, e.pending = e.buf[:0], false
	}
	return !e.told
}

// close ends the heartbeats.
func (e *eventWriter) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	e.timer.Stop()
	// The connection may serve other requests, which set their own limits.
	e.deadline = time.Time{}
	_ = e.control.SetWriteDeadline(e.deadline)
}

// streamChat answers a request piece by piece. The status is written with the
// first piece of the answer, so that a refusal keeps its own and a stumble of
// the model can be tried again.
func (s *Server) streamChat(w http.ResponseWriter, r *request, req *openai.ChatRequest, opt translate.Options) error {
	return s.events(w, r, func(out *eventWriter) (bool, error) { return s.pumpChat(w, r, out, req, opt) })
}

// events answers by what pump writes. It reports whether the client has
// something of an answer; until then, an error keeps its own status.
func (s *Server) events(w http.ResponseWriter, r *request, pump func(*eventWriter) (begun bool, err error)) error {
	out := s.newEventWriter(w, r)
	defer out.close()
	s.parts.Metrics.Stream(1)
	defer s.parts.Metrics.Stream(-1)
	begun, err := pump(out)
	r.log.failed(err)
	switch {
	case err == nil, errors.Is(err, errSlowReader):
		return nil
	case !begun && out.forget():
		out.close()
		return err
	}
	out.close()
	out.abort(r, err)
	return nil
}

// pumpChat moves an answer of Gemini to the client.
func (s *Server) pumpChat(w http.ResponseWriter, r *request, out *eventWriter, req *openai.ChatRequest, opt translate.Options) (begun bool, err error) {
	var pump *chatPump
	err = s.withLearning(r, req, opt, out.forget, func(a *attempt) error {
		out.header(func() { notices(w, a.chat) })
		for again := true; ; again = false {
			pump = &chatPump{server: s, r: r, out: out, answer: a.chat.NewAnswer(s.stamp("chatcmpl-", a.call.Model))}
			err := each(r.Context(), a.chat.Calls, func(ctx context.Context, i int) error { return pump.run(ctx, i, a) })
			if err != nil {
				return err
			}
			if !again || !pump.answer.Retryable() || !out.forget() {
				return pump.finish()
			}
		}
	})
	if pump == nil {
		return false, err
	}
	r.log.usage(pump.answer.Usage())
	r.log.miscounted = pump.answer.Miscounted()
	return pump.answer.Started(), err
}

// alternativeSSE asks for events instead of one JSON array.
var alternativeSSE = map[string][]string{"alt": {"sse"}}

// maxPending bounds what is held back to be written together.
const maxPending = 32 << 10

// errSlowReader ends a stream whose client takes nothing any more.
var errSlowReader = errors.New("the client stopped reading")

// chatPump moves the events of one answer from upstream to the client.
type chatPump struct {
	server  *Server
	r       *request
	out     *eventWriter
	answer  *translate.Answer
	scratch raw.Writer // of the event under way
}

// run pumps what the call with number i gives, in as many hops as it takes.
func (p *chatPump) run(ctx context.Context, i int, a *attempt) error {
	call := a.call
	for range maxHops {
		if err := p.hop(ctx, i, call); err != nil {
			return err
		}
		p.out.mu.Lock()
		token, more := p.answer.Continuation(i)
		p.out.mu.Unlock()
		if !more {
			return nil
		}
		var err error
		if call, err = a.resume(token); err != nil {
			return err
		}
	}
	return nil
}

// hop pumps one upstream stream.
func (p *chatPump) hop(ctx context.Context, i int, call upstream.Call) error {
	stream, err := p.r.native.Gemini.Stream(ctx, call)
	if err != nil {
		return err
	}
	defer stream.Close()
	if i == 0 {
		p.r.log.keyID, p.r.log.attempts = stream.KeyID, stream.Attempts
	}
	for {
		event, err := stream.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := p.deliver(i, event, !stream.Buffered()); err != nil {
			return err
		}
	}
}

// deliver translates one event and adds what it gives; it writes when nothing
// more is at hand, one write for each read from upstream.
func (p *chatPump) deliver(i int, event []byte, last bool) error {
	p.out.mu.Lock()
	defer p.out.mu.Unlock()
	deltas, err := p.answer.PushEvent(i, event)
	if err != nil {
		return err
	}
	if err := p.events(deltas); err != nil {
		return err
	}
	// Before the client can see a call, its signature is remembered.
	p.server.remember(p.r, p.answer)
	// The role alone is no answer: until something follows, the status is open.
	if len(p.out.buf) > 0 && p.answer.Started() && (last || len(p.out.buf) >= maxPending) {
		p.out.flush()
	}
	if p.out.err != nil {
		return errSlowReader
	}
	return nil
}

func (p *chatPump) events(deltas []openai.ChunkChoice) error {
	for _, d := range deltas {
		if err := p.event(p.answer.Chunk(d)); err != nil {
			return err
		}
	}
	return nil
}

// event writes one event behind those not yet written.
func (p *chatPump) event(c *openai.ChatChunk) error {
	p.scratch = raw.NewWriter(p.scratch.Buffer())
	if err := c.Write(&p.scratch); err != nil {
		return err
	}
	p.out.add(p.scratch.Bytes())
	return nil
}

// finish ends a stream that came to its end: the reasons, the usage if asked
// for, and [DONE].
func (p *chatPump) finish() error {
	p.out.mu.Lock()
	defer p.out.mu.Unlock()
	deltas, err := p.answer.Finish()
	if err != nil {
		return err
	}
	p.server.remember(p.r, p.answer)
	if p.r.span != nil {
		for _, d := range deltas {
			if d.FinishReason != nil {
				p.r.log.finish = append(p.r.log.finish, *d.FinishReason)
			}
		}
	}
	if err := p.events(deltas); err != nil {
		return err
	}
	if p.answer.WantsUsage() {
		c, err := p.answer.UsageChunk()
		if err != nil {
			return err
		}
		if err := p.event(c); err != nil {
			return err
		}
	}
	p.out.add([]byte("[DONE]"))
	p.out.flush()
	return nil
}

// abort tells a client in mid-stream that its answer broke: an error event and
// no [DONE], so that no SDK takes the piece for the whole.
func (e *eventWriter) abort(r *request, err error) {
	told, _ := asOpenAI(err, r)
	b, merr := raw.Marshal(openai.Envelope{Error: told})
	if merr != nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.add(b)
	e.flush()
}

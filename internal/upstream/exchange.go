package upstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/internal/panics"
	"github.com/gemway/gemway/internal/slab"
	"github.com/gemway/gemway/internal/sse"
)

const userAgent = "gemway"

// exchange is one request on the wire and the answer to it.
type exchange struct {
	client *Client
	call   *Call
	host   string
	sent   *http.Request

	ctx    context.Context // of this try; its cause tells why it ended
	cancel context.CancelCauseFunc
	silent *time.Timer // ends the try unless stopped
	begun  bool        // a byte of the body has come
	resp   *http.Response

	connected atomic.Bool
	bodies    sync.WaitGroup // those of the request that the transport has open
}

// send sends the request and waits for the headers of the answer. An exchange
// that comes with an error is closed already.
func (c *Client) send(ctx context.Context, call *Call, key string) (*exchange, error) {
	u, err := c.site.URL(call)
	if err != nil {
		return nil, &Failure{Kind: Invalid, Cause: err}
	}
	x := &exchange{client: c, call: call, host: u.Host}
	x.ctx, x.cancel = context.WithCancelCause(ctx)
	r := (&http.Request{
		Method:        call.verb(),
		URL:           u,
		Host:          u.Host,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        make(http.Header, 4+len(call.Header)),
		ContentLength: call.length(),
	}).WithContext(x.ctx)
	r.Header["User-Agent"] = []string{userAgent}
	if r.ContentLength > 0 {
		r.Header["Content-Type"] = []string{"application/json"}
	}
	for name, values := range call.Header {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	x.sent = r
	if err := c.site.Authorize(x.ctx, r, key); err != nil {
		f := x.failure(err)
		if f.Kind != Cancelled && f.Kind != Timeout {
			f.Kind = Unauthorized
		}
		x.cancel(nil)
		return x, f
	}
	x.silent = time.AfterFunc(c.cfg.FirstByte, func() {
		defer panics.Recover(c.observer.panicked)
		x.cancel(errSilence)
	})
	x.resp, err = c.roundTrip(x, r) //nolint:bodyclose // close does, when the exchange ends
	if err != nil {
		f := x.failure(err)
		x.silent.Stop()
		x.cancel(nil)
		x.bodies.Wait()
		return x, f
	}
	if err := x.checkHeader(); err != nil {
		x.close()
		return x, err
	}
	return x, nil
}

// roundTrip sends the request by a connection of ours or by net/http's
// transport.
func (c *Client) roundTrip(x *exchange, r *http.Request) (*http.Response, error) {
	connected := func() { x.connected.Store(true) }
	if to := c.direct.host(r.URL); !to.plain {
		return c.direct.roundTrip(r, to, x.call.Body, connected)
	}
	open := x.call.newBody(&x.bodies)
	r.Body = open()
	r.GetBody = func() (io.ReadCloser, error) { return open(), nil }
	return c.transport.RoundTrip(r.WithContext(httptrace.WithClientTrace(x.ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected() },
	})))
}

// Read reads the answer's body, and gives up when nothing comes. Time between
// two reads is the reader's own and does not count.
func (x *exchange) Read(p []byte) (int, error) {
	if x.begun {
		x.silent.Reset(x.client.cfg.Gap)
	}
	n, err := x.resp.Body.Read(p)
	if n > 0 {
		x.begun = true
	}
	if x.begun {
		x.silent.Stop()
	}
	return n, err
}

// close ends the exchange. An answer not read to its end costs the connection,
// which is what stops the upstream's work.
func (x *exchange) close() {
	x.silent.Stop()
	x.cancel(context.Canceled)
	_ = x.resp.Body.Close() // nothing is left to be lost
	x.bodies.Wait()         // the memory of the call may be used again
}

// checkHeader turns every answer that is no success into an error.
func (x *exchange) checkHeader() error {
	status := x.resp.StatusCode
	if enc := x.resp.Header.Get("Content-Encoding"); enc != "" && enc != "identity" {
		return x.fail(Broken, fmt.Errorf("answer is encoded as %.20q, which was not asked for", enc))
	}
	if status >= 200 && status < 300 {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(x, maxErrorBody))
	if err != nil && context.Cause(x.ctx) != nil {
		return x.failure(err)
	}
	// A broken body does not unsay the status.
	return x.statusError(body)
}

// statusError makes an error of what the upstream said.
func (x *exchange) statusError(body []byte) *StatusError {
	status := x.resp.StatusCode
	var e *gemini.Error
	if status >= 300 {
		e = parseError(body, status)
	} else { // inside an answer with 200
		e = parseError(body, 0)
		status = http.StatusBadGateway
		if e.Code >= 400 && e.Code <= 599 {
			status = e.Code
		}
	}
	d := e.Parse()
	out := &StatusError{
		HTTPStatus: status,
		Err:        e,
		Header:     x.resp.Header,
		RetryAfter: retryAfter(e, d, x.resp.Header, time.Now()),
		PerDay:     perDay(d),
		KeyProblem: keyProblem(status, e, d, x.client.cfg.KeyReasons),
	}
	if x.call.speaksOpenAI() {
		if o := parseOpenAIError(body); o != nil {
			out.OpenAI = &OpenAIError{x.clean(o.Message), x.clean(o.Type), x.clean(o.Param), x.clean(o.Code)}
		}
	}
	e.Message, e.Status = x.clean(e.Message), x.clean(e.Status)
	for i, v := range e.Details {
		e.Details[i] = []byte(x.clean(string(v)))
	}
	return out
}

// failure makes a Failure of an error on the way, telling apart who gave up.
func (x *exchange) failure(err error) *Failure {
	kind := Broken
	switch cause := context.Cause(x.ctx); {
	case cause != nil && errors.Is(cause, context.DeadlineExceeded):
		kind, err = Timeout, cause
	case cause != nil:
		kind, err = Cancelled, cause
	case !x.connected.Load():
		kind = Unreachable
	}
	return &Failure{Kind: kind, Cause: x.scrub(err)}
}

// fail makes a Failure that the answer itself is to blame for.
func (x *exchange) fail(kind Kind, err error) *Failure {
	return &Failure{Kind: kind, Cause: x.scrub(err)}
}

// clean scrubs a text of this exchange.
func (x *exchange) clean(text string) string {
	return scrub(text, x.host, append(x.client.pool.Secrets(),
		x.sent.Header.Get("X-Goog-Api-Key"),
		strings.TrimPrefix(x.sent.Header.Get("Authorization"), "Bearer "))...)
}

// scrub keeps an error's identity and cleans its text.
func (x *exchange) scrub(err error) error {
	if clean := x.clean(err.Error()); clean != err.Error() {
		return &scrubbed{clean, err}
	}
	return err
}

// whole reads the body into memory.
func (x *exchange) whole(limit int64) ([]byte, error) {
	if x.resp.ContentLength > limit {
		return nil, x.fail(TooLarge, fmt.Errorf("answer of %d bytes, the limit is %d", x.resp.ContentLength, limit))
	}
	// A length is trusted as far as it costs little; one more byte lets the
	// last read see the end.
	buf := slab.Get(int(min(max(x.resp.ContentLength, 0), 8<<20)) + bytes.MinRead)
	for {
		if len(buf) == cap(buf) {
			grown := slab.Get(2 * cap(buf))[:len(buf)]
			copy(grown, buf)
			slab.Put(buf)
			buf = grown
		}
		n, err := x.Read(buf[len(buf):min(int64(cap(buf)), limit+1)])
		buf = buf[:len(buf)+n]
		switch {
		case int64(len(buf)) > limit:
			return nil, x.fail(TooLarge, fmt.Errorf("answer of more than %d bytes", limit))
		case errors.Is(err, io.EOF):
			return buf, nil
		case err != nil:
			return nil, x.failure(err)
		}
	}
}

// checkWhole looks at a body that came with success. A model's method answers
// with a JSON object; what else comes is told apart here, its inner syntax is
// left to whoever decodes it.
func (x *exchange) checkWhole(body []byte) error {
	text := trim(body)
	if x.call.Method == "" && !x.mediaType("text/html") && (len(text) == 0 || text[0] != '{') {
		return nil // a file's content, or nothing, as answers to uploads are
	}
	if bytes.HasPrefix(text, []byte("data:")) {
		ev, err := sse.NewReader(bytes.NewReader(text), len(text)).Next()
		if err == nil && errorIn(trim(ev.Data)) != nil {
			return x.statusError(ev.Data)
		}
		return x.fail(NotJSON, errors.New("a stream of events came where one answer was asked for"))
	}
	if len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return x.notJSON(text)
	}
	if e := errorIn(text); e != nil {
		return x.statusError(text)
	}
	if text[0] != '{' || text[len(text)-1] != '}' {
		return x.notJSON(text)
	}
	return nil
}

// notJSON describes an answer of another kind.
func (x *exchange) notJSON(body []byte) *Failure {
	if len(body) == 0 {
		return x.fail(NotJSON, fmt.Errorf("empty answer with status %d", x.resp.StatusCode))
	}
	return x.fail(NotJSON, fmt.Errorf("upstream returned non-JSON (%.50q): %s", x.resp.Header.Get("Content-Type"), extract(body, x.resp.StatusCode)))
}

// mediaType reports whether the answer says to be of the type.
func (x *exchange) mediaType(want string) bool {
	is := x.resp.Header.Get("Content-Type")
	if len(is) < len(want) || !strings.EqualFold(is[:len(want)], want) {
		return false
	}
	got, _, err := mime.ParseMediaType(is)
	return err == nil && got == want
}

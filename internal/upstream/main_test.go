package upstream

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gemway/gemway/internal/keypool"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wire is one request as a scripted upstream sees it.
type wire struct {
	net.Conn
	*http.Request
	body   []byte
	number int // 1 for the first request of the server
	keep   bool
}

// say writes bytes as they are.
func (w *wire) say(format string, args ...any) { fmt.Fprintf(w.Conn, format, args...) }

// json answers whole and keeps the connection.
func (w *wire) json(status int, body string) {
	w.answer(status, "application/json; charset=UTF-8", body)
}

// answer answers whole and keeps the connection.
func (w *wire) answer(status int, contentType, body string, headers ...string) {
	w.keep = true
	w.say("HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n%s", status, contentType, len(body), strings.Join(append(headers, ""), "\r\n"), body)
}

// events begins a stream of chunks.
func (w *wire) events() {
	w.say("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
}

// chunk sends one chunk of a stream.
func (w *wire) chunk(s string) { w.say("%x\r\n%s\r\n", len(s), s) }

// done ends a stream properly.
func (w *wire) done() {
	w.keep = true
	w.say("0\r\n\r\n")
}

// gone waits until the other side has closed the connection.
func (w *wire) gone() error {
	_ = w.SetReadDeadline(time.Now().Add(20 * time.Second)) // a test that hangs says less
	_, err := w.Conn.Read(make([]byte, 1))
	if err == nil {
		return fmt.Errorf("more was sent")
	}
	if e, ok := err.(net.Error); ok && e.Timeout() {
		return err
	}
	return nil
}

// reset ends the connection with RST.
func (w *wire) reset() {
	_ = w.Conn.(*net.TCPConn).SetLinger(0)
	_ = w.Conn.Close()
}

// scripted is an upstream on a real socket that follows a script.
type scripted struct {
	addr string
	ln   net.Listener

	mu    sync.Mutex
	seen  int
	conns map[net.Conn]bool
	wg    sync.WaitGroup
}

// serve starts a scripted upstream. The script is called for each request; the
// connection closes afterwards unless the script kept it.
func serve(t testing.TB, script func(*wire)) *scripted {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &scripted{addr: ln.Addr().String(), ln: ln, conns: map[net.Conn]bool{}}
	s.wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns[conn] = true
			s.mu.Unlock()
			s.wg.Go(func() { s.talk(conn, script) })
		}
	})
	t.Cleanup(s.stop)
	return s
}

func (s *scripted) talk(conn net.Conn, script func(*wire)) {
	defer func() {
		conn.Close()
		s.mu.Lock()
		delete(s.conns, conn)
		s.mu.Unlock()
	}()
	br := bufio.NewReader(conn)
	for {
		r, err := http.ReadRequest(br)
		if err != nil {
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.seen++
		n := s.seen
		s.mu.Unlock()
		w := &wire{Conn: conn, Request: r, body: body, number: n}
		script(w)
		if !w.keep {
			return
		}
	}
}

// calls returns how many requests have come.
func (s *scripted) calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

func (s *scripted) stop() {
	s.ln.Close()
	s.mu.Lock()
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

// client returns a client of the Gemini API at the scripted upstream.
func (s *scripted) client(t testing.TB, change func(*Config), keys ...string) *Client {
	t.Helper()
	site, err := NewGeminiAPI("http://" + s.addr)
	if err != nil {
		t.Fatal(err)
	}
	cfg := Default()
	if change != nil {
		change(&cfg)
	}
	if keys == nil {
		keys = []string{"AIzaTestKeyNumberOne"}
	}
	c, err := New(site, cfg, keypool.New(keys), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// rawConn is what a dialer's control function gets.
type rawConn = syscall.RawConn

// quiet is a logger for servers that are meant to fail.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// chat is a small call.
func chat() Call {
	return Call{Model: "gemini-2.5-flash", Method: "generateContent", Body: [][]byte{[]byte(`{"contents":[]}`)}}
}

// streamed is the same as a stream.
func streamed() Call {
	c := chat()
	c.Method = "streamGenerateContent"
	return c
}

// drain reads a stream to its end.
func drain(s *Stream) (events []string, err error) {
	for {
		ev, err := s.Next()
		if err != nil {
			return events, err
		}
		events = append(events, string(bytes.Clone(ev)))
	}
}

// streamAll opens a stream and reads it to its end.
func streamAll(t *testing.T, c *Client) ([]string, error) {
	t.Helper()
	s, err := c.Stream(context.Background(), streamed())
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return drain(s)
}

// watchHeap returns the most bytes that were in use while f ran, beyond those
// before it.
func watchHeap(f func()) uint64 {
	inUse := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	runtime.GC()
	before, high := inUse(), uint64(0)
	done := make(chan bool)
	go func() {
		defer close(done)
		f()
	}()
	for {
		select {
		case <-done:
			return high
		case <-time.After(2 * time.Millisecond):
			if now := inUse(); now > before {
				high = max(high, now-before)
			}
		}
	}
}

// failing asserts that err is a Failure of the kind.
func failing(t *testing.T, err error, want Kind) *Failure {
	t.Helper()
	var f *Failure
	if !errors.As(err, &f) {
		t.Fatalf("got %T %v, want a Failure %s", err, err, want)
	}
	if f.Kind != want {
		t.Fatalf("got %v, want %s", f, want)
	}
	return f
}

// stating asserts that err is a StatusError with the status.
func stating(t *testing.T, err error, want int) *StatusError {
	t.Helper()
	var s *StatusError
	if !errors.As(err, &s) {
		t.Fatalf("got %T %v, want a StatusError %d", err, err, want)
	}
	if s.HTTPStatus != want || s.Err == nil {
		t.Fatalf("got %v, want status %d", s, want)
	}
	return s
}

// hasty makes the waits between tries short.
func hasty(c *Config) { c.Retry.Base = time.Millisecond }

// impatient makes hasty limits short too, for upstreams that hang.
func impatient(c *Config) {
	hasty(c)
	c.FirstByte, c.Gap = 150*time.Millisecond, 150*time.Millisecond
}

// once allows no retries.
func once(c *Config) {
	hasty(c)
	c.Retry.Max = 0
}

// both runs a test for whole answers and for streams. Events that come before
// an error do not matter to it.
func both(t *testing.T, test func(t *testing.T, call func(*Client) error)) {
	t.Run("whole", func(t *testing.T) {
		test(t, func(c *Client) error {
			_, err := c.Do(context.Background(), chat())
			return err
		})
	})
	t.Run("stream", func(t *testing.T) {
		test(t, func(c *Client) error {
			_, err := streamAll(t, c)
			if err == io.EOF {
				return nil
			}
			return err
		})
	})
}

// overloaded is how Google says that a model has too much to do.
const overloaded = `{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}`

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a running gemway in front of a scripted upstream.
type process struct {
	cmd    *exec.Cmd
	addr   string
	stderr output
	done   chan error
}

// output collects what a process writes while it may still write.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// start runs gemway serve, as a process of its own, until the test ends.
func start(t *testing.T, upstream http.Handler, args ...string) *process {
	t.Helper()
	p := prepare(t, upstream, args...)
	p.run(t)
	return p
}

// prepare makes a process that does not run yet.
func prepare(t *testing.T, upstream http.Handler, args ...string) *process {
	t.Helper()
	up := httptest.NewServer(upstream)
	t.Cleanup(up.Close)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(t.TempDir(), "gemway") // by this name the test runs main
	if err := os.Symlink(self, bin); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &process{addr: l.Addr().String(), done: make(chan error, 1)}
	l.Close()
	p.cmd = exec.Command(bin, append([]string{"serve", "--listen", p.addr, "--gemini-base-url", up.URL}, args...)...)
	p.cmd.Env = []string{"GEMINI_API_KEY=a-key", "PATH=" + os.Getenv("PATH")}
	p.cmd.Stderr = &p.stderr
	return p
}

// run starts the process and waits until it is ready.
func (p *process) run(t *testing.T) {
	t.Helper()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.done <- p.cmd.Wait() }()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may have ended
		if t.Failed() {
			t.Logf("its log:\n%.20000s", p.stderr.String())
		}
	})
	for began := time.Now(); ; time.Sleep(2 * time.Millisecond) {
		if status, _ := p.get("/readyz"); status == http.StatusOK {
			return
		}
		if time.Since(began) > 20*time.Second {
			t.Fatal("it does not become ready")
		}
	}
}

// get asks by a new connection; the status is 0 when there is none.
func (p *process) get(path string) (int, string) {
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	resp, err := c.Get("http://" + p.addr + path)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(b)
}

func (p *process) signal(t *testing.T, sig os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// exits waits for the end and wants it to be a clean one.
func (p *process) exits(t *testing.T, limit time.Duration) {
	t.Helper()
	select {
	case err := <-p.done:
		if err != nil {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(limit):
		_ = p.cmd.Process.Signal(syscall.SIGQUIT) // its log says what it waits for
		time.Sleep(time.Second)
		t.Fatalf("it is still there after %s", limit)
	}
}

// stream is an open stream that has had its first event.
type stream struct {
	body io.ReadCloser
	r    *bufio.Reader
}

const ask = `{"model":"gemini-2.5-flash","stream":true,"messages":[{"role":"user","content":"q"}]}`

func (p *process) open(client *http.Client) (*stream, error) {
	resp, err := client.Post("http://"+p.addr+"/v1/chat/completions", "application/json", strings.NewReader(ask))
	if err != nil {
		return nil, err
	}
	s := &stream{resp.Body, bufio.NewReader(resp.Body)}
	if line, err := s.r.ReadString('\n'); err != nil || resp.StatusCode != http.StatusOK || !strings.HasPrefix(line, "data: ") {
		return nil, fmt.Errorf("%d %s %w", resp.StatusCode, line, err)
	}
	return s, nil
}

// rest reads a stream to its end.
func (s *stream) rest() (string, error) {
	defer s.body.Close()
	b, err := io.ReadAll(s.r)
	return string(b), err
}

// upstreamUntil answers with a piece, and with the end once it is released.
func upstreamUntil(release <-chan struct{}) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, `data: {"candidates":[{"content":{"role":"model","parts":[{"text":"begun"}]}}]}`+"\r\n\r\n")
		w.(http.Flusher).Flush()
		select {
		case <-release:
		case <-r.Context().Done():
			return
		}
		_, _ = io.WriteString(w, `data: {"candidates":[{"content":{"role":"model","parts":[{"text":"ended"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2,"totalTokenCount":3}}`+"\r\n\r\n")
	})
}

func openMany(t *testing.T, p *process, n int) []*stream {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: -1}}
	streams := make([]*stream, n)
	var wg sync.WaitGroup
	gate := make(chan bool, 50)
	for i := range streams {
		wg.Go(func() {
			gate <- true
			defer func() { <-gate }()
			var err error
			if streams[i], err = p.open(client); err != nil {
				t.Errorf("stream %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return streams
}

// T111: 500 streams over a SIGTERM. Readiness goes at once, the listener after
// the delay, no stream is cut, and the process ends with 0.
func TestT111StreamsOutliveSIGTERM(t *testing.T) {
	release := make(chan struct{})
	p := start(t, upstreamUntil(release), "--set", "shutdown.delay=700ms")
	streams := openMany(t, p, 500)
	p.signal(t, syscall.SIGTERM)
	for began := time.Now(); ; time.Sleep(time.Millisecond) {
		status, body := p.get("/readyz")
		if status == http.StatusServiceUnavailable {
			break
		}
		if status == 0 || time.Since(began) > 500*time.Millisecond {
			t.Fatalf("readiness is %d %s", status, body)
		}
	}
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		if status, _ := p.get("/healthz"); status == 0 {
			break
		}
		if time.Since(began) > 10*time.Second {
			t.Fatal("the listener is still open")
		}
	}
	close(release)
	cut := 0
	for _, s := range streams {
		if text, err := s.rest(); err != nil || !strings.Contains(text, "ended") || !strings.HasSuffix(text, "data: [DONE]\n\n") {
			cut++
			t.Logf("cut: %v %s", err, text)
		}
	}
	if cut != 0 {
		t.Errorf("%d of %d streams were cut", cut, len(streams))
	}
	p.exits(t, 10*time.Second)
}

// Streams that do not end in time are told why.
func TestStreamsThatOutlastTheTimeout(t *testing.T) {
	p := start(t, upstreamUntil(nil), "--set", "shutdown.delay=0s", "--set", "shutdown.timeout=300ms")
	streams := openMany(t, p, 20)
	p.signal(t, syscall.SIGTERM)
	told(t, streams)
	p.exits(t, 5*time.Second)
}

// T112: a second signal does not wait.
func TestT112SecondSignalIsQuick(t *testing.T) {
	p := start(t, upstreamUntil(nil), "--set", "shutdown.delay=1m")
	streams := openMany(t, p, 20)
	p.signal(t, syscall.SIGTERM)
	time.Sleep(100 * time.Millisecond) // two signals at once are one
	p.signal(t, syscall.SIGTERM)
	began := time.Now()
	told(t, streams)
	p.exits(t, 5*time.Second)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
}

func told(t *testing.T, streams []*stream) {
	t.Helper()
	for i, s := range streams {
		if text, err := s.rest(); err != nil || !strings.Contains(text, `"code":"shutting_down"`) || strings.Contains(text, "[DONE]") {
			t.Errorf("stream %d: %v %q", i, err, text)
		}
	}
}

// T112: SIGHUP again and again drops nothing, whether the configuration is
// right or wrong.
func TestT112SIGHUPStorm(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gemway.yaml")
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("server: {max_n: 2}\n")
	release := make(chan struct{})
	close(release)
	p := start(t, upstreamUntil(release), "--config", file)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	asked := make([]int, 4)
	for i := range asked {
		wg.Go(func() {
			for ; ctx.Err() == nil; asked[i]++ {
				s, err := p.open(http.DefaultClient)
				if err == nil {
					var text string
					if text, err = s.rest(); err == nil && !strings.HasSuffix(text, "[DONE]\n\n") {
						err = errors.New(text)
					}
				}
				if err != nil {
					t.Errorf("request %d: %v", asked[i], err)
					return
				}
			}
		})
	}
	for i := range 30 {
		put([]string{"server: {max_n: 2}\n", "server: {max_n: 3}\n", "server: {max_n: nonsense}\n", "{"}[i%4])
		p.signal(t, syscall.SIGHUP)
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	wg.Wait()
	if asked[0] == 0 {
		t.Error("nothing was asked meanwhile")
	}
	status, text := p.get("/metrics")
	if status != 200 || !strings.Contains(text, `gemway_config_reloads_total{result="refused"}`) || !strings.Contains(text, `gemway_config_reloads_total{result="used"}`) {
		t.Errorf("%d %s", status, text)
	}
	p.signal(t, syscall.SIGINT)
	p.exits(t, 10*time.Second)
	if log := p.stderr.String(); !strings.Contains(log, "the configuration was not reloaded") || !strings.Contains(log, "max_n") {
		t.Errorf("the log says nothing of it: %s", log)
	}
}

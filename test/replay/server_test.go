package replay_test

import (
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
	"syscall"
	"testing"
	"time"
)

var (
	upstream *stub
	gemway   *server
)

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	upstream = newStub()
	native := httptest.NewServer(upstream)
	defer native.Close()
	var err error
	gemway, err = startServer(native.URL)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := gemway.stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// server is a running gemway binary.
type server struct {
	url    string
	client *http.Client
	cmd    *exec.Cmd
	log    *os.File
	dir    string
}

// startServer builds the binary and runs it, with no key of its own, before
// the given upstream.
func startServer(upstreamURL string) (*server, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "gemway-replay-")
	if err != nil {
		return nil, err
	}
	bin := filepath.Join(dir, "gemway")
	build := exec.Command("go", "build", "-o", bin, "./cmd/gemway")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build gemway: %w\n%s", err, out)
	}
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(bin, "serve", "--listen", addr)
	cmd.Dir = dir
	cmd.Env = append(withoutSettings(os.Environ()), "GEMWAY_GEMINI_BASE_URL="+upstreamURL)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &server{
		url:    "http://" + addr,
		client: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 16}},
		cmd:    cmd, log: log, dir: dir,
	}
	if err := s.waitReady(15 * time.Second); err != nil {
		return nil, errors.Join(fmt.Errorf("%w\n%s", err, s.logTail()), cmd.Process.Kill())
	}
	return s, nil
}

// withoutSettings takes out what would give the server a key or another setting.
func withoutSettings(env []string) []string {
	var kept []string
	for _, kv := range env {
		if !strings.HasPrefix(kv, "GEMWAY_") && !strings.HasPrefix(kv, "GEMINI_") && !strings.HasPrefix(kv, "GOOGLE_") {
			kept = append(kept, kv)
		}
	}
	return kept
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func (s *server) waitReady(limit time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/readyz", nil)
		if err != nil {
			return err
		}
		if resp, err := s.client.Do(req); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("gemway was not ready after %v", limit)
		case <-tick.C:
		}
	}
}

func (s *server) logTail() string {
	data, err := os.ReadFile(s.log.Name())
	if err != nil {
		return err.Error()
	}
	if len(data) > 4000 {
		data = data[len(data)-4000:]
	}
	return string(data)
}

// stop ends the server as an operator would, and tells whether it went well.
func (s *server) stop() error {
	defer func() { _ = os.RemoveAll(s.dir) }() // what stays is in the folder for temporary files
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("gemway was gone before the end: %w\n%s", err, s.logTail())
	}
	done := make(chan error, 1)
	go func() { done <- s.cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("gemway ended badly: %w\n%s", err, s.logTail())
		}
		return nil
	case <-time.After(20 * time.Second):
		return errors.Join(errors.New("gemway did not stop after SIGTERM"), s.cmd.Process.Kill())
	}
}

// raw is an HTTP answer of Gemway.
type raw struct {
	status int
	header http.Header
	body   []byte
}

// call sends a request with the key as bearer token and reads the whole answer.
func (s *server) call(method, path, key string, body []byte) (raw, error) {
	req, err := http.NewRequest(method, s.url+path, bytes.NewReader(body))
	if err != nil {
		return raw{}, err
	}
	req.Header.Set("Authorization", "Bearer "+key)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return raw{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return raw{resp.StatusCode, resp.Header, data}, err
}

// served reports whether the server knows the route at all.
func served(method, path string) bool {
	r, err := gemway.call(method, path, "probe", nil)
	return err != nil || r.status != http.StatusNotFound || !bytes.Contains(r.body, []byte(`"unknown_route"`))
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Starting and draining take a moment; more than this is a failure.
const patience = 20 * time.Second

// A server is one running gemway.
type server struct {
	url  string
	log  string
	file *os.File
	cmd  *exec.Cmd
	done chan error // what Wait returned
}

// environment is ours without settings of Gemway and keys of Gemini: they
// would change what the servers do.
func environment() []string {
	var env []string
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, "GEMWAY_") || strings.HasPrefix(name, "OPENAI_") || name == "GEMINI_API_KEY" || name == "GOOGLE_API_KEY" {
			continue
		}
		env = append(env, kv)
	}
	return env
}

// start runs gemway on a free port and waits until it is ready.
func start(ctx context.Context, bin, log string, args []string, env ...string) (*server, error) {
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	file, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	s := &server{url: "http://" + port, log: log, file: file, done: make(chan error, 1)}
	// Not CommandContext: stop ends the server, and looks at how it ended.
	s.cmd = exec.Command(bin, append(args, "--listen", port)...) //nolint:noctx // see above
	s.cmd.Env = append(environment(), env...)
	s.cmd.Stdout, s.cmd.Stderr = file, file
	if err := s.cmd.Start(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	go func() { s.done <- s.cmd.Wait() }()
	if err := s.ready(ctx); err != nil {
		return nil, errors.Join(err, s.cmd.Process.Kill(), s.tail())
	}
	return s, nil
}

func freePort(ctx context.Context) (string, error) {
	var listen net.ListenConfig
	l, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// ready waits until the server answers /readyz with 200.
func (s *server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	client := &http.Client{Timeout: time.Second}
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/readyz", nil)
		if err != nil {
			return err
		}
		if resp, err := client.Do(req); err == nil {
			if err := resp.Body.Close(); err == nil && resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case err := <-s.done:
			return errors.Join(fmt.Errorf("%v ended before it was ready: %v", s.cmd.Args, s.cmd.ProcessState), err)
		case <-ctx.Done():
			return fmt.Errorf("%v was not ready: %w", s.cmd.Args, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stop ends the server with SIGTERM and reports when it had crashed, does not
// end, ends with an error, or has panicked meanwhile.
func (s *server) stop() error {
	var err error
	select {
	case err = <-s.done:
		return errors.Join(fmt.Errorf("%v ended during the tests: %v", s.cmd.Args, s.cmd.ProcessState), err, s.tail())
	default:
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case err = <-s.done:
	case <-time.After(patience):
		return errors.Join(fmt.Errorf("%v did not stop on SIGTERM", s.cmd.Args), s.cmd.Process.Kill(), s.tail())
	}
	if err != nil {
		return errors.Join(fmt.Errorf("%v stopped badly: %w", s.cmd.Args, err), s.tail())
	}
	log, err := os.ReadFile(s.log)
	if err == nil && (bytes.Contains(log, []byte("panic:")) || bytes.Contains(log, []byte("DATA RACE"))) {
		return errors.Join(fmt.Errorf("%v panicked", s.cmd.Args), s.tail())
	}
	return errors.Join(err, s.file.Close())
}

// tail returns the end of what the server wrote, as an error.
func (s *server) tail() error {
	log, err := os.ReadFile(s.log)
	if err != nil {
		return err
	}
	const most = 4000
	return fmt.Errorf("%s ends:\n%s", s.log, log[max(0, len(log)-most):])
}

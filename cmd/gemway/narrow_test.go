package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const oneAnswer = `{"candidates":[{"content":{"role":"model","parts":[{"text":"hello"}]},"finishReason":"STOP"}]}`

// T120: where there is little of everything the program starts all the same, as
// a user without a name or a home, from files it cannot change, and with nowhere
// to put any.
func TestT120NothingToWriteTo(t *testing.T) {
	p := prepare(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, oneAnswer)
	}))
	readonly := t.TempDir()
	if err := os.Chmod(readonly, 0o500); err != nil {
		t.Fatal(err)
	}
	p.cmd.Dir = readonly
	p.cmd.Env = []string{"GEMINI_API_KEY=a-key", "TMPDIR=/nonexistent", "HOME=/nonexistent", "GOMAXPROCS=1", "SSL_CERT_FILE=/nonexistent", "SSL_CERT_DIR=/nonexistent"}
	if os.Getuid() == 0 {
		// The program lies where that user may read it.
		for dir := filepath.Dir(p.cmd.Path); dir != filepath.Dir(dir) && dir != os.TempDir(); dir = filepath.Dir(dir) {
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		p.copied(t)
		if err := os.Chown(readonly, 65532, 65532); err != nil {
			t.Fatal(err)
		}
		p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
	}
	p.run(t)
	for range 3 {
		if status, body := p.ask(t, "x"); status != http.StatusOK || !strings.Contains(body, "hello") {
			t.Errorf("%d %s", status, body)
		}
	}
	p.signal(t, syscall.SIGTERM)
	p.exits(t, 10*time.Second)
	if files, err := os.ReadDir(readonly); err != nil || len(files) > 0 {
		t.Errorf("it wrote %v, %v", files, err)
	}
}

// T120: without certificates to trust, the answer says so, and the program
// lives.
func TestT120NoCertificates(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	p := prepare(t, nil)
	for i, a := range p.cmd.Args {
		if strings.HasPrefix(a, "http://") {
			p.cmd.Args[i] = "https://" + ln.Addr().String()
		}
	}
	p.cmd.Env = []string{"GEMINI_API_KEY=a-key", "SSL_CERT_FILE=/nonexistent", "SSL_CERT_DIR=/nonexistent"}
	p.run(t)
	if status, body := p.ask(t, "x"); status != http.StatusBadGateway && status != http.StatusServiceUnavailable || !strings.Contains(body, `"error"`) {
		t.Errorf("%d %s", status, body)
	}
	if status, _ := p.get("/healthz"); status != http.StatusOK {
		t.Errorf("/healthz: %d", status)
	}
}

// T120: with 64 files and a thousand clients, some are not let in, and when they
// are gone all is well again.
func TestT120FewFiles(t *testing.T) {
	p := prepare(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, oneAnswer)
	}))
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Args = append([]string{"sh", "-c", `ulimit -n 64; exec "$0" "$@"`, p.cmd.Path}, p.cmd.Args[1:]...)
	p.cmd.Path = sh
	p.run(t)
	var conns []net.Conn
	for range 1000 {
		c, err := net.DialTimeout("tcp", p.addr, time.Second)
		if err != nil {
			break // the queue of the kernel is full
		}
		conns = append(conns, c)
	}
	if len(conns) < 100 {
		t.Fatalf("only %d connections were made", len(conns))
	}
	time.Sleep(200 * time.Millisecond)
	for _, c := range conns {
		c.Close()
	}
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		status, body := p.ask(t, "x")
		if status == http.StatusOK {
			break
		}
		if time.Since(began) > 15*time.Second {
			t.Fatalf("it does not recover: %d %s", status, body)
		}
	}
	p.signal(t, syscall.SIGTERM)
	p.exits(t, 10*time.Second)
}

// T120: with a limit of memory, large requests beyond it are put off before the
// memory is taken; those within it are answered.
func TestT120LittleMemory(t *testing.T) {
	release := make(chan struct{})
	var under atomic.Int64
	p := prepare(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		under.Add(1)
		<-release
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, oneAnswer)
	}))
	p.cmd.Env = append(p.cmd.Env, "GOMEMLIMIT=128MiB")
	p.run(t)
	large := strings.Repeat("a", 12<<20)
	var answered, refused atomic.Int64
	var wg sync.WaitGroup
	for range 24 {
		wg.Go(func() {
			switch status, _ := p.ask(t, large); status {
			case http.StatusOK:
				answered.Add(1)
			case http.StatusServiceUnavailable, 0: // 0: the connection ends while it still sends
				refused.Add(1)
			default:
				t.Errorf("%d", status)
			}
		})
	}
	for began := time.Now(); refused.Load()+under.Load() < 24 && time.Since(began) < 20*time.Second; time.Sleep(5 * time.Millisecond) {
	}
	close(release)
	wg.Wait()
	if answered.Load() == 0 || refused.Load() == 0 {
		t.Errorf("%d answered, %d refused", answered.Load(), refused.Load())
	}
	if status, _ := p.ask(t, "x"); status != http.StatusOK {
		t.Errorf("afterwards: %d", status)
	}
	b, err := os.ReadFile("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/status")
	if err != nil {
		t.Skipf("no peak of memory to be read: %v", err)
	}
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(b)
	if m == nil {
		t.Fatal("the status of the process has no peak of memory")
	}
	peak, err := strconv.Atoi(string(m[1]))
	if err != nil || peak > mostMemory {
		t.Errorf("%d KiB at most, %v", peak, err)
	}
	t.Logf("%d KiB at most; %d answered, %d refused", peak, answered.Load(), refused.Load())
}

func (p *process) ask(t *testing.T, text string) (int, string) {
	t.Helper()
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 40 * time.Second}
	resp, err := c.Post("http://"+p.addr+"/v1/chat/completions", "application/json", bytes.NewReader([]byte(`{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"`+text+`"}]}`)))
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

// copied puts a copy of the program in place of the link to it.
func (p *process) copied(t *testing.T) {
	t.Helper()
	b, err := os.ReadFile(p.cmd.Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(p.cmd.Path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.cmd.Path, b, 0o755); err != nil {
		t.Fatal(err)
	}
}

package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// target is a process that is measured.
type target struct {
	name, addr string
	cmd        *exec.Cmd
	ready      time.Duration // from its start to its first answer
}

func startTarget(name, addr string, cmd *exec.Cmd) (*target, error) {
	// A file, as a service has one; the null device would pass for a terminal.
	log, err := os.CreateTemp("", "bench-*.log")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	defer os.Remove(log.Name())
	cmd.Stderr = log
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	t := &target{name: name, addr: addr, cmd: cmd}
	for time.Since(began) < 10*time.Second {
		resp, err := http.Get("http://" + addr + "/readyz")
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				t.ready = time.Since(began)
				return t, nil
			}
		}
		time.Sleep(time.Millisecond)
	}
	t.stop()
	return nil, fmt.Errorf("%s did not get ready", name)
}

func (t *target) stop() {
	_ = t.cmd.Process.Kill()
	_ = t.cmd.Wait()
}

// cpu returns the user and system time of the process in seconds.
func (t *target) cpu() float64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", t.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	user, _ := strconv.ParseFloat(f[11], 64)
	system, _ := strconv.ParseFloat(f[12], 64)
	const ticks = 100 // a second, on Linux
	return (user + system) / ticks
}

// status returns a size from the kernel's account of the process, in MiB.
func (t *target) status(name string) float64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", t.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), name)
	n, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	return n / 1024
}

package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	testscript.Main(leaks{m}, map[string]func(){"gemway": main})
}

// leaks are tests that must leave no goroutine behind.
type leaks struct{ *testing.M }

// Run implements testscript.TestingM.
func (l leaks) Run() int {
	code := l.M.Run()
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(); err != nil && code == 0 {
		_, _ = os.Stderr.WriteString(err.Error() + "\n")
		return 1
	}
	return code
}

// TestScript tells what people do with the program, as scripts.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"address":   address,
			"await":     await,
			"get":       get,
			"terminate": terminate,
		},
	})
}

var client = &http.Client{Timeout: 20 * time.Second}

// address NAME... sets variables to free addresses on the loopback interface.
func address(ts *testscript.TestScript, _ bool, names []string) {
	for _, name := range names {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		ts.Setenv(name, l.Addr().String())
		ts.Check(l.Close())
	}
}

// await URL waits until something answers with 200.
func await(ts *testscript.TestScript, _ bool, args []string) {
	for began := time.Now(); time.Since(began) < 20*time.Second; time.Sleep(5 * time.Millisecond) {
		if resp, err := client.Get(args[0]); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
	}
	ts.Fatalf("%s does not answer", args[0])
}

// get STATUS URL [HEADER: VALUE]... fetches a page and prints it.
func get(ts *testscript.TestScript, _ bool, args []string) {
	req, err := http.NewRequest(http.MethodGet, args[1], nil)
	ts.Check(err)
	for _, h := range args[2:] {
		name, value, _ := strings.Cut(h, ":")
		req.Header.Set(name, strings.TrimSpace(value))
	}
	resp, err := client.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s\n", body)
	if want := args[0]; fmt.Sprint(resp.StatusCode) != want {
		ts.Fatalf("%s answers %s, want %s: %s", args[1], resp.Status, want, body)
	}
}

// terminate [-INT] sends SIGTERM, or SIGINT, to what runs in the background.
func terminate(ts *testscript.TestScript, _ bool, args []string) {
	sig := syscall.SIGTERM
	if len(args) > 0 {
		sig = syscall.SIGINT
	}
	for _, cmd := range ts.BackgroundCmds() {
		if err := cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
			ts.Fatalf("%v", err)
		}
	}
}

// Every command and flag explains itself.
func TestHelpIsComplete(t *testing.T) {
	w := &world{stdout: io.Discard, stderr: io.Discard}
	if status := run([]string{"version"}, w); status != 0 {
		t.Fatalf("status %d", status)
	}
	for _, cmd := range w.parser.Model.Children {
		if cmd.Help == "" {
			t.Errorf("%s has no help", cmd.Name)
		}
		for _, f := range flags(cmd) {
			if f.Help == "" {
				t.Errorf("%s --%s has no help", cmd.Name, f.Name)
			}
		}
		for _, script := range []string{bash(w.parser.Model.Node), fish(w.parser.Model.Node)} {
			if !strings.Contains(script, cmd.Name) {
				t.Errorf("%s is not completed", cmd.Name)
			}
		}
	}
}

// Command driver starts what a suite of SDK tests talks to, runs the suite,
// and stops everything again:
//
//	driver [-bin bin/gemway] COMMAND ARGUMENT...
//
// The command finds these variables in its environment:
//
//	GEMWAY_TEST_URL           a server started with --offline
//	GEMWAY_TEST_SCRIPTED_URL  a server in front of a scripted upstream
//	GEMWAY_TEST_UPSTREAM_URL  that upstream, which tells what it received
//
// With -emulate the scripted upstream hands what names no script to the
// emulator, and still tells what it received.
//
// The driver exits with the status of the command, or 1 when a server did not
// start, crashed, or did not stop cleanly on SIGTERM.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/emulator"
)

func main() {
	bin := flag.String("bin", "bin/gemway", "the gemway binary")
	scripts := flag.String("scripts", "test/sdk/scripts", "folder of the scripted upstream's answers")
	emulate := flag.Bool("emulate", false, "the emulator answers what names no script")
	logs := flag.String("logs", ".cache/logs", "folder for what the servers write")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "driver: no command to run")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	up, err := newUpstream(os.DirFS(*scripts))
	if err == nil && *emulate {
		up.rest, err = emulated()
	}
	status := 0
	if err == nil {
		status, err = run(ctx, *bin, up, *logs, flag.Args())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "driver:", err)
		status = max(status, 1)
	}
	os.Exit(status)
}

// emulated returns Gemini's native API as the emulator serves it.
func emulated() (http.Handler, error) {
	models, err := catalog.New(catalog.Options{})
	if err != nil {
		return nil, err
	}
	return emulator.New(emulator.Config{Catalog: models}), nil
}

// run returns the status of the command.
func run(ctx context.Context, bin string, up http.Handler, logs string, command []string) (status int, err error) {
	if bin, err = filepath.Abs(bin); err != nil {
		return 0, err
	}
	if err := os.MkdirAll(logs, 0o755); err != nil {
		return 0, err
	}
	upstream := httptest.NewServer(up)
	defer upstream.Close()

	offline, err := start(ctx, bin, filepath.Join(logs, "server-offline.log"), []string{"serve", "--offline"})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, offline.stop()) }()
	scripted, err := start(ctx, bin, filepath.Join(logs, "server-scripted.log"), []string{"serve"},
		"GEMWAY_GEMINI_BASE_URL="+upstream.URL)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, scripted.stop()) }()

	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Env = append(environment(),
		"GEMWAY_TEST_URL="+offline.url,
		"GEMWAY_TEST_SCRIPTED_URL="+scripted.url,
		"GEMWAY_TEST_UPSTREAM_URL="+upstream.URL,
	)
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return max(exit.ExitCode(), 1), nil
	}
	return 0, err
}

// Command genai starts the emulator and runs a suite of Google's own SDKs
// against it:
//
//	genai COMMAND ARGUMENT...
//
// The command finds the emulator's address in GEMWAY_TEST_EMULATOR_URL. genai
// exits with the status of the command.
package main

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"

	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/emulator"
)

func main() {
	status, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "genai:", err)
		status = 1
	}
	os.Exit(status)
}

func run(command []string) (status int, err error) {
	if len(command) == 0 {
		return 0, errors.New("no command to run")
	}
	models, err := catalog.New(catalog.Options{})
	if err != nil {
		return 0, err
	}
	server := httptest.NewServer(emulator.New(emulator.Config{Catalog: models}))
	defer server.Close()
	cmd := exec.Command(command[0], command[1:]...) //nolint:noctx // the program ends with its command
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "GEMWAY_TEST_EMULATOR_URL="+server.URL)
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), nil
	}
	return 0, err
}

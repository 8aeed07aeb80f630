// Command gemway serves OpenAI's API on Google's Gemini models.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"runtime/debug"
	"strings"

	"github.com/alecthomas/kong"
)

// version is stamped by the build; go install leaves it to the module.
var version = ""

// commands are the subcommands, in the order of the help.
type commands struct {
	Serve      serve         `cmd:"" help:"Serve OpenAI's API."`
	Check      check         `cmd:"" help:"Validate the configuration and print what is in force."`
	Models     modelsCmd     `cmd:"" help:"List the models and what they can do."`
	Chat       chat          `cmd:"" help:"Chat with a model through any OpenAI-compatible URL."`
	Emulator   emulatorCmd   `cmd:"" help:"Serve Gemini's native API from the built-in emulator."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
	Completion completionCmd `cmd:"" help:"Print a completion script for a shell."`
}

// world is what a command may touch outside the program.
type world struct {
	ctx            context.Context //nolint:containedctx // the command's own, from main
	stdin          io.Reader
	stdout, stderr io.Writer
	environ        []string
	program        string // how it was called
	parser         *kong.Kong
}

// say prints to the standard output.
func (w *world) say(format string, args ...any) error {
	_, err := fmt.Fprintf(w.stdout, format, args...)
	return err
}

// Exit statuses beside 0.
const (
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	// Package log belongs to no one here. Libraries write to it, among them
	// net/http, which quotes what servers send unasked: it could hold anything.
	log.SetOutput(io.Discard)
	os.Exit(run(os.Args[1:], &world{
		ctx: context.Background(), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, environ: os.Environ(), program: called(os.Args[0]),
	}))
}

// called returns how to call the program again: by its name where a shell
// found it by that, else by its path.
func called(arg0 string) string {
	if arg0 == "" || !strings.ContainsAny(arg0, `/\`) || strings.ContainsAny(arg0, " '\"$") {
		return "gemway"
	}
	return arg0
}

// asked are other ways to ask for a command that people try.
var asked = map[string]string{"help": "--help", "--version": "version", "-V": "version"}

// run runs one command and returns the exit status.
func run(args []string, w *world) int {
	var c commands
	exit := -1
	parser, err := kong.New(&c, kong.Name("gemway"), kong.Writers(w.stdout, w.stderr),
		kong.Description("OpenAI's API in front, Google's Gemini behind.\n\nStart with: gemway serve --offline"),
		kong.Exit(func(code int) { exit = code }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		panic(err) // a mistake in the tags above, found by every test
	}
	w.parser = parser
	switch {
	case len(args) == 0:
		args = []string{"--help"}
	case args[0] == "help" && len(args) > 1:
		args = []string{args[1], "--help"}
	case asked[args[0]] != "":
		args = append([]string{asked[args[0]]}, args[1:]...)
	}
	command, err := parser.Parse(args)
	if exit >= 0 { // the help has been printed
		return exit
	}
	if err != nil {
		hint := "gemway --help"
		if parse, ok := errors.AsType[*kong.ParseError](err); ok && parse.Context != nil && parse.Context.Selected() != nil {
			hint = parse.Context.Selected().FullPath() + " --help"
		}
		complain(w.stderr, err)
		fmt.Fprintf(w.stderr, "See %s.\n", hint)
		return exitUsage
	}
	if err := command.Run(w); err != nil {
		if !errors.Is(err, errSaid) {
			complain(w.stderr, err)
		}
		return exitFailed
	}
	return 0
}

// errSaid ends a command that has told everything already.
var errSaid = errors.New("failed")

// complain prints an error; joined ones come each on a line.
func complain(w io.Writer, err error) {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			complain(w, e)
		}
		return
	}
	fmt.Fprintf(w, "gemway: %v\n", err)
}

// versionCmd prints the version.
type versionCmd struct {
	JSON bool `help:"Print JSON."`
}

// Run runs the command.
func (v *versionCmd) Run(w *world) error {
	about := aboutVersion()
	if v.JSON {
		return w.json(about)
	}
	return w.say("gemway %s (%s, %s/%s)\n", about.Version, about.Go, about.OS, about.Arch)
}

// currentVersion returns the version stamped by the build, or the module's.
func currentVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

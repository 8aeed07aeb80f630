// Command gemway serves OpenAI's API on Google's Gemini models.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
	"github.com/gemway/gemway/internal/app"
	"github.com/gemway/gemway/internal/config"
)

// version is stamped by the build.
var version = "devel"

type commands struct {
	Serve   serve      `cmd:"" help:"Serve OpenAI's API."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

type serve struct {
	Listen        string `help:"Address to listen on." default:"127.0.0.1:8080" env:"GEMWAY_LISTEN"`
	Offline       bool   `help:"Answer from the built-in emulator: no key, no network." env:"GEMWAY_OFFLINE"`
	GeminiBaseURL string `help:"Where native Gemini calls go." name:"gemini-base-url" env:"GEMWAY_GEMINI_BASE_URL"`
}

func (s *serve) Run() error {
	cfg := config.Default()
	cfg.Listen, cfg.Offline, cfg.GeminiBaseURL, cfg.GeminiKeys = s.Listen, s.Offline, s.GeminiBaseURL, config.Keys()
	a, err := app.New(cfg, slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return a.Serve(ctx)
}

type versionCmd struct{}

func (versionCmd) Run() error {
	_, err := fmt.Println("gemway", version)
	return err
}

func main() {
	var c commands
	ctx := kong.Parse(&c, kong.Name("gemway"), kong.Description("OpenAI's API in front, Google's Gemini behind."), kong.UsageOnError())
	ctx.FatalIfErrorf(ctx.Run())
}

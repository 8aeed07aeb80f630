package main

import (
	"fmt"

	"github.com/gemway/gemway/internal/config"
)

// settings are the flags of the commands that read the configuration. Every
// setting can be given by --set; the commonest have flags of their own.
type settings struct {
	Config         string            `short:"c" placeholder:"FILE" help:"YAML file with settings ($$GEMWAY_CONFIG)."`
	Listen         *string           `placeholder:"ADDRESS" help:"Address to listen on, 127.0.0.1:8080 by default ($$GEMWAY_LISTEN)."`
	Offline        *bool             `help:"Answer from the built-in emulator: no network, no key ($$GEMWAY_OFFLINE)."`
	GeminiBaseURL  *string           `name:"gemini-base-url" placeholder:"URL" help:"Where native Gemini calls go ($$GEMWAY_GEMINI_BASE_URL)."`
	AdminListen    *string           `placeholder:"ADDRESS" help:"Address of the operator's listener, off by default ($$GEMWAY_ADMIN_LISTEN)."`
	InsecureListen *bool             `help:"Serve the server's own Gemini keys beyond the loopback interface without client keys ($$GEMWAY_INSECURE_LISTEN)."`
	LogLevel       *string           `placeholder:"LEVEL" help:"debug, info, warn or error ($$GEMWAY_LOG_LEVEL)."`
	LogFormat      *string           `placeholder:"FORMAT" help:"auto, text or json ($$GEMWAY_LOG_FORMAT)."`
	Set            map[string]string `placeholder:"KEY=VALUE" mapsep:"none" help:"Set anything of docs/configuration.md, such as upstream.total=10m."`
}

// load reads the configuration.
func (s *settings) load(w *world) (*config.Config, error) {
	flags := map[string]string{}
	for key, value := range s.Set {
		flags[key] = value
	}
	for key, p := range map[string]*string{
		"listen": s.Listen, "gemini.base_url": s.GeminiBaseURL, "admin.listen": s.AdminListen,
		"log.level": s.LogLevel, "log.format": s.LogFormat,
	} {
		if p != nil {
			flags[key] = *p
		}
	}
	for key, p := range map[string]*bool{"offline": s.Offline, "insecure_listen": s.InsecureListen} {
		if p != nil {
			flags[key] = fmt.Sprint(*p)
		}
	}
	return config.Load(config.Source{File: s.Config, Flags: flags, Environ: w.environ})
}

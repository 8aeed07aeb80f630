// Package config gathers the settings of all parts into one: flags over
// environment over file over defaults. Only it and the command read the
// environment and files.
//
// settings.go is the list of everything that can be set; the reference page
// docs/configuration.md is written from it.
package config

import (
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"github.com/gemway/gemway/internal/auth"
	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/gallery"
	"github.com/gemway/gemway/internal/media"
	"github.com/gemway/gemway/internal/routing"
	"github.com/gemway/gemway/internal/server"
	"github.com/gemway/gemway/internal/signatures"
	"github.com/gemway/gemway/internal/tracing"
	"github.com/gemway/gemway/internal/upstream"
	"github.com/go-json-experiment/json/jsontext"
)

// Config is the whole configuration.
type Config struct {
	Listen         string
	InsecureListen bool // serve the server's own keys to whoever can connect
	Offline        bool

	Gemini     Gemini
	Vertex     Vertex
	ClientKeys Keys

	Sites  map[string]Site // that speak OpenAI's protocol, by name
	Routes routing.Table

	TLS      TLS
	Admin    Admin
	Log      Log
	Shutdown Shutdown

	Server     server.Config
	Upstream   upstream.Config
	Catalog    Catalog
	Signatures signatures.Config
	Media      media.Config
	Images     gallery.Config

	// Tracing is what OpenTelemetry's own variables say.
	Tracing tracing.Config
	// Files are the files that the configuration was read from.
	Files []string

	loaded   string // fingerprint of Files
	settings []Setting
}

// Keys are secrets, from a list and from a file.
type Keys struct {
	List []Secret
	File string
}

// Gemini is the Gemini API.
type Gemini struct {
	Keys    Keys   // none: the client's bearer token is its Gemini key
	BaseURL string // "" is Google's host
}

// Vertex is Vertex AI in the place of the Gemini API.
type Vertex struct {
	Enabled         bool
	CredentialsFile string // "" leaves the search to Google's library
	upstream.VertexConfig
}

// TLS says how connections are encrypted.
type TLS struct {
	CertFile, KeyFile string // "" is plain HTTP

	Certificate *tls.Certificate // what the files hold
}

// Admin is the listener for operators.
type Admin struct {
	Listen string // "" is off
	Token  Secret
}

// Log says what is logged and how.
type Log struct {
	Level  string
	Format string // auto, text or json
}

// Shutdown says how the server stops.
type Shutdown struct {
	// Delay is how long requests are still accepted after readiness is gone.
	Delay time.Duration
	// Timeout is how long requests under way may take to finish.
	Timeout time.Duration
}

// Catalog is what the operator changes of the catalog.
type Catalog struct {
	catalog.Options
	File string

	parts map[string]jsontext.Value // written in the configuration itself
}

// Default returns the configuration without any setting.
func Default() *Config {
	return &Config{
		Listen:     "127.0.0.1:8080",
		Log:        Log{Level: "info", Format: "auto"},
		Shutdown:   Shutdown{Delay: time.Second, Timeout: 5 * time.Minute},
		Server:     server.Default(),
		Upstream:   upstream.Default(),
		Catalog:    Catalog{Options: catalog.Options{Successors: true}},
		Signatures: signatures.Default(),
		Media:      media.Default(),
		Images:     gallery.Default(),
	}
}

// GeminiKeys returns the keys the server holds.
func (c *Config) GeminiKeys() []string { return reveal(c.Gemini.Keys.List) }

// ClientKeysList returns the keys that clients may use.
func (c *Config) ClientKeysList() []string { return reveal(c.ClientKeys.List) }

// Mode says whose credentials a request is answered with.
type Mode string

// The modes of a server.
const (
	Offline     Mode = "offline"      // the emulator answers
	ServerKeys  Mode = "server keys"  // the server's Gemini keys
	PassThrough Mode = "pass-through" // the client's own Gemini key
	OnVertex    Mode = "vertex"       // the server's Google credentials
)

// Mode returns the mode that the settings amount to.
func (c *Config) Mode() Mode {
	switch {
	case c.Offline:
		return Offline
	case c.Vertex.Enabled:
		return OnVertex
	case len(c.Gemini.Keys.List) > 0:
		return ServerKeys
	}
	return PassThrough
}

// Validate reports everything that cannot work, by the names of the settings.
func (c *Config) Validate() error {
	errs := []error{c.checkListen(), c.checkAdmin(), c.checkKeys(), c.checkSites(), c.Upstream.Validate(), c.Server.Validate()}
	if err := c.Media.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("media.%w", err))
	}
	if c.Shutdown.Delay < 0 || c.Shutdown.Delay > 10*time.Minute {
		errs = append(errs, fmt.Errorf("shutdown.delay must be between 0s and 10m, got %s", c.Shutdown.Delay))
	}
	if c.Shutdown.Timeout < 0 || c.Shutdown.Timeout > 24*time.Hour {
		errs = append(errs, fmt.Errorf("shutdown.timeout must be between 0s and 24h, got %s", c.Shutdown.Timeout))
	}
	if c.Gemini.BaseURL != "" {
		if _, err := upstream.NewGeminiAPI(c.Gemini.BaseURL); err != nil {
			errs = append(errs, fmt.Errorf("gemini.base_url: %w", err))
		}
	}
	if c.Signatures.MaxBytes < 1<<10 || c.Signatures.MaxAge <= 0 {
		errs = append(errs, errors.New("signatures.max_bytes must be at least 1KiB and signatures.max_age more than 0s"))
	}
	if c.Images.MaxBytes < 1<<20 || c.Images.MaxAge <= 0 {
		errs = append(errs, errors.New("images.max_bytes must be at least 1MiB and images.max_age more than 0s"))
	}
	if _, err := catalog.New(c.Catalog.Options); err != nil {
		errs = append(errs, fmt.Errorf("catalog: %w", err))
	}
	if _, err := auth.New(reveal(c.ClientKeys.List)); err != nil {
		errs = append(errs, fmt.Errorf("client_keys: %w", err))
	}
	return errors.Join(errs...)
}

// checkKeys reports keys that could not be used.
func (c *Config) checkKeys() error {
	switch {
	case c.Mode() == PassThrough && len(c.ClientKeys.List) > 0 && len(c.Sites) == 0:
		return errors.New("client_keys are set, but no key of Gemini is: without one, a client's key is its Gemini key. Set GEMINI_API_KEY, or leave client_keys out")
	case c.Vertex.Enabled && c.Offline:
		return errors.New("offline and vertex.enabled exclude each other: offline, the emulator answers")
	}
	return nil
}

// Package config gathers the settings of all parts: flags over environment
// over defaults. Only it and the command read the environment.
package config

import (
	"fmt"
	"os"
	"strings"

	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/media"
	"github.com/gemway/gemway/internal/server"
	"github.com/gemway/gemway/internal/signatures"
	"github.com/gemway/gemway/internal/upstream"
)

// Config is the whole configuration.
type Config struct {
	Listen        string
	Offline       bool
	GeminiBaseURL string   // "" is Google's host
	GeminiKeys    []string // none: the client's bearer token is its Gemini key

	Server     server.Config
	Upstream   upstream.Config
	Catalog    catalog.Options
	Signatures signatures.Config
	Media      media.Config
}

// Default returns the configuration without any setting.
func Default() Config {
	return Config{
		Listen:     "127.0.0.1:8080",
		Server:     server.Default(),
		Upstream:   upstream.Default(),
		Catalog:    catalog.Options{Successors: true},
		Signatures: signatures.Default(),
		Media:      media.Default(),
	}
}

// Keys reads the Gemini keys from the environment: GOOGLE_API_KEY wins over
// GEMINI_API_KEY, as in Google's own SDKs.
func Keys() []string {
	list := os.Getenv("GOOGLE_API_KEY")
	if list == "" {
		list = os.Getenv("GEMINI_API_KEY")
	}
	var keys []string
	for k := range strings.SplitSeq(list, ",") {
		if k = strings.TrimSpace(k); k != "" {
			keys = append(keys, k)
		}
	}
	return keys
}

// Validate reports the first setting that cannot work.
func (c *Config) Validate() error {
	if c.Listen == "" {
		return fmt.Errorf("listen must name an address such as 127.0.0.1:8080")
	}
	return c.Upstream.Validate()
}

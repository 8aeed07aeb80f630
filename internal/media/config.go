package media

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Modes of fetching.
const (
	ModeOn    = "on"         // any public host
	ModeOff   = "off"        // nothing is fetched
	ModeHosts = "allow-list" // only the hosts that Config.Hosts names
)

// Config says what may be fetched and how much of it. Sizes are in bytes.
type Config struct {
	Mode string `yaml:"mode"`
	// Hosts are the names of the allow-list: example.com, or *.example.com for
	// everything below it. In every mode, naming a host also lifts the refusal of
	// names that look internal, such as files.internal; its addresses are judged
	// all the same.
	Hosts []string `yaml:"hosts"`
	// AllowedNetworks are fetched from although they are not public: intranets.
	// Addresses of cloud metadata services stay refused.
	AllowedNetworks []netip.Prefix `yaml:"allowed_networks"`
	// Self are the names and addresses under which clients reach this gateway. It
	// fetches nothing from itself.
	Self []string `yaml:"self"`

	Ports           []uint16      `yaml:"ports"`
	MaxURLs         int           `yaml:"max_urls"`          // in one request
	MaxBytes        int           `yaml:"max_bytes"`         // of one file
	MaxRequestBytes int           `yaml:"max_request_bytes"` // of all files of one request
	MaxMemory       int           `yaml:"max_memory"`        // of all files of all requests under way, as base64
	MaxRedirects    int           `yaml:"max_redirects"`
	Timeout         time.Duration `yaml:"timeout"` // for one file, all redirects included
	Concurrent      int           `yaml:"concurrent"`
	PerHost         int           `yaml:"per_host"` // fetches at once from one host
	MaxWait         time.Duration `yaml:"max_wait"` // for a free place
}

// Default returns the settings that hold when nothing is set.
func Default() Config {
	return Config{
		Mode:     ModeOn,
		Ports:    []uint16{80, 443},
		MaxURLs:  16,
		MaxBytes: 20 << 20,
		// Gemini takes 100 MB in one request, base64 counted.
		// https://ai.google.dev/gemini-api/docs/file-input-methods
		MaxRequestBytes: 70 << 20,
		MaxMemory:       512 << 20,
		MaxRedirects:    3,
		Timeout:         10 * time.Second,
		Concurrent:      64,
		PerHost:         4,
		MaxWait:         5 * time.Second,
	}
}

// Validate reports the first setting that makes no sense, by its name.
func (c Config) Validate() error {
	if !slices.Contains([]string{ModeOn, ModeOff, ModeHosts}, c.Mode) {
		return fmt.Errorf("mode must be on, off or allow-list, got %q", c.Mode)
	}
	if c.Mode == ModeHosts && len(c.Hosts) == 0 {
		return fmt.Errorf("hosts must name at least one host when mode is allow-list")
	}
	for _, h := range c.Hosts {
		name := strings.TrimPrefix(h, "*.")
		if name == "" || strings.ContainsAny(name, "*/:@ ") {
			return fmt.Errorf("hosts: %q is not a host name such as example.com or *.example.com", h)
		}
	}
	for _, p := range c.AllowedNetworks {
		if !p.IsValid() {
			return fmt.Errorf("allowed_networks: %s is not a network such as 10.1.0.0/16", p)
		}
	}
	if len(c.Ports) == 0 || slices.Contains(c.Ports, 0) {
		return fmt.Errorf("ports must name at least one port, and not 0")
	}
	for _, n := range []struct {
		name  string
		value int64
		least int64
	}{
		{"max_urls", int64(c.MaxURLs), 1},
		{"max_bytes", int64(c.MaxBytes), 1},
		{"max_request_bytes", int64(c.MaxRequestBytes), int64(c.MaxBytes)},
		{"max_memory", int64(c.MaxMemory), int64(encodedLen(c.MaxRequestBytes))},
		{"max_redirects", int64(c.MaxRedirects), 0},
		{"timeout", int64(c.Timeout), 1},
		{"concurrent", int64(c.Concurrent), 1},
		{"per_host", int64(c.PerHost), 1},
		{"max_wait", int64(c.MaxWait), 0},
	} {
		if n.value < n.least {
			return fmt.Errorf("%s must be at least %d, got %d", n.name, n.least, n.value)
		}
	}
	return nil
}

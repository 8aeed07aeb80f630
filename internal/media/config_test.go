package media

import (
	"net/netip"
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	if err := Default().Validate(); err != nil {
		t.Fatalf("the default settings are refused: %v", err)
	}
	for name, set := range map[string]func(*Config){
		"mode":              func(c *Config) { c.Mode = "sometimes" },
		"hosts":             func(c *Config) { c.Mode = ModeHosts },
		"hosts: ":           func(c *Config) { c.Hosts = []string{"https://example.com/"} },
		"allowed_networks":  func(c *Config) { c.AllowedNetworks = []netip.Prefix{{}} },
		"ports":             func(c *Config) { c.Ports = nil },
		"ports ":            func(c *Config) { c.Ports = []uint16{0} },
		"max_urls":          func(c *Config) { c.MaxURLs = 0 },
		"max_bytes":         func(c *Config) { c.MaxBytes = 0 },
		"max_request_bytes": func(c *Config) { c.MaxRequestBytes = c.MaxBytes - 1 },
		"max_memory":        func(c *Config) { c.MaxMemory = c.MaxRequestBytes },
		"max_redirects":     func(c *Config) { c.MaxRedirects = -1 },
		"timeout":           func(c *Config) { c.Timeout = 0 },
		"concurrent":        func(c *Config) { c.Concurrent = 0 },
		"per_host":          func(c *Config) { c.PerHost = 0 },
		"max_wait":          func(c *Config) { c.MaxWait = -1 },
	} {
		c := Default()
		set(&c)
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("%s: Validate = %v, want an error that begins with the setting", name, err)
		}
		if _, err := New(c); err == nil {
			t.Errorf("%s: New takes the settings", name)
		}
	}
}

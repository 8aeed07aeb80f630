package config

import (
	"fmt"
	"os"
	"strings"
)

// Fingerprint changes when one of the configuration's files does. It follows
// links, as those of mounted secrets, and reads no content.
func (c *Config) Fingerprint() string {
	var b strings.Builder
	for _, name := range c.Files {
		b.WriteString(fingerprint(name))
	}
	return b.String()
}

// Loaded returns the fingerprint of what was read.
func (c *Config) Loaded() string { return c.loaded }

func fingerprint(name string) string {
	info, err := os.Stat(name)
	if err != nil {
		return name + " is missing\n"
	}
	return fmt.Sprintf("%s %d %d\n", name, info.Size(), info.ModTime().UnixNano())
}

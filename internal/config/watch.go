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
		info, err := os.Stat(name)
		if err != nil {
			fmt.Fprintf(&b, "%s missing\n", name)
			continue
		}
		fmt.Fprintf(&b, "%s %d %d\n", name, info.Size(), info.ModTime().UnixNano())
	}
	return b.String()
}

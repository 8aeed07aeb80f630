package config

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"unicode"
)

// Shown is one setting in force, for people and scripts.
type Shown struct {
	Key    string `json:"key"`
	Value  string `json:"value"`  // secrets by their short ids
	Source string `json:"source"` // default, a file, a variable or a flag
}

// Effective returns every setting in force, in the order of the reference.
func (c *Config) Effective() []Shown {
	out := make([]Shown, len(c.settings))
	for i := range c.settings {
		s := &c.settings[i]
		out[i] = Shown{Key: s.Key, Value: s.val.text(), Source: s.source}
		if s.from == fromDefault {
			out[i].Source = "default"
		}
	}
	return out
}

// Print writes the configuration in force in the form of a file, with where
// each setting comes from.
func (c *Config) Print(w io.Writer) error {
	var b strings.Builder
	section := ""
	for _, s := range c.Effective() {
		name, indent := s.Key, ""
		if sec, rest, below := strings.Cut(s.Key, "."); below {
			if sec != section {
				section = sec
				fmt.Fprintf(&b, "%s:\n", sec)
			}
			name, indent = rest, "  "
		}
		line := indent + name + ": " + printed(s.Value)
		fmt.Fprintf(&b, "%-52s # %s\n", line, s.Source)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// printed makes a value safe to print on one line.
func printed(v string) string {
	if q := fmt.Sprintf("%q", v); v == "" || q != `"`+v+`"` || strings.ContainsAny(v, "#") {
		return q
	}
	return v
}

// LogValue implements slog.LogValuer: the settings that are not defaults.
func (c *Config) LogValue() slog.Value {
	var attrs []slog.Attr
	for _, s := range c.Effective() {
		if s.Source != "default" {
			attrs = append(attrs, slog.String(s.Key, s.Value))
		}
	}
	return slog.GroupValue(attrs...)
}

// NeedsRestart returns the keys of the settings that differ in next and that a
// reload does not change.
func (c *Config) NeedsRestart(next *Config) []string {
	var changed []string
	for i := range c.settings {
		s, n := &c.settings[i], next.find(c.settings[i].Key)
		if s.Restart && n.val.text() != s.val.text() {
			changed = append(changed, s.Key)
		}
	}
	return changed
}

func sectionTitle(section string) string {
	return cmp.Or(sections[section], section)
}

// contents returns links to the sections of the page about all settings.
func (c *Config) contents() string {
	var links []string
	for i := range c.settings {
		section, _, below := strings.Cut(c.settings[i].Key, ".")
		if !below {
			section = ""
		}
		title := sectionTitle(section)
		anchor := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, title)
		if link := fmt.Sprintf("[%s](#%s)", title, anchor); !slices.Contains(links, link) {
			links = append(links, link)
		}
	}
	return strings.Join(links, " ·\n")
}

// Reference writes the page about all settings.
func Reference(w io.Writer) error {
	c := Default()
	c.settings = c.table()
	var b strings.Builder
	b.WriteString(referenceIntro)
	b.WriteString("\n" + c.contents() + "\n")
	section := "none"
	for i := range c.settings {
		s := &c.settings[i]
		sec, _, below := strings.Cut(s.Key, ".")
		if !below {
			sec = ""
		}
		if sec != section {
			section = sec
			fmt.Fprintf(&b, "\n## %s\n\n| setting | default | what |\n|---|---|---|\n", sectionTitle(sec))
		}
		def := s.val.text()
		if def == "" {
			def = "–"
		} else {
			def = "`" + def + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s", s.Key, def, s.Doc)
		if s.Flagged {
			fmt.Fprintf(&b, " Flag `--%s`.", s.Flag())
		}
		for _, name := range s.Env {
			fmt.Fprintf(&b, " `%s`.", name)
		}
		fmt.Fprintf(&b, " (%s)", s.val.kind())
		if s.Restart {
			b.WriteString(" ↻")
		}
		b.WriteString(" |\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// sections are the titles of the parts of the reference.
var sections = map[string]string{
	"":           "Server",
	"gemini":     "gemini: the Gemini API",
	"vertex":     "vertex: Vertex AI",
	"server":     "server: requests",
	"limits":     "limits: connections, headers, bodies",
	"cors":       "cors: browsers",
	"media":      "media: files that requests name by URL",
	"upstream":   "upstream: calls to Google",
	"retry":      "retry: further tries",
	"catalog":    "catalog: models",
	"signatures": "signatures: memory for thought signatures",
	"shutdown":   "shutdown: how the server stops",
	"admin":      "admin: the operator's listener",
	"log":        "log",
	"tls":        "tls: HTTPS without a proxy",
}

const referenceIntro = `<!-- Written by go generate ./internal/config from settings.go. Do not edit. -->

# Configuration

Nothing has to be configured: an empty configuration serves on 127.0.0.1:8080, and clients pass their own Gemini keys.

A setting can be given as a flag, as a variable of the environment, or in a YAML file; flags win over variables, variables over the
file. The file is named by ` + "`--config FILE`" + ` or ` + "`GEMWAY_CONFIG`" + `.

| | how ` + "`upstream.first_byte`" + ` is set to two minutes |
|---|---|
| flag | ` + "`--set upstream.first_byte=2m`" + ` (the commonest settings have flags of their own) |
| variable | ` + "`GEMWAY_UPSTREAM_FIRST_BYTE=2m`" + `: GEMWAY_, and the key in capitals with _ for the dot |
| file | ` + "`upstream:`" + ` and, indented below it, ` + "`first_byte: 2m`" + ` |

` + "`gemway check`" + ` validates everything as a whole, says where each setting comes from, and ends with a status other than 0 when something is
wrong. Unknown settings, variables and flags are mistakes too. Keys and tokens are shown by a short id, never as they are.

- Lists and tables are lists and mappings in the file; in flags and variables items are separated by commas: ` + "`a,b`" + `, ` + "`name=value,name=value`" + `.
- Texts in the file may hold ` + "`${NAME}`" + ` or ` + "`${NAME:-default}`" + ` for variables of the environment; ` + "`$$`" + ` is a dollar.
- Durations are written 30s, 5m or 1h30m; bytes as a number, or 512KiB, 32MiB, 1GiB.
- An empty variable counts as one that is not set.

On SIGHUP, and when one of its files changes, the configuration is read anew. It takes effect as a whole and without a dropped
request, or, when something is wrong with it, not at all: the log says what. Settings marked ↻ change with a restart only.

` + "```yaml" + `
listen: 0.0.0.0:8080
client_keys_file: /run/secrets/client-keys   # one a line, plain or sha256:HEX
gemini:
  keys: ["${GEMINI_KEY_A}", "${GEMINI_KEY_B}"]
catalog:
  openai_aliases: true
  aliases:
    fast: gemini-2.5-flash-lite
` + "```" + `
`

package config

import (
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/gemway/gemway/internal/spelling"
	"github.com/gemway/gemway/internal/tracing"
)

// Source is where a configuration is read from.
type Source struct {
	// File is the path of the file, "" for none. GEMWAY_CONFIG names it too.
	File string
	// Flags are settings by key, which win over everything.
	Flags map[string]string
	// Environ are the variables of the environment, NAME=text.
	Environ []string
	// ReadFile reads a file; nil is os.ReadFile.
	ReadFile func(name string) ([]byte, error)
}

// prefix begins the names of our own variables.
const prefix = "GEMWAY_"

// fileVariable names the file.
const fileVariable = prefix + "CONFIG"

// maxFile bounds what is read from one file.
const maxFile = 16 << 20

// Load reads the configuration. The error holds everything that is wrong, each
// on a line of its own that names the setting.
func Load(src Source) (*Config, error) {
	c := Default()
	c.settings = c.table()
	l := &loader{cfg: c, env: environment(src.Environ), read: src.ReadFile}
	if l.read == nil {
		l.read = os.ReadFile
	}
	if src.File == "" {
		src.File = l.env[fileVariable]
	}
	if src.File != "" {
		l.fromFile(src.File)
	}
	l.fromEnvironment()
	var err error
	c.Tracing, err = tracing.FromEnvironment(l.lookup)
	l.fail(err)
	l.fromFlags(src.Flags)
	l.fail(l.finish())
	if len(l.errs) == 0 {
		l.fail(c.Validate())
	}
	return c, errors.Join(l.errs...)
}

// loader reads one configuration.
type loader struct {
	cfg  *Config
	env  map[string]string
	read func(string) ([]byte, error)
	errs []error
}

func (l *loader) fail(err error) {
	if err != nil {
		l.errs = append(l.errs, err)
	}
}

// lookup finds a variable. An empty one counts as not set, as those are that
// compose files hand through.
func (l *loader) lookup(name string) (string, bool) {
	v := l.env[name]
	return v, v != ""
}

func environment(environ []string) map[string]string {
	env := make(map[string]string, len(environ))
	for _, kv := range environ {
		if name, text, ok := strings.Cut(kv, "="); ok {
			env[name] = text
		}
	}
	return env
}

// find returns the setting of a key.
func (c *Config) find(key string) *Setting {
	for i := range c.settings {
		if c.settings[i].Key == key {
			return &c.settings[i]
		}
	}
	return nil
}

// Variables returns the names of a setting's variables; the first that is set
// counts.
func (s *Setting) Variables() []string {
	own := prefix + strings.ToUpper(strings.ReplaceAll(s.Key, ".", "_"))
	return append([]string{own}, s.Env...)
}

// fromEnvironment takes the settings that variables give.
func (l *loader) fromEnvironment() {
	known := []string{fileVariable}
	for i := range l.cfg.settings {
		s := &l.cfg.settings[i]
		taken := false
		for _, name := range s.Variables() {
			known = append(known, name)
			text, ok := l.lookup(name)
			if !ok || taken {
				continue
			}
			taken = true
			if name == "PORT" {
				text = ":" + text
			}
			if err := s.val.set(text); err != nil {
				l.fail(fmt.Errorf("%s: %s %w", name, s.Key, err))
			}
			s.from, s.source = fromEnv, name
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.env)) {
		if strings.HasPrefix(name, prefix) && !slices.Contains(known, name) && !foreign.MatchString(name) {
			l.fail(fmt.Errorf("unknown variable %s%s", name, spelling.DidYouMean(spelling.Near(name, known))))
		}
	}
}

// foreign are variables that Kubernetes sets in every pod where there is a
// service called gemway, and those of the project's own tests.
var foreign = regexp.MustCompile(`^GEMWAY_(SERVICE_(HOST|PORT.*)|PORT|PORT_.*|TEST_.*)$`)

// fromFlags takes the settings that flags give.
func (l *loader) fromFlags(flags map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(flags)) {
		s := l.cfg.find(key)
		if s == nil {
			l.fail(fmt.Errorf("--set: unknown setting %q%s", key, spelling.DidYouMean(spelling.Near(key, l.cfg.keys()))))
			continue
		}
		s.from, s.source = fromFlag, "--set "+key
		if s.Flagged {
			s.source = "--" + s.Flag()
		}
		if err := s.val.set(flags[key]); err != nil {
			l.fail(fmt.Errorf("%s: %s %w", s.source, key, err))
		}
	}
}

// keys returns the keys of all settings.
func (c *Config) keys() []string {
	all := make([]string, len(c.settings))
	for i := range c.settings {
		all[i] = c.settings[i].Key
	}
	return all
}

// finish reads the files that settings name.
func (l *loader) finish() error {
	c := l.cfg
	errs := []error{
		l.readKeys("gemini.keys", &c.Gemini.Keys),
		l.readKeys("client_keys", &c.ClientKeys),
		l.readModels(),
		l.readSiteKeys(),
		l.readCertificate(),
	}
	if v := &c.Vertex; v.Enabled || c.usesSite(VertexSite) {
		if v.CredentialsFile != "" {
			data, err := l.readFile("vertex.credentials_file", v.CredentialsFile)
			errs = append(errs, err)
			v.Credentials = data
		}
		// As in Google's SDKs, a project wins over keys.
		v.Keys = v.Keys || v.Project == "" && v.CredentialsFile == "" && len(c.Gemini.Keys.List) > 0
	}
	c.Catalog.Vertex = c.Vertex.Enabled
	return errors.Join(errs...)
}

// readKeys adds the keys of a file to those that are listed. Of two places of
// different rank only the higher counts.
func (l *loader) readKeys(key string, k *Keys) error {
	list, file := l.cfg.find(key), l.cfg.find(key+"_file")
	switch {
	case k.File == "" || list.from > file.from:
		return nil
	case file.from > list.from:
		k.List = nil
	}
	data, err := l.readFile(file.Key, k.File)
	if err != nil {
		return err
	}
	found := split(string(data))
	if len(found) == 0 {
		return fmt.Errorf("%s: %s holds no key", file.Key, k.File)
	}
	for _, s := range found {
		k.List = append(k.List, Secret(s))
	}
	return nil
}

// readCertificate reads what HTTPS needs.
func (l *loader) readCertificate() error {
	t := &l.cfg.TLS
	if t.CertFile == "" && t.KeyFile == "" {
		return nil
	}
	if t.CertFile == "" || t.KeyFile == "" {
		return errors.New("tls.cert_file and tls.key_file belong together")
	}
	cert, err1 := l.readFile("tls.cert_file", t.CertFile)
	key, err2 := l.readFile("tls.key_file", t.KeyFile)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return fmt.Errorf("tls.cert_file, tls.key_file: %w", err)
	}
	t.Certificate = &pair
	return nil
}

// readFile reads a file that a setting names, and notes that it was read.
func (l *loader) readFile(setting, name string) ([]byte, error) {
	if abs, err := filepath.Abs(name); err == nil {
		l.cfg.Files = append(l.cfg.Files, abs)
		l.cfg.loaded += fingerprint(abs) // before it is read: a change meanwhile shows
	}
	data, err := l.read(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: %s is larger than %d bytes", setting, name, maxFile)
	}
	return data, nil
}

package config

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gemway/gemway/internal/catalog"
	"github.com/google/go-cmp/cmp"
)

// load reads a configuration out of a file, variables and flags, from memory.
func load(t *testing.T, file string, env []string, flags map[string]string, others ...string) (*Config, error) {
	t.Helper()
	files := map[string]string{"gemway.yaml": file}
	for i := 0; i+1 < len(others); i += 2 {
		files[others[i]] = others[i+1]
	}
	src := Source{Flags: flags, Environ: env, ReadFile: func(name string) ([]byte, error) {
		if text, ok := files[name]; ok {
			return []byte(text), nil
		}
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}}
	if file != "" {
		src.File = "gemway.yaml"
	}
	return Load(src)
}

func TestEmptyConfigurationRuns(t *testing.T) {
	c, err := load(t, "", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:8080" || c.Mode() != PassThrough {
		t.Errorf("listen %s, mode %s", c.Listen, c.Mode())
	}
}

func TestFlagsOverEnvironmentOverFileOverDefaults(t *testing.T) {
	file, env, flags := "upstream:\n  dial: 1s\n", []string{"GEMWAY_UPSTREAM_DIAL=2s"}, map[string]string{"upstream.dial": "3s"}
	for _, tt := range []struct {
		file  string
		env   []string
		flags map[string]string
		want  time.Duration
		from  string
	}{
		{"", nil, nil, 5 * time.Second, "default"},
		{file, nil, nil, time.Second, "gemway.yaml"},
		{file, env, nil, 2 * time.Second, "GEMWAY_UPSTREAM_DIAL"},
		{file, env, flags, 3 * time.Second, "--set upstream.dial"},
		{file, []string{"GEMWAY_UPSTREAM_DIAL="}, nil, time.Second, "gemway.yaml"},
	} {
		c, err := load(t, tt.file, tt.env, tt.flags)
		if err != nil {
			t.Fatal(err)
		}
		if c.Upstream.Dial != tt.want {
			t.Errorf("file %q, env %v, flags %v: %s, want %s", tt.file, tt.env, tt.flags, c.Upstream.Dial, tt.want)
		}
		i := slices.IndexFunc(c.Effective(), func(s Shown) bool { return s.Key == "upstream.dial" })
		if got := c.Effective()[i].Source; got != tt.from {
			t.Errorf("source is %q, want %q", got, tt.from)
		}
	}
}

func TestNamesOfGooglesSDKs(t *testing.T) {
	for name, tt := range map[string]struct {
		env  []string
		keys []string
		mode Mode
	}{
		"gemini":          {[]string{"GEMINI_API_KEY=a"}, []string{"a"}, ServerKeys},
		"several":         {[]string{"GEMINI_API_KEY= a, b ,,c"}, []string{"a", "b", "c"}, ServerKeys},
		"google wins":     {[]string{"GEMINI_API_KEY=a", "GOOGLE_API_KEY=b"}, []string{"b"}, ServerKeys},
		"empty is unset":  {[]string{"GEMINI_API_KEY=a", "GOOGLE_API_KEY="}, []string{"a"}, ServerKeys},
		"file":            {[]string{"GEMINI_API_KEY_FILE=keys"}, []string{"x", "y"}, ServerKeys},
		"file and list":   {[]string{"GEMINI_API_KEY_FILE=keys", "GEMINI_API_KEY=a"}, []string{"a", "x", "y"}, ServerKeys},
		"vertex, express": {[]string{"GOOGLE_GENAI_USE_VERTEXAI=true", "GOOGLE_API_KEY=b"}, []string{"b"}, OnVertex},
		"vertex, project": {[]string{"GOOGLE_GENAI_USE_VERTEXAI=1", "GOOGLE_CLOUD_PROJECT=demo-project", "GOOGLE_CLOUD_LOCATION=eu"}, []string{}, OnVertex},
	} {
		c, err := load(t, "", tt.env, nil, "keys", "# mine\nx\n\ny\n")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(tt.keys, c.GeminiKeys()); diff != "" || c.Mode() != tt.mode {
			t.Errorf("%s: mode %s, want %s; keys %s", name, c.Mode(), tt.mode, diff)
		}
		if want := name == "vertex, express"; c.Vertex.Keys != want {
			t.Errorf("%s: vertex by keys: %t", name, c.Vertex.Keys)
		}
	}
	c, err := load(t, "", []string{"GOOGLE_GENAI_USE_VERTEXAI=1", "GOOGLE_CLOUD_PROJECT=demo-project", "GOOGLE_CLOUD_LOCATION=eu", "GOOGLE_APPLICATION_CREDENTIALS=cred"}, nil, "cred", `{"type":"x"}`)
	if err != nil || c.Vertex.Project != "demo-project" || c.Vertex.Location != "eu" || string(c.Vertex.Credentials) != `{"type":"x"}` || !c.Catalog.Vertex {
		t.Errorf("vertex is %+v, %v", c.Vertex, err)
	}
}

// A variable replaces the file's keys, whether these are listed or in a file.
func TestKeysOfHigherRankReplaceOthers(t *testing.T) {
	c, err := load(t, "gemini:\n  keys_file: keys\n", []string{"GEMINI_API_KEY=a"}, nil, "keys", "x\n")
	if err != nil || !slices.Equal(c.GeminiKeys(), []string{"a"}) {
		t.Errorf("keys are %v, %v", c.GeminiKeys(), err)
	}
	c, err = load(t, "gemini:\n  keys: [x]\n", []string{"GEMINI_API_KEY_FILE=keys"}, nil, "keys", "a\n")
	if err != nil || !slices.Equal(c.GeminiKeys(), []string{"a"}) {
		t.Errorf("keys are %v, %v", c.GeminiKeys(), err)
	}
}

func TestPortOfPlatforms(t *testing.T) {
	c, err := load(t, "", []string{"PORT=9000"}, nil)
	if err != nil || c.Listen != ":9000" {
		t.Errorf("listen is %q, %v", c.Listen, err)
	}
	c, err = load(t, "", []string{"PORT=9000", "GEMWAY_LISTEN=127.0.0.1:1"}, nil)
	if err != nil || c.Listen != "127.0.0.1:1" {
		t.Errorf("listen is %q, %v", c.Listen, err)
	}
}

func TestFile(t *testing.T) {
	c, err := load(t, `
# what an operator may write
listen: "127.0.0.1:${PORT_NUMBER}"
client_keys:
  - ${CLIENT:-nobody}
  - price$$tag
gemini: {keys: ["a", 'b']}
server:
  max_body: 1MiB
upstream:
limits: {bodies: 64_000_000}
catalog:
  openai_aliases: yes
  aliases:
    fast: gemini-2.5-flash
  models:
    - id: gemini-2.5-flash
      display_name: "Ours: ${CLIENT:-mine}"
      retired: 2026-12-01
      successor: gemini-3-flash-preview
      input_tokens: 1000
`, []string{"PORT_NUMBER=7777"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:7777" || c.Server.MaxBody != 1<<20 || c.Server.Limits.Bodies != 64_000_000 || !c.Catalog.OpenAIAliases {
		t.Errorf("got %v", c.LogValue())
	}
	if diff := cmp.Diff([]Secret{"nobody", "price$tag"}, c.ClientKeys.List); diff != "" {
		t.Error(diff)
	}
	models, err := catalog.New(c.Catalog.Options)
	if err != nil {
		t.Fatal(err)
	}
	if res, ok := models.Resolve("fast"); !ok || res.Row.ID != "gemini-3-flash-preview" {
		t.Errorf("fast is %+v", res)
	}
	i := slices.IndexFunc(models.List(), func(r *catalog.Row) bool { return r.ID == "gemini-2.5-flash" })
	if r := models.List()[i]; r.DisplayName != "Ours: mine" || r.InputTokens != 1000 || r.Retired != "2026-12-01" {
		t.Errorf("row is %+v", r)
	}
}

func TestModelsInAFileOfTheirOwn(t *testing.T) {
	for name, text := range map[string]string{
		"models.yaml": "models:\n  - {id: gemini-9, like: gemini-3-flash-preview}\n",
		"models.json": `{"models":[{"id":"gemini-9","like":"gemini-3-flash-preview"}]}`,
	} {
		c, err := load(t, "catalog:\n  file: "+name+"\n", nil, nil, name, text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		models, err := catalog.New(c.Catalog.Options)
		if err != nil {
			t.Fatal(err)
		}
		if res, ok := models.Resolve("gemini-9"); !ok || res.Via != catalog.ViaExact {
			t.Errorf("%s: gemini-9 is %+v", name, res)
		}
	}
}

// Every mistake is told by the name of the setting, with the line and, where
// there is one, a guess.
func TestMistakes(t *testing.T) {
	for name, tt := range map[string]struct {
		file  string
		env   []string
		flags map[string]string
		want  []string
	}{
		"file key":           {file: "listen: 127.0.0.1:1\nupstrem:\n  dial: 1s\n", want: []string{`gemway.yaml:2: unknown setting "upstrem"`, `did you mean "upstream"?`}},
		"file key below":     {file: "upstream:\n  dail: 1s\n", want: []string{`gemway.yaml:2: unknown setting "upstream.dail"`, `did you mean "upstream.dial"?`}},
		"variable":           {env: []string{"GEMWAY_LISTN=x"}, want: []string{`unknown variable GEMWAY_LISTN; did you mean "GEMWAY_LISTEN"`}},
		"set":                {flags: map[string]string{"log.levle": "x"}, want: []string{`--set: unknown setting "log.levle"; did you mean "log.level"?`}},
		"duration":           {file: "upstream:\n  dial: 5\n", want: []string{"gemway.yaml:2: upstream.dial must be a duration such as 30s or 5m, got \"5\""}},
		"duration, variable": {env: []string{"GEMWAY_UPSTREAM_DIAL=soon"}, want: []string{"GEMWAY_UPSTREAM_DIAL: upstream.dial must be a duration"}},
		"bytes":              {flags: map[string]string{"server.max_body": "many"}, want: []string{"--set server.max_body: server.max_body must be a number of bytes"}},
		"choice":             {flags: map[string]string{"log.level": "loud"}, want: []string{`--log-level: log.level must be debug or info or warn or error, got "loud"`}},
		"boolean":            {file: "offline: perhaps\n", want: []string{"gemway.yaml:1: offline must be true or false"}},
		"number":             {file: "server: {max_n: 1.5}\n", want: []string{"server.max_n must be a whole number"}},
		"range":              {file: "server: {max_n: 1000}\n", want: []string{"server.max_n must be between 1 and 128"}},
		"list for text":      {file: "listen: [a]\n", want: []string{"listen must be text, not a list"}},
		"section for text":   {file: "listen: {a: b}\n", want: []string{"listen must be text, not a section"}},
		"text for section":   {file: "upstream: fast\n", want: []string{"gemway.yaml:1: upstream is a section"}},
		"syntax":             {file: "listen: [a\n", want: []string{"gemway.yaml: not valid YAML"}},
		"twice":              {file: "offline: true\noffline: false\n", want: []string{"offline", "already defined"}},
		"two documents":      {file: "offline: true\n---\noffline: true\n", want: []string{"a second document"}},
		"no mapping":         {file: "- a\n", want: []string{"a configuration consists of"}},
		"anchor":             {file: "listen: &a x\n", want: []string{"listen must be plain text or a number, not anchor"}},
		"alias":              {file: "a: &x 1\nlisten: *x\n", want: []string{"listen must be plain text or a number, not alias"}},
		"variable in file":   {file: "listen: ${NOWHERE}\n", want: []string{"gemway.yaml:1: listen the variable NOWHERE is not set"}},
		"bad reference":      {file: "listen: ${1X}\n", want: []string{"${1X} is no reference"}},
		"no file":            {env: []string{"GEMWAY_CONFIG=absent.yaml"}, want: []string{"config file: open absent.yaml"}},
		"no key file":        {env: []string{"GEMINI_API_KEY_FILE=absent"}, want: []string{"gemini.keys_file: open absent"}},
		"address":            {flags: map[string]string{"listen": "8080"}, want: []string{"listen must be an address such as 127.0.0.1:8080"}},
		"base url":           {flags: map[string]string{"gemini.base_url": "nonsense"}, want: []string{"gemini.base_url: a base URL must be like"}},
		"from a package":     {flags: map[string]string{"upstream.idle_conns": "0"}, want: []string{"upstream.idle_conns must be at least 1"}},
		"media":              {flags: map[string]string{"media.mode": "allow-list"}, want: []string{"media.hosts must name"}},
		"catalog":            {file: "catalog:\n  models:\n  - {id: x, like: gemini-2.5-flsh}\n", want: []string{"catalog:", `did you mean "gemini-2.5-flash"`}},
		"catalog twice":      {file: "catalog:\n  file: m.yaml\n  models: []\n", want: []string{"catalog.file names a file"}},
		"alias of nothing":   {file: "catalog: {aliases: {fast: nonsense}}\n", want: []string{`aliases: "fast" stands for "nonsense"`}},
		"admin":              {flags: map[string]string{"admin.listen": ":9090"}, want: []string{"admin.token"}},
		"client keys alone":  {env: []string{"GEMWAY_CLIENT_KEYS=abc"}, want: []string{"client_keys are set, but no key of Gemini is"}},
		"several":            {file: "lisen: a\noffline: perhaps\n", env: []string{"GEMWAY_X=1"}, want: []string{"lisen", "perhaps", "GEMWAY_X"}},
	} {
		_, err := load(t, tt.file, tt.env, tt.flags)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, w := range tt.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: got\n%v\nwant it to say\n%s", name, err, w)
			}
		}
	}
}

// Kubernetes gives every pod variables for a service called gemway.
func TestVariablesOfKubernetesAreNoMistake(t *testing.T) {
	_, err := load(t, "", []string{"GEMWAY_SERVICE_HOST=10.0.0.1", "GEMWAY_SERVICE_PORT=80", "GEMWAY_SERVICE_PORT_HTTP=80", "GEMWAY_PORT=tcp://10.0.0.1:80", "GEMWAY_PORT_80_TCP_ADDR=10.0.0.1"}, nil)
	if err != nil {
		t.Error(err)
	}
}

func TestListeningBeyondLoopbackWantsClientKeys(t *testing.T) {
	held := "GEMINI_API_KEY=a"
	for _, tt := range []struct {
		listen  string
		env     []string
		refused bool
	}{
		{":8080", []string{held}, true},
		{"0.0.0.0:8080", []string{held}, true},
		{"192.168.1.5:8080", []string{held}, true},
		{"[::]:8080", []string{held}, true},
		{"myhost:8080", []string{held}, true},
		{":8080", []string{"GOOGLE_GENAI_USE_VERTEXAI=1", "GOOGLE_CLOUD_PROJECT=demo-project"}, true},
		{"127.0.0.1:8080", []string{held}, false},
		{"127.9.9.9:8080", []string{held}, false},
		{"[::1]:8080", []string{held}, false},
		{"localhost:8080", []string{held}, false},
		{":8080", []string{held, "GEMWAY_CLIENT_KEYS=abc"}, false},
		{":8080", []string{held, "GEMWAY_INSECURE_LISTEN=1"}, false},
		{":8080", nil, false},
		{":8080", []string{held, "GEMWAY_OFFLINE=1"}, false},
	} {
		_, err := load(t, "", tt.env, map[string]string{"listen": tt.listen})
		if tt.refused != (err != nil) {
			t.Errorf("%s with %v: %v", tt.listen, tt.env, err)
		}
		if err != nil && !(strings.Contains(err.Error(), "GEMWAY_CLIENT_KEYS") && strings.Contains(err.Error(), "--insecure-listen")) {
			t.Errorf("%s: the error does not say how to fix it: %v", tt.listen, err)
		}
	}
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	const secret = "canary-0123456789"
	c, err := load(t, "",
		[]string{"GEMINI_API_KEY=" + secret, "GEMWAY_CLIENT_KEYS=" + secret, "GEMWAY_ADMIN_TOKEN=" + secret}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := c.Print(&out); err != nil {
		t.Fatal(err)
	}
	for _, h := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(h).Info("config", "config", c, "keys", c.Gemini.Keys, "token", c.Admin.Token, "list", c.ClientKeys.List)
	}
	fmt.Fprintf(&out, "%v %+v %#v %s %q %x", c.Gemini, c.Admin, c.ClientKeys, c.Admin.Token, c.Admin.Token, c.Admin.Token)
	for _, leak := range []string{secret, fmt.Sprintf("%x", secret)} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("the secret is printed:\n%s", out.String())
		}
	}
	if !strings.Contains(out.String(), Secret(secret).String()) {
		t.Errorf("its short id is not printed:\n%s", out.String())
	}
}

// Every field of every part can be set: a field without a setting is found
// here.
func TestEveryFieldHasASetting(t *testing.T) {
	c := Default()
	c.settings = c.table()
	bound := map[uintptr]bool{}
	for i := range c.settings {
		v := reflect.ValueOf(c.settings[i].val)
		if v.Kind() == reflect.Struct {
			v = v.Field(0)
		}
		bound[v.Pointer()] = true
	}
	derived := []string{
		"Files", "Server.PassThrough", "Server.AnyKey", "Catalog.Options.Models", "Catalog.Options.Vertex", "Catalog.File", "TLS.Certificate", "Vertex.VertexConfig.Credentials",
		"Tracing", // OpenTelemetry has variables of its own
	}
	var walk func(v reflect.Value, path string)
	walk = func(v reflect.Value, path string) {
		for i := range v.NumField() {
			f, field := v.Type().Field(i), v.Field(i)
			name := strings.TrimPrefix(path+"."+f.Name, ".")
			if !f.IsExported() || bound[field.Addr().Pointer()] || slices.Contains(derived, name) {
				continue
			}
			if field.Kind() == reflect.Struct {
				walk(field, name)
				continue
			}
			t.Errorf("%s has no setting", name)
		}
	}
	walk(reflect.ValueOf(c).Elem(), "")
	seen := map[string]bool{}
	for i := range c.settings {
		s := &c.settings[i]
		for _, n := range append(s.Variables(), s.Key) {
			if seen[n] {
				t.Errorf("%s is the name of two settings", n)
			}
			seen[n] = true
		}
		if !strings.HasSuffix(s.Doc, ".") {
			t.Errorf("%s: the description is no sentence: %s", s.Key, s.Doc)
		}
		if def := s.val.text(); def != "" && s.Key != "catalog.aliases" {
			if err := s.val.set(def); err != nil || s.val.text() != def {
				t.Errorf("%s: the default %q does not read back: %q, %v", s.Key, def, s.val.text(), err)
			}
		}
	}
}

var update = flag.Bool("update", false, "write the generated page anew")

func TestReference(t *testing.T) {
	const name = "../../docs/configuration.md"
	var want bytes.Buffer
	if err := Reference(&want); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(name, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), string(got)); diff != "" {
		t.Errorf("%s is out of date, run go generate ./internal/config (-want +got):\n%s", name, diff)
	}
}

// The example on the reference page is a configuration.
func TestReferenceExample(t *testing.T) {
	_, rest, _ := strings.Cut(referenceIntro, "```yaml\n")
	example, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("no example")
	}
	c, err := load(t, example, []string{"GEMINI_KEY_A=a", "GEMINI_KEY_B=b"}, nil, "/run/secrets/client-keys", "abc\n")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Gemini.Keys.List) != 2 || len(c.ClientKeys.List) != 1 || c.Catalog.Aliases["fast"] == "" {
		t.Errorf("got %v", c.LogValue())
	}
}

func TestNeedsRestart(t *testing.T) {
	a, err1 := load(t, "", nil, map[string]string{"listen": "127.0.0.1:1", "log.level": "warn"})
	b, err2 := load(t, "", nil, map[string]string{"listen": "127.0.0.1:2", "log.level": "info"})
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"listen"}, a.NeedsRestart(b)); diff != "" {
		t.Error(diff)
	}
}

func FuzzFile(f *testing.F) {
	f.Add("listen: 127.0.0.1:1\nupstream: {dial: 1s}\ncatalog:\n  models:\n  - id: x\n    like: gemini-3\n")
	f.Add("a: &x [*x]\n<<: *x\n? [a]\n: b\n!!binary x: |-\n  ${A} $$\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := load(t, text, nil, nil)
		if err == nil && c.Listen == "" {
			t.Error("accepted without an address")
		}
	})
}

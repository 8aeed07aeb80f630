package config

import (
	"strings"
	"testing"

	"github.com/gemway/gemway/internal/routing"
	"github.com/google/go-cmp/cmp"
)

const sitesFile = `
gemini:
  keys: [key-of-gemini]
sites:
  local:
    base_url: http://127.0.0.1:11434/v1
    models: [gemma3, "qwen3:4b"]
  openai:
    base_url: https://api.openai.com/v1
    key: ${OPENAI_KEY}
    models:
      best: gpt-5
  vllm:
    base_url: https://vllm.internal/v1
    key_file: vllm-key
    models: {llama: meta/llama}
routes:
  fast:
    - gemini-2.5-flash
    - gemma3
  shared:
    - model: gemini-2.5-pro
      weight: 3
    - model: best
      site: openai
      weight: 1
  gemini-2.5-flash: [gemini-2.5-flash, llama]
`

func TestSitesAndRoutes(t *testing.T) {
	c, err := load(t, sitesFile, []string{"OPENAI_KEY=sk-key-of-openai"}, nil, "vllm-key", "key-of-vllm\n")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]Site{
		"local":  {BaseURL: "http://127.0.0.1:11434/v1", Models: map[string]string{"gemma3": "gemma3", "qwen3:4b": "qwen3:4b"}},
		"openai": {BaseURL: "https://api.openai.com/v1", Key: "sk-key-of-openai", Models: map[string]string{"best": "gpt-5"}},
		"vllm":   {BaseURL: "https://vllm.internal/v1", Key: "key-of-vllm", KeyFile: "vllm-key", Models: map[string]string{"llama": "meta/llama"}},
	}, c.Sites); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(routing.Table{
		"fast":             {{Model: "gemini-2.5-flash"}, {Model: "gemma3"}},
		"shared":           {{Model: "gemini-2.5-pro", Weight: 3}, {Model: "best", Site: "openai", Weight: 1}},
		"gemini-2.5-flash": {{Model: "gemini-2.5-flash"}, {Model: "llama"}},
	}, c.Routes); diff != "" {
		t.Error(diff)
	}
	var b strings.Builder
	if err := c.Print(&b); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"key-of-openai", "key-of-vllm", "key-of-gemini"} {
		if strings.Contains(b.String(), text) {
			t.Errorf("a key is printed: %s", b.String())
		}
	}
	for _, text := range []string{"local at http://127.0.0.1:11434/v1 (gemma3=gemma3, qwen3:4b=qwen3:4b)", "fast → gemini-2.5-flash, gemma3", "3× gemini-2.5-pro, 1× best at openai"} {
		if !strings.Contains(b.String(), text) {
			t.Errorf("%q is not printed: %s", text, b.String())
		}
	}
	if len(c.Files) != 2 {
		t.Errorf("the configuration was read from %v, want the file and the key's", c.Files)
	}
	if _, err := load(t, "", []string{`GEMWAY_SITES={"local":{"base_url":"http://127.0.0.1:1/v1","models":["m"]}}`, `GEMWAY_ROUTES={"r":["gemini-2.5-flash","m"]}`}, nil); err != nil {
		t.Errorf("from variables: %v", err)
	}
}

func TestSitesAndRoutesThatCannotWork(t *testing.T) {
	const site = "sites:\n  local:\n    base_url: http://127.0.0.1:1/v1\n    models: [gemma3]\n"
	for name, tt := range map[string]struct{ file, want string }{
		"unknown setting":    {"sites:\n  local:\n    base_ur: x\n", `:1: sites local.base_ur: unknown setting; did you mean "base_url"?`},
		"no base url":        {"sites:\n  local:\n    models: [a]\n", "sites.local.base_url is missing"},
		"no address":         {"sites:\n  local:\n    base_url: localhost\n    models: [a]\n", "sites.local.base_url: a base URL must be like"},
		"password":           {"sites:\n  local:\n    base_url: http://me:pw@localhost/v1\n    models: [a]\n", "must have no user"},
		"no models":          {"sites:\n  local:\n    base_url: http://127.0.0.1:1/v1\n", "sites.local.models is missing"},
		"models by number":   {"sites:\n  local:\n    base_url: http://127.0.0.1:1/v1\n    models: 3\n", "sites local.models: has the wrong form"},
		"reserved name":      {strings.Replace(site, "local", "vertex", 1), "neither gemini nor vertex"},
		"shouting name":      {strings.Replace(site, "local", "My Site", 1), "the name of a site is of"},
		"two keys":           {site + "    key: a\n    key_file: k\n", "sites.local.key_file: sites.local.key is set, too"},
		"missing key file":   {site + "    key_file: nowhere\n", "sites.local.key_file: open nowhere"},
		"key of two words":   {site + "    key: a b\n", "sites.local.key must be printable ASCII"},
		"missing variable":   {site + "    key: ${NOWHERE}\n", "the variable NOWHERE is not set"},
		"one name twice":     {site + "  more:\n    base_url: http://127.0.0.1:2/v1\n    models: [gemma3]\n", `sites.more.models: "gemma3" is a model of the site local, too`},
		"offline":            {site + "offline: true\n", "offline and sites exclude each other"},
		"not local":          {site + "listen: 0.0.0.0:80\n", "use the models of its sites"},
		"a list":             {"sites: [a]\n", "sites must be a mapping"},
		"no list":            {"routes:\n  r: 5\n", "routes r: has the wrong form"},
		"unknown in target":  {"routes:\n  r:\n    - modl: x\n", `routes r.0.modl: unknown setting; did you mean "model"?`},
		"unknown model":      {"routes:\n  r: [gmini-2.5-flash]\n", `leads to the unknown model "gmini-2.5-flash"; did you mean "gemini-2.5-flash"`},
		"site's model":       {site + "routes:\n  r: [gema3]\n", `route "r" leads to the unknown model "gema3"; did you mean "gemma3"?`},
		"not of the site":    {site + "routes:\n  r: [{model: gemma4, site: local}]\n", `which sites.local.models does not list; did you mean "gemma3"?`},
		"unknown site":       {site + "routes:\n  r: [{model: gemma3, site: locla}]\n", `leads to the unknown site "locla"; did you mean "local"?`},
		"spoken name":        {"routes:\n  my route: [gemini-2.5-pro]\n", "a name is of printable ASCII without spaces"},
		"line in a name":     {strings.Replace(site, "[gemma3]", `["gem\nma"]`, 1), "is no name for a model"},
		"weight 0":           {"routes:\n  r: [{model: gemini-2.5-pro, weight: 0}]\n", "r: gemini-2.5-pro has the weight 0"},
		"some weights":       {"routes:\n  r: [{model: gemini-2.5-pro, weight: 2}, gemini-2.5-flash]\n", "some targets only"},
		"circle":             {"routes:\n  r: [s]\n  s: [r]\n", `leads to "s", which is a route itself`},
		"empty":              {"routes:\n  r: []\n", "needs a name and a list of targets"},
		"vertex":             {"routes:\n  r: [{model: gemini-2.5-pro, site: vertex}]\n", "vertex.project is not set"},
		"vertex by its name": {"routes:\n  gemini-2.5-pro: [gemini-2.5-pro, {model: gemini-2.5-pro, site: vertex}]\n", "vertex.project is not set"},
		"gemini":             {"vertex:\n  enabled: true\n  project: demo\nroutes:\n  r: [{model: gemini-2.5-pro, site: gemini}]\n", "gemini.keys are not set"},
	} {
		_, err := load(t, tt.file, nil, nil)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
	// Client keys make sense without a key of Gemini, where there are sites.
	if _, err := load(t, site+"listen: 0.0.0.0:80\nclient_keys: [key-of-a-client-0123456789]\n", nil, nil); err != nil {
		t.Error(err)
	}
}

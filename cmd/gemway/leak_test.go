package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// T063: what the commands print and complain of holds no secret, whether it is
// well formed or not, and wherever it was set.
func TestT063Commands(t *testing.T) {
	const canary = "CANARYCOMMAND5f1b2c3d4e"
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	keyFile := file("keys", canary+"\n")
	configs := map[string]string{
		"good":            "gemini: {keys: [" + canary + "a]}\nclient_keys: [" + canary + "b]\nadmin: {listen: '127.0.0.1:0', token: " + canary + "c}\n",
		"key file":        "gemini: {keys_file: '" + keyFile + "'}\n",
		"space in a key":  "gemini: {keys: ['" + canary + " x']}\n",
		"client key":      "client_keys: ['" + canary + " x', 'sha256:" + canary + "']\n",
		"wrong type":      "gemini: {keys: {" + canary + ": 1}}\n",
		"number":          "client_keys: [1, [" + canary + "]]\n",
		"token":           "admin: {token: ['" + canary + "']}\n",
		"unknown setting": "gemini: {kees: [" + canary + "]}\n",
		"not YAML":        "gemini: {keys: [" + canary + "\n",
		"duplicate":       "gemini: {keys: [" + canary + "]}\ngemini: {keys: [" + canary + "]}\n",
		"base URL":        "gemini: {keys: [" + canary + "], base_url: 'http://user:" + canary + "@example.com'}\n",
		"tab":             "gemini:\n\tkeys: [" + canary + "]\n",
	}
	environments := map[string][]string{
		"none": nil,
		"keys": {"GEMINI_API_KEY=" + canary, "GOOGLE_API_KEY=" + canary + "x", "GEMWAY_CLIENT_KEYS=" + canary, "GEMWAY_ADMIN_TOKEN=" + canary},
		"odd":  {"GEMINI_API_KEY=" + canary + " and more", "GEMWAY_CLIENT_KEYS=," + canary + "\x00,", "GEMWAY_ADMIN_TOKEN=" + canary + "\n"},
	}
	runs, printed := 0, 0
	for name, text := range configs {
		path := file("config.yaml", text)
		for env, environ := range environments {
			for _, args := range [][]string{
				{"check", "--config", path},
				{"models", "--config", path},
				{"models", "--json", "--config", path},
				{"serve", "--config", path, "--listen", "256.0.0.1:1"},
				{"serve", "--config", path, "--listen", "0.0.0.0:0", "--nonsense"},
			} {
				var out bytes.Buffer
				ctx, cancel := context.WithCancel(t.Context())
				cancel() // should it begin to serve
				run(args, &world{ctx: ctx, stdin: strings.NewReader(""), stdout: &out, stderr: &out, environ: environ})
				runs++
				printed += out.Len()
				if i := strings.Index(out.String(), canary); i >= 0 {
					t.Errorf("%s, %s: gemway %s: …%.300s", name, env, args[0], out.String()[max(0, i-150):])
				}
			}
		}
	}
	if printed < 100*runs {
		t.Errorf("%d bytes in %d runs: hardly anything was printed", printed, runs)
	}
	t.Logf("%d runs, %d bytes", runs, printed)
}

package main

import (
	"fmt"
	"net"
	"strings"

	"github.com/gemway/gemway/internal/config"
	"github.com/gemway/gemway/internal/upstream"
)

// describe says in a line whose credentials requests are answered with.
func describe(cfg *config.Config) string {
	who := ""
	if n := len(cfg.ClientKeys.List); n > 0 {
		who = fmt.Sprintf("; clients use one of %d client keys", n)
	}
	keys := func() string {
		ids := make([]string, 0, len(cfg.Gemini.Keys.List))
		for _, k := range cfg.Gemini.Keys.List {
			ids = append(ids, k.String())
		}
		return fmt.Sprintf("%d of the server's own (%s)", len(ids), strings.Join(ids, ", "))
	}
	switch cfg.Mode() {
	case config.Offline:
		return "offline: the built-in emulator answers, any key will do" + who
	case config.ServerKeys:
		return "Gemini keys: " + keys() + who
	case config.OnVertex:
		if cfg.Vertex.Keys {
			return "Vertex AI, keys: " + keys() + who
		}
		return "Vertex AI with the server's Google credentials" + who
	}
	return "pass-through: a client's API key is its Gemini key (made at https://aistudio.google.com/apikey)"
}

// baseURL returns how a client on this machine reaches an address.
func baseURL(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return "http://" + addr.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// served returns the URL that serve prints.
func served(cfg *config.Config, addr net.Addr) string {
	if cfg.TLS.Certificate != nil {
		return "https" + strings.TrimPrefix(baseURL(addr), "http")
	}
	return baseURL(addr)
}

// greeting is what serve prints: where it listens, in which mode, and lines
// that can be pasted into a shell as they stand. The program is how it was
// called: it need not be on the PATH.
func greeting(cfg *config.Config, program, url, model string) string {
	key, sh, py, js := "any", "any", `"any"`, `"any"`
	switch {
	case len(cfg.ClientKeys.List) > 0:
		key = "OPENAI_API_KEY"
	case cfg.Mode() == config.PassThrough:
		key = "GEMINI_API_KEY"
	}
	note, keyFlag := "", ""
	if key != "any" {
		sh, py, js = "$"+key, fmt.Sprintf(`os.environ["%s"]`, key), "process.env."+key
		note = fmt.Sprintf("  export %s=...\n\n", key)
		keyFlag = fmt.Sprintf(` --key "$%s"`, key)
	}
	call := fmt.Sprintf(`model="%s", messages=[{"role": "user", "content": "Hello"}]`, model)
	body := fmt.Sprintf(`{"model": "%s", "messages": [{"role": "user", "content": "Hello"}]}`, model)
	var b strings.Builder
	fmt.Fprintf(&b, "Gemway %s serves OpenAI's API on %s/v1\n%s\n", currentVersion(), url, describe(cfg))
	if cfg.Gemini.BaseURL != "" && cfg.Mode() != config.Offline && cfg.Gemini.BaseURL != upstream.GeminiBaseURL {
		fmt.Fprintf(&b, "Gemini calls go to %s\n", cfg.Gemini.BaseURL)
	}
	fmt.Fprintf(&b, "\nA playground is at %s/, the description of the API at %s/docs\n", url, url)
	fmt.Fprintf(&b, "\nTry it (pip install openai, npm install openai):\n\n%s", note)
	fmt.Fprintf(&b, "  curl %s/v1/chat/completions -H \"Authorization: Bearer %s\" -H 'Content-Type: application/json' -d '%s'\n\n", url, sh, body)
	fmt.Fprintf(&b, "  python3 -c 'import os; from openai import OpenAI; print(OpenAI(base_url=\"%s/v1\", api_key=%s).chat.completions.create(%s).choices[0].message.content)'\n\n", url, py, call)
	fmt.Fprintf(&b, "  node --input-type=module -e 'import OpenAI from \"openai\"; console.log((await new OpenAI({baseURL: \"%s/v1\", apiKey: %s}).chat.completions.create(%s)).choices[0].message.content)'\n\n", url, js, body)
	fmt.Fprintf(&b, "  %s chat --url %s/v1%s Hello\n\n", program, url, keyFlag)
	return b.String()
}

package upstream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// GeminiBaseURL is where Google serves the Gemini API.
const GeminiBaseURL = "https://generativelanguage.googleapis.com"

const geminiVersion = "v1beta"

// GeminiAPI is the Gemini API of Google AI Studio, authorized by keys.
type GeminiAPI struct{ base *url.URL }

// NewGeminiAPI returns the Gemini API at a base URL, which may have a path
// before "/v1beta" and may end in "/v1beta" itself. Empty means Google's host.
func NewGeminiAPI(baseURL string) (*GeminiAPI, error) {
	base, err := parseBase(baseURL, GeminiBaseURL)
	if err != nil {
		return nil, err
	}
	base.Path = strings.TrimSuffix(strings.TrimRight(base.Path, "/"), "/"+geminiVersion)
	return &GeminiAPI{base: base}, nil
}

// parseBase reads a base URL from the configuration.
func parseBase(s, byDefault string) (*url.URL, error) {
	if s == "" {
		s = byDefault
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("a base URL must be like https://host/path")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("a base URL must have no user, query or fragment")
	}
	return u, nil
}

// Name implements Site.
func (*GeminiAPI) Name() string { return "gemini" }

// Keyed implements Site.
func (*GeminiAPI) Keyed() bool { return true }

// URL implements Site.
func (g *GeminiAPI) URL(c *Call) (*url.URL, error) {
	if c.URL != "" {
		return sameHost(g.base, c.URL)
	}
	elem := []string{geminiVersion}
	if c.Upload {
		elem = []string{"upload", geminiVersion}
	}
	path := c.Path
	if c.Model != "" {
		path = c.Model
		if !strings.Contains(path, "/") { // tunedModels/x and models/x say it themselves
			path = "models/" + path
		}
	}
	if c.Method != "" {
		path += ":" + c.Method
	}
	u := join(g.base, append(elem, path)...)
	setQuery(u, c)
	return u, nil
}

// Authorize implements Site. The key goes into a header and never into the
// URL, where proxies and error messages would show it.
func (g *GeminiAPI) Authorize(_ context.Context, r *http.Request, key string) error {
	r.Header["X-Goog-Api-Key"] = []string{key}
	return nil
}

// sameHost accepts an address that the upstream itself gave, if it lies there.
func sameHost(base *url.URL, s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != base.Scheme || u.Host != base.Host || u.User != nil {
		return nil, fmt.Errorf("the address is not on the upstream's host")
	}
	return u, nil
}

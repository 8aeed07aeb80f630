package emulator

import (
	"crypto/subtle"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// routes is the list of what the emulator serves, under /v1beta, /v1,
// /v1alpha and /v1beta1. A star stands for one name. The model methods are
// also served under Vertex AI's longer paths
// /{version}/projects/{P}/locations/{L}/publishers/google/….
var routes = []struct {
	method, path string
	serve        func(*Emulator, *call) *Error
}{
	{"POST", "models/*:generateContent", (*Emulator).generateContent},
	{"POST", "models/*:streamGenerateContent", (*Emulator).streamGenerateContent},
	{"POST", "models/*:countTokens", (*Emulator).countTokens},
	{"POST", "models/*:embedContent", (*Emulator).embedContent},
	{"POST", "models/*:batchEmbedContents", (*Emulator).batchEmbedContents},
	{"POST", "models/*:predict", (*Emulator).predict},
	{"POST", "models/*:batchGenerateContent", (*Emulator).batchGenerateContent},
	{"GET", "models", (*Emulator).listModels},
	{"GET", "models/*", (*Emulator).getModel},
	{"GET", "batches", (*Emulator).listBatches},
	{"GET", "batches/*", (*Emulator).getBatch},
	{"POST", "batches/*:cancel", (*Emulator).cancelBatch},
	{"DELETE", "batches/*", (*Emulator).deleteBatch},
	{"POST", "upload/files", (*Emulator).uploadFile},
	{"PUT", "upload/files", (*Emulator).uploadFile},
	{"GET", "files", (*Emulator).listFiles},
	{"GET", "files/*", (*Emulator).getFile},
	{"GET", "files/*:download", (*Emulator).downloadFile},
	{"DELETE", "files/*", (*Emulator).deleteFile},
	{"POST", "cachedContents", (*Emulator).createCache},
	{"GET", "cachedContents", (*Emulator).listCaches},
	{"GET", "cachedContents/*", (*Emulator).getCache},
	{"PATCH", "cachedContents/*", (*Emulator).updateCache},
	{"DELETE", "cachedContents/*", (*Emulator).deleteCache},
}

// call is one request on its way through a handler.
type call struct {
	w       http.ResponseWriter
	r       *http.Request
	version string // v1beta, v1, …
	vertex  bool   // it came by one of Vertex AI's paths
	model   string // the starred name in the path of a model's method
	name    string // the starred name otherwise
	fault   fault
}

// ServeHTTP implements http.Handler.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{w: w, r: r}
	serve, err := e.route(c)
	if err == nil {
		err = e.authorise(r)
	}
	if err == nil {
		err = c.takeFault()
	}
	if err == nil {
		err = serve(e, c)
	}
	if err != nil {
		contentType := "application/json; charset=UTF-8"
		if r.URL.Query().Get("alt") == "sse" { // recorded
			contentType = "text/event-stream"
		}
		err.write(w, contentType)
	}
}

// route finds the handler for the request's path.
func (e *Emulator) route(c *call) (func(*Emulator, *call) *Error, *Error) {
	path := strings.Trim(c.r.URL.Path, "/")
	upload := strings.HasPrefix(path, "upload/")
	path = strings.TrimPrefix(strings.TrimPrefix(path, "upload/"), "download/")
	version, path, _ := strings.Cut(path, "/")
	switch version {
	case "v1", "v1beta", "v1alpha", "v1beta1":
	default:
		return nil, notFound()
	}
	c.version = version
	path = c.trimVertex(path)
	if upload {
		path = "upload/" + path
	}
	known := false
	for _, route := range routes {
		name, ok := match(route.path, path)
		if !ok {
			continue
		}
		known = true
		if route.method != c.r.Method {
			continue
		}
		c.name, c.model = name, name
		return route.serve, nil
	}
	if known {
		return nil, refusal(http.StatusNotFound, statusNotFound, "The method %s is not supported for this resource.", c.r.Method)
	}
	return nil, notFound()
}

// trimVertex takes Vertex AI's prefixes off.
func (c *call) trimVertex(path string) string {
	parts := strings.SplitN(path, "/", 5)
	if len(parts) == 5 && parts[0] == "projects" && parts[2] == "locations" {
		c.vertex, path = true, parts[4]
	}
	rest, ok := strings.CutPrefix(path, "publishers/google/")
	c.vertex = c.vertex || ok
	return rest
}

// match compares a path with a route's and returns what stands for the star.
func match(route, path string) (string, bool) {
	before, after, starred := strings.Cut(route, "*")
	if !starred {
		return "", route == path
	}
	name, ok := strings.CutPrefix(path, before)
	if !ok || after != "" && !strings.HasSuffix(name, after) {
		return "", false
	}
	name = strings.TrimSuffix(name, after)
	return name, name != "" && !strings.ContainsAny(name, "/:")
}

// authorise checks the API key when keys are configured. Messages: recorded.
func (e *Emulator) authorise(r *http.Request) *Error {
	if len(e.config.Keys) == 0 {
		return nil
	}
	key := r.Header.Get("X-Goog-Api-Key")
	if key == "" {
		key = r.URL.Query().Get("key")
	}
	if key == "" {
		key, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	}
	if key == "" {
		return refusal(http.StatusForbidden, statusDenied, "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.")
	}
	for _, k := range e.config.Keys {
		if subtle.ConstantTimeCompare([]byte(k), []byte(key)) == 1 {
			return nil
		}
	}
	return invalidKey()
}

// invalidKey is Google's answer to a wrong key: 400, not 401.
func invalidKey() *Error {
	const message = "API key not valid. Please pass a valid API key."
	err := invalid(message)
	err.Details = []jsontext.Value{
		detail("google.rpc.ErrorInfo", struct {
			Reason   string            `json:"reason"`
			Domain   string            `json:"domain"`
			Metadata map[string]string `json:"metadata"`
		}{"API_KEY_INVALID", "googleapis.com", map[string]string{"service": "generativelanguage.googleapis.com"}}),
		detail("google.rpc.LocalizedMessage", struct {
			Locale  string `json:"locale"`
			Message string `json:"message"`
		}{"en-US", message}),
	}
	return err
}

// body reads the request's body within the limit.
func (e *Emulator) body(c *call, limit int64) ([]byte, *Error) {
	b, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		// Wording as reported for oversized inline media.
		return nil, invalid("Request payload size exceeds the limit: %d bytes.", tooLarge.Limit)
	case err != nil:
		return nil, invalid("Failed to read the request body.")
	}
	return b, nil
}

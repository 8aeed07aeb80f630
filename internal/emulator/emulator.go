package emulator

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gemway/gemway/internal/catalog"
)

// Config sets an Emulator up. Catalog is required, all else has a default.
type Config struct {
	// Catalog says which models there are and what they can do. Only ids and
	// aliases of Google's are served, whatever else it resolves: names that
	// match a pattern, successors and OpenAI's names are unknown to Google.
	Catalog *catalog.Catalog
	// Vertex is the same with the facts of Vertex AI, for what comes by its
	// paths; nil is Catalog.
	Vertex *catalog.Catalog
	// Keys are the API keys that are accepted. None: any key, or no key, is.
	Keys []string
	// ServeRetired answers for models that Google has shut down.
	ServeRetired bool
	// TrustSignatures accepts thought signatures that the emulator has not
	// made, as in conversations recorded with the real API.
	TrustSignatures bool
	// MaxRequest bounds a request's body in bytes; 0 stands for 100 MiB, the
	// limit of the Gemini API.
	MaxRequest int64
	// MaxStored bounds the bytes of all uploaded files; 0 stands for 256 MiB.
	// (Google's limit is 20 GB a project; the emulator keeps them in memory.)
	MaxStored int64
	// Now is the clock of files, caches and batches; nil is time.Now.
	Now func() time.Time
}

// Emulator serves Gemini's native REST API. It is an http.Handler.
type Emulator struct {
	config   Config
	messages map[string]*message

	mu      sync.Mutex // guards all below
	made    int        // names given so far
	files   shelf[*file]
	stored  int64 // bytes of all files
	uploads map[string]*upload
	caches  shelf[*cache]
	batches shelf[*batch]
}

var _ http.Handler = (*Emulator)(nil)

// New makes an Emulator.
func New(config Config) *Emulator {
	config.MaxRequest = cmp.Or(config.MaxRequest, 100<<20)
	config.MaxStored = cmp.Or(config.MaxStored, 256<<20)
	if config.Now == nil {
		config.Now = time.Now
	}
	messages, err := parseFields(fieldsText)
	if err != nil { // a mistake in the embedded file, found by every test
		panic(err)
	}
	return &Emulator{config: config, messages: messages, uploads: map[string]*upload{}}
}

// resolve finds the model of a request, or Google's 404.
// Wording: recorded. A stream is refused in the name of generateContent too.
func (e *Emulator) resolve(c *call, method string) (*catalog.Row, *Error) {
	m, ok := e.find(c.model, c.vertex)
	if (!ok || !can(m, method)) && c.vertex { // recorded
		_, path, _ := strings.Cut(strings.TrimPrefix(c.r.URL.Path, "/"), "/")
		path, _, _ = strings.Cut(path, ":")
		return nil, refusal(http.StatusNotFound, statusNotFound, "Publisher Model `%s` not found.", path)
	}
	if !ok || !can(m, method) {
		return nil, refusal(http.StatusNotFound, statusNotFound,
			"models/%s is not found for API version %s, or is not supported for %s. Call ModelService.ListModels to see the list of available models and their supported methods.",
			c.model, c.version, method)
	}
	return m, nil
}

// find finds a model under a name that Google knows.
func (e *Emulator) find(name string, vertex bool) (*catalog.Row, bool) {
	models := e.config.Catalog
	if vertex {
		models = cmp.Or(e.config.Vertex, models)
	}
	res, ok := models.Resolve(name)
	if !ok || res.Via == catalog.ViaPattern || res.Row.ID != name && !slices.Contains(res.Row.Aliases, name) {
		return nil, false
	}
	return res.Row, res.Row.Retired == "" || e.config.ServeRetired
}

// can reports whether the model has the method. Embedding models answer
// :predict too, on Vertex AI.
func can(m *catalog.Row, method string) bool {
	switch method {
	case "embedContent":
		return m.Can("embedding")
	case "predict":
		return m.Has(method) || m.Can("embedding")
	}
	return m.Has(method)
}

package upstream

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// Call is one request to Gemini, independent of the site that answers it.
type Call struct {
	// Model and Method name a method of a model: "gemini-2.5-flash" and
	// "generateContent". A model may be given as "models/…" too.
	Model, Method string
	// Path names a resource instead, relative to the version: "models",
	// "files/abc", "cachedContents". With Model empty and Method set it is the
	// resource's method: "batches/x" and "cancel".
	Path string
	// Upload sends to the upload side of Path, "/upload/v1beta/files".
	Upload bool
	// URL is an address the upstream gave earlier, such as that of a resumable
	// upload. It must lie on the site's own host.
	URL string

	// Verb is the HTTP method. Empty means POST with a body or a Method, GET
	// without.
	Verb  string
	Query url.Values
	// Body is sent as the segments follow each other, with a Content-Length.
	// The client does not change it and needs it until the call returns.
	Body [][]byte
	// Header holds additional headers. A Content-Type in it replaces
	// application/json.
	Header http.Header

	// ClientKey is the caller's own Gemini key. It is used instead of the
	// site's keys and leaves no trace in their state.
	ClientKey string
	// Location overrides the site's location; only Vertex AI has one.
	Location string
}

// String names the call without its key.
func (c Call) String() string {
	return strings.Trim(strings.Join([]string{c.Model, c.Path, c.Method}, " "), " ")
}

// GoString is String, so that no form of printing shows the key.
func (c Call) GoString() string { return c.String() }

// verb returns the HTTP method.
func (c *Call) verb() string {
	switch {
	case c.Verb != "":
		return c.Verb
	case len(c.Body) > 0 || c.Method != "":
		return http.MethodPost
	}
	return http.MethodGet
}

// repeatable reports whether the call may be sent again when it is not known
// what became of it. Others leave something behind, such as a second video.
func (c *Call) repeatable() bool {
	switch c.Method {
	case ChatCompletions, Embeddings, ImageGenerations:
		return true
	case "generateContent", "streamGenerateContent", "countTokens", "embedContent", "batchEmbedContents", "predict", "fetchPredictOperation":
		return true
	}
	return c.verb() == http.MethodGet
}

// check reports what makes the call impossible to send. Models and paths can
// come from a client, so they must not reach beyond the place they are put in.
func (c *Call) check() error {
	if c.Model == "" && c.Path == "" && c.URL == "" {
		return fmt.Errorf("the call names no model and no path")
	}
	if c.Model != "" && !c.speaksOpenAI() && (!isPath(c.Model) || strings.Contains(c.Model, ":")) {
		return fmt.Errorf("%.100q is not a model name", c.Model)
	}
	if c.Path != "" && !isPath(c.Path) {
		return fmt.Errorf("%.100q is not a resource name", c.Path)
	}
	return nil
}

// isPath reports whether s consists of plain path segments.
func isPath(s string) bool {
	for seg := range strings.SplitSeq(s, "/") {
		if strings.Trim(seg, ".") == "" { // empty, ".", ".."
			return false
		}
	}
	return len(s) <= 512 && strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._~/@:", r))
	}) < 0
}

// joinLimit is the size up to which segments are copied into one piece: a
// small request is then one write with its headers.
const joinLimit = 64 << 10

// length is the size of the body in bytes.
func (c *Call) length() (n int64) {
	for _, s := range c.Body {
		n += int64(len(s))
	}
	return n
}

// newBody returns what opens the body for net/http's transport, anew for each
// try. It counts the bodies that refer to the call's and are still open.
func (c *Call) newBody(open *sync.WaitGroup) func() io.ReadCloser {
	length := c.length()
	switch {
	case length == 0:
		return func() io.ReadCloser { return http.NoBody }
	case length <= joinLimit:
		// net/http knows a bytes.Reader to be in memory and sends it together
		// with the headers.
		whole := bytes.Join(c.Body, nil)
		return func() io.ReadCloser { return io.NopCloser(bytes.NewReader(whole)) }
	}
	return func() io.ReadCloser {
		open.Add(1)
		return &segments{left: c.Body, done: sync.OnceFunc(open.Done)}
	}
}

// segments reads byte slices one after the other.
type segments struct {
	left [][]byte
	read int // of left[0]
	done func()
}

func (s *segments) Read(p []byte) (n int, err error) {
	for n < len(p) && len(s.left) > 0 {
		k := copy(p[n:], s.left[0][s.read:])
		n += k
		s.read += k
		if s.read == len(s.left[0]) {
			s.left, s.read = s.left[1:], 0
		}
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (s *segments) Close() error {
	s.done()
	return nil
}

// Package web holds the pages Gemway serves to browsers: the playground at /,
// the description of the API at /docs and /openapi.json, and what they load
// from /ui/. They are plain files, written by hand, without a build step.
//
// What models say is shown as text, never as HTML. The policy sent along makes
// sure of it: no inline script or style, no request to a foreign host, and with
// trusted types no way to make markup of a string.
package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

//go:embed static
var static embed.FS

//go:embed openapi.json
var openAPI embed.FS

// Mode says whose Gemini key answers the playground's requests.
type Mode string

// Modes.
const (
	Offline   Mode = "offline"    // the built-in emulator answers: no key
	CallerKey Mode = "caller-key" // the caller passes a Gemini key of its own
	ClientKey Mode = "client-key" // the server holds Gemini keys, callers have keys of the server's own
	ServerKey Mode = "server-key" // the server holds the keys, and asks callers for none
)

// policy is what the pages may do: load their own files and talk to their own
// server. data: and blob: are pictures and sound out of answers.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"img-src 'self' data: blob:; media-src data: blob:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// Pages returns what is served to browsers, by exact path. The handlers answer
// GET and HEAD, with entity tags by content.
func Pages(mode Mode) map[string]http.Handler {
	pages := map[string]http.Handler{
		"/":               &file{fsys: static, name: "static/index.html"},
		"/docs":           &file{fsys: static, name: "static/docs.html"},
		"/openapi.json":   &file{fsys: openAPI, name: "openapi.json"},
		"/ui/server.json": settings(mode),
	}
	entries, err := static.ReadDir("static")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	for _, e := range entries {
		if path.Ext(e.Name()) != ".html" {
			pages["/ui/"+e.Name()] = &file{fsys: static, name: "static/" + e.Name()}
		}
	}
	return pages
}

// OpenAPI returns the description of the API, an OpenAPI 3.1 document in JSON.
func OpenAPI() ([]byte, error) { return openAPI.ReadFile("openapi.json") }

// contentTypes of the files by the ending of their names.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".json": "application/json",
	".svg":  "image/svg+xml",
}

// file serves one embedded file. It is read when it is first asked for, not at
// the start, and straight out of the program's memory.
type file struct {
	fsys embed.FS
	name string
	once sync.Once
	etag string
}

// ServeHTTP implements http.Handler.
func (f *file) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	opened, err := f.fsys.Open(f.name)
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	defer opened.Close()
	content, ok := opened.(io.ReadSeeker) // embed promises that
	if !ok {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	f.once.Do(func() { f.etag = tag(f.fsys, f.name) })
	h := w.Header()
	secure(h)
	h.Set("Content-Type", contentTypes[path.Ext(f.name)])
	h.Set("Cache-Control", "no-cache") // ask again each time; the tag makes it cheap
	h.Set("ETag", f.etag)
	http.ServeContent(w, r, f.name, time.Time{}, content)
}

// tag returns the entity tag of a file, or "" if it cannot be read.
func tag(fsys fs.FS, name string) string {
	opened, err := fsys.Open(name)
	if err != nil {
		return ""
	}
	defer opened.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, opened); err != nil {
		return ""
	}
	return `"` + hex.EncodeToString(sum.Sum(nil)[:12]) + `"`
}

// settings tells the pages whether they need a key.
func settings(mode Mode) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header())
		w.Header().Set("Content-Type", contentTypes[".json"])
		w.Header().Set("Cache-Control", "no-store")
		http.ServeContent(w, r, "server.json", time.Time{}, strings.NewReader(`{"mode":"`+string(mode)+`"}`))
	})
}

// secure sets the headers that keep pages apart from the rest of the web.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
}

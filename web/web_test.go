package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gemway/gemway/web"
)

func get(t *testing.T, pages map[string]http.Handler, method, path string, headers ...string) *http.Response {
	t.Helper()
	page := pages[path]
	if page == nil {
		t.Fatalf("no page %s", path)
	}
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	page.ServeHTTP(w, r)
	return w.Result()
}

func TestPages(t *testing.T) {
	pages := web.Pages(web.Offline)
	types := map[string]string{
		"/": "text/html; charset=utf-8", "/docs": "text/html; charset=utf-8", "/openapi.json": "application/json",
		"/ui/server.json": "application/json", "/ui/app.js": "text/javascript; charset=utf-8",
		"/ui/base.css": "text/css; charset=utf-8", "/ui/icon.svg": "image/svg+xml",
	}
	for path := range pages {
		t.Run(path, func(t *testing.T) {
			got := get(t, pages, http.MethodGet, path)
			body, err := io.ReadAll(got.Body)
			if err != nil || got.StatusCode != http.StatusOK || len(body) == 0 {
				t.Fatalf("status %d, %d bytes, %v", got.StatusCode, len(body), err)
			}
			if want, ok := types[path]; ok && got.Header.Get("Content-Type") != want {
				t.Errorf("Content-Type %q, want %q", got.Header.Get("Content-Type"), want)
			}
			for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY"} {
				if got.Header.Get(name) != want {
					t.Errorf("%s is %q, want %q", name, got.Header.Get(name), want)
				}
			}
			head := get(t, pages, http.MethodHead, path)
			if n, err := io.Copy(io.Discard, head.Body); n != 0 || err != nil || head.ContentLength != int64(len(body)) {
				t.Errorf("HEAD: %d bytes of body, Content-Length %d of %d, %v", n, head.ContentLength, len(body), err)
			}
			if path == "/ui/server.json" {
				return // differs by configuration, and is never stored
			}
			tag := got.Header.Get("ETag")
			if len(tag) < 10 || got.Header.Get("Cache-Control") != "no-cache" {
				t.Fatalf("ETag %q, Cache-Control %q", tag, got.Header.Get("Cache-Control"))
			}
			if again := get(t, pages, http.MethodGet, path, "If-None-Match", tag); again.StatusCode != http.StatusNotModified {
				t.Errorf("with the same tag: status %d", again.StatusCode)
			}
			if other := get(t, pages, http.MethodGet, path, "If-None-Match", `"other"`); other.StatusCode != http.StatusOK {
				t.Errorf("with another tag: status %d", other.StatusCode)
			}
		})
	}
	for path := range types {
		if pages[path] == nil {
			t.Errorf("no page %s", path)
		}
	}
}

// TestPolicy reads the policy as a browser does: what is not allowed by name is
// forbidden, and nothing may run or load that is not a file of ours.
func TestPolicy(t *testing.T) {
	got := get(t, web.Pages(web.Offline), http.MethodGet, "/").Header.Get("Content-Security-Policy")
	policy := map[string]string{}
	for d := range strings.SplitSeq(got, ";") {
		name, sources, _ := strings.Cut(strings.TrimSpace(d), " ")
		policy[name] = sources
	}
	want := map[string]string{
		"default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "connect-src": "'self'",
		"img-src": "'self' data: blob:", "media-src": "data: blob:",
		"base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'",
		"require-trusted-types-for": "'script'", "trusted-types": "'none'",
	}
	for name, sources := range want {
		if policy[name] != sources {
			t.Errorf("%s is %q, want %q", name, policy[name], sources)
		}
	}
	for name := range policy {
		if _, ok := want[name]; !ok {
			t.Errorf("directive %s is not accounted for", name)
		}
	}
}

func TestModes(t *testing.T) {
	for _, mode := range []web.Mode{web.Offline, web.CallerKey, web.ClientKey, web.ServerKey} {
		body, err := io.ReadAll(get(t, web.Pages(mode), http.MethodGet, "/ui/server.json").Body)
		if want := `{"mode":"` + string(mode) + `"}`; err != nil || string(body) != want {
			t.Errorf("got %s, %v, want %s", body, err, want)
		}
	}
}

var (
	loads   = regexp.MustCompile(`(?:src|href)="([^"]+)"`)
	imports = regexp.MustCompile(`(?m)^import .* from "\./([^"]+)";$`)
	inline  = regexp.MustCompile(`(?i)<style|<script(?:[^>]*)>[^<]|\son[a-z]+\s*=|\sstyle\s*=|javascript:`)
	// sinks make markup, code or styles of strings, or keep what must not be kept.
	sinks = regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setHTML|createContextualFragment|DOMParser|srcdoc|localStorage|document\.cookie|"style"|cssText`)
)

// TestFiles looks into the files: everything they load is there and ours, no
// page holds scripts or styles inside, and no script knows a way to turn text
// into markup.
func TestFiles(t *testing.T) {
	pages := web.Pages(web.Offline)
	entries, err := os.ReadDir("static")
	if err != nil {
		t.Fatal(err)
	}
	used := []string{}
	for _, e := range entries {
		b, err := os.ReadFile("static/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		var refs []string
		switch path.Ext(e.Name()) {
		case ".html":
			if m := inline.FindString(text); m != "" {
				t.Errorf("%s holds %q", e.Name(), m)
			}
			for _, m := range loads.FindAllStringSubmatch(text, -1) {
				switch {
				case strings.HasPrefix(m[1], "#"), m[1] == "https://aistudio.google.com/apikey": // a link to follow
				case strings.HasPrefix(m[1], "./"):
					refs = append(refs, "/")
				default:
					refs = append(refs, "/"+m[1])
				}
			}
		case ".js":
			if m := sinks.FindString(text); m != "" {
				t.Errorf("%s holds %q", e.Name(), m)
			}
			for _, m := range imports.FindAllStringSubmatch(text, -1) {
				refs = append(refs, "/ui/"+m[1])
			}
		case ".css":
			if m := regexp.MustCompile(`url\(|@import`).FindString(text); m != "" {
				t.Errorf("%s holds %q", e.Name(), m)
			}
		}
		for _, ref := range refs {
			if pages[ref] == nil {
				t.Errorf("%s refers to %s, which is not served", e.Name(), ref)
			}
		}
		used = append(used, refs...)
	}
	for path := range pages {
		if strings.HasPrefix(path, "/ui/") && path != "/ui/server.json" && !slices.Contains(used, path) {
			t.Errorf("nothing refers to %s", path)
		}
	}
}

package media

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gemway/gemway/internal/mime"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/dns/dnsmessage"
)

// G82, G83: https URLs, with query strings, are fetched and typed by content.
func TestFetch(t *testing.T) {
	for _, c := range []struct{ file, header, want string }{
		{"sample.png", "image/png", "image/png"},
		{"sample.jpeg", "image/jpg", "image/jpeg"},
		{"sample.webp", "image/jpeg", "image/webp"},
		{"sample.gif", "", "image/gif"},
		{"sample.heic", "application/octet-stream", "image/heic"},
		{"sample.pdf", "text/html", "application/pdf"},
		{"id3.mp3", "audio/mpeg", "audio/mp3"},
		{"sample.wav", "binary/octet-stream", "audio/wav"},
		{"sample.mp4", "text/plain", "video/mp4"},
	} {
		f := fetcher(t, nil)
		body := append(sample(t, c.file), bytes.Repeat([]byte("\x00\x01\x02"), 50_000)...)
		u := tlsHost(t, f, "images.example.com", serve(c.header, body))
		got, err := f.Fetch(t.Context(), u+"/photo.jpg?x-oss-process=image/resize")
		if err != nil || got.MIME != c.want || got.Size != len(body) || string(got.Base64) != base64.StdEncoding.EncodeToString(body) {
			t.Errorf("%s as %q: %s of %d bytes, %v, want %s of %d bytes", c.file, c.header, got.MIME, got.Size, err, c.want, len(body))
		}
	}
}

// The whole guard lets a server on loopback through when the settings say so,
// and only then.
func TestFetchThroughTheGuard(t *testing.T) {
	png := sample(t, "sample.png")
	f, s := loopback(t, serve("image/png", png), nil)
	if got, err := f.Fetch(t.Context(), s.URL+"/a.png"); err != nil || got.MIME != "image/png" || got.Size != len(png) {
		t.Errorf("Fetch = %+v, %v", got, err)
	}
	// By a name, which resolves to it.
	a := netip.MustParseAddrPort(s.Listener.Addr().String())
	f.guard.resolver = (&nameServer{zone: func(string, dnsmessage.Type, int) []netip.Addr { return []netip.Addr{a.Addr()} }}).resolver(t)
	if _, err := f.Fetch(t.Context(), fmt.Sprintf("http://img.example.com:%d/a.png", a.Port())); err != nil {
		t.Errorf("Fetch by name = %v", err)
	}
	plain := fetcher(t, func(c *Config) { c.Ports = append(c.Ports, a.Port()) })
	d := watch(plain)
	if _, err := plain.Fetch(t.Context(), s.URL+"/a.png"); code(err) != mime.CodeNotAllowed {
		t.Errorf("without permission, Fetch = %v", err)
	}
	d.none(t)
}

func TestT034Redirects(t *testing.T) {
	f := fetcher(t, nil)
	f.guard.resolver = hostile().resolver(t)
	d := watch(f)
	var hits atomic.Int32
	var u string
	u = host(t, f, "images.example.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		n := 0
		switch _, _ = fmt.Sscanf(r.URL.Path, "/chain/%d", &n); {
		case n > 1:
			http.Redirect(w, r, fmt.Sprintf("/chain/%d", n-1), http.StatusTemporaryRedirect)
		case r.URL.Path == "/to":
			w.Header()["Location"] = []string{r.URL.Query().Get("u")}
			w.WriteHeader(http.StatusFound)
		case r.URL.Path == "/self":
			http.Redirect(w, r, u+"/self", http.StatusMovedPermanently)
		case r.URL.Path == "/nowhere":
			w.WriteHeader(http.StatusSeeOther)
		case r.URL.Path == "/refresh":
			w.Header().Set("Refresh", "0; url=http://10.0.0.1/")
			_, _ = w.Write([]byte(`<meta http-equiv="refresh" content="0; url=http://10.0.0.1/">`))
		default:
			_, _ = w.Write(sample(t, "sample.png"))
		}
	}))
	for _, c := range []struct {
		path, code string
		hits       int32
	}{
		{"/chain/1", "", 1},
		{"/chain/4", "", 4},
		{"/chain/5", mime.CodeNotAllowed, 4},
		{"/self", mime.CodeNotAllowed, 4},
		{"/nowhere", mime.CodeNotAllowed, 1},
		{"/refresh", mime.CodeUnsupported, 1},
		{"/to?u=%2Fother", "", 2},
		{"/to?u=//images.example.com/other", "", 2},
		{"/to?u=http://10.0.0.1/", mime.CodeNotAllowed, 1},
		{"/to?u=//10.0.0.1/", mime.CodeNotAllowed, 1},
		{"/to?u=file:///etc/passwd", mime.CodeNotAllowed, 1},
		{"/to?u=data:image/png;base64,AAAA", mime.CodeNotAllowed, 1},
		{"/to?u=gopher://images.example.com/", mime.CodeNotAllowed, 1},
		{"/to?u=http://user:pw@images.example.com/", mime.CodeNotAllowed, 1},
		{"/to?u=http://images.example.com:22/", mime.CodeNotAllowed, 1},
		{"/to?u=http://localhost/", mime.CodeNotAllowed, 1},
		{"/to?u=http://inside.example.com/", mime.CodeNotAllowed, 1}, // resolves to loopback
	} {
		hits.Store(0)
		if _, err := f.Fetch(t.Context(), u+c.path); code(err) != c.code || hits.Load() != c.hits {
			t.Errorf("%s: %v after %d requests, want code %q after %d", c.path, err, hits.Load(), c.code, c.hits)
		}
	}
	for _, status := range []int{301, 302, 303, 307, 308} {
		g := fetcher(t, nil)
		w := watch(g)
		u := host(t, g, "images.example.com", http.RedirectHandler("http://169.254.169.254/latest/", status))
		if _, err := g.Fetch(t.Context(), u); code(err) != mime.CodeNotAllowed {
			t.Errorf("%d to a private address: %v", status, err)
		}
		w.none(t)
	}
	// From https to http is a step down that nobody needs.
	g := fetcher(t, nil)
	plain := host(t, g, "images.example.com", serve("", sample(t, "sample.png")))
	secure := tlsHost(t, g, "images.example.com", http.RedirectHandler(plain+"/a.png", http.StatusFound))
	if _, err := g.Fetch(t.Context(), secure); code(err) != mime.CodeNotAllowed {
		t.Errorf("from https to http: %v", err)
	}
	d.none(t)
}

// T035: what goes out is this and nothing else, also after a redirect and with
// cookies from before.
func TestT035Headers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 2)
	go func() {
		for i := range 2 {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 4096)
			n := 0
			for !bytes.Contains(buf[:n], []byte("\r\n\r\n")) {
				k, err := conn.Read(buf[n:])
				if err != nil {
					break
				}
				n += k
			}
			got <- string(buf[:n])
			if i == 0 {
				_, _ = conn.Write([]byte("HTTP/1.1 302 Found\r\nSet-Cookie: session=1; Path=/\r\nLocation: http://images.example.com/b.png\r\nContent-Length: 0\r\n\r\n"))
			} else {
				_, _ = conn.Write(append([]byte("HTTP/1.1 200 OK\r\nContent-Length: 320\r\n\r\n"), sample(t, "sample.jpeg")[:320]...))
			}
			conn.Close()
		}
	}()
	defer l.Close()
	f := fetcher(t, nil)
	route(f, "images.example.com:80", l.Addr().String())
	if _, err := f.Fetch(t.Context(), "http://images.example.com/a.png?x=1"); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/a.png?x=1", "/b.png"} {
		want := "GET " + path + " HTTP/1.1\r\nHost: images.example.com\r\nUser-Agent: Gemway-Media/1 (+https://github.com/gemway/gemway)\r\n" +
			"Accept: image/*, application/pdf, audio/*, video/*\r\nAccept-Encoding: identity\r\n\r\n"
		if diff := cmp.Diff(want, <-got); diff != "" {
			t.Errorf("request for %s:\n%s", path, diff)
		}
	}
}

func TestT036NoProxyFromEnvironment(t *testing.T) {
	var hits atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer proxy.Close()
	for _, k := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"} {
		t.Setenv(k, proxy.URL)
	}
	t.Setenv("NO_PROXY", "")
	f := fetcher(t, nil)
	u := host(t, f, "images.example.com", serve("image/png", sample(t, "sample.png")))
	if _, err := f.Fetch(t.Context(), u+"/a.png"); err != nil {
		t.Error(err)
	}
	s := tlsHost(t, f, "images.example.com", serve("image/png", sample(t, "sample.png")))
	if _, err := f.Fetch(t.Context(), s+"/a.png"); err != nil {
		t.Error(err)
	}
	if hits.Load() != 0 || f.transport.Proxy != nil {
		t.Errorf("%d requests went to the proxy", hits.Load())
	}
}

func TestT038Sizes(t *testing.T) {
	const limit = 1 << 20
	png := sample(t, "sample.png")
	var sent atomic.Int64
	write := func(w http.ResponseWriter, n int) {
		chunk := make([]byte, 64<<10)
		for n > 0 {
			k, err := w.Write(chunk[:min(n, len(chunk))])
			sent.Add(int64(k))
			if n -= k; err != nil {
				return
			}
		}
	}
	raw := func(answer string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = conn.Write([]byte(answer))
			conn.Close()
		}
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write(append(png, make([]byte, 8<<20)...))
	_ = z.Close()
	for _, c := range []struct {
		name string
		h    http.HandlerFunc
		code string
	}{
		{"exactly the limit", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(png)
			write(w, limit-len(png))
		}, ""},
		{"one byte more, no length", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(png)
			write(w, limit-len(png)+1)
		}, mime.CodeTooLarge},
		{"no end", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(png)
			write(w, 1<<30)
		}, mime.CodeTooLarge},
		{"a length above the limit", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1048577")
			_, _ = w.Write(png)
			write(w, limit-len(png)+1)
		}, mime.CodeTooLarge},
		{"a length that promises more", raw("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + string(png)), mime.CodeNotAllowed},
		{"a length that promises less", raw("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n" + string(png)), ""},
		{"a negative length", raw("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" + string(png)), mime.CodeNotAllowed},
		{"two lengths", raw("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 320\r\n\r\n" + string(png)), mime.CodeNotAllowed},
		{"a broken chunk", raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n" + string(png)), mime.CodeNotAllowed},
		{"endless headers", raw("HTTP/1.1 200 OK\r\n" + strings.Repeat("X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", 4000) + "\r\n" + string(png)), mime.CodeNotAllowed},
		{"no HTTP at all", raw("SSH-2.0-OpenSSH_9.7\r\n"), mime.CodeNotAllowed},
		{"gzip", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(zipped.Bytes())
		}, mime.CodeNotAllowed},
		{"an unknown encoding", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "identity, br")
			_, _ = w.Write(png)
		}, mime.CodeNotAllowed},
		{"identity", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "identity")
			_, _ = w.Write(png)
		}, ""},
		{"empty", func(http.ResponseWriter, *http.Request) {}, mime.CodeUnsupported},
	} {
		sent.Store(0)
		f := fetcher(t, func(c *Config) { c.MaxBytes = limit })
		u := host(t, f, "images.example.com", c.h)
		got, err := f.Fetch(t.Context(), u)
		if code(err) != c.code || c.code == "" && got.MIME != "image/png" {
			t.Errorf("%s: %v, want code %q", c.name, err, c.code)
		}
		if sent.Load() > 16*limit { // what fits in the kernel's buffers, and far from 1 GiB
			t.Errorf("%s: %d bytes were taken", c.name, sent.Load())
		}
		if held := f.memory.Load(); c.code != "" && held != 0 {
			t.Errorf("%s: %d bytes still count as in use", c.name, held)
		}
	}
}

func TestT039Types(t *testing.T) {
	for _, c := range []struct{ name, header, body, want string }{
		{"html", "text/html", "<!doctype html><p>", ""},
		{"html that claims to be a picture", "image/png", "<html><body>", ""},
		{"svg", "image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg'/>", ""},
		{"svg that claims to be a picture", "image/png", "<?xml version='1.0'?><svg/>", ""},
		{"svg in UTF-16", "image/png", "\xff\xfe<\x00s\x00v\x00g\x00", ""},
		{"text", "image/png", "root:x:0:0:root:/root:/bin/sh\n", ""},
		{"json", "application/json", `{"AccessKeyId":"x"}`, ""},
		{"unknown bytes", "image/png", "\x00\x01\x02\x03", ""},
		{"page behind a picture's first bytes", "text/html", "\xff\xd8<html><script>", ""},
		{"page that claims to be a bitmap", "image/bmp", "BM<html><script>alert(1)</script>", ""},
		{"page behind a PNG's signature", "text/html", "\x89PNG\r\n\x1a\n<html><script>", ""},
		{"picture and page in one", "text/html", "GIF89a/*<html>*/=1;", "image/gif"},
		{"picture that claims to be a page", "text/html", string(sample(t, "sample.webp")), "image/webp"},
	} {
		f := fetcher(t, nil)
		u := host(t, f, "images.example.com", serve(c.header, []byte(c.body)))
		got, err := f.Fetch(t.Context(), u)
		if want := map[bool]string{true: mime.CodeUnsupported}[c.want == ""]; code(err) != want || got.MIME != c.want {
			t.Errorf("%s: %q, %v, want %q", c.name, got.MIME, err, c.want)
		}
	}
}

// T040: whatever went wrong, the client reads the same. Errors carry the cause
// for the operator alone.
func TestT040Oracle(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	secret := "internal-banner-7f3a"
	answers := map[string]http.HandlerFunc{
		"status 404": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, secret, http.StatusNotFound) },
		"status 401": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, secret, http.StatusUnauthorized) },
		"status 500": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, secret, http.StatusInternalServerError) },
		"status 204": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"status 206": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusPartialContent) },
		"reset":      func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"redirect":   http.RedirectHandler("http://10.0.0.1/"+secret, http.StatusFound).ServeHTTP,
	}
	errs := map[string]error{}
	for name, h := range answers {
		f := fetcher(t, nil)
		_, errs[name] = f.Fetch(t.Context(), host(t, f, "images.example.com", h))
	}
	f := fetcher(t, nil)
	f.guard.resolver = (&nameServer{zone: func(name string, _ dnsmessage.Type, _ int) []netip.Addr {
		if strings.HasPrefix(name, "inside") {
			return []netip.Addr{netip.MustParseAddr("10.0.0.1")}
		}
		return nil
	}}).resolver(t)
	route(f, "closed.example.com:80", closed.Addr().String())
	plain := httptest.NewServer(serve("", nil))
	defer plain.Close()
	route(f, "no-tls.example.com:443", plain.Listener.Addr().String())
	for name, u := range map[string]string{
		"private address": "http://10.0.0.1/", "loopback": "http://127.0.0.1/", "metadata": "http://169.254.169.254/", "port": "http://example.com:22/",
		"userinfo": "http://a:b@example.com/", "private name": "http://inside.example.com/", "local name": "http://localhost/", "no such name": "http://none.example.com/",
		"closed port": "http://closed.example.com/", "no TLS": "https://no-tls.example.com/",
	} {
		_, errs[name] = f.Fetch(t.Context(), u)
	}
	want := refused(nil)
	for name, err := range errs {
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Status != want.Status || e.Code != want.Code || e.Message != want.Message || e.Error() != want.Message {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
		for _, format := range []string{"%v", "%s"} {
			if strings.Contains(fmt.Sprintf(format, err), secret) || strings.Contains(fmt.Sprintf(format, err), "10.0.0.1") {
				t.Errorf("%s: the error tells about the host: %v", name, err)
			}
		}
	}
}

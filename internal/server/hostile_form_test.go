package server_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gemway/gemway/internal/server"
)

func TestT020Encodings(t *testing.T) {
	v := newVictim(t, nil)
	zip := func(r io.Reader) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		if _, err := io.Copy(w, r); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	plain := zip(strings.NewReader(normal))
	bomb := zip(io.LimitReader(letters{}, 64<<20))
	for _, body := range []string{plain, bomb, zip(strings.NewReader(bomb)), bomb[:len(bomb)/2], normal, ""} {
		for _, encoding := range []string{"gzip", "GZIP", "x-gzip", "deflate", "br", "zstd", "gzip, gzip", "identity, gzip", "nonsense"} {
			v.refuses(t, body, http.StatusUnsupportedMediaType, "unsupported_encoding", "", "Content-Encoding: "+encoding)
		}
	}
	// Nothing is guessed from the bytes.
	v.refuses(t, plain, http.StatusBadRequest, "invalid_utf8", "")
	v.passes(t, normal, "Content-Encoding: identity")
	v.alive(t)
}

func TestT021ContentTypes(t *testing.T) {
	v := newVictim(t, nil)
	for _, ct := range []string{
		"application/json; charset=utf-16", "application/json; charset=latin1", "multipart/form-data", "multipart/form-data; boundary=x", "text/html", "text/xml", "image/png",
		"application/xml", "application/jsonp", "json", "application/json; charset", ";", "application/", "text/event-stream",
	} {
		v.refuses(t, normal, http.StatusUnsupportedMediaType, "unsupported_media_type", "", "Content-Type: "+ct)
	}
	for _, ct := range []string{"application/json", "APPLICATION/JSON; charset=UTF-8", "application/json;charset=\"utf-8\"", "application/vnd.api+json"} {
		v.passes(t, normal, "Content-Type: "+ct)
	}
	// What curl says of a body by itself, and nothing: the body is still JSON or
	// refused.
	for _, ct := range []string{"application/x-www-form-urlencoded", "text/plain", "application/octet-stream", ""} {
		v.passes(t, normal, "Content-Type: "+ct)
		v.refuses(t, "model=gemini-2.5-flash&messages=hi", http.StatusBadRequest, "invalid_json", "", "Content-Type: "+ct)
		v.refuses(t, "--x\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\ngemini\r\n--x--\r\n", http.StatusBadRequest, "invalid_json", "", "Content-Type: "+ct)
	}
	v.alive(t)
}

func TestT023DataURLs(t *testing.T) {
	v := newVictim(t, nil)
	s := newBare(t, nil)
	image := func(url string) string {
		return messages(1, `[{"type":"text","text":"q"},{"type":"image_url","image_url":{"url":"`+url+`"}}]`)
	}
	const param = "messages[0].content[1].image_url.url"
	const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
	for _, url := range []string{
		"data:text/html;base64,PGh0bWw+PC9odG1sPg==", "data:image/svg+xml;base64,PHN2Zz48L3N2Zz4=", "data:image/svg+xml;utf8,<svg></svg>",
		"data:image/png;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciPjwvc3ZnPg==", // an SVG that says it is a PNG
		"data:image/png;base64,PCFkb2N0eXBlIGh0bWw+PGh0bWw+PC9odG1sPg==",
		"data:image/png;base64,****", "data:image/png;base64,", "data:image/png;base64", "data:", "data:,", "data:image/png;base64," + png[:len(png)-3] + "=" + png,
		"data:image/jpeg;base64," + strings.Repeat("/9j/,", 10_000),
	} {
		v.refuses(t, image(url), http.StatusBadRequest, "*", param)
		if used, _ := s.cost(t, strings.NewReader(image(url)), http.StatusBadRequest); used > uint64(10*len(url)+floor) {
			t.Errorf("%.60s took %d bytes", url, used)
		}
	}
	if up := v.passes(t, image("data:image/png;base64,"+png)); !strings.Contains(up, png) {
		t.Errorf("%s", up)
	}
	// 30 MiB decoded are more than a body may have.
	v.refuses(t, image("data:image/png;base64,iVBORw0KGgoA"+strings.Repeat("AAAA", 10<<20)), http.StatusRequestEntityTooLarge, "request_too_large", "")
	v.alive(t)

	small := newVictim(t, func(c *server.Config) { c.MaxBody = 64 << 10 })
	small.refuses(t, image("data:image/png;base64,iVBORw0KGgoA"+strings.Repeat("AAAA", 64<<10/4)), http.StatusRequestEntityTooLarge, "request_too_large", "")
	small.alive(t)
}

// A body that ends early is not taken for a whole one.
func TestIncompleteBody(t *testing.T) {
	v := newVictim(t, nil)
	for _, n := range []int{0, 1, len(normal)} {
		s := newBare(t, nil)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/chat/completions", strings.NewReader(normal[:n]))
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = int64(len(normal)) + 1
		w := &memory{header: http.Header{}}
		s.ServeHTTP(w, r)
		if w.status != http.StatusBadRequest || !strings.Contains(w.body.String(), `"incomplete_body"`) {
			t.Errorf("%d bytes of %d: %d %s", n, r.ContentLength, w.status, fmt.Sprint(w.body.String()))
		}
	}
	v.alive(t)
}

// memory is an answer in memory.
type memory struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (m *memory) Header() http.Header         { return m.header }
func (m *memory) WriteHeader(status int)      { m.status = status }
func (m *memory) Write(b []byte) (int, error) { return m.body.Write(b) }

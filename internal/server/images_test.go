package server_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gemway/gemway/internal/catalog"
	"github.com/gemway/gemway/internal/server"
	"github.com/go-json-experiment/json"
)

// drawn is a picture in base64.
func drawn(t *testing.T, mime string) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 24, 16))
	for y := range 16 {
		for x := range 24 {
			img.Set(x, y, color.RGBA{uint8(x * 10), uint8(y * 15), 90, 255})
		}
	}
	var b bytes.Buffer
	err := png.Encode(&b, img)
	if mime == "image/jpeg" {
		b.Reset()
		err = jpeg.Encode(&b, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

func generated(mime, data string) string {
	return fmt.Sprintf(`{"candidates":[{"content":{"role":"model","parts":[{"inlineData":{"mimeType":%q,"data":%q}}]},"finishReason":"STOP"}]}`, mime, data)
}

type drawnAnswer struct {
	Data []struct {
		B64 string `json:"b64_json"`
		URL string `json:"url"`
	} `json:"data"`
	Format string `json:"output_format"`
}

// TestImageFormats: an image is converted where its format is not the one asked
// for, and its bytes are untouched where it is.
func TestImageFormats(t *testing.T) {
	asJPEG, asPNG := drawn(t, "image/jpeg"), drawn(t, "image/png")
	for _, c := range []struct{ gemini, request, want string }{
		{"image/jpeg", ``, "jpeg"},
		{"image/png", ``, "png"},
		{"image/jpeg", `,"output_format":"jpeg"`, "jpeg"},
		{"image/jpeg", `,"output_format":"png"`, "png"},
		{"image/png", `,"output_format":"jpeg"`, "jpeg"},
		{"image/png", `,"output_format":"png"`, "png"},
		{"image/jpeg", `,"output_format":"jpeg","output_compression":10`, "jpeg"},
		{"image/png", `,"output_format":"jpeg","response_format":"url"`, "jpeg"},
		{"image/png", `,"output_format":"webp"`, "webp"},
		{"image/jpeg", `,"output_format":"webp","output_compression":100`, "webp"},
	} {
		data := asPNG
		if c.gemini == "image/jpeg" {
			data = asJPEG
		}
		up := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, generated(c.gemini, data)) })
		a := newGateway(t, up, setup{}).call(t, "POST", "/v1/images/generations", `{"model":"gemini-3-pro-image","prompt":"x"`+c.request+`}`)
		var got drawnAnswer
		if err := json.Unmarshal(a.body, &got); err != nil || a.status != 200 || len(got.Data) != 1 || got.Format != c.want {
			t.Errorf("%v: %d %.300s", c, a.status, a.body)
			continue
		}
		b64 := got.Data[0].B64
		if url, ok := strings.CutPrefix(got.Data[0].URL, "data:image/"+c.want+";base64,"); ok {
			b64 = url
		}
		b, err := base64.StdEncoding.DecodeString(b64)
		if err != nil {
			t.Errorf("%v: %v", c, err)
			continue
		}
		img, format, err := image.Decode(bytes.NewReader(b))
		if err != nil || format != c.want || img.Bounds().Dx() != 24 {
			t.Errorf("%v: %s %v", c, format, err)
		}
		untouched := "image/"+c.want == c.gemini && !strings.Contains(c.request, "compression")
		if same := b64 == data; same != untouched {
			t.Errorf("%v: the bytes are Gemini's: %v", c, same)
		}
	}
	lossless := newGateway(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, generated("image/png", asPNG)) }), setup{}).
		call(t, "POST", "/v1/images/generations", `{"model":"gemini-3-pro-image","prompt":"x","output_format":"webp","output_compression":20}`)
	if got := lossless.header.Get("x-gemway-ignored"); got != "output_compression" {
		t.Errorf("a WebP that cannot be compressed further: ignored is %q", got)
	}
	up := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, generated("image/jpeg", "AAAA")) })
	a := newGateway(t, up, setup{}).call(t, "POST", "/v1/images/generations", `{"model":"gemini-3-pro-image","prompt":"x","output_format":"png"}`)
	if a.status != 502 || !strings.Contains(string(a.body), `"param":"output_format"`) {
		t.Errorf("a broken image: %d %s", a.status, a.body)
	}
}

// TestImagesForDownload: with an address of the server's own, url gives one
// that anybody can fetch for a while who knows it.
func TestImagesForDownload(t *testing.T) {
	want := drawn(t, "image/png")
	up := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, generated("image/png", want)) })
	g := newGateway(t, up, setup{server: func(c *server.Config) { c.PublicURL = "https://gemway.example.com/" }})
	a := g.call(t, "POST", "/v1/images/generations", `{"model":"gemini-3-pro-image","prompt":"x","n":2,"response_format":"url"}`)
	var got drawnAnswer
	if err := json.Unmarshal(a.body, &got); err != nil || len(got.Data) != 2 || got.Data[0].URL == got.Data[1].URL || got.Data[0].B64 != "" {
		t.Fatalf("%d %.300s", a.status, a.body)
	}
	path, ok := strings.CutPrefix(got.Data[0].URL, "https://gemway.example.com")
	if !ok || len(path) < len("/v1/images/files/")+26 {
		t.Fatalf("the URL is %s", got.Data[0].URL)
	}
	resp, err := http.Get(g.url + path) // without a key, as an <img> does
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "image/png" || base64.StdEncoding.EncodeToString(b) != want {
		t.Errorf("%d %s with %d bytes, %v", resp.StatusCode, resp.Header.Get("Content-Type"), len(b), err)
	}
	if resp.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(resp.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("headers are %v", resp.Header)
	}
	for _, name := range []string{"nothing.png", strings.ToUpper(path[len("/v1/images/files/"):]), "../models"} {
		if a := g.call(t, "GET", "/v1/images/files/"+name, ""); a.status != 404 {
			t.Errorf("%s: %d %.100s", name, a.status, a.body)
		}
	}
	if a := g.call(t, "POST", "/v1/images/generations", `{"model":"gemini-3-pro-image","prompt":"x"}`); !strings.Contains(string(a.body), `"b64_json"`) {
		t.Errorf("without response_format: %.100s", a.body)
	}
}

// TestImagenOverHTTP: where the catalog says so, a model is asked by predict.
func TestImagenOverHTTP(t *testing.T) {
	var path atomic.Value
	up := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path.Store(r.URL.Path)
		io.WriteString(w, `{"predictions":[{"bytesBase64Encoded":"QQ==","mimeType":"image/png"},{"bytesBase64Encoded":"Qg==","mimeType":"image/png"}]}`)
	})
	g := newGateway(t, up, setup{catalog: catalog.Options{
		Successors: true,
		Models:     []byte(`{"models":[{"id":"imagen-4.0-generate-001","retired":"","successor":""}]}`),
	}})
	a := g.call(t, "POST", "/v1/images/generations", `{"model":"imagen-4.0-generate-001","prompt":"x","n":2}`)
	var got drawnAnswer
	if err := json.Unmarshal(a.body, &got); err != nil || a.status != 200 || len(got.Data) != 2 || got.Data[1].B64 != "Qg==" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if path.Load() != "/v1beta/models/imagen-4.0-generate-001:predict" {
		t.Errorf("asked at %v", path.Load())
	}
}

// TestImageStream: events come as the images do; an image that fails after the
// first event is told by an event, and nothing follows it.
func TestImageStream(t *testing.T) {
	data := drawn(t, "image/png")
	var calls atomic.Int64
	sent := make(chan struct{})
	up := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) == 1 {
			io.WriteString(w, generated("image/png", data))
			return
		}
		<-sent
		w.WriteHeader(http.StatusServiceUnavailable)
		io.WriteString(w, `{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}`)
	})
	g := newGateway(t, up, setup{})
	req, err := http.NewRequestWithContext(t.Context(), "POST", g.url+"/v1/images/generations", strings.NewReader(`{"model":"gemini-3-pro-image","prompt":"x","n":2,"stream":true}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer k")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	first := make([]byte, 64)
	if _, err := io.ReadFull(resp.Body, first); err != nil || resp.StatusCode != 200 || !strings.HasPrefix(string(first), "event: image_generation.completed\ndata: {") {
		t.Fatalf("%d %q %v", resp.StatusCode, first, err)
	}
	close(sent)
	rest, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	events := strings.Split(strings.TrimSpace(string(first)+string(rest)), "\n\n")
	if len(events) != 2 || !strings.Contains(events[0], `"b64_json":"`+data+`"`) ||
		!strings.HasPrefix(events[1], "event: error\ndata: {\"error\":{\"message\":\"The model is overloaded.\"") {
		t.Errorf("events: %q", events)
	}
}

// TestImageHeartbeat: a stream shows a sign of life while the model draws.
func TestImageHeartbeat(t *testing.T) {
	gate := make(chan struct{})
	up := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		<-gate
		io.WriteString(w, `{"candidates":[{"finishReason":"IMAGE_SAFETY"}]}`)
	})
	g := newGateway(t, up, setup{server: func(c *server.Config) { c.Heartbeat = 10 * time.Millisecond }})
	req, err := http.NewRequestWithContext(t.Context(), "POST", g.url+"/v1/images/generations", strings.NewReader(`{"model":"gemini-3-pro-image","prompt":"x","stream":true}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer k")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	beat := make([]byte, 2)
	if _, err := io.ReadFull(resp.Body, beat); err != nil || string(beat) != ": " {
		t.Fatalf("%q %v", beat, err)
	}
	close(gate)
	rest, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(rest), `event: error`) || !strings.Contains(string(rest), `"code":"moderation_blocked"`) {
		t.Errorf("%q %v", rest, err)
	}
}

package upstream

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// canned answers every request with the same bytes, without a network.
type canned struct {
	contentType, body string
}

func (c canned) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: 200, Header: http.Header{"Content-Type": {c.contentType}},
		Body: io.NopCloser(strings.NewReader(c.body)), ContentLength: int64(len(c.body)),
	}, nil
}

// canned replaces the network of a client.
func (c canned) client(b *testing.B) *Client {
	client := serve(b, func(*wire) {}).client(b, nil)
	client.transport.RegisterProtocol("canned", c)
	site, err := NewGeminiAPI("http://upstream")
	if err != nil {
		b.Fatal(err)
	}
	site.base.Scheme = "canned"
	client.site = site
	return client
}

func BenchmarkDo(b *testing.B) {
	c := canned{"application/json", part}.client(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Do(context.Background(), chat()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStream(b *testing.B) {
	c := canned{"text/event-stream", strings.Repeat("data: "+part+"\r\n\r\n", 50)}.client(b)
	b.ReportAllocs()
	for b.Loop() {
		s, err := c.Stream(context.Background(), streamed())
		for err == nil {
			_, err = s.Next()
		}
		if !errors.Is(err, io.EOF) {
			b.Fatal(err)
		}
	}
}

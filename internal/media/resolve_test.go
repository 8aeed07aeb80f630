package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/gemway/gemway/internal/mime"
)

func TestResolve(t *testing.T) {
	f := fetcher(t, nil)
	d := watch(f)
	var hits atomic.Int32
	u := host(t, f, "images.example.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		switch r.URL.Path {
		case "/gone":
			http.NotFound(w, r)
		case "/pdf":
			_, _ = w.Write(sample(t, "sample.pdf"))
		default:
			_, _ = w.Write(sample(t, "sample.png"))
		}
	}))
	ref := func(i int, url string) Ref {
		return Ref{Param: fmt.Sprintf("messages[0].content[%d].image_url.url", i), URL: url}
	}
	got, err := f.Resolve(t.Context(), []Ref{
		ref(0, u+"/a"), ref(1, u+"/pdf"), ref(2, u+"/a"),
		// These are not ours to follow.
		ref(3, "gs://bucket/a.png"), ref(4, "files/abc"), ref(5, "https://generativelanguage.googleapis.com/v1beta/files/abc"),
		ref(6, "https://www.youtube.com/watch?v=abc"), ref(7, "data:image/png;base64,AAAA"),
	})
	if err != nil || len(got) != 2 || got[u+"/a"].MIME != "image/png" || got[u+"/pdf"].MIME != "application/pdf" {
		t.Errorf("Resolve = %v, %v", got, err)
	}
	if hits.Load() != 2 {
		t.Errorf("%d requests for 2 different URLs", hits.Load())
	}
	d.none(t)
	// The error names the parameter.
	for _, c := range []struct{ url, code string }{
		{u + "/gone", mime.CodeNotAllowed}, {"http://10.0.0.1/", mime.CodeNotAllowed}, {"ftp://images.example.com/", mime.CodeInvalidURL},
	} {
		_, err := f.Resolve(t.Context(), []Ref{ref(0, u+"/a"), ref(1, c.url), ref(2, u+"/pdf")})
		if e, ok := errors.AsType[*Error](err); !ok || e.Code != c.code || e.Param != "messages[0].content[1].image_url.url" {
			t.Errorf("Resolve with %s = %#v", c.url, err)
		}
	}
	if got, err := f.Resolve(t.Context(), nil); len(got) != 0 || err != nil {
		t.Errorf("Resolve of nothing = %v, %v", got, err)
	}
}

func TestResolveLimits(t *testing.T) {
	body := append(sample(t, "sample.png"), make([]byte, 100_000)...)
	f := fetcher(t, func(c *Config) {
		c.MaxBytes, c.MaxRequestBytes, c.MaxMemory = 200_000, 350_000, 900_000
	})
	u := host(t, f, "images.example.com", serve("", body))
	refs := func(n int) (out []Ref) {
		for i := range n {
			out = append(out, Ref{Param: fmt.Sprint(i), URL: fmt.Sprintf("%s/%d", u, i)})
		}
		return out
	}
	_, err := f.Resolve(t.Context(), refs(17))
	if e, ok := errors.AsType[*Error](err); !ok || e.Code != mime.CodeTooMany || e.Param != "16" {
		t.Errorf("17 URLs: %#v", err)
	}
	if _, err := f.Resolve(t.Context(), refs(4)); code(err) != mime.CodeTooLarge {
		t.Errorf("400 kB of at most 350 kB: %v", err)
	}
	if held := f.memory.Load(); held != 0 {
		t.Errorf("%d bytes count as in use after a refusal", held)
	}
	// Two requests of 300 kB fit, as base64 they are 800 kB; a third waits for
	// one of them to end.
	first, end := context.WithCancel(t.Context())
	defer end()
	for i := range 2 {
		if _, err := f.Resolve(first, refs(3)); err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
	}
	if _, err := f.Resolve(t.Context(), refs(3)); code(err) != mime.CodeBusy {
		t.Errorf("the third request: %v", err)
	}
	if held := f.memory.Load(); held < 800_000 {
		t.Errorf("%d bytes count as in use, want those of two requests", held)
	}
}

// Memory counts until the request is over.
func TestLeaseEndsWithTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fetcher(t, nil)
		ctx, cancel := context.WithCancel(t.Context())
		l := f.lease()
		if err := l.take(1000); err != nil {
			t.Fatal(err)
		}
		l.end(ctx)
		if f.memory.Load() != 1000 {
			t.Errorf("%d bytes in use during the request, want 1000", f.memory.Load())
		}
		cancel()
		synctest.Wait()
		if f.memory.Load() != 0 {
			t.Errorf("%d bytes in use after the request", f.memory.Load())
		}
		// A context that cannot end would hold them for ever.
		m := f.lease()
		if err := m.take(1000); err != nil {
			t.Fatal(err)
		}
		m.end(context.Background())
		if f.memory.Load() != 0 {
			t.Errorf("%d bytes in use without a context", f.memory.Load())
		}
	})
}

func BenchmarkFetch1MB(b *testing.B) {
	f := fetcher(b, nil)
	u := host(b, f, "images.example.com", serve("", append(sample(b, "sample.png"), bytes.Repeat([]byte{7}, 1<<20)...)))
	b.SetBytes(1 << 20)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Fetch(b.Context(), u); err != nil {
			b.Fatal(err)
		}
	}
}

package media

import (
	"context"
	"net"
	"testing"

	"github.com/gemway/gemway/internal/panics"
)

// T113: a mistake in one of the goroutines that fetch, or in one of their
// connections', arrives where the request is served, and takes no place.
func TestT113PanicsReachTheRequest(t *testing.T) {
	f := fetcher(t, func(c *Config) { c.PerHost, c.Concurrent = 2, 2 })
	url := host(t, f, "pictures.example", serve("image/png", sample(t, "sample.png")))
	sound, dial := f.transport, f.dial
	refs := []Ref{{"a", url + "/1"}, {"b", url + "/2"}, {"c", url + "/3"}}
	for name, broken := range map[string]func(){
		"in fetching": func() { f.transport = nil },
		"in dialling": func() { f.dial = func(context.Context, string, string) (net.Conn, error) { panic(url) } },
	} {
		f.transport, f.dial = sound, dial
		broken()
		var got *panics.Recovered
		func() {
			defer panics.Recover(func(p *panics.Recovered) { got = p })
			if _, err := f.Resolve(t.Context(), refs); err == nil {
				t.Errorf("%s: a result", name)
			}
		}()
		if got == nil {
			t.Errorf("%s: no panic", name)
		}
	}
	f.transport, f.dial = sound, dial
	if blobs, err := f.Resolve(t.Context(), refs); err != nil || len(blobs) != 3 {
		t.Errorf("afterwards: %d files, %v", len(blobs), err)
	}
}

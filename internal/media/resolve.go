package media

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"

	"github.com/gemway/gemway/internal/mime"
	"github.com/gemway/gemway/internal/panics"
)

// Ref is a URL in a request.
type Ref struct {
	Param string // where it stands, in OpenAI's terms: messages[0].content[1].image_url.url
	URL   string
}

// Resolve fetches the files that refs name, each URL once, at the same time, and
// returns them by URL. References for Gemini itself to follow (mime.File,
// mime.Storage, mime.YouTube) and data URLs are passed over. All or nothing: the
// error is that of the first ref that failed, an *Error with its Param, or
// ctx's own. The memory counts as in use until ctx ends, which should be the
// request's.
func (f *Fetcher) Resolve(ctx context.Context, refs []Ref) (map[string]Blob, error) {
	todo, err := f.distinct(refs)
	if err != nil || len(todo) == 0 {
		return nil, err
	}
	l := f.lease()
	defer l.end(ctx)
	group, cancel := context.WithCancel(ctx)
	defer cancel()
	blobs, errs := make([]Blob, len(todo)), make([]error, len(todo))
	var wg sync.WaitGroup
	var fatal atomic.Pointer[panics.Recovered]
	places := f.places(todo)
	for i, r := range todo {
		wg.Go(func() {
			defer panics.Recover(func(p *panics.Recovered) {
				fatal.Store(p)
				cancel()
			})
			select {
			case places[i] <- struct{}{}:
				defer func() { <-places[i] }()
			case <-group.Done():
				errs[i] = group.Err()
				return
			}
			if blobs[i], errs[i] = f.fetch(group, r.URL, l); errs[i] != nil {
				cancel() // the request fails: the others are of no use
			}
		})
	}
	wg.Wait()
	if p := fatal.Load(); p != nil {
		panic(p) // in the goroutine of the request, which knows what to do
	}
	out := make(map[string]Blob, len(todo))
	for i, r := range todo {
		if e, ok := errors.AsType[*Error](errs[i]); ok {
			l.release()
			named := *e
			named.Param = r.Param
			return nil, &named
		}
		out[r.URL] = blobs[i]
	}
	if err := errors.Join(errs...); err != nil {
		l.release()
		return nil, ctx.Err()
	}
	return out, nil
}

// places returns for every ref the places its host has, which it shares with the
// other refs to that host. Without them a request with many files of one host
// would spend its waiting time on itself.
func (f *Fetcher) places(refs []Ref) []chan struct{} {
	out := make([]chan struct{}, len(refs))
	hosts := make(map[string]chan struct{})
	for i, r := range refs {
		host := ""
		if u, err := url.Parse(r.URL); err == nil {
			host = u.Hostname()
		}
		if hosts[host] == nil {
			hosts[host] = make(chan struct{}, f.guard.config.PerHost)
		}
		out[i] = hosts[host]
	}
	return out
}

// distinct returns the refs that have to be fetched.
func (f *Fetcher) distinct(refs []Ref) ([]Ref, error) {
	var out []Ref
	seen := make(map[string]bool)
	for _, r := range refs {
		switch mime.Classify(r.URL) {
		case mime.Inlined, mime.File, mime.Storage, mime.YouTube:
			continue
		case mime.Invalid, mime.Remote: // judge says what is wrong
		}
		if seen[r.URL] {
			continue
		}
		seen[r.URL] = true
		if out = append(out, r); len(out) > f.guard.config.MaxURLs {
			return nil, &Error{
				Status: 400, Code: mime.CodeTooMany, Param: r.Param,
				Message: fmt.Sprintf("at most %d different URLs can be fetched for one request: send the other files as data URLs with base64", f.guard.config.MaxURLs),
			}
		}
	}
	return out, nil
}

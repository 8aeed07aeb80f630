package media

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/gemway/gemway/internal/mime"
)

// lease counts the memory one request holds for what it fetched, against the
// request's own limit and against all requests'.
type lease struct {
	all     *atomic.Int64
	maxAll  int64
	maxThis int

	mu   sync.Mutex
	held int
}

func (f *Fetcher) lease() *lease {
	return &lease{all: &f.memory, maxAll: int64(f.guard.config.MaxMemory), maxThis: encodedLen(f.guard.config.MaxRequestBytes)}
}

// take adds n bytes. The error is a *mime.Error.
func (l *lease) take(n int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held+n > l.maxThis {
		return tooLarge("the files of this request are together", l.maxThis/4*3)
	}
	if l.all.Add(int64(n)) > l.maxAll {
		l.all.Add(-int64(n))
		return errBusy
	}
	l.held += n
	return nil
}

// end gives everything back when the request is over, which its context tells,
// or at once when its context cannot tell.
func (l *lease) end(ctx context.Context) {
	if ctx.Done() == nil {
		l.release()
		return
	}
	context.AfterFunc(ctx, l.release)
}

func (l *lease) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all.Add(-int64(l.held))
	l.held = 0
}

func tooLarge(what string, limit int) *mime.Error {
	return &mime.Error{
		Status: 400, Code: mime.CodeTooLarge,
		Message: fmt.Sprintf("%s larger than the limit of %d bytes", what, limit),
	}
}

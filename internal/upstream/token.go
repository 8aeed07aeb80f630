package upstream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gemway/gemway/internal/panics"
	"golang.org/x/oauth2"
)

const (
	// A token is replaced this long before it ends. Google's metadata server
	// hands out new ones from about then on.
	tokenAhead = 4 * time.Minute
	// A token that ends sooner than this is not sent any more.
	tokenSpare = 10 * time.Second
	// After a failure the next try waits this long, whoever asks.
	tokenPause = time.Second
	// One fetch takes no longer than this.
	tokenTimeout = 15 * time.Second
)

// tokens hands out one access token to everybody. It is fetched by one
// goroutine at a time, ahead of its end, so that a refresh delays nobody as
// long as the old token is good.
type tokens struct {
	fetch func(context.Context) (*oauth2.Token, error)
	ctx   context.Context // of all fetches, ended by close
	end   context.CancelFunc
	wg    sync.WaitGroup

	panicked func(*panics.Recovered) // nil: nobody is told

	mu      sync.Mutex
	current *oauth2.Token
	flight  *flight
	failed  error     // of the last fetch
	notYet  time.Time // no fetch before this
}

// flight is a fetch under way. token and err may be read once done is closed.
type flight struct {
	done  chan struct{}
	token *oauth2.Token
	err   error
}

func newTokens(fetch func(context.Context) (*oauth2.Token, error)) *tokens {
	t := &tokens{fetch: fetch}
	t.ctx, t.end = context.WithCancel(context.Background())
	return t
}

// get returns a token that is good for a while.
func (t *tokens) get(ctx context.Context) (string, error) {
	t.mu.Lock()
	now := time.Now()
	life := time.Duration(-1)
	if t.current != nil {
		life = tokenAhead + 1 // one without an end
		if !t.current.Expiry.IsZero() {
			life = t.current.Expiry.Sub(now)
		}
	}
	if life <= tokenAhead && t.flight == nil && !now.Before(t.notYet) && t.ctx.Err() == nil {
		t.flight = &flight{done: make(chan struct{})}
		t.wg.Add(1)
		go t.refresh(t.flight)
	}
	token, f, failed := t.current, t.flight, t.failed
	t.mu.Unlock()
	switch {
	case life > tokenSpare:
		return token.AccessToken, nil
	case f != nil:
		select {
		case <-f.done:
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
		if f.err != nil {
			return "", f.err
		}
		return f.token.AccessToken, nil
	case failed != nil:
		return "", failed
	}
	return "", errors.New("the credentials are closed")
}

func (t *tokens) refresh(f *flight) {
	defer t.wg.Done()
	defer panics.Recover(func(p *panics.Recovered) {
		if t.panicked != nil {
			t.panicked(p)
		}
		t.land(f, nil, fmt.Errorf("fetch a token: %w", p))
	})
	ctx, cancel := context.WithTimeout(t.ctx, tokenTimeout)
	defer cancel()
	token, err := t.fetch(ctx)
	if err == nil && token.AccessToken == "" {
		err = errors.New("the token server answered without a token")
	}
	t.land(f, token, err)
}

// land ends a flight.
func (t *tokens) land(f *flight, token *oauth2.Token, err error) {
	f.token, f.err = token, err
	t.mu.Lock()
	t.flight, t.failed = nil, f.err
	t.notYet = time.Now().Add(tokenPause)
	if f.err == nil {
		t.current = f.token
	}
	t.mu.Unlock()
	close(f.done)
}

// expire forgets a token that was refused, unless it was replaced already. It
// reports whether the next get returns another one.
func (t *tokens) expire(token string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current != nil && t.current.AccessToken == token {
		t.current, t.notYet = nil, time.Time{}
	}
	return token != ""
}

// close ends a fetch under way and waits for it.
func (t *tokens) close() {
	t.end()
	t.wg.Wait()
}

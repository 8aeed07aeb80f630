package upstream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gemway/gemway/internal/panics"
	"golang.org/x/oauth2"
)

// mint counts and makes tokens that live for an hour.
type mint struct {
	mu   sync.Mutex
	made int
	slow time.Duration
	err  error
}

func (m *mint) fetch(ctx context.Context) (*oauth2.Token, error) {
	m.mu.Lock()
	m.made++
	n, err := m.made, m.err
	m.mu.Unlock()
	select {
	case <-time.After(m.slow):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	return &oauth2.Token{AccessToken: fmt.Sprint("token-", n), Expiry: time.Now().Add(time.Hour)}, nil
}

func (m *mint) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.made
}

func wantToken(t *testing.T, tokens *tokens, want string) {
	t.Helper()
	if got, err := tokens.get(t.Context()); err != nil || got != want {
		t.Errorf("token %q, %v, want %q", got, err, want)
	}
}

// A thousand calls that come at once share one fetch.
func TestT106_OneRefreshForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{slow: time.Second}
		tokens := newTokens(m.fetch)
		defer tokens.close()
		var wg sync.WaitGroup
		for range 1000 {
			wg.Go(func() { wantToken(t, tokens, "token-1") })
		}
		wg.Wait()
		if m.count() != 1 {
			t.Errorf("%d fetches", m.count())
		}
	})
}

// A token is replaced before it ends, and nobody waits for that.
func TestT106_RefreshAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{slow: time.Second}
		tokens := newTokens(m.fetch)
		defer tokens.close()
		wantToken(t, tokens, "token-1")
		time.Sleep(55 * time.Minute)
		wantToken(t, tokens, "token-1")
		synctest.Wait()
		if m.count() != 1 {
			t.Errorf("%d fetches five minutes before the end", m.count())
		}
		time.Sleep(2 * time.Minute)
		began := time.Now()
		for range 100 {
			wantToken(t, tokens, "token-1")
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("waited %s although the old token is good", took)
		}
		time.Sleep(2 * time.Second)
		wantToken(t, tokens, "token-2")
		if m.count() != 2 {
			t.Errorf("%d fetches", m.count())
		}
	})
}

// A refresh that fails is tried again once a second, with the old token in use
// as long as it lasts, and then its error is everybody's.
func TestTokenServerDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{}
		tokens := newTokens(m.fetch)
		defer tokens.close()
		wantToken(t, tokens, "token-1")
		down := errors.New("token server is down")
		m.mu.Lock()
		m.err = down
		m.mu.Unlock()
		time.Sleep(57 * time.Minute)
		for range 1000 { // ten seconds
			wantToken(t, tokens, "token-1")
			time.Sleep(10 * time.Millisecond)
		}
		if n := m.count() - 1; n < 9 || n > 11 {
			t.Errorf("%d fetches in ten seconds, want one a second", n)
		}
		time.Sleep(5 * time.Minute)
		if _, err := tokens.get(t.Context()); err != down {
			t.Errorf("after the end: %v", err)
		}
		m.mu.Lock()
		m.err = nil
		m.mu.Unlock()
		time.Sleep(2 * time.Second)
		if got, err := tokens.get(t.Context()); err != nil || got == "token-1" {
			t.Errorf("when it is back: %q, %v", got, err)
		}
	})
}

func TestTokenExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{}
		tokens := newTokens(m.fetch)
		defer tokens.close()
		wantToken(t, tokens, "token-1")
		for range 100 { // many calls report the same token; one fetch follows
			tokens.expire("token-1")
		}
		wantToken(t, tokens, "token-2")
		tokens.expire("token-1") // a late one
		wantToken(t, tokens, "token-2")
		if m.count() != 2 {
			t.Errorf("%d fetches", m.count())
		}
	})
}

// Who gives up waiting is let go; the fetch goes on for the others.
func TestTokenWaiterGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{slow: 5 * time.Second}
		tokens := newTokens(m.fetch)
		defer tokens.close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := tokens.get(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		wantToken(t, tokens, "token-1")
	})
}

func TestTokensClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{slow: time.Hour}
		tokens := newTokens(m.fetch)
		go func() {
			time.Sleep(time.Second)
			tokens.close()
		}()
		if _, err := tokens.get(t.Context()); err == nil {
			t.Error("a token from closed credentials")
		}
		if _, err := tokens.get(t.Context()); err == nil {
			t.Error("a token from closed credentials")
		}
	})
}

// T113: a mistake in the fetching of a token is an error for those who wait for
// it, is reported, and does not keep the next fetch from being tried.
func TestT113_TokenRefreshPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{}
		broken := true
		tokens := newTokens(func(ctx context.Context) (*oauth2.Token, error) {
			if broken {
				panic("mistake")
			}
			return m.fetch(ctx)
		})
		defer tokens.close()
		var reported int
		tokens.panicked = func(*panics.Recovered) { reported++ }
		if got, err := tokens.get(t.Context()); err == nil || strings.Contains(err.Error(), "mistake") {
			t.Errorf("token %q, %v", got, err)
		}
		broken = false
		time.Sleep(2 * time.Second)
		wantToken(t, tokens, "token-1")
		if reported != 1 {
			t.Errorf("reported %d times", reported)
		}
	})
}

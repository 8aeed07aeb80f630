package media

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/gemway/gemway/internal/mime"
)

// slots are the places for fetches: so many at once, and so many of them at one
// host, lest a gateway with many users becomes a weapon against a small server.
type slots struct {
	wait  time.Duration
	all   chan struct{}
	each  int
	mu    sync.Mutex
	hosts map[string]*hostSlots // of hosts somebody fetches from, or waits for
}

type hostSlots struct {
	places chan struct{}
	users  int
}

func newSlots(all, each int, wait time.Duration) *slots {
	return &slots{wait: wait, all: make(chan struct{}, all), each: each, hosts: make(map[string]*hostSlots)}
}

var errBusy = &mime.Error{
	Status: 429, Code: mime.CodeBusy,
	Message: "too many files are being fetched at the moment: try again shortly",
}

// take waits for a place at a host and returns what gives it back.
func (s *slots) take(ctx context.Context, host string) (release func(), err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.wait, errBusy)
	defer cancel()
	h := s.enter(host)
	// The host's place comes first: who waits for a slow host takes no place from
	// fetches that go elsewhere.
	if err := claim(ctx, h.places); err != nil {
		s.leave(host, h)
		return nil, err
	}
	if err := claim(ctx, s.all); err != nil {
		<-h.places
		s.leave(host, h)
		return nil, err
	}
	return func() {
		<-s.all
		<-h.places
		s.leave(host, h)
	}, nil
}

func claim(ctx context.Context, places chan struct{}) error {
	select {
	case places <- struct{}{}:
		return nil
	default:
	}
	select {
	case places <- struct{}{}:
		return nil
	case <-ctx.Done():
		if cause := context.Cause(ctx); errors.Is(cause, errBusy) {
			return errBusy
		}
		return ctx.Err()
	}
}

func (s *slots) enter(host string) *hostSlots {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.hosts[host]
	if h == nil {
		h = &hostSlots{places: make(chan struct{}, s.each)}
		s.hosts[host] = h
	}
	h.users++
	return h
}

func (s *slots) leave(host string, h *hostSlots) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h.users--; h.users == 0 {
		delete(s.hosts, host)
	}
}

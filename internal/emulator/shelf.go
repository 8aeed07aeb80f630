package emulator

import (
	"encoding/base64"
	"fmt"
	"strconv"
)

// shelf keeps named things in the order they came.
type shelf[T any] struct {
	things map[string]T
	order  []string
}

func (s *shelf[T]) put(name string, v T) {
	if s.things == nil {
		s.things = map[string]T{}
	}
	if _, ok := s.things[name]; !ok {
		s.order = append(s.order, name)
	}
	s.things[name] = v
}

func (s *shelf[T]) get(name string) (T, bool) {
	v, ok := s.things[name]
	return v, ok
}

func (s *shelf[T]) remove(name string) {
	delete(s.things, name)
	for i, n := range s.order {
		if n == name {
			s.order = append(s.order[:i:i], s.order[i+1:]...)
			return
		}
	}
}

// all returns the things, newest first, as Google lists them.
func (s *shelf[T]) all() []T {
	out := make([]T, 0, len(s.order))
	for i := len(s.order) - 1; i >= 0; i-- {
		out = append(out, s.things[s.order[i]])
	}
	return out
}

// page cuts the page out of all that pageSize and pageToken ask for. A size
// of 0 stands for usual; more than most are not given at once.
func page[T any](all []T, pageSize, pageToken string, usual, most int) ([]T, string, *Error) {
	size, from := usual, 0
	if pageSize != "" {
		n, err := strconv.Atoi(pageSize)
		if err != nil {
			return nil, "", badRequest([]violation{{Field: "page_size", Description: fmt.Sprintf("Invalid value at 'page_size' (TYPE_INT32), %q", pageSize)}})
		}
		if n < 0 {
			return nil, "", invalid("page_size must be greater than or equal to 0.")
		}
		if n > 0 {
			size = min(n, most)
		}
	}
	if pageToken != "" {
		b, err := base64.RawURLEncoding.DecodeString(pageToken)
		n, err2 := strconv.Atoi(string(b))
		if err != nil || err2 != nil || n < 0 || n > len(all) {
			return nil, "", invalid("Invalid page token.")
		}
		from = n
	}
	to := min(from+size, len(all))
	next := ""
	if to < len(all) {
		next = base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(to)))
	}
	return all[from:to], next, nil
}

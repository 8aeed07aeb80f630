package server

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/gemway/gemway/internal/auth"
	"github.com/gemway/gemway/openai"
)

// authorize reads the client's key. Which one it has to be depends on the mode:
// one of the operator's client keys, in pass-through mode the client's own
// Gemini key, else any or none.
func (s *Server) authorize(w http.ResponseWriter, r *request) error {
	key := clientKey(r.Header)
	if s.parts.Keys.Any() {
		id, ok := "", auth.WellFormed(key)
		if ok {
			id, ok = s.parts.Keys.Find(key)
		}
		if !ok {
			return s.refuse(w, r, key)
		}
		r.caller = id
		return nil
	}
	if key != "" {
		sum := sha256.Sum256([]byte(key))
		r.caller = hex.EncodeToString(sum[:8])
	}
	if s.cfg.AnyKey || !s.cfg.PassThrough {
		return nil
	}
	if key == "" {
		return unauthorized("You didn't provide an API key. Pass your Gemini API key as bearer token (Authorization: Bearer KEY), in OpenAI's SDKs as api_key. Keys are made at https://aistudio.google.com/apikey")
	}
	if !auth.WellFormed(key) {
		return unauthorized("The API key is malformed: it must be printable ASCII without spaces")
	}
	r.key = key
	return nil
}

func unauthorized(message string) *openai.Error {
	return openai.NewError(http.StatusUnauthorized, openai.TypeAuthentication, "", "invalid_api_key", message)
}

// refuse answers a wrong client key, or none. All wrong keys get the same
// answer, and who tries many has to wait.
func (s *Server) refuse(w http.ResponseWriter, r *request, key string) error {
	s.parts.Metrics.WrongKey()
	if wait := s.guesses.Wrong(time.Now(), s.peer(r.Request)); wait > 0 {
		seconds := int64((wait + time.Second - 1) / time.Second)
		w.Header().Set("retry-after", fmt.Sprint(seconds))
		w.Header().Set("x-should-retry", "false")
		return openai.NewError(http.StatusTooManyRequests, openai.TypeRateLimit, "", "too_many_wrong_keys",
			fmt.Sprintf("Too many requests without a right API key: wait %d seconds", seconds))
	}
	if key == "" {
		return unauthorized("You didn't provide an API key. Pass the key that this server's operator gave you as bearer token (Authorization: Bearer KEY), in OpenAI's SDKs as api_key")
	}
	return unauthorized("Incorrect API key provided. Use the key that this server's operator gave you")
}

// peer returns the address a request comes from. What a header says of it
// counts only where a trusted proxy says it, and there the right-most address
// that is no proxy itself: clients can write the rest.
func (s *Server) peer(r *http.Request) netip.Addr {
	ip := address(r.RemoteAddr)
	if !s.cfg.Limits.trusts(ip) {
		return ip
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop := address(strings.TrimSpace(hops[i]))
		if !hop.IsValid() {
			break
		}
		ip = hop
		if !s.cfg.Limits.trusts(hop) {
			break
		}
	}
	return ip
}

// clientKey finds the key where OpenAI's, Azure's and Google's clients put it.
// A key in the URL is none: logs and histories keep URLs.
func clientKey(h http.Header) string {
	if a := h["Authorization"]; len(a) > 0 {
		if len(a) > 1 {
			return ""
		}
		if scheme, key, ok := strings.Cut(a[0], " "); ok && strings.EqualFold(scheme, "Bearer") {
			return strings.TrimSpace(key)
		}
		return ""
	}
	for _, name := range [...]string{"Api-Key", "X-Api-Key", "X-Goog-Api-Key"} {
		if values := h[name]; len(values) == 1 && values[0] != "" {
			return values[0]
		}
	}
	return ""
}

// Package auth tells clients by their keys, and slows down who guesses.
package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// hashed begins a key that is given by its SHA-256, so that the configuration
// does not hold the key itself.
const hashed = "sha256:"

// maxKey bounds the length of a key.
const maxKey = 512

// Keys are the keys that clients may use. A nil *Keys has none. It is safe for
// concurrent use.
type Keys struct {
	// Keys are found by a hash that nobody outside can compute, so that the
	// time a look-up takes says nothing about them.
	secret [sha256.Size]byte
	ids    map[[sha256.Size]byte]string
}

// New returns the keys of a list, plain or as sha256:HEX.
func New(list []string) (*Keys, error) {
	k := &Keys{ids: make(map[[sha256.Size]byte]string, len(list))}
	_, _ = rand.Read(k.secret[:]) // never fails
	for i, key := range list {
		sum := sha256.Sum256([]byte(key))
		if digits, ok := strings.CutPrefix(key, hashed); ok {
			b, err := hex.DecodeString(strings.ToLower(digits))
			if err != nil || len(b) != len(sum) {
				return nil, fmt.Errorf("number %d begins with %s, and 64 hexadecimal digits have to follow", i+1, hashed)
			}
			sum = [sha256.Size]byte(b)
		} else if !WellFormed(key) {
			return nil, fmt.Errorf("number %d must be printable ASCII without spaces, at most %d characters", i+1, maxKey)
		}
		k.ids[k.mac(sum)] = hex.EncodeToString(sum[:4])
	}
	return k, nil
}

// Find returns the short id of a client's key, which is safe to show, and
// whether it is one of the keys.
func (k *Keys) Find(key string) (id string, ok bool) {
	id, ok = k.ids[k.mac(sha256.Sum256([]byte(key)))]
	return id, ok
}

// Any reports whether there are keys, so that clients need one.
func (k *Keys) Any() bool { return k != nil && len(k.ids) > 0 }

func (k *Keys) mac(sum [sha256.Size]byte) (out [sha256.Size]byte) {
	h := hmac.New(sha256.New, k.secret[:])
	h.Write(sum[:])
	h.Sum(out[:0])
	return out
}

// WellFormed reports whether a text can be a key: printable ASCII without
// spaces, as headers carry it.
func WellFormed(key string) bool {
	return key != "" && len(key) <= maxKey && strings.IndexFunc(key, func(c rune) bool { return c <= ' ' || c > '~' }) < 0
}

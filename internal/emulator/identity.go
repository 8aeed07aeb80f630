package emulator

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strconv"
)

// identity stands for a request: everything that looks random in an answer is
// derived from it, so that the same request has the same answer.
type identity [sha256.Size]byte

func identify(parts ...[]byte) identity {
	h := sha256.New()
	for _, p := range parts {
		var n [8]byte
		binary.LittleEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write(p)
	}
	return identity(h.Sum(nil))
}

// of derives the identity of something within the request.
func (id identity) of(what string, n int) identity {
	return identify(id[:], []byte(what), strconv.AppendInt(nil, int64(n), 10))
}

// number derives a number below n.
func (id identity) number(n int) int {
	return int(binary.LittleEndian.Uint32(id[:])) % n
}

// responseID has the form of Gemini's: 4Fn7afv3Btus1MkP9dbZoAY.
func (id identity) responseID() string {
	return base64.RawURLEncoding.EncodeToString(id[:17])
}

// name has the form of call ids and of files' and caches' names: lower-case
// letters and digits.
func (id identity) name(length int) string {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	out := make([]byte, length)
	for i := range out {
		out[i] = letters[int(id[i])%len(letters)]
	}
	return string(out)
}

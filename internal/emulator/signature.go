package emulator

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/raw"
)

// A thought signature of the emulator is a mark, a nonce and two codes: one
// over the nonce, so that a signature of the emulator is known as such even
// when it stands on the wrong part, and one over what it was given with.

var signatureKey = []byte("thought signatures of the emulator, no secret")

const (
	signatureMark   = "\x12\x40emu" // the first bytes of real ones are a protobuf tag too
	signatureNonce  = 16
	signatureLength = len(signatureMark) + signatureNonce + 2*sha256.Size
)

// skipSignatures are the stand-ins Google documents for calls that Gemini has
// not made, and the base64 of them; both spellings are recorded with 200.
// https://ai.google.dev/gemini-api/docs/thought-signatures
var skipSignatures = []string{
	"skip_thought_signature_validator",
	"context_engineering_is_the_way_to_go",
}

func mac(parts ...[]byte) []byte {
	h := hmac.New(sha256.New, signatureKey)
	for _, p := range parts {
		h.Write(p)
		h.Write([]byte{0})
	}
	return h.Sum(nil)
}

// sign makes the signature of a part with the given content.
func sign(id identity, content []byte) string {
	nonce := id[:signatureNonce]
	out := append([]byte(signatureMark), nonce...)
	out = append(out, mac(nonce)...)
	out = append(out, mac(nonce, content)...)
	return base64.StdEncoding.EncodeToString(out)
}

// signedCall is the content of a function call that its signature covers.
func signedCall(name string, args raw.Value) []byte {
	return append([]byte("call "+name+" "), argument(args)...)
}

// skips reports whether the signature is one of the documented stand-ins.
func skips(sig raw.String) bool {
	s := sig.Decode()
	decoded := string(decodeBase64(sig))
	for _, skip := range skipSignatures {
		if s == skip || decoded == skip {
			return true
		}
	}
	return false
}

// verify reports whether the emulator made the signature, for the part it is
// on. Only calls are held against their content: texts may come back joined.
func verify(p *gemini.Part) bool {
	b := decodeBase64(p.ThoughtSignature)
	if len(b) != signatureLength || string(b[:len(signatureMark)]) != signatureMark {
		return false
	}
	b = b[len(signatureMark):]
	nonce, own, code := b[:signatureNonce], b[signatureNonce:signatureNonce+sha256.Size], b[signatureNonce+sha256.Size:]
	if !bytes.Equal(own, mac(nonce)) {
		return false
	}
	if p.FunctionCall == nil {
		return true
	}
	return bytes.Equal(code, mac(nonce, signedCall(p.FunctionCall.Name, p.FunctionCall.Args)))
}

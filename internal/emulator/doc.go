// Package emulator is Gemini's native REST API without Gemini: the methods,
// rules, refusals and framing of the real one, and deterministic answers
// computed from the request.
//
// A request meets, in this order: routes.go (which method), faults.go (a fault
// the client asked for), decode.go with fields.txt (Google's reading of JSON),
// the rules_*.go of its noun (what Google refuses, one function a rule), the
// answering file of its noun (chat.go, tools.go, schema.go, image.go,
// speech.go, embed.go, …), and respond.go or stream.go (how it is sent).
//
// What differs between models is not here: it is the catalog's, see Model.
package emulator

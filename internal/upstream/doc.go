// Package upstream calls Gemini's native API: whole answers with Client.Do,
// streams with Client.Stream.
//
// A Client talks to one Site, such as the Gemini API or Vertex AI, or a server
// that speaks OpenAI's protocol; what differs between sites is in one file each. A call is tried again here and nowhere
// else, and only while nothing of its answer has been handed on: a stream is
// returned when its first event has arrived, so that a refusal is an error of
// the call and may still move to another key.
//
// Errors are of two types. StatusError is what Gemini said; Failure is what
// happened on the way to it or instead of an answer. No text of either holds a
// key, a token or the upstream's address.
package upstream

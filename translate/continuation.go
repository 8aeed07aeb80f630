package translate

import (
	"slices"

	"github.com/gemway/gemway/gemini"
)

// Continuation reports that Gemini broke the answer of that call off only to go
// on in another: the caller sends the request again with the token, by
// [Chat.Resume], and pushes what comes under the same call until ok is false.
// The output continues where it stopped, and the tokens of all hops add up. A
// caller that does not go on gets an answer that ends with length.
//
// Each report is made once. When ok, the answer counts as unfinished again, so
// that a hop that breaks is not taken for its end.
// https://ai.google.dev/gemini-api/docs/long-decode
func (a *Answer) Continuation(call int) (token string, ok bool) {
	if a.chat.perCall != 1 {
		return "", false
	}
	i := slices.IndexFunc(a.choices, func(c *choice) bool { return c.index == call })
	if i < 0 {
		return "", false
	}
	c := a.choices[i]
	if c.finish != "CONTINUATION" || c.token == "" {
		return "", false
	}
	token, c.token, c.finish = c.token, "", ""
	c.google.FinishMessage = ""
	a.past = append(a.past, a.usage[call])
	a.usage[call] = gemini.UsageMetadata{}
	return token, true
}

// Resume is Body for the next hop of an answer that continues.
func (c *Chat) Resume(token string) ([][]byte, error) {
	again, r := *c, *c.Request
	r.ContinuationToken = token
	again.Request = &r
	return again.Body()
}

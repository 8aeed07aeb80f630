package emulator

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// stream sends an answer in chunks: as events when alt=sse is asked for, else
// as a JSON array that grows.
func (c *call) stream(ch *chat, a *answer) *Error {
	chunks := ch.chunks(a)
	sse := c.r.URL.Query().Get("alt") == "sse"
	h := c.w.Header()
	if sse {
		h.Set("Content-Type", "text/event-stream")
	} else {
		h.Set("Content-Type", "application/json; charset=UTF-8")
	}
	h.Set("Content-Disposition", "attachment")
	h.Set("X-Gemini-Service-Tier", "standard")
	c.serverTiming()
	flush := http.NewResponseController(c.w)
	for i, chunk := range chunks {
		if i == c.fault.at && c.breakOff() {
			break
		}
		gone := c.fault.kind == faultSlow && c.wait(c.fault.delay) != nil || c.r.Context().Err() != nil
		if gone || !writeChunk(c.w, chunk, sse, i, len(chunks)) {
			break // the client has left, and there is nobody to tell
		}
		_ = flush.Flush()
	}
	return nil
}

// breakOff carries out the faults that end a stream.
func (c *call) breakOff() bool {
	switch c.fault.kind {
	case faultCut:
		panic(http.ErrAbortHandler)
	case faultError:
		// Recorded as a bare JSON object, without "data:".
		e := refusal(http.StatusInternalServerError, statusInternal, "An internal error has occurred.")
		e.write(streamed{c.w}, c.w.Header().Get("Content-Type"))
		return true
	}
	return false
}

// streamed is a writer whose status has been sent.
type streamed struct{ http.ResponseWriter }

func (streamed) WriteHeader(int) {}

// writeChunk sends one chunk, the ith of so many, and reports success.
func writeChunk(w http.ResponseWriter, chunk *response, sse bool, i, of int) bool {
	var out []byte
	if sse {
		b, err := json.Marshal(chunk, jsontext.SpaceAfterColon(true), jsontext.SpaceAfterComma(true))
		if err != nil {
			return false
		}
		out = append(append([]byte("data: "), b...), "\r\n\r\n"...)
	} else {
		b, err := json.Marshal(chunk, jsontext.WithIndent("  "))
		if err != nil {
			return false
		}
		out = append(out, ",\r\n"...)
		if i == 0 {
			out = []byte("[")
		}
		out = append(out, b...)
		if i == of-1 {
			out = append(out, ']')
		}
	}
	_, err := w.Write(out)
	return err == nil
}

// piece is what one chunk adds to one candidate.
type piece struct {
	parts    []part
	tokens   tokenCount
	thoughts int64
	last     bool // it ends the candidate
}

// chunks cuts an answer into the chunks that the model's family sends.
func (ch *chat) chunks(a *answer) []*response {
	if a.feedback != nil {
		return []*response{ch.whole(a)}
	}
	var out []*response
	var tokens tokenCount
	var thoughts int64
	for i := range a.replies {
		r := &a.replies[i]
		for _, p := range ch.pieces(r) {
			tokens.add(p.tokens)
			thoughts += p.thoughts
			one := ch.candidate(i)
			one.Content.Parts = p.parts
			if p.last {
				one.end(r)
				// Recorded: streams of 2.5 have the message, those of 3 do not.
				if ch.model.SignaturesEnforced && r.finish == finishStop {
					one.FinishMessage = ""
				}
			}
			resp := ch.envelope()
			resp.Candidates = []candidate{one}
			resp.UsageMetadata = ch.usage(a, tokens, thoughts)
			out = append(out, resp)
		}
	}
	return out
}

// pieces cuts one candidate. Thoughts come first. Gemini 2.x sends all calls
// in one chunk with the finish; Gemini 3 one call a chunk and then the finish
// with an empty text, which carries the signature when the answer was a text.
func (ch *chat) pieces(r *reply) []piece {
	three := ch.model.SignaturesEnforced
	var out []piece
	if r.thought != "" {
		half := strings.Index(r.thought, "\n\n") + 2
		first, second := r.thought[:half], r.thought[half:]
		out = append(out, piece{parts: []part{{Text: &first, Thought: true}}, thoughts: r.thoughts / 2})
		out = append(out, piece{parts: []part{{Text: &second, Thought: true}}, thoughts: r.thoughts - r.thoughts/2})
	}
	calls := piece{}
	signature := ""
	for _, p := range r.parts {
		switch {
		case p.FunctionCall != nil && !three:
			calls.parts = append(calls.parts, p)
			calls.tokens.text += textTokens(p.FunctionCall.Name) + textTokens(string(p.FunctionCall.Args))
		case p.FunctionCall != nil:
			n := textTokens(p.FunctionCall.Name) + textTokens(string(p.FunctionCall.Args))
			out = append(out, piece{parts: []part{p}, tokens: tokenCount{text: n}})
		case p.Text != nil:
			texts := cutText(*p.Text)
			for i := range texts {
				one := part{Text: &texts[i]}
				if i == len(texts)-1 && !three {
					one.ThoughtSignature = p.ThoughtSignature
				}
				out = append(out, piece{parts: []part{one}})
			}
			spread(out[len(out)-len(texts):], texts, textTokens(*p.Text))
			signature = p.ThoughtSignature
		default:
			out = append(out, piece{parts: []part{p}})
		}
	}
	if len(calls.parts) > 0 {
		out = append(out, calls)
	}
	if three && len(r.parts) > 0 && r.parts[len(r.parts)-1].InlineData == nil {
		out = append(out, piece{parts: []part{{Text: new(""), ThoughtSignature: signature}}})
	}
	if len(out) == 0 || r.thought != "" && len(r.parts) == 0 {
		out = append(out, piece{}) // content without parts
	}
	if r.thought == "" {
		out[0].thoughts = r.thoughts
	}
	last := &out[len(out)-1]
	last.last = true
	// What has no text of its own, pictures and sounds, is counted at the end.
	rest := r.tokens
	for _, p := range out {
		rest.add(p.tokens.negative())
	}
	last.tokens.add(rest)
	return out
}

func (t tokenCount) negative() tokenCount {
	return tokenCount{-t.text, -t.image, -t.video, -t.audio, -t.document}
}

// spread gives the pieces of one text its tokens, so that they add up.
func spread(pieces []piece, texts []string, total int64) {
	left, runes := total, 0
	for i := range pieces {
		runes += utf8.RuneCountInString(texts[i])
		n := min(left, int64(runes/runesPerToken))
		runes -= int(n) * runesPerToken
		if i == len(pieces)-1 {
			n = left
		}
		pieces[i].tokens.text = n
		left -= n
	}
}

// cutText cuts a text into the pieces a stream sends: a short one, then some
// tens of characters each, at word ends where there are any.
func cutText(s string) []string {
	var out []string
	size := 24
	for len(s) > size {
		cut := size
		if i := strings.IndexByte(s[size:], ' '); i >= 0 && i < 24 {
			cut += i
		}
		for cut < len(s) && !utf8.RuneStart(s[cut]) {
			cut++
		}
		out = append(out, s[:cut])
		s = s[cut:]
		size = 72
	}
	return append(out, s)
}

package emulator

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/gemway/gemway/raw"
)

// openings introduce an answer; the seed chooses.
var openings = []string{
	"This is the Gemway emulator, standing in for %s; no model was asked.",
	"You are talking to the Gemway emulator in place of %s, so no model has written this.",
	"The Gemway emulator answers here instead of %s, without any model.",
	"No model was asked: this answer comes from the Gemway emulator, which stands in for %s.",
}

// say is the emulator's answer in words: what it could work out, then what it
// understood of the request.
func (ch *chat) say(index, of int) string {
	question, _ := ch.question()
	if exact := verbatim(question); exact != "" && len(ch.results()) == 0 {
		return exact
	}
	var b strings.Builder
	pick := 0
	if ch.config.Seed != nil {
		pick = ch.id.of("opening", 0).number(len(openings))
	}
	fmt.Fprintf(&b, openings[pick], ch.model.ID)
	if of > 1 {
		fmt.Fprintf(&b, " This is candidate %d of %d.", index+1, of)
	}
	ch.sayResults(&b)
	if f := findFormula(question); f != "" {
		v, _ := evaluate(f)
		fmt.Fprintf(&b, "\n\n%s = %s", f, formatNumber(v))
	}
	if m := countPattern().FindStringSubmatch(question); m != nil {
		b.WriteString("\n\n" + counted(m[1], m[2]))
	}
	if s := ch.recall(question); s != "" {
		fmt.Fprintf(&b, "\n\nFrom what you said before: %q", s)
	}
	b.WriteString("\n\n")
	ch.describe(&b)
	return b.String()
}

// sayResults answers from the results of functions.
func (ch *chat) sayResults(b *strings.Builder) {
	for i, r := range ch.results() {
		if i == 0 {
			b.WriteString("\n\nYour functions gave these results:")
		}
		fmt.Fprintf(b, "\n- %s: %s", strings.TrimPrefix(r.Name, "default_api:"), resultText(r))
	}
}

// describe tells what the emulator understood of the request.
func (ch *chat) describe(b *strings.Builder) {
	question, _ := ch.question()
	if question != "" {
		fmt.Fprintf(b, "Your last message was %q. ", shorten(question, 200))
	}
	roles := make([]string, len(ch.turns))
	for i, t := range ch.turns {
		roles[i] = t.role
	}
	noun := "turns"
	if len(roles) == 1 {
		noun = "turn"
	}
	fmt.Fprintf(b, "The conversation has %d %s", len(roles), noun)
	if len(roles) > 0 && len(roles) <= 12 {
		fmt.Fprintf(b, " (%s)", strings.Join(roles, ", "))
	}
	b.WriteString(". ")
	if ch.system != "" {
		fmt.Fprintf(b, "The system instruction is %q. ", shorten(ch.system, 100))
	}
	if ch.cache != nil {
		fmt.Fprintf(b, "It builds on %s with %d tokens. ", ch.cache.Name, ch.cache.tokens.total())
	}
	for _, d := range ch.media() {
		fmt.Fprintf(b, "It came with %s. ", d)
		if d.text != "" {
			fmt.Fprintf(b, "That file begins with %q. ", shorten(d.text, 80))
		}
		if heard := hear(d); heard != "" {
			fmt.Fprintf(b, "In it the emulator hears %q. ", heard)
		}
	}
	if f := ch.functions(); len(f) > 0 {
		names := make([]string, 0, len(f))
		for _, one := range f {
			names = append(names, one.Name)
		}
		fmt.Fprintf(b, "Functions offered: %s. ", shorten(strings.Join(names, ", "), 200))
	}
	fmt.Fprintf(b, "The prompt counts about %d tokens.", ch.prompt.total())
}

// media returns all media of the conversation, in order.
func (ch *chat) media() []*medium {
	var out []*medium
	for _, t := range ch.turns {
		out = append(out, t.media...)
	}
	return out
}

// describeAsJSON is the answer in JSON mode without a schema.
func (ch *chat) describeAsJSON() string {
	question, _ := ch.question()
	out := append([]byte(`{"emulator":true,"model":`), raw.Quote(ch.model.ID)...)
	out = append(out, `,"message":`...)
	out = append(out, raw.Quote(shorten(question, 200))...)
	out = append(out, `,"turns":`...)
	out = strconv.AppendInt(out, int64(len(ch.turns)), 10)
	for i, r := range ch.results() {
		if i == 0 {
			out = append(out, `,"results":{`...)
		} else {
			out = append(out, ',')
		}
		out = append(append(out, raw.Quote(r.Name+strings.Repeat("_", i))...), ':')
		out = append(out, r.Response...)
	}
	if len(ch.results()) > 0 {
		out = append(out, '}')
	}
	return string(append(out, '}'))
}

// Requests that ask for certain words.
var (
	verbatimPatterns = []func() *regexp.Regexp{
		pattern("(?is)^\\s*(?:please\\s+)?(?:say|reply|respond|answer|repeat|echo|write|output|return|print)\\b[^\"“`:\\n]{0,40}?[\"“`]([^\"”`]{1,500})[\"”`][^\\w]*$"),
		pattern(`(?is)^\s*(?:please\s+)?(?:say|reply|respond|answer|repeat|echo|write|output|return|print)\s+(?:back\s+)?(?:to\s+me\s+)?(?:with\s+)?(?:exactly|only|just|verbatim|after me)\s*(?:with\s+)?(?:this\s+|the\s+)?(?:words?|text|phrase|string|number)?\s*:?\s*['‘]?(.{1,500}?)['’]?[.!]?\s*$`),
		pattern(`(?is)^\s*(?:please\s+)?(?:say|repeat|echo)\s+['‘]?((?:[^\s.!?]+\s*){1,4}?)['’]?[.!]?\s*$`),
	}
	countPattern = pattern(`(?i)\bcount\s+(?:from\s+)?(?:(\d{1,4})\s+)?(?:up\s+)?to\s+(\d{1,4})\b`)
)

// verbatim returns the words a message asks to hear, and nothing else.
func verbatim(question string) string {
	for _, p := range verbatimPatterns {
		if m := p().FindStringSubmatch(question); m != nil {
			return strings.TrimSpace(m[1])
		}
	}
	return ""
}

// counted counts from one number to another.
func counted(from, to string) string {
	first, err := strconv.Atoi(from)
	if err != nil {
		first = 1
	}
	last, _ := strconv.Atoi(to)
	var out []string
	for i := first; i <= last && len(out) < 1000; i++ {
		out = append(out, strconv.Itoa(i))
	}
	return strings.Join(out, ", ")
}

// sentencePattern cuts texts into sentences.
var sentencePattern = pattern(`[^.!?\n]+[.!?]*`)

// recall finds the earlier sentence that shares most words with a question.
func (ch *chat) recall(question string) string {
	words := keywords(question)
	if len(words) == 0 || !strings.Contains(question, "?") {
		return ""
	}
	best, most := "", 0
	consider := func(text string) {
		for _, s := range sentencePattern().FindAllString(text, 200) {
			hits := 0
			for _, w := range keywords(s) {
				for _, q := range words {
					if w == q {
						hits++
						break
					}
				}
			}
			if hits > most && !strings.HasSuffix(s, "?") {
				best, most = strings.TrimSpace(s), hits
			}
		}
	}
	for i, t := range ch.turns {
		if i < len(ch.turns)-1 && t.role == "user" {
			consider(t.text())
		}
		for _, d := range t.media {
			consider(d.text)
		}
	}
	consider(ch.system)
	return shorten(best, 300)
}

// dull words say nothing about what a text is about.
var dull = strings.Fields(`a about all am an and any are as at be been but by can could did do does for from get give had has have hello her his how i if in is it its
	me my no not of on or our please she so some tell that the their them there they this to us use using very was we were what when where which who why will
	with would you your just find given returns return current information value values function tool call`)

// keywords are the words of a text that say what it is about, without plural s.
func keywords(text string) []string {
	var out []string
	for _, w := range splitWords(text) {
		skip := len(w) < 2
		for _, d := range dull {
			skip = skip || d == w
		}
		if !skip {
			out = append(out, stem(w))
		}
	}
	return out
}

// stem takes the commonest endings off.
func stem(w string) string {
	for _, end := range []string{"ing", "ed", "es", "s"} {
		if s, ok := strings.CutSuffix(w, end); ok && len(s) > 2 {
			return strings.TrimSuffix(s, "e")
		}
	}
	return strings.TrimSuffix(w, "e")
}

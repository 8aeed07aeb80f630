package emulator

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// clues are what a text offers to fill arguments and properties with.
type clues struct {
	text    string
	names   []mention // words that look like names of persons or places
	numbers []string  // in digits
	dates   []string
	emails  []string
	urls    []string
	quoted  []string
	used    map[string]int // how many clues of a topic were taken already
}

// mention is a name in the text and the word before it.
type mention struct {
	name   string
	before string // in lower case
	listed bool   // it continues a list: "Paris, Rome and Bonn"
}

var (
	wordPattern   = pattern(`[\p{L}\p{N}][\p{L}\p{N}'’\-]*|[.,;:!?\n]`)
	numberPattern = pattern(`-?\d+(?:[.,]\d+)*`)
	emailPattern  = pattern(`[\w.+-]+@[\w-]+\.[\w.-]*\w`)
	urlPattern    = pattern(`https?://[^\s"'<>)\]]+`)
	quotedPattern = pattern("\"([^\"\n]{1,200})\"|“([^”\n]{1,200})”|`([^`\n]{1,200})`|(?:^|[\\s(:])'([^'\n]{1,200})'")
	datePattern   = pattern(`(?i)\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?Z?)?\b|\b(?:(?:january|february|march|april|may|june|july|august|september|october|november|december)\s+\d{1,2}(?:st|nd|rd|th)?(?:,?\s+\d{4})?)\b|\b\d{1,2}(?:st|nd|rd|th)?\s+(?:of\s+)?(?:january|february|march|april|june|july|august|september|october|november|december)(?:\s+\d{4})?\b|\b(?:next\s+|this\s+)?(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b|\b(?:today|tomorrow|tonight|yesterday)\b`)
	eventPattern  = pattern(`(?i)\b(?:going to|go to|attend(?:ing)?|having|organi[sz]e|schedule|planning|to|at|for)\s+(?:an?|the)\s+([\p{L}\p{N}' -]{3,60}?)(?:\s+(?:on|at|in|with|from|next|this|tomorrow|today|for)\b|[.,;:!?\n]|$)`)
)

// numberWords are read as numbers.
var numberWords = []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}

// months and weekdays are capitalised but are no names.
var calendar = strings.Fields("january february march april may june july august september october november december monday tuesday wednesday thursday friday saturday sunday")

// openers are words that stand at the start of sentences and are no names.
var openers = strings.Fields(`a about add all also am an and answer any are as ask at based be because before below but by calculate call can
	check compare compute consider context convert could create current define describe did do does each either else emulator every examples explain
	extract fetch find first following for from generate get give given great had has have he hello help her here hey hi his how however
	i i'd i'll i'm i've identify if in input instructions is it it's its just know let let's list look look-up make may me my name never next no not note now
	of ok okay on one only or our output over please plan pick provide question read remember reply respond result return run say search see send set she
	should show since so solve some sorry stop suggest summarize summarise system tell than thank thanks that that's the their then there these they this
	those to today translate try turn two up update use user using very was we were what what's when where where's whether which who who's whom why will
	with without would write yes yesterday you you're your task complete final tool tools function functions json schema string api url`)

// linkers follow a word that opens a sentence as its topic, not as a name.
var linkers = strings.Fields("in of for at from to on about near between")

// look reads the clues of a text.
func look(text string) *clues {
	c := &clues{text: text, used: map[string]int{}}
	c.emails = emailPattern().FindAllString(text, -1)
	c.urls = urlPattern().FindAllString(text, -1)
	for i, u := range c.urls {
		c.urls[i] = strings.TrimRight(u, ".,;:!?")
	}
	c.dates = datePattern().FindAllString(text, -1)
	for _, m := range quotedPattern().FindAllStringSubmatch(text, -1) {
		c.quoted = append(c.quoted, strings.TrimSpace(m[1]+m[2]+m[3]+m[4]))
	}
	bare := urlPattern().ReplaceAllString(emailPattern().ReplaceAllString(text, " "), " ")
	undated := datePattern().ReplaceAllStringFunc(bare, func(d string) string {
		if strings.ContainsAny(d, "0123456789") {
			return " "
		}
		return d
	})
	for _, n := range numberPattern().FindAllString(undated, -1) {
		n = strings.ReplaceAll(n, ",", "")
		if _, err := strconv.ParseFloat(n, 64); err == nil {
			c.numbers = append(c.numbers, n)
		}
	}
	c.findNames(bare)
	if len(c.numbers) == 0 {
		for _, w := range strings.FieldsFunc(strings.ToLower(bare), func(r rune) bool { return !unicode.IsLetter(r) }) {
			if i := slices.Index(numberWords, w); i >= 0 {
				c.numbers = append(c.numbers, strconv.Itoa(i))
			}
		}
	}
	return c
}

// findNames collects runs of capitalised words.
func (c *clues) findNames(text string) {
	words := wordPattern().FindAllString(text, -1)
	before, last := "", -2
	start := true // of a sentence
	for i := 0; i < len(words); i++ {
		w := words[i]
		lower := strings.ToLower(w)
		if strings.ContainsAny(w[:1], ".;:!?\n") {
			start, before = true, ""
			continue
		}
		if w == "," {
			continue
		}
		name := strings.TrimSuffix(strings.TrimSuffix(w, "'s"), "’s")
		topic := start && i+1 < len(words) && slices.Contains(linkers, words[i+1]) // "Weather in Paris"
		if topic || !nameLike(name, start) {
			start = false
			if lower != "and" && lower != "or" {
				before = lower
			}
			continue
		}
		start = false
		first := i
		for i+1 < len(words) && nameLike(words[i+1], false) && !strings.HasSuffix(words[i], "'s") {
			i++
			name += " " + strings.TrimSuffix(strings.TrimSuffix(words[i], "'s"), "’s")
		}
		listed := first-last <= 2 && first > 0 && len(c.names) > 0 && last >= 0 ||
			first-last == 3 && len(c.names) > 0 // ", and"
		if listed {
			before = c.names[len(c.names)-1].before
		}
		c.names = append(c.names, mention{name, before, listed})
		last = i
		before = strings.ToLower(name)
	}
}

// nameLike reports whether a word may be (part of) a name.
func nameLike(w string, start bool) bool {
	r := []rune(w)
	lower := strings.ToLower(w)
	switch {
	case len(r) < 2, !unicode.IsUpper(r[0]), slices.Contains(calendar, lower):
		return false
	case strings.ToUpper(w) == w: // initials: AI, JSON, USA
		return false
	case slices.Contains(openers, lower):
		return false
	case start:
		return !strings.HasSuffix(lower, "ing") && !strings.HasSuffix(lower, "ly")
	}
	return true
}

// splitWords splits an identifier such as getWeather or get_weather, or a
// text, into its words in lower case.
func splitWords(s string) []string {
	var out []string
	var w []rune
	flush := func() {
		if len(w) > 0 {
			out = append(out, strings.ToLower(string(w)))
			w = w[:0]
		}
	}
	prev := rune(0)
	for _, r := range s {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush()
		case unicode.IsUpper(r) && unicode.IsLower(prev):
			flush()
			w = append(w, r)
		default:
			w = append(w, r)
		}
		prev = r
	}
	flush()
	return out
}

// topic is what a property is about, as far as its name and description tell.
type topic string

const (
	topicPlace   topic = "place"
	topicPerson  topic = "person"
	topicDate    topic = "date"
	topicEmail   topic = "email"
	topicURL     topic = "url"
	topicEvent   topic = "event"
	topicFormula topic = "formula"
	topicWhole   topic = "whole" // the message itself
	topicOther   topic = ""
)

var topicWords = []struct {
	topic topic
	words []string
}{
	{topicEmail, strings.Fields("email mail recipient_email")},
	{topicURL, strings.Fields("url uri link website webpage homepage href")},
	{topicDate, strings.Fields("date day when deadline due datetime birthday weekday")},
	{topicPlace, strings.Fields("location locations city cities place places country countries town region destination origin address state area where capital departure arrival")},
	{topicPerson, strings.Fields("participant participants people persons person attendee attendees names users author authors customer recipient recipients guests members character characters actor student firstname fullname username who names owner patient employee")},
	{topicFormula, strings.Fields("expression expressions formula equation calculation")},
	{topicEvent, strings.Fields("event title meeting occasion subject")},
	{topicWhole, strings.Fields("query question text prompt message input content request search q body task statement sentence")},
}

// topicOf classifies a property. In an object that lists persons, or is an
// event, "name" is the event's.
func topicOf(name, description, owner string, siblings []string) topic {
	words := splitWords(name)
	if slices.Equal(words, []string{"name"}) || slices.Equal(words, []string{"full", "name"}) || slices.Equal(words, []string{"first", "name"}) {
		about := append(splitWords(owner), siblings...)
		for _, w := range about {
			if slices.Contains([]string{"event", "meeting", "participants", "attendees", "appointment"}, w) {
				return topicEvent
			}
		}
		return topicPerson
	}
	if slices.ContainsFunc(words, func(w string) bool { return w == "to" || w == "cc" || w == "recipient" }) && strings.Contains(strings.ToLower(owner), "mail") {
		return topicEmail
	}
	for _, s := range topicWords {
		for _, w := range words {
			if slices.Contains(s.words, w) {
				return s.topic
			}
		}
	}
	for _, s := range topicWords[:5] { // the rest is too common in prose
		for _, w := range splitWords(description) {
			if slices.Contains(s.words, w) {
				return s.topic
			}
		}
	}
	return topicOther
}

// placeWords stand before places.
var placeWords = strings.Fields("in at for near of to from around within into visiting visit between like")

// all returns every clue of a topic, best first.
func (c *clues) all(t topic, property string) []string {
	switch t {
	case topicEmail:
		return c.emails
	case topicURL:
		return c.urls
	case topicDate:
		return c.dates
	case topicEvent:
		if m := eventPattern().FindStringSubmatch(c.text); m != nil {
			return []string{strings.TrimSpace(m[1])}
		}
		return c.quoted
	case topicFormula:
		if e := findFormula(c.text); e != "" {
			return []string{e}
		}
	case topicPlace:
		return c.places(property)
	case topicPerson:
		var out []string
		for _, m := range c.names {
			if !slices.Contains(out, m.name) {
				out = append(out, m.name)
			}
		}
		return out
	case topicWhole:
		if len(c.quoted) == 1 {
			return c.quoted
		}
		if t := strings.TrimSpace(c.text); t != "" {
			return []string{t}
		}
	}
	return nil
}

// places returns names that stand where places do.
func (c *clues) places(property string) []string {
	words := splitWords(property)
	want := ""
	for _, w := range words {
		switch w {
		case "origin", "from", "departure", "source", "start":
			want = "from"
		case "destination", "to", "arrival", "target", "end":
			want = "to"
		}
	}
	var exact, likely, rest []string
	for _, m := range c.names {
		switch {
		case want != "" && m.before == want:
			exact = append(exact, m.name)
		case slices.Contains(placeWords, m.before):
			likely = append(likely, m.name)
		default:
			rest = append(rest, m.name)
		}
	}
	for _, group := range [][]string{exact, likely, rest} {
		if len(group) > 0 {
			return slices.Compact(group)
		}
	}
	return nil
}

package emulator

import (
	"regexp/syntax"
	"strings"
	"time"
)

// formatted returns a text in one of JSON Schema's string formats, taken from
// the clues where one is in that form; "" for other formats.
func formatted(format string, c *clues) string {
	first := func(texts []string, otherwise string) string {
		if len(texts) > 0 {
			return texts[0]
		}
		return otherwise
	}
	switch format {
	case "date":
		for _, d := range c.dates {
			if _, err := time.Parse(time.DateOnly, d); err == nil {
				return d
			}
		}
		return "2026-01-01"
	case "date-time":
		for _, d := range c.dates {
			if _, err := time.Parse(time.RFC3339, d); err == nil {
				return d
			}
			if _, err := time.Parse(time.DateOnly, d); err == nil {
				return d + "T00:00:00Z"
			}
		}
		return "2026-01-01T00:00:00Z"
	case "time":
		return "12:00:00Z"
	case "duration":
		return "PT1H"
	case "email", "idn-email":
		return first(c.emails, "someone@example.com")
	case "uri", "url", "uri-reference", "iri":
		return first(c.urls, "https://example.com/")
	case "hostname":
		return "example.com"
	case "ipv4":
		return "192.0.2.1"
	case "ipv6":
		return "2001:db8::1"
	case "uuid":
		return "00000000-0000-4000-8000-000000000000"
	}
	return ""
}

// matching returns a short text that the pattern matches, or "".
func matching(pattern string) string {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return ""
	}
	var b strings.Builder
	emit(&b, re, 0)
	return b.String()
}

// emit writes the shortest match of re.
func emit(b *strings.Builder, re *syntax.Regexp, depth int) {
	const longest = 4096
	if depth > 50 || b.Len() > longest {
		return
	}
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		if len(re.Rune) > 0 {
			b.WriteRune(pleasant(re.Rune))
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('a')
	case syntax.OpCapture, syntax.OpPlus, syntax.OpConcat:
		for _, sub := range re.Sub {
			emit(b, sub, depth+1)
		}
	case syntax.OpAlternate:
		emit(b, re.Sub[0], depth+1)
	case syntax.OpRepeat:
		for range re.Min {
			emit(b, re.Sub[0], depth+1)
		}
	}
}

// pleasant picks a rune of a character class, a letter or digit if it has one.
func pleasant(ranges []rune) rune {
	for _, want := range "aA01" {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= want && want <= ranges[i+1] {
				return want
			}
		}
	}
	return ranges[0]
}

package emulator

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"unicode/utf8"
)

// What a filler puts for single values: from the text where it has something
// that fits, else made up within the schema's bounds.

// size reads a bound, which Google's Schema may carry as a string.
func size(s node, name string, otherwise int) (int, bool) {
	n := s.get(name)
	v, ok := n.number()
	if !ok {
		v, ok = jsonFloat([]byte(n.text()))
	}
	if !ok || v < 0 || v > math.MaxInt32 {
		return otherwise, false
	}
	return int(v), true
}

// number takes the next number of the text, or one within the bounds.
func (f *filler) number(s node, at place, whole bool) string {
	low, high := math.Inf(-1), math.Inf(1)
	if v, ok := s.get("minimum").number(); ok {
		low = v
	}
	if v, ok := s.get("maximum").number(); ok {
		high = v
	}
	step := 1.0
	if !whole {
		step = 0.5
	}
	if v, ok := s.get("exclusiveMinimum").number(); ok {
		low = max(low, v+step)
	}
	if v, ok := s.get("exclusiveMaximum").number(); ok {
		high = min(high, v-step)
	}
	fits := func(v float64) bool {
		multiple, has := s.get("multipleOf").number()
		return v >= low && v <= high && (!whole || v == math.Trunc(v)) &&
			(!has || multiple <= 0 || math.Mod(v, multiple) == 0)
	}
	for i := f.clues.used["number"]; i < len(f.clues.numbers); i++ {
		if v, ok := jsonFloat([]byte(f.clues.numbers[i])); ok && fits(v) {
			f.clues.used["number"] = i + 1
			f.found++
			return formatNumber(v)
		}
	}
	if v, ok := s.get("default").number(); ok && fits(v) {
		return formatNumber(v)
	}
	v := float64(max(1, at.index))
	if v < low {
		v = math.Ceil(low)
	}
	if v > high {
		v = math.Floor(high)
		if v < low {
			v = (low + high) / 2
		}
	}
	if multiple, ok := s.get("multipleOf").number(); ok && multiple > 0 {
		v = math.Ceil(v/multiple) * multiple
	}
	return formatNumber(v)
}

// boolean is false only when the text denies the property.
func (f *filler) boolean(s node, at place) bool {
	text := strings.Join(splitWords(f.clues.text), " ")
	name := strings.Join(splitWords(strings.TrimPrefix(at.name, "is_")), " ")
	if name != "" && strings.Contains(text, name) {
		f.found++
		return !strings.Contains(text, "not "+name) && !strings.Contains(text, "no "+name) && !strings.Contains(text, "without "+name)
	}
	if d := s.get("default"); d.kind() == 't' || d.kind() == 'f' {
		return d.kind() == 't'
	}
	return true
}

// string takes a clue of the property's topic, or makes a text up.
func (f *filler) string(s node, at place) string {
	if v := formatted(s.get("format").text(), f.clues); v != "" {
		return v
	}
	t := topicOf(at.name, s.get("description").text(), at.owner, at.siblings)
	pattern, _ := regexp.Compile(s.get("pattern").text())
	texts := f.clues.all(t, at.name)
	for i := range texts {
		v := fit(texts[(f.clues.used[string(t)]+i)%len(texts)], s)
		if s.has("pattern") && (pattern == nil || !pattern.MatchString(v)) {
			continue
		}
		if t != topicDate && t != topicWhole && t != topicEvent {
			f.clues.used[string(t)]++
		}
		if t != topicWhole {
			f.found++
		}
		return v
	}
	if s.has("pattern") {
		if v := matching(s.get("pattern").text()); v != "" {
			return v
		}
	}
	for _, d := range append([]node{s.get("default"), s.get("example")}, s.get("examples").items...) {
		if d.kind() == '"' {
			return fit(d.text(), s)
		}
	}
	if t == topicOther {
		if len(f.clues.quoted) > f.clues.used["quoted"] {
			f.clues.used["quoted"]++
			f.found++
			return fit(f.clues.quoted[f.clues.used["quoted"]-1], s)
		}
		if names := f.clues.all(topicPerson, at.name); f.sparse && len(names) > 0 {
			return fit(names[0], s)
		}
	}
	v := strings.Join(splitWords(at.name), " ")
	if v == "" {
		v = "emulated text"
	}
	if at.index > 0 {
		v = fmt.Sprintf("%s %d", v, at.index)
	}
	return fit(v, s)
}

// fit cuts or pads a text to the schema's lengths.
func fit(v string, s node) string {
	if least, ok := size(s, "minLength", 0); ok && least < 1<<16 {
		v += strings.Repeat(".", max(0, least-utf8.RuneCountInString(v)))
	}
	if most, ok := size(s, "maxLength", 0); ok && utf8.RuneCountInString(v) > most {
		v = string([]rune(v)[:most])
	}
	return v
}

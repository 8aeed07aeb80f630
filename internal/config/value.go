package config

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// value is where a setting is kept and how it is written.
type value interface {
	// set takes the setting from text, as it stands in a flag, a variable or
	// a scalar of the file.
	set(text string) error
	// text returns the setting as text, secrets by their short ids.
	text() string
	// kind names what may be written, for people.
	kind() string
}

// A list can be set from a list of the file, too, and a table from a mapping.
type (
	listValue interface{ setList(items []string) error }
	mapValue  interface {
		setMap(entries map[string]string) error
	}
)

// bind returns the value behind a pointer to one of the types settings have.
func bind(p any) value {
	switch p := p.(type) {
	case value:
		return p
	case *string:
		return (*textValue)(p)
	case *bool:
		return (*boolValue)(p)
	case *int:
		return intValue[int]{p}
	case *int64:
		return intValue[int64]{p}
	case *float64:
		return (*shareValue)(p)
	case *time.Duration:
		return (*durationValue)(p)
	case *[]string:
		return (*textsValue)(p)
	case *Secret:
		return (*secretValue)(p)
	case *[]Secret:
		return (*secretsValue)(p)
	case *map[string]string:
		return (*tableValue)(p)
	}
	panic(fmt.Sprintf("no setting can be a %T", p)) // found by every test
}

type textValue string

func (v *textValue) set(s string) error { *v = textValue(s); return nil }
func (v *textValue) text() string       { return string(*v) }
func (*textValue) kind() string         { return "text" }

// choice is one of a few words.
type choice struct {
	p     *string
	words []string
}

func (c choice) set(s string) error {
	if !slices.Contains(c.words, s) {
		return fmt.Errorf("must be %s, got %q", strings.Join(c.words, " or "), s)
	}
	*c.p = s
	return nil
}
func (c choice) text() string { return *c.p }
func (c choice) kind() string { return strings.Join(c.words, ", ") }

type boolValue bool

func (v *boolValue) set(s string) error {
	switch strings.ToLower(s) {
	case "true", "1", "yes", "on":
		*v = true
	case "false", "0", "no", "off", "":
		*v = false
	default:
		return fmt.Errorf("must be true or false, got %q", s)
	}
	return nil
}
func (v *boolValue) text() string { return strconv.FormatBool(bool(*v)) }
func (*boolValue) kind() string   { return "true or false" }

type intValue[T int | int64] struct{ p *T }

func (v intValue[T]) set(s string) error {
	n, err := strconv.ParseInt(strings.ReplaceAll(s, "_", ""), 10, 64)
	if err != nil {
		return fmt.Errorf("must be a whole number, got %q", s)
	}
	*v.p = T(n)
	return nil
}
func (v intValue[T]) text() string { return strconv.FormatInt(int64(*v.p), 10) }
func (intValue[T]) kind() string   { return "number" }

// shareValue is a part of the whole, between 0 and 1.
type shareValue float64

func (v *shareValue) set(s string) error {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f >= 0 && f <= 1) {
		return fmt.Errorf("must be a number between 0 and 1, got %q", s)
	}
	*v = shareValue(f)
	return nil
}
func (v *shareValue) text() string { return strconv.FormatFloat(float64(*v), 'g', -1, 64) }
func (*shareValue) kind() string   { return "0 to 1" }

// size is a number of bytes.
type size[T int | int64 | uint64] struct{ p *T }

var units = []struct {
	name  string
	bytes uint64
}{
	{"GiB", 1 << 30},
	{"MiB", 1 << 20},
	{"KiB", 1 << 10},
	{"GB", 1e9},
	{"MB", 1e6},
	{"kB", 1e3},
	{"KB", 1e3},
	{"B", 1},
}

func (v size[T]) set(s string) error {
	number, unit := s, uint64(1)
	for _, u := range units {
		if n, ok := strings.CutSuffix(s, u.name); ok {
			number, unit = strings.TrimSpace(n), u.bytes
			break
		}
	}
	n, err := strconv.ParseUint(strings.ReplaceAll(number, "_", ""), 10, 64)
	if err != nil || n > math.MaxInt64/unit {
		return fmt.Errorf("must be a number of bytes such as 512KiB or 32MiB, got %q", s)
	}
	*v.p = T(n * unit)
	return nil
}

func (v size[T]) text() string {
	n := uint64(*v.p)
	for _, u := range units[:3] {
		if n != 0 && n%u.bytes == 0 {
			return strconv.FormatUint(n/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatUint(n, 10)
}
func (size[T]) kind() string { return "bytes" }

type durationValue time.Duration

func (v *durationValue) set(s string) error {
	d, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("must be a duration such as 30s or 5m, got %q", s)
	}
	*v = durationValue(d)
	return nil
}

func (v *durationValue) text() string {
	s := time.Duration(*v).String()
	if t, ok := strings.CutSuffix(s, "m0s"); ok {
		s = t + "m"
	}
	if t, ok := strings.CutSuffix(s, "h0m"); ok {
		s = t + "h"
	}
	return s
}
func (*durationValue) kind() string { return "duration" }

type textsValue []string

func (v *textsValue) set(s string) error           { return v.setList(split(s)) }
func (v *textsValue) setList(items []string) error { *v = items; return nil }
func (v *textsValue) text() string                 { return strings.Join(*v, ", ") }
func (*textsValue) kind() string                   { return "list" }

type secretValue Secret

func (v *secretValue) set(s string) error { *v = secretValue(strings.TrimSpace(s)); return nil }
func (v *secretValue) text() string       { return Secret(*v).String() }
func (*secretValue) kind() string         { return "secret" }

type secretsValue []Secret

func (v *secretsValue) set(s string) error { return v.setList(split(s)) }

func (v *secretsValue) setList(items []string) error {
	list := make([]Secret, 0, len(items))
	for _, s := range items {
		if s = strings.TrimSpace(s); s != "" {
			list = append(list, Secret(s))
		}
	}
	*v = list
	return nil
}

func (v *secretsValue) text() string {
	ids := make([]string, len(*v))
	for i, s := range *v {
		ids[i] = s.String()
	}
	return strings.Join(ids, ", ")
}
func (*secretsValue) kind() string { return "list of secrets" }

type tableValue map[string]string

func (v *tableValue) set(s string) error {
	entries := map[string]string{}
	for _, item := range split(s) {
		name, text, ok := strings.Cut(item, "=")
		if !ok {
			return errors.New("must be written name=value,name=value")
		}
		entries[strings.TrimSpace(name)] = strings.TrimSpace(text)
	}
	return v.setMap(entries)
}

func (v *tableValue) setMap(entries map[string]string) error { *v = entries; return nil }

func (v *tableValue) text() string {
	var items []string
	for _, name := range slices.Sorted(maps.Keys(*v)) {
		items = append(items, name+"="+(*v)[name])
	}
	return strings.Join(items, ", ")
}
func (*tableValue) kind() string { return "table" }

// prefixes are networks.
type prefixes struct{ p *[]netip.Prefix }

func (v prefixes) set(s string) error { return v.setList(split(s)) }

func (v prefixes) setList(items []string) error {
	list := make([]netip.Prefix, len(items))
	for i, s := range items {
		if ip, err := netip.ParseAddr(s); err == nil {
			list[i] = netip.PrefixFrom(ip, ip.BitLen())
			continue
		}
		var err error
		if list[i], err = netip.ParsePrefix(s); err != nil {
			return fmt.Errorf("must hold networks such as 10.1.0.0/16, got %q", s)
		}
	}
	*v.p = list
	return nil
}

func (v prefixes) text() string {
	items := make([]string, len(*v.p))
	for i, p := range *v.p {
		items[i] = p.String()
	}
	return strings.Join(items, ", ")
}
func (prefixes) kind() string { return "list of networks" }

// ports are numbers of ports.
type ports struct{ p *[]uint16 }

func (v ports) set(s string) error { return v.setList(split(s)) }

func (v ports) setList(items []string) error {
	list := make([]uint16, len(items))
	for i, s := range items {
		n, err := strconv.ParseUint(s, 10, 16)
		if err != nil {
			return fmt.Errorf("must hold numbers of ports, got %q", s)
		}
		list[i] = uint16(n)
	}
	*v.p = list
	return nil
}

func (v ports) text() string {
	items := make([]string, len(*v.p))
	for i, p := range *v.p {
		items[i] = strconv.Itoa(int(p))
	}
	return strings.Join(items, ", ")
}
func (ports) kind() string { return "list of ports" }

// split cuts a list at commas and line ends; # begins a comment at the start
// of a line, as in files of keys.
func split(s string) []string {
	var items []string
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "#") {
			continue
		}
		for item := range strings.SplitSeq(line, ",") {
			if item = strings.TrimSpace(item); item != "" {
				items = append(items, item)
			}
		}
	}
	return items
}

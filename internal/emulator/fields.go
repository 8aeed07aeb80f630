package emulator

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed fields.txt
var fieldsText string

// kind is how a field's JSON value is read.
type kind int

const (
	kindString kind = iota
	kindBytes
	kindBool
	kindInt32
	kindInt64
	kindFloat
	kindDouble
	kindDuration
	kindTimestamp
	kindStruct
	kindValue
	kindEnum
	kindMessage
)

// scalars names the kinds as fields.txt does, and as Google's errors do.
var scalars = []struct {
	name, shown string
	kind        kind
}{
	{"string", "TYPE_STRING", kindString},
	{"bytes", "TYPE_BYTES", kindBytes},
	{"bool", "TYPE_BOOL", kindBool},
	{"int32", "TYPE_INT32", kindInt32},
	{"int64", "TYPE_INT64", kindInt64},
	{"float", "TYPE_FLOAT", kindFloat},
	{"double", "TYPE_DOUBLE", kindDouble},
	{"duration", "type.googleapis.com/google.protobuf.Duration", kindDuration},
	{"timestamp", "type.googleapis.com/google.protobuf.Timestamp", kindTimestamp},
	{"struct", "type.googleapis.com/google.protobuf.Struct", kindStruct},
	{"value", "type.googleapis.com/google.protobuf.Value", kindValue},
}

// message is one request message: its fields by both of their spellings.
type message struct {
	name   string
	fields map[string]*field
}

// field is one field of a message.
type field struct {
	snake, camel string
	kind         kind
	shown        string   // the type as Google's errors name it
	message      *message // of kindMessage
	enum         []string // of kindEnum, in the order of their numbers
	repeated     bool
	mapped       bool
	oneof        string
	vertex       bool // known to Vertex AI only
}

// parseFields reads fields.txt. It fails only on a mistake in that file.
func parseFields(text string) (map[string]*message, error) {
	const pkg = "type.googleapis.com/google.ai.generativelanguage.v1beta."
	messages := map[string]*message{}
	enums := map[string][]string{}
	lines := strings.Split(text, "\n")
	for _, line := range lines {
		switch w := strings.Fields(line); {
		case len(w) == 2 && w[0] == "message":
			messages[w[1]] = &message{name: w[1], fields: map[string]*field{}}
		case len(w) > 2 && w[0] == "enum":
			enums[w[1]] = w[2:]
		}
	}
	var in *message
	for n, line := range lines {
		w := strings.Fields(line)
		if len(w) == 0 || line[0] == '#' || w[0] == "enum" && len(w) > 2 {
			continue
		}
		if w[0] == "message" {
			in = messages[w[1]]
			continue
		}
		if in == nil || len(w) < 2 {
			return nil, fmt.Errorf("fields.txt:%d: %q is no field", n+1, line)
		}
		f := &field{snake: w[0], camel: camel(w[0]), vertex: w[len(w)-1] == "vertex"}
		if i := slices.Index(w, "="); i > 0 && i+1 < len(w) {
			f.oneof = w[i+1]
		}
		typ := w[1]
		typ, f.repeated = strings.CutSuffix(typ, "*")
		typ, f.mapped = strings.CutSuffix(typ, "{}")
		if err := f.resolve(typ, messages, enums, pkg); err != nil {
			return nil, fmt.Errorf("fields.txt:%d: %w", n+1, err)
		}
		in.fields[f.snake], in.fields[f.camel] = f, f
	}
	return messages, nil
}

// resolve sets what f's type says.
func (f *field) resolve(typ string, messages map[string]*message, enums map[string][]string, pkg string) error {
	if name, ok := strings.CutPrefix(typ, "enum:"); ok {
		f.kind, f.enum, f.shown = kindEnum, enums[name], pkg+name
		if f.enum == nil {
			return fmt.Errorf("unknown enum %s", name)
		}
		return nil
	}
	for _, s := range scalars {
		if s.name == typ {
			f.kind, f.shown = s.kind, s.shown
			return nil
		}
	}
	f.kind, f.message, f.shown = kindMessage, messages[typ], pkg+typ
	if f.message == nil {
		return fmt.Errorf("unknown type %s", typ)
	}
	return nil
}

// camel turns snake_case into the lowerCamelCase of JSON.
func camel(snake string) string {
	var b strings.Builder
	up := false
	for i, c := range snake {
		switch {
		case c == '_' && i > 0:
			up = true
		case up:
			b.WriteString(strings.ToUpper(string(c)))
			up = false
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

package translate

import (
	"fmt"

	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
)

// Bounds of one schema. They keep the time a schema can take small, however it
// was made; real schemas stay far below them.
const (
	maxSchemaBytes      = 64 << 10
	maxSchemaDepth      = 32   // schemas within schemas
	maxSchemaProperties = 1000 // after references are resolved
	maxSchemaExpansions = 64   // references written out in their place
	maxSchemaFanOut     = 1000 // what references would come to if they were
	maxPatternBytes     = 1 << 10
	// maxUnroll is how often a recursive reference is written out within
	// itself before it is left open.
	maxUnroll = 3
	// maxWeakened bounds the report of what could not be kept.
	maxWeakened = 64
)

// invalidSchema is the refusal of a schema at that path.
func invalidSchema(path, why string) error {
	return openai.Invalid(path, "invalid_schema", path+" "+why)
}

// schemaSize refuses a schema that is too large to be looked at.
func schemaSize(path string, v raw.Value) error {
	if len(v) > maxSchemaBytes {
		return invalidSchema(path, fmt.Sprintf("is a schema of %d bytes; at most %d are allowed", len(v), maxSchemaBytes))
	}
	return nil
}

// schemaCount counts, over one schema, what its bounds are about.
type schemaCount struct {
	properties int
}

func (c *schemaCount) level(path string, depth int) error {
	if depth > maxSchemaDepth {
		return invalidSchema(path, fmt.Sprintf("nests schemas deeper than %d levels", maxSchemaDepth))
	}
	return nil
}

func (c *schemaCount) property(path string) error {
	if c.properties++; c.properties > maxSchemaProperties {
		return invalidSchema(path, fmt.Sprintf("is beyond the %d properties a schema may have, references resolved", maxSchemaProperties))
	}
	return nil
}

func checkPattern(path string, v raw.Value) error {
	if len(v) > maxPatternBytes {
		return invalidSchema(path+".pattern", fmt.Sprintf("is longer than %d bytes", maxPatternBytes))
	}
	return nil
}

// weaken notes a constraint that could not be kept, as "path: what".
func (t *chatRequest) weaken(path, what string) {
	switch n := len(t.chat.Weakened); {
	case n < maxWeakened:
		t.chat.Weakened = append(t.chat.Weakened, path+": "+what)
	case n == maxWeakened:
		t.chat.Weakened = append(t.chat.Weakened, "and more")
	}
}

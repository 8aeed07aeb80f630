package translate

import "github.com/gemway/gemway/raw"

// openAPISchema brings a JSON Schema into Google's OpenAPI subset.
func (t *chatRequest) openAPISchema(path string, v raw.Value) (raw.Value, error) {
	return v, nil
}

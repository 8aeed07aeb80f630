package gemini

import (
	"fmt"
	"math"
	"strconv"

	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json/jsontext"
)

// Float is a number as protocol buffers write it in JSON: those that JSON
// lacks stand as the strings Infinity, -Infinity and NaN.
// https://protobuf.dev/programming-guides/json
type Float float64

// UnmarshalJSONFrom takes a number, a number as a string, or null.
func (f *Float) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	text := string(v)
	switch v.Kind() {
	case '"':
		text = raw.String(v).Decode()
	case '0':
	case 'n':
		*f = 0
		return nil
	default:
		return fmt.Errorf("expected a number, got %s", raw.KindName(v.Kind()))
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(n, 0) {
		return fmt.Errorf("expected a number, got %.64s", v)
	}
	*f = Float(n)
	return nil
}

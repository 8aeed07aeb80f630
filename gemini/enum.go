package gemini

import (
	"fmt"

	"github.com/gemway/gemway/raw"
	"github.com/go-json-experiment/json/jsontext"
)

// Enum is one of Google's enum values by name. Servers asked with
// enum-encoding=int send the number instead, which is kept as its digits.
type Enum string

// UnmarshalJSONFrom takes a string, a number or null.
func (e *Enum) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	switch v.Kind() {
	case '"':
		*e = Enum(raw.String(v).Decode())
	case '0':
		*e = Enum(v)
	case 'n':
		*e = ""
	default:
		return fmt.Errorf("expected an enum value, got %s", raw.KindName(v.Kind()))
	}
	return nil
}

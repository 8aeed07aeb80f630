package catalog

import "strings"

// Resolution says which model answers to a name.
type Resolution struct {
	// Row is the model. Row.ID is the id to send upstream. It must not be
	// changed.
	Row *Row
	// Asked is the name as it was asked for.
	Asked string
	// Via says how the name led to the model.
	Via Via
	// Dimensions is the size embeddings have under the name asked for when
	// the request does not say; 0 is the model's own. It keeps the vectors of
	// a retired or aliased model as long as its users' tables expect.
	Dimensions int64
}

// Via is a way from a name to a model.
type Via string

// The ways from a name to a model.
const (
	ViaExact     Via = "exact"
	ViaAlias     Via = "alias"
	ViaSuccessor Via = "successor"
	ViaPattern   Via = "pattern"
)

// Resolve finds the model for a name in any accepted spelling. It reports
// false for a name that is no model's.
func (c *Catalog) Resolve(name string) (Resolution, bool) {
	res := c.lookup(name)
	if res.Row == nil {
		return Resolution{}, false
	}
	res.Asked = name
	if !c.successors || res.Row.Retired == "" {
		return res, true
	}
	if res.Dimensions == 0 {
		res.Dimensions = res.Row.Embedding.Dimensions
	}
	for res.Row.Retired != "" && res.Row.Successor != "" {
		res.Row, res.Via = c.rows[res.Row.Successor], ViaSuccessor
	}
	if res.Dimensions == res.Row.Embedding.Dimensions {
		res.Dimensions = 0
	}
	return res, true
}

// Lookup finds the model for a name as Resolve does, but stays with a retired
// model.
func (c *Catalog) Lookup(name string) (*Row, bool) {
	r := c.lookup(name).Row
	return r, r != nil
}

// Bare returns a name without what SDKs and other gateways put before it.
func (c *Catalog) Bare(name string) string { return c.strip(name) }

// lookup finds the row of a name, without going on to successors. New has
// made sure that aliases do not lead in a circle.
func (c *Catalog) lookup(name string) Resolution {
	to, known := c.alias(name)
	if to != "" {
		res := c.lookup(to)
		res.Via = ViaAlias
		return res
	}
	id := c.strip(name)
	if r := c.rows[id]; r != nil {
		return Resolution{Row: r, Via: ViaExact}
	}
	if known || !plain(id) { // an alias that is switched off, or nobody's id
		return Resolution{}
	}
	if c.openAIOn {
		for _, a := range c.openAI {
			if matches(a.Match, id) {
				return Resolution{Row: c.rows[a.Model], Via: ViaAlias, Dimensions: a.Dimensions}
			}
		}
	}
	for _, p := range c.patterns {
		if matches(p.Match, id) {
			r := c.find(p.Like).clone()
			r.ID, r.DisplayName, r.Like, r.Aliases = id, id, p.Like, nil
			return Resolution{Row: r, Via: ViaPattern}
		}
	}
	return Resolution{}
}

// plain reports whether the id could be a model's. An id that is only like a
// listed one becomes part of a URL, and patterns are not tried on long names.
func plain(id string) bool {
	for _, r := range []byte(id) {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '.', r == '_', r == '@':
		default:
			return false
		}
	}
	return 0 < len(id) && len(id) <= 128
}

// alias returns what the name stands for; "" and true when it is an alias
// that is switched off.
func (c *Catalog) alias(name string) (to string, known bool) {
	if to, known = c.aliases[name]; known {
		return to, true
	}
	to, known = c.aliases[c.strip(name)]
	return to, known
}

// strip cuts off what SDKs and other gateways put before an id, such as
// models/ and google/.
func (c *Catalog) strip(name string) string {
	for again := true; again; {
		again = false
		for _, p := range c.prefixes {
			if rest, ok := strings.CutPrefix(name, p); ok && rest != "" {
				name, again = rest, true
			}
		}
	}
	return name
}

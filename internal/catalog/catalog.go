package catalog

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
)

//go:embed catalog.json
var shipped []byte

// Options say how names are resolved and what the operator changes.
type Options struct {
	// Successors lets a retired id be served by its successor. When it is
	// false the id goes upstream as it was asked for.
	Successors bool
	// OpenAIAliases lets OpenAI's ids, such as gpt-4o, be answered by the
	// models the catalog names for them.
	OpenAIAliases bool
	// Aliases are the operator's names for models. They come before
	// everything else, ids included. An empty model switches an alias off.
	Aliases map[string]string
	// Models is a file of the form of catalog.json that changes or adds rows,
	// as JSON; see schema.json. Empty changes nothing.
	Models []byte
	// Vertex takes the facts for Vertex AI where they differ from those for
	// the Gemini API.
	Vertex bool
}

// Catalog resolves names to models. It does not change once made, and may be
// used by several goroutines.
type Catalog struct {
	checked    Date
	prefixes   []string
	patterns   []Pattern
	openAI     []Alias
	openAIOn   bool
	successors bool

	families map[string]*Row
	rows     map[string]*Row
	order    []*Row            // as in the files
	aliases  map[string]string // of rows, and over them the operator's
	own      map[string]string // the operator's
}

// New returns the catalog that comes with the program, with the operator's
// changes. An error names the row and the field.
func New(o Options) (*Catalog, error) {
	c := &Catalog{
		openAIOn: o.OpenAIAliases, successors: o.Successors, own: o.Aliases,
		families: map[string]*Row{}, rows: map[string]*Row{}, aliases: map[string]string{},
	}
	b := &builder{vertex: o.Vertex, byID: map[string]*entry{}, cat: c}
	for _, part := range []struct {
		name string
		data []byte
	}{{"catalog", shipped}, {"models file", o.Models}} {
		if len(part.data) == 0 {
			continue
		}
		f, err := decode(part.data)
		if err == nil {
			err = b.add(f)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", part.name, err)
		}
	}
	if err := b.build(); err != nil {
		return nil, fmt.Errorf("models: %w", err)
	}
	for _, r := range c.order {
		for _, a := range r.Aliases {
			c.aliases[a] = r.ID
		}
	}
	maps.Copy(c.aliases, o.Aliases)
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("models: %w", err)
	}
	return c, nil
}

// Checked returns the day the facts were last looked up.
func (c *Catalog) Checked() Date { return c.checked }

// List returns every model, retired ones too, in the order of the files. The
// rows must not be changed.
func (c *Catalog) List() []*Row { return slices.Clone(c.order) }

// Aliases returns the names in force that stand for a model and could be
// listed: the operator's, then OpenAI's when they are on.
func (c *Catalog) Aliases() []Alias {
	var out []Alias
	for _, name := range slices.Sorted(maps.Keys(c.own)) {
		if to := c.own[name]; to != "" {
			out = append(out, Alias{Match: name, Model: to})
		}
	}
	if !c.openAIOn {
		return out
	}
	for _, a := range c.openAI {
		if _, taken := c.own[a.Match]; !taken && !strings.ContainsRune(a.Match, '*') {
			out = append(out, a)
		}
	}
	return out
}

// find returns the model or family of the id, nil when there is none.
func (c *Catalog) find(id string) *Row {
	if r := c.rows[id]; r != nil {
		return r
	}
	return c.families[id]
}

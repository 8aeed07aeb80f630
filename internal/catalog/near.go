package catalog

import (
	"slices"

	"github.com/gemway/gemway/internal/spelling"
)

// OpenAIName reports whether the name is one of OpenAI's for which the catalog
// has a model, be they served or not.
func (c *Catalog) OpenAIName(name string) bool {
	id := c.strip(name)
	return slices.ContainsFunc(c.openAI, func(a Alias) bool { return matches(a.Match, id) })
}

// Near returns up to three ids that a misspelt name may have meant, the
// likeliest first.
func (c *Catalog) Near(name string) []string {
	names := make([]string, 0, len(c.order))
	for _, r := range c.order {
		if r.Retired == "" {
			names = append(names, r.ID)
		}
	}
	for _, a := range c.Aliases() {
		names = append(names, a.Match)
	}
	return spelling.Near(c.strip(name), names)
}

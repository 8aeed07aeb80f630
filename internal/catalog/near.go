package catalog

import "github.com/gemway/gemway/internal/spelling"

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

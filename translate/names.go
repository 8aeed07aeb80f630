package translate

import (
	"strconv"
	"strings"
)

// maxNameLength is the longest function name Gemini takes.
const maxNameLength = 128

// names maps the client's tool names to names Gemini accepts, and back. A name
// that Gemini accepts stays as it is.
type names struct {
	native map[string]string // the client's name → Gemini's
	client map[string]string // Gemini's name → the client's
	next   map[string]int    // the next number behind a name that several would get
}

func newNames() *names {
	return &names{} // most requests have no tools
}

// toGemini returns the name to send, the same for every use of a name.
func (n *names) toGemini(name string) string {
	if native, ok := n.native[name]; ok {
		return native
	}
	if n.native == nil {
		n.native, n.client, n.next = map[string]string{}, map[string]string{}, map[string]int{}
	}
	clean := cleanName(name)
	native := clean
	for i := max(2, n.next[clean]); ; i++ {
		if _, taken := n.client[native]; !taken {
			break
		}
		suffix := "_" + strconv.Itoa(i)
		native = clean[:min(len(clean), maxNameLength-len(suffix))] + suffix
		n.next[clean] = i + 1
	}
	n.native[name], n.client[native] = native, name
	return native
}

// toClient returns the client's name. Models sometimes put their internal
// namespace before a name.
func (n *names) toClient(native string) string {
	if name, ok := n.client[native]; ok {
		return name
	}
	for _, prefix := range []string{"default_api.", "default_api:"} {
		if bare, ok := strings.CutPrefix(native, prefix); ok {
			if name, ok := n.client[bare]; ok {
				return name
			}
			return bare
		}
	}
	return native
}

// cleanName brings a name into [a-zA-Z_][a-zA-Z0-9_.-]*, 128 characters at
// most. Gemini also takes a colon, but only newer models do.
func cleanName(name string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_', r == '-', r == '.':
			return r
		}
		return '_'
	}, name)
	if clean == "" {
		return "_"
	}
	if c := clean[0]; c >= '0' && c <= '9' || c == '-' || c == '.' {
		clean = "_" + clean
	}
	return clean[:min(len(clean), maxNameLength)]
}

package openai

import "github.com/gemway/gemway/raw"

// Short items cost more memory than their bytes: a message of thirty bytes is a
// struct of several hundred on its way to Gemini. What a request holds of them
// is therefore bounded by its size.
const (
	// freeItems is how many items a request of any size may hold.
	freeItems = 2048
	// itemBytes is the size of a request that allows one item more.
	itemBytes = 256
	// freeMembers is how many members of an object do not count as items.
	freeMembers = 32
)

// MaxItems returns how many items a request body of that size may hold.
func MaxItems(size int) int { return freeItems + size/itemBytes }

// Items counts the items of a request that raw.Check has passed: what stands in
// arrays (messages, their parts and calls, tools, inputs), and the members of
// objects that have many. The insides of schemas and arguments do not count, nor
// do inputs that are ids of tokens. It gives up counting above most, and names
// the parameter that it was at then.
func Items(body []byte, most int) (n int, param string) {
	c := counter{Reader: raw.NewReader(body), most: most}
	c.value()
	return c.n, string(c.param)
}

type counter struct {
	raw.Reader
	n, most int
	depth   int    // of objects that are open
	param   []byte // the last member of the outermost
}

func (c *counter) value() {
	switch c.Kind() {
	case '[':
		c.Open('[')
		for c.n <= c.most && c.More() {
			c.n++
			c.value()
		}
	case '{':
		c.Open('{')
		c.depth++
		defer func() { c.depth-- }()
		for members := 1; c.n <= c.most; members++ {
			name, ok := c.Spelled()
			if !ok {
				return
			}
			if c.depth == 1 {
				c.param = name
			}
			if members > freeMembers {
				c.n++
			}
			switch string(name) {
			case "parameters", "schema", "response_schema", "arguments":
				c.Value()
			case "input":
				c.input()
			default:
				c.value()
			}
		}
	default:
		c.Value()
	}
}

// input counts the texts of an embedding request. Of tokens nothing is kept.
func (c *counter) input() {
	v := c.Value()
	if v.Kind() != '[' {
		return
	}
	texts := counter{Reader: raw.NewReader(v), most: c.most - c.n}
	texts.Open('[')
	switch texts.Kind() {
	case '"', '{', 'n', 't', 'f':
		texts.Reader = raw.NewReader(v)
		texts.value()
		c.n += texts.n
	}
}

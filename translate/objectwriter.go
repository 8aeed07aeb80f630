package translate

import "github.com/gemway/gemway/raw"

func quoteList(all []string) string {
	out := []byte{'['}
	for i, s := range all {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, raw.Quote(s)...)
	}
	return string(append(out, ']'))
}

// objectWriter writes members into an object that is open.
type objectWriter struct {
	out []byte
	any bool
}

func (o *objectWriter) name(name string) {
	if o.any {
		o.out = append(o.out, ',')
	}
	o.any = true
	o.out = append(append(o.out, raw.Quote(name)...), ':')
}

func (o *objectWriter) member(name, value string) {
	o.name(name)
	o.out = append(o.out, value...)
}

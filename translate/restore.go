package translate

import (
	"github.com/gemway/gemway/raw"
)

// restorer brings the values of an answer back into the types the client
// declared, where the schema that was sent could not: Google's enums are made
// of strings. A nil restorer changes nothing.
type restorer struct {
	values     map[string]raw.Value // what a string stands for
	properties map[string]*restorer
	items      *restorer
}

// or joins the restorers of alternatives.
func (r *restorer) or(o *restorer) *restorer {
	if r == nil {
		return o
	}
	if o == nil {
		return r
	}
	out := &restorer{items: r.items.or(o.items)}
	for _, from := range []*restorer{o, r} {
		for k, v := range from.values {
			if out.values == nil {
				out.values = map[string]raw.Value{}
			}
			out.values[k] = v
		}
		for k, v := range from.properties {
			if out.properties == nil {
				out.properties = map[string]*restorer{}
			}
			out.properties[k] = v.or(out.properties[k])
		}
	}
	return out
}

// value restores one value and what is in it.
func (r *restorer) value(v raw.Value) raw.Value {
	if r == nil {
		return v
	}
	switch v.Kind() {
	case '"':
		if was, ok := r.values[raw.String(v).Decode()]; ok {
			return was
		}
	case '[':
		all, err := elements(v)
		if r.items == nil || err != nil {
			return v
		}
		out := raw.Value{'['}
		for i, e := range all {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(out, r.items.value(e)...)
		}
		return append(out, ']')
	case '{':
		all, err := objectMembers(v)
		if len(r.properties) == 0 || err != nil {
			return v
		}
		o := objectWriter{out: raw.Value{'{'}}
		for _, m := range all {
			o.member(m.name, string(r.properties[m.name].value(m.value)))
		}
		return append(o.out, '}')
	}
	return v
}

// text restores the JSON inside a JSON string; text that is no JSON stays.
func (r *restorer) text(s raw.String) raw.String {
	if r == nil {
		return s
	}
	v := raw.Value(s.Decode())
	if !v.IsValid() {
		return s
	}
	return raw.Quote(string(r.value(v)))
}

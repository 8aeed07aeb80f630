package catalog

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/gemway/gemway/internal/spelling"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// file is the form of catalog.json and of an operator's file. Every part may
// be missing.
type file struct {
	Schema string `json:"$schema,omitempty"`
	// Checked is the day the facts were last looked up.
	Checked Date `json:"checked,omitempty"`
	// Prefixes are what may stand before an id and is cut off.
	Prefixes []string `json:"prefixes,omitempty"`
	// Families are rows that no request can name; models are like them.
	Families []jsontext.Value `json:"families,omitempty"`
	Models   []jsontext.Value `json:"models,omitempty"`
	// Patterns say what an id that is not listed is like. The first that
	// matches counts; an operator's come before the shipped ones.
	Patterns []Pattern `json:"patterns,omitempty"`
	// OpenAIAliases are the ids of OpenAI's that can be answered by a model.
	OpenAIAliases []Alias `json:"openai_aliases,omitempty"`
}

// Pattern says what the ids it matches are like.
type Pattern struct {
	// Match is an id in which * stands for any characters but a slash.
	Match string `json:"match"`
	// Like names the model or the family whose row is taken. The id stays as
	// asked. A retired model hands on its successor too.
	Like string `json:"like"`
}

// Alias is a name of OpenAI's and the model that answers to it.
type Alias struct {
	// Match is a name, in which * stands for any characters but a slash.
	Match string `json:"match"`
	// Model is the id that answers.
	Model string `json:"model"`
	// Dimensions is the size of embeddings under this name when the request
	// asks for none, so that they fit into tables made for it.
	Dimensions int64 `json:"dimensions,omitzero"`
}

// entry collects what the files say of one id, in order.
type entry struct {
	id, like string
	family   bool
	layers   []jsontext.Value
}

// builder turns files into a catalog.
type builder struct {
	vertex  bool
	entries []*entry
	byID    map[string]*entry
	cat     *Catalog
}

// decode reads one file strictly.
func decode(data []byte) (*file, error) {
	var f file
	if err := json.Unmarshal(data, &f, json.RejectUnknownMembers(true)); err != nil {
		return nil, explain(err, "", topFields)
	}
	return &f, nil
}

// add takes in a file: a row for a known id is one more layer of it.
func (b *builder) add(f *file) error {
	for i, raw := range f.Families {
		if err := b.addRow("families", i, raw, true); err != nil {
			return err
		}
	}
	for i, raw := range f.Models {
		if err := b.addRow("models", i, raw, false); err != nil {
			return err
		}
	}
	c := b.cat
	if f.Checked != "" {
		c.checked = f.Checked
	}
	c.prefixes = append(c.prefixes, f.Prefixes...)
	c.patterns = slices.Concat(f.Patterns, c.patterns)
	c.openAI = slices.Concat(f.OpenAIAliases, c.openAI)
	return nil
}

func (b *builder) addRow(part string, i int, raw jsontext.Value, family bool) error {
	var head struct {
		ID   string `json:"id"`
		Like string `json:"like"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return explain(err, fmt.Sprintf("%s[%d]", part, i), nil)
	}
	if head.ID == "" {
		return fmt.Errorf("%s[%d]: id is missing", part, i)
	}
	e, known := b.byID[head.ID]
	switch {
	case !known:
		e = &entry{id: head.ID, family: family}
		b.byID[head.ID] = e
		b.entries = append(b.entries, e)
	case e.family != family:
		return fmt.Errorf("%s[%d]: %q is both a model and a family", part, i, head.ID)
	}
	if head.Like != "" {
		e.like = head.Like
	}
	e.layers = append(e.layers, raw)
	return nil
}

// build makes the rows, each from the row it is like.
func (b *builder) build() error {
	for _, e := range b.entries {
		if _, err := b.row(e, nil); err != nil {
			return err
		}
	}
	return nil
}

// row makes the row of e; trail holds the ids on the way to it, to find
// circles.
func (b *builder) row(e *entry, trail []string) (*Row, error) {
	if r := b.cat.find(e.id); r != nil {
		return r, nil
	}
	if slices.Contains(trail, e.id) {
		return nil, fmt.Errorf("%s: like leads back to itself: %s", e.id, strings.Join(append(trail, e.id), " > "))
	}
	r := &Row{}
	if e.like != "" {
		base, ok := b.byID[e.like]
		if !ok {
			return nil, fmt.Errorf("%s: like: no family or model is called %q%s", e.id, e.like, b.meant(e.like))
		}
		parent, err := b.row(base, append(trail, e.id))
		if err != nil {
			return nil, err
		}
		r = parent.child()
		r.Family = parent.Family
	} else if !e.family {
		return nil, fmt.Errorf("%s: like is missing: name the family or the model it is like", e.id)
	}
	unconfirmed := r.Unconfirmed
	r.Unconfirmed = nil
	for _, layer := range e.layers {
		r.Vertex = nil
		if err := overlay(r, layer); err != nil {
			return nil, explain(err, e.id, rowFields())
		}
		onVertex, err := r.onVertex()
		if err != nil {
			return nil, err
		}
		if b.vertex {
			r = onVertex
		}
	}
	r.Vertex = nil
	r.Like, r.ID = e.like, e.id
	r.Unconfirmed = union(unconfirmed, r.Unconfirmed)
	if e.family {
		r.Family = e.id
		b.cat.families[e.id] = r
	} else {
		if r.DisplayName == "" {
			r.DisplayName = e.id
		}
		if t, err := r.Released.Time(); err == nil {
			r.Created = t.Unix()
		}
		b.cat.rows[e.id] = r
		b.cat.order = append(b.cat.order, r)
	}
	return r, nil
}

// overlay decodes a layer over what the row has already. Lists are replaced,
// objects merged.
func overlay(r *Row, layer jsontext.Value) error {
	return json.Unmarshal(layer, r, json.RejectUnknownMembers(true))
}

// onVertex returns the row as it is on Vertex AI. It is made whether or not it
// is wanted, so that a mistake in it is found in any case.
func (r *Row) onVertex() (*Row, error) {
	if len(r.Vertex) == 0 {
		return r, nil
	}
	c := r.clone()
	if err := overlay(c, r.Vertex); err != nil {
		return nil, explain(err, r.ID+": vertex", rowFields())
	}
	if c.ID != r.ID || c.Like != r.Like || len(c.Vertex) > 0 {
		return nil, fmt.Errorf("%s: vertex: id, like and vertex cannot differ", r.ID)
	}
	return c, nil
}

// meant says what an unknown name in a file may have meant.
func (b *builder) meant(name string) string {
	ids := make([]string, 0, len(b.entries))
	for _, e := range b.entries {
		ids = append(ids, e.id)
	}
	return spelling.DidYouMean(spelling.Near(name, ids))
}

func union(a, b []string) []string {
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(a, s)
		}
	}
	return a
}

// explain names the row and the field of a decoding error, and what an
// unknown field may have meant.
func explain(err error, where string, fields []string) error {
	if where != "" {
		where += ": "
	}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		return fmt.Errorf("%snot valid JSON: %w", where, err)
	}
	var semantic *json.SemanticError
	if !errors.As(err, &semantic) {
		return fmt.Errorf("%s%w", where, err)
	}
	field := strings.ReplaceAll(strings.TrimPrefix(string(semantic.JSONPointer), "/"), "/", ".")
	if errors.Is(err, json.ErrUnknownName) {
		return fmt.Errorf("%sunknown field %q%s", where, field, spelling.DidYouMean(spelling.Near(index.ReplaceAllString(field, ""), fields)))
	}
	if field != "" {
		where += fmt.Sprintf("field %q: ", field)
	}
	if semantic.Err != nil {
		return fmt.Errorf("%s%w", where, semantic.Err)
	}
	kind := semantic.JSONKind.String()
	switch kind {
	case "[":
		kind = "array"
	case "{":
		kind = "object"
	}
	return fmt.Errorf("%sa JSON %s does not fit", where, kind)
}

// index is the position in a list, as it stands in the path of a field.
var index = regexp.MustCompile(`\.[0-9]+\b`)

// matches reports whether the pattern, in which * stands for anything but a
// slash, covers the name.
func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

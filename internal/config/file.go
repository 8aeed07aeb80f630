package config

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/gemway/gemway/internal/spelling"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// fromFile takes the settings of a file.
func (l *loader) fromFile(name string) {
	data, err := l.readFile("config file", name)
	if err != nil {
		l.fail(err)
		return
	}
	if len(bytes.TrimSpace(data)) == 0 {
		// More likely one that is being written than a wish for the defaults.
		l.fail(fmt.Errorf("config file: %s is empty; a comment in it says that this is meant", name))
		return
	}
	root, err := parse(data)
	if err != nil {
		l.fail(fmt.Errorf("%s: %w", name, err))
		return
	}
	f := &file{loader: l, name: name}
	switch n := root.(type) {
	case nil, *ast.NullNode: // nothing but comments
	case ast.MapNode:
		f.section("", n)
	default:
		l.fail(fmt.Errorf("%s: a configuration consists of lines such as \"listen: 127.0.0.1:8080\"", name))
	}
}

// parse reads a YAML document. Of YAML's own references nothing is accepted:
// they can make a small file endless, and nobody needs them here.
func parse(data []byte) (ast.Node, error) {
	f, err := parser.ParseBytes(data, 0)
	if err != nil {
		// Without the lines around the fault: keys stand in them.
		return nil, fmt.Errorf("not valid YAML: %s", yaml.FormatError(err, false, false))
	}
	if len(f.Docs) > 1 {
		return nil, fmt.Errorf("line %d: a second document begins", f.Docs[1].GetToken().Position.Line)
	}
	if len(f.Docs) == 0 {
		return nil, nil
	}
	return f.Docs[0].Body, nil
}

// file is a configuration file that is being read.
type file struct {
	*loader
	name string
}

// at begins a message about a place in the file.
func (f *file) at(n ast.Node) string {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return fmt.Sprintf("%s:%d: ", f.name, t.Position.Line)
	}
	return f.name + ": "
}

// section takes the settings below a prefix.
func (f *file) section(prefix string, m ast.MapNode) {
	for it := m.MapRange(); it.Next(); {
		name := scalar(it.Key())
		key := prefix + name
		value := it.Value()
		if s := f.cfg.find(key); s != nil {
			if err := f.setting(s, value); err != nil {
				f.fail(fmt.Errorf("%s%s %w", f.at(it.Key()), key, err))
			}
			continue
		}
		if !f.isSection(key) {
			f.fail(fmt.Errorf("%sunknown setting %q%s", f.at(it.Key()), key, f.meant(prefix, name)))
			continue
		}
		switch v := value.(type) {
		case *ast.NullNode:
		case ast.MapNode:
			f.section(key+".", v)
		default:
			f.fail(fmt.Errorf("%s%s is a section: its settings stand indented below it", f.at(it.Key()), key))
		}
	}
}

// isSection reports whether settings lie below the key.
func (f *file) isSection(key string) bool {
	for _, k := range f.cfg.keys() {
		if strings.HasPrefix(k, key+".") {
			return true
		}
	}
	return false
}

// meant guesses at an unknown name in a section: one that may stand there, else
// the full key of any setting.
func (f *file) meant(prefix, name string) string {
	var here []string
	for _, k := range f.cfg.keys() {
		if rest, ok := strings.CutPrefix(k, prefix); ok {
			first, _, _ := strings.Cut(rest, ".")
			if !slices.Contains(here, first) {
				here = append(here, first)
			}
		}
	}
	near := spelling.Near(name, here)
	for i := range near {
		near[i] = prefix + near[i]
	}
	if near == nil {
		near = spelling.Near(prefix+name, f.cfg.keys())
	}
	return spelling.DidYouMean(near)
}

// nodeValue is a value with a form of its own in the file.
type nodeValue interface {
	setNode(n ast.Node, text func(ast.Node) (string, error)) error
}

// setting takes one setting. A null leaves it as it is.
func (f *file) setting(s *Setting, n ast.Node) error {
	if _, ok := n.(*ast.NullNode); ok {
		return nil
	}
	s.from, s.source = fromFile, f.name
	if v, ok := s.val.(nodeValue); ok {
		return v.setNode(n, f.text)
	}
	switch n := n.(type) {
	case *ast.SequenceNode:
		v, ok := s.val.(listValue)
		if !ok {
			return fmt.Errorf("must be %s, not a list", s.val.kind())
		}
		items, err := f.items(n)
		if err != nil {
			return err
		}
		return v.setList(items)
	case ast.MapNode:
		v, ok := s.val.(mapValue)
		if !ok {
			return fmt.Errorf("must be %s, not a section", s.val.kind())
		}
		entries := map[string]string{}
		for it := n.MapRange(); it.Next(); {
			text, err := f.text(it.Value())
			if err != nil {
				return err
			}
			entries[scalar(it.Key())] = text
		}
		return v.setMap(entries)
	}
	text, err := f.text(n)
	if err != nil {
		return err
	}
	return s.val.set(text)
}

func (f *file) items(n *ast.SequenceNode) ([]string, error) {
	var items []string
	for _, v := range n.Values {
		text, err := f.text(v)
		if err != nil {
			return nil, err
		}
		items = append(items, text)
	}
	return items, nil
}

// text returns a scalar with the variables in it replaced.
func (f *file) text(n ast.Node) (string, error) {
	switch n.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		return expand(scalar(n), f.lookup)
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return scalar(n), nil
	case *ast.NullNode:
		return "", nil
	}
	return "", fmt.Errorf("must be plain text or a number, not %s", strings.ToLower(n.Type().String()))
}

// scalar returns the text of a scalar as it was written.
func scalar(n ast.Node) string {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value
	case *ast.LiteralNode:
		return n.Value.Value
	}
	return strings.TrimSpace(n.GetToken().Value)
}

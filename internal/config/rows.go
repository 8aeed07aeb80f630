package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/goccy/go-yaml/ast"
)

// rows is a part of the catalog that is written in the configuration. It is
// kept as JSON, which is what the catalog reads.
type rows struct {
	cfg  *Config
	part string // of the catalog's file
}

func (r rows) set(text string) error {
	n, err := parse([]byte(text))
	if err != nil {
		return err
	}
	if n == nil {
		return nil
	}
	return r.setNode(n, func(n ast.Node) (string, error) { return scalar(n), nil })
}

func (r rows) setNode(n ast.Node, text func(ast.Node) (string, error)) error {
	if _, ok := n.(*ast.SequenceNode); !ok {
		return errors.New("must be a list")
	}
	data, err := toJSON(nil, n, text)
	if err != nil {
		return err
	}
	if r.cfg.Catalog.parts == nil {
		r.cfg.Catalog.parts = map[string]jsontext.Value{}
	}
	r.cfg.Catalog.parts[r.part] = data
	return nil
}

func (r rows) text() string { return string(r.cfg.Catalog.parts[r.part]) }
func (rows) kind() string   { return "list" }

// readModels puts the catalog's changes together, from a file or from here.
func (l *loader) readModels() error {
	cat := &l.cfg.Catalog
	if cat.File == "" {
		if len(cat.parts) == 0 {
			return nil
		}
		data := []byte{'{'}
		for _, part := range []string{"families", "models", "patterns"} {
			if v := cat.parts[part]; v != nil {
				if len(data) > 1 {
					data = append(data, ',')
				}
				data = append(append(append(data, '"'), part...), `":`...)
				data = append(data, v...)
			}
		}
		cat.Models = append(data, '}')
		return nil
	}
	if len(cat.parts) > 0 {
		return errors.New("catalog.file names a file of models, so catalog.models, families and patterns belong into it")
	}
	data, err := l.readFile("catalog.file", cat.File)
	if err != nil {
		return err
	}
	if !strings.EqualFold(filepath.Ext(cat.File), ".json") {
		n, err := parse(data)
		if err != nil {
			return fmt.Errorf("catalog.file: %s: %w", cat.File, err)
		}
		if n == nil {
			return nil
		}
		if data, err = toJSON(nil, n, (&file{loader: l, name: cat.File}).text); err != nil {
			return fmt.Errorf("catalog.file: %s: %w", cat.File, err)
		}
	}
	cat.Models = data
	return nil
}

// toJSON appends a node as JSON.
func toJSON(b []byte, n ast.Node, text func(ast.Node) (string, error)) ([]byte, error) {
	switch n := n.(type) {
	case *ast.NullNode:
		return append(b, "null"...), nil
	case *ast.BoolNode:
		if n.Value {
			return append(b, "true"...), nil
		}
		return append(b, "false"...), nil
	case *ast.IntegerNode, *ast.FloatNode:
		number := strings.ReplaceAll(scalar(n), "_", "")
		if !jsontext.Value(number).IsValid() { // octal, hexadecimal, +1
			return nil, fmt.Errorf("line %d: write %s as a decimal number", n.GetToken().Position.Line, number)
		}
		return append(b, number...), nil
	case *ast.StringNode, *ast.LiteralNode:
		s, err := text(n)
		if err != nil {
			return nil, err
		}
		return jsontext.AppendQuote(b, s)
	case *ast.SequenceNode:
		b = append(b, '[')
		for i, v := range n.Values {
			if i > 0 {
				b = append(b, ',')
			}
			var err error
			if b, err = toJSON(b, v, text); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	case ast.MapNode:
		b = append(b, '{')
		for i, it := 0, n.MapRange(); it.Next(); i++ {
			if i > 0 {
				b = append(b, ',')
			}
			var err error
			if b, err = jsontext.AppendQuote(b, scalar(it.Key())); err != nil {
				return nil, err
			}
			if b, err = toJSON(append(b, ':'), it.Value(), text); err != nil {
				return nil, err
			}
		}
		return append(b, '}'), nil
	}
	return nil, fmt.Errorf("line %d: %s is not accepted here", n.GetToken().Position.Line, strings.ToLower(n.Type().String()))
}

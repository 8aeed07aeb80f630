package server

import (
	"bytes"
	"errors"

	"github.com/go-json-experiment/json/jsontext"
)

var errNoObject = errors.New("the document is not one JSON object")

// action is what becomes of a member of an object.
type action int

const (
	keep    action = iota
	drop           // with its name
	replace        // its value
	within         // the same for what is below
)

// splicer changes a JSON document where it is told to. All else are the bytes
// that came in.
type splicer struct {
	doc []byte
	dec *jsontext.Decoder
	new []byte   // for values to replace
	at  int      // doc is copied up to here
	out [][]byte // what was copied
}

// splice returns a JSON object, in pieces, with the members of it changed as
// judge says; those to replace get the value. It fails at what is no JSON
// object.
func splice(doc, value []byte, judge func(depth int, name string) action) ([][]byte, error) {
	s := &splicer{doc: doc, new: value, dec: jsontext.NewDecoder(bytes.NewBuffer(doc), jsontext.AllowDuplicateNames(true))}
	if err := s.object(judge); err != nil {
		return nil, err
	}
	end := int(s.dec.InputOffset())
	s.copyTo(end)
	if len(bytes.Trim(doc[end:], " \t\r\n")) > 0 {
		return nil, errNoObject
	}
	return s.out, nil
}

func (s *splicer) copyTo(end int) {
	if end > s.at {
		s.out = append(s.out, s.doc[s.at:end:end])
	}
	s.at = end
}

// next returns where the token after an offset begins.
func (s *splicer) next(from int) int {
	for from < len(s.doc) && bytes.IndexByte([]byte(" \t\r\n,:"), s.doc[from]) >= 0 {
		from++
	}
	return from
}

func (s *splicer) object(judge func(int, string) action) error {
	if s.dec.PeekKind() != '{' {
		return errNoObject
	}
	if _, err := s.dec.ReadToken(); err != nil {
		return err
	}
	depth, kept, cut := s.dec.StackDepth(), false, false
	for s.dec.PeekKind() != '}' {
		before := int(s.dec.InputOffset())
		name, err := s.dec.ReadToken()
		if err != nil {
			return err
		}
		what := judge(depth, name.String())
		if what == drop {
			// The comma before goes too; with nothing before, the one after.
			s.copyTo(before)
			if err := s.dec.SkipValue(); err != nil {
				return err
			}
			s.at, cut = int(s.dec.InputOffset()), true
			continue
		}
		if cut && !kept {
			s.at = s.next(s.at)
		}
		kept = true
		switch what {
		case replace:
			s.copyTo(s.next(int(s.dec.InputOffset())))
			s.out = append(s.out, s.new)
			err = s.dec.SkipValue()
			s.at = int(s.dec.InputOffset())
		case within:
			err = s.below(judge)
		default:
			err = s.dec.SkipValue()
		}
		if err != nil {
			return err
		}
	}
	_, err := s.dec.ReadToken()
	return err
}

// below goes through all objects of a value.
func (s *splicer) below(judge func(int, string) action) error {
	switch s.dec.PeekKind() {
	case '{':
		return s.object(judge)
	case '[':
		if _, err := s.dec.ReadToken(); err != nil {
			return err
		}
		for s.dec.PeekKind() != ']' {
			if err := s.below(judge); err != nil {
				return err
			}
		}
		_, err := s.dec.ReadToken()
		return err
	}
	return s.dec.SkipValue()
}

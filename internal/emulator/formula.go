package emulator

import (
	"math"
	"strconv"
	"strings"
)

// formulaPattern finds arithmetic in a text: numbers with operators between.
var formulaPattern = pattern(`[(\-]?\s*\d[\d.]*(?:\s*[()]*\s*(?:[-+*/×÷^]|\*\*|plus|minus|times|divided by|multiplied by)\s*[(\-]*\s*\d[\d.]*\)*)+`)

var formulaWords = strings.NewReplacer("plus", "+", "minus", "-", "times", "*", "multiplied by", "*", "divided by", "/", "×", "*", "÷", "/", "**", "^", " ", "")

// findFormula returns the first formula of a text in plain operators, or "".
func findFormula(text string) string {
	found := formulaPattern().FindString(text)
	f := formulaWords.Replace(strings.TrimRight(found, "."))
	if strings.Count(f, "(") != strings.Count(f, ")") {
		f = strings.NewReplacer("(", "", ")", "").Replace(f)
	}
	if _, ok := evaluate(f); !ok {
		return ""
	}
	return f
}

// evaluate computes a formula of + - * / ^ and brackets.
func evaluate(f string) (float64, bool) {
	if f == "" {
		return 0, false
	}
	p := &formula{rest: f}
	v := p.sum()
	if p.bad || p.rest != "" || math.IsInf(v, 0) || math.IsNaN(v) {
		return 0, false
	}
	return v, true
}

// formula is a parser by recursive descent.
type formula struct {
	rest  string
	depth int
	bad   bool
}

func (p *formula) take(ops string) byte {
	if p.rest != "" && strings.IndexByte(ops, p.rest[0]) >= 0 {
		op := p.rest[0]
		p.rest = p.rest[1:]
		return op
	}
	return 0
}

func (p *formula) sum() float64 {
	v := p.product()
	for {
		switch p.take("+-") {
		case '+':
			v += p.product()
		case '-':
			v -= p.product()
		default:
			return v
		}
	}
}

func (p *formula) product() float64 {
	v := p.power()
	for {
		switch p.take("*/") {
		case '*':
			v *= p.power()
		case '/':
			v /= p.power()
		default:
			return v
		}
	}
}

func (p *formula) power() float64 {
	v := p.atom()
	if p.take("^") != 0 {
		return math.Pow(v, p.power())
	}
	return v
}

func (p *formula) atom() float64 {
	if p.depth++; p.depth > 200 { // brackets and signs of a hostile text
		p.bad = true
		return 0
	}
	defer func() { p.depth-- }()
	switch {
	case p.take("-") != 0:
		return -p.atom()
	case p.take("(") != 0:
		v := p.sum()
		p.bad = p.bad || p.take(")") == 0
		return v
	}
	n := 0
	for n < len(p.rest) && (p.rest[n] >= '0' && p.rest[n] <= '9' || p.rest[n] == '.') {
		n++
	}
	v, err := strconv.ParseFloat(p.rest[:n], 64)
	p.bad = p.bad || err != nil
	p.rest = p.rest[n:]
	return v
}

// formatNumber writes a result as people do.
func formatNumber(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 12, 64)
}

// jsonFloat reads a JSON number.
func jsonFloat(v []byte) (float64, bool) {
	f, err := strconv.ParseFloat(string(v), 64)
	return f, err == nil
}

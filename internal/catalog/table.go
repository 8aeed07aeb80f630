package catalog

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gemway/gemway/translate"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Table writes the models as a table for people, with the prices of the day.
func (c *Catalog) Table(w io.Writer, now time.Time) error {
	var lines strings.Builder
	lines.WriteString("MODEL\tSTATE\tIN\tOUT\tTOKENS IN/OUT\tTHINKING\tUSD PER 1M IN/CACHED/OUT\n")
	for _, r := range c.order {
		fmt.Fprintf(&lines, "%s\t%s\t%s\t%s\t%s/%s\t%s\t%s\n", r.ID, r.state(),
			strings.Join(r.Input, ","), strings.Join(r.Output, ","),
			tokens(r.InputTokens), tokens(r.OutputTokens), thinking(r.Thinking), r.price(Day(now)))
	}
	for _, a := range c.Aliases() {
		fmt.Fprintf(&lines, "%s\talias of %s\n", a.Match, a.Model)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if _, err := io.WriteString(t, lines.String()); err != nil {
		return err
	}
	return t.Flush()
}

// JSON writes the models as a JSON array, one object a model.
func (c *Catalog) JSON(w io.Writer) error {
	type listed struct {
		Row
		Family  string `json:"family"`
		Created int64  `json:"created"`
	}
	out := make([]listed, len(c.order))
	for i, r := range c.order {
		out[i] = listed{*r, r.Family, r.Created}
	}
	return json.MarshalWrite(w, out, jsontext.WithIndent("  "))
}

// state says whether the id answers, and if not what does.
func (r *Row) state() string {
	switch {
	case r.Retired != "" && r.Successor != "":
		return fmt.Sprintf("retired, now %s", r.Successor)
	case r.Retired != "":
		return "retired"
	case r.Retires != "" && slices.Contains(r.Unconfirmed, "retires"):
		return fmt.Sprintf("%s until %s (?)", r.Stage, r.Retires)
	case r.Retires != "":
		return fmt.Sprintf("%s until %s", r.Stage, r.Retires)
	}
	return string(r.Stage)
}

func thinking(t translate.Thinking) string {
	switch t.Control {
	case translate.ThinkingLevel:
		return strings.Join(t.Levels, " ") + " (" + t.Default + ")"
	case translate.ThinkingBudget:
		off := ""
		if t.Off {
			off = "0 or "
		}
		return fmt.Sprintf("%s%d-%d (%s)", off, t.Min, t.Max, t.Default)
	}
	return "-"
}

// tokens writes a limit the short way where it is a round one.
func tokens(n int64) string {
	switch {
	case n == 0:
		return "-"
	case n%(1<<20) == 0:
		return strconv.FormatInt(n>>20, 10) + "M"
	case n%(1<<10) == 0:
		return strconv.FormatInt(n>>10, 10) + "K"
	}
	return strconv.FormatInt(n, 10)
}

func (r *Row) price(day Date) string {
	p, ok := r.PriceOn(day, 0)
	if !ok {
		return "-"
	}
	if p.Second != 0 {
		return usd(p.Second) + " a second"
	}
	s := usd(p.Input) + "/" + usd(p.Cached) + "/" + usd(p.Output)
	for _, extra := range []struct {
		name  string
		price float64
	}{
		{"audio in", p.AudioInput},
		{"images in", p.ImageInput},
		{"video in", p.VideoInput},
		{"audio out", p.AudioOutput},
		{"images out", p.ImageOutput},
		{"video out", p.VideoOutput},
	} {
		if extra.price != 0 {
			s += ", " + extra.name + " " + usd(extra.price)
		}
	}
	return s
}

func usd(v float64) string {
	if v == 0 {
		return "-"
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

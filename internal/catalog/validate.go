package catalog

import (
	"errors"
	"fmt"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/gemway/gemway/internal/spelling"
	"github.com/gemway/gemway/translate"
)

// What the lists of a row may hold, in the order in which levels and sizes
// have to stand.
var (
	modalities = []string{"text", "image", "audio", "video", "pdf"}
	outputs    = []string{"text", "image", "audio", "video", "embedding"}
	levels     = []string{"minimal", "low", "medium", "high"}
	imageSizes = []string{"512", "1K", "2K", "4K"}
	stages     = []string{string(Stable), string(Preview), string(Experimental), string(Latest)}
	methods    = []string{
		"generateContent", "countTokens", "createCachedContent", "batchGenerateContent",
		"embedContent", "asyncBatchEmbedContent", "countTextTokens", "embedText", "generateAnswer",
		"predict", "predictLongRunning", "bidiGenerateContent",
	}
	ratio     = regexp.MustCompile(`^[1-9][0-9]*:[1-9][0-9]*$`)
	topFields = []string{"$schema", "checked", "prefixes", "families", "models", "patterns", "openai_aliases"}
)

// validate checks everything that decoding could not.
func (c *Catalog) validate() error {
	for _, p := range c.prefixes {
		if len(p) < 2 || !strings.HasSuffix(p, "/") {
			return fmt.Errorf("prefixes: %q does not end in a slash", p)
		}
	}
	known := rowFields()
	for _, r := range c.order {
		if short := c.strip(r.ID); short != r.ID {
			return fmt.Errorf("%s: id: write %q, without what may stand before an id", r.ID, short)
		}
		for part := range strings.SplitSeq(r.ID, "/") {
			if !plain(part) || strings.Trim(part, ".") == "" {
				return fmt.Errorf("%s: id: letters, digits and - . _ @ only", r.ID)
			}
		}
		if err := r.validate(known); err != nil {
			return fmt.Errorf("%s: %w", r.ID, err)
		}
		if err := c.checkSuccessors(r); err != nil {
			return fmt.Errorf("%s: successor: %w", r.ID, err)
		}
		for _, a := range r.Aliases {
			if c.find(a) != nil {
				return fmt.Errorf("%s: aliases: %q is an id of its own", r.ID, a)
			}
		}
	}
	for _, p := range c.patterns {
		if _, err := path.Match(p.Match, ""); p.Match == "" || err != nil {
			return fmt.Errorf("patterns: match %q is not a pattern", p.Match)
		}
		if c.find(p.Like) == nil {
			return fmt.Errorf("patterns: %q is like %q, which is no family or model", p.Match, p.Like)
		}
	}
	return c.checkAliases()
}

func (c *Catalog) checkSuccessors(r *Row) error {
	trail := []string{r.ID}
	for s := r.Successor; s != ""; {
		next, ok := c.rows[s]
		if !ok {
			return fmt.Errorf("no model is called %q%s", s, spelling.DidYouMean(c.Near(s)))
		}
		if slices.Contains(trail, s) {
			return fmt.Errorf("leads back to itself: %s", strings.Join(append(trail, s), " > "))
		}
		trail, s = append(trail, s), next.Successor
	}
	return nil
}

func (c *Catalog) checkAliases() error {
	for name, to := range c.own {
		if to == "" {
			if c.rows[name] != nil {
				return fmt.Errorf("aliases: %q is a model, not an alias that could be switched off", name)
			}
			continue
		}
		trail := []string{name}
		for {
			next, _ := c.alias(to)
			if next == "" {
				break
			}
			trail = append(trail, to)
			if len(trail) > len(c.aliases) {
				return fmt.Errorf("aliases: %q leads in a circle: %s", name, strings.Join(trail, " > "))
			}
			to = next
		}
		if c.lookup(to).Row == nil {
			return fmt.Errorf("aliases: %q stands for %q, which is no model%s", name, to, spelling.DidYouMean(c.Near(to)))
		}
	}
	for _, a := range c.openAI {
		if _, err := path.Match(a.Match, ""); a.Match == "" || err != nil {
			return fmt.Errorf("openai_aliases: match %q is not a pattern", a.Match)
		}
		r := c.rows[a.Model]
		if r == nil {
			return fmt.Errorf("openai_aliases: %q stands for %q, which is no model%s", a.Match, a.Model, spelling.DidYouMean(c.Near(a.Model)))
		}
		if e := r.Embedding; a.Dimensions != 0 && (a.Dimensions < e.MinDimensions || a.Dimensions > e.MaxDimensions) {
			return fmt.Errorf("openai_aliases: %q: dimensions: %s does not embed to %d", a.Match, a.Model, a.Dimensions)
		}
	}
	return nil
}

// validate checks that the fields of a row fit together. known are the
// fields a row has.
func (r *Row) validate(known []string) error {
	return errors.Join(
		among("stage", []string{string(r.Stage)}, stages),
		among("methods", r.Methods, methods),
		among("input", r.Input, modalities),
		among("output", r.Output, outputs),
		among("unconfirmed", r.Unconfirmed, known),
		filled("methods", r.Methods),
		filled("output", r.Output),
		r.checkLimits(),
		r.checkThinking(),
		r.checkImage(),
		r.checkEmbedding(),
		r.checkDates(),
		r.checkPrices(),
	)
}

func (r *Row) checkLimits() error {
	switch {
	case r.InputTokens < 0 || r.OutputTokens < 0:
		return errors.New("input_tokens and output_tokens cannot be negative")
	case r.UnaryOutputTokens < 0 || r.UnaryOutputTokens > r.OutputTokens:
		return errors.New("unary_output_tokens must be between 0 and output_tokens")
	case r.MaxTemperature < 0 || r.MaxTemperature > 2:
		return errors.New("max_temperature must be between 0 and 2")
	case r.MaxCandidates < 0 || r.MaxCandidates > 8:
		return errors.New("max_candidates must be between 0 and 8")
	case r.JSONWithTools && (!r.JSONOutput || !r.Functions):
		return errors.New("json_with_tools needs json_output and functions")
	case r.SearchWithFunctions && !r.Functions:
		return errors.New("search_with_functions needs functions")
	case len(r.Speech.Voices) > 0 && !r.Can("audio"):
		return errors.New("speech.voices needs output audio")
	}
	return nil
}

func (r *Row) checkThinking() error {
	t := r.Thinking
	switch t.Control {
	case "":
		if t.Min != 0 || t.Max != 0 || t.Off || len(t.Levels) > 0 || t.Default != "" || t.BudgetAccepted {
			return errors.New("thinking.control is empty although thinking has other fields")
		}
	case translate.ThinkingBudget:
		switch {
		case t.Min <= 0 || t.Max < t.Min:
			return errors.New("thinking.min and thinking.max must be a range above 0")
		case len(t.Levels) > 0 || t.BudgetAccepted:
			return errors.New("thinking.levels and thinking.budget_accepted are for control by level")
		case t.Default != "dynamic" && (t.Default != "off" || !t.Off):
			return errors.New(`thinking.default must be "dynamic", or "off" where thinking.off is true`)
		}
	case translate.ThinkingLevel:
		switch {
		case t.Min != 0 || t.Max != 0 || t.Off:
			return errors.New("thinking.min, thinking.max and thinking.off are for control by budget")
		case !ordered(t.Levels, levels):
			return fmt.Errorf("thinking.levels must be some of %s, lowest first", strings.Join(levels, ", "))
		case !slices.Contains(t.Levels, t.Default):
			return errors.New("thinking.default must be one of thinking.levels")
		}
	default:
		return fmt.Errorf("thinking.control must be empty, budget or level, not %q", t.Control)
	}
	return nil
}

func (r *Row) checkImage() error {
	m := r.Image
	if !r.Can("image") {
		if m.Method != "" || m.PerCall != 0 || len(m.Ratios) > 0 || len(m.Sizes) > 0 {
			return errors.New("image needs output image")
		}
		return nil
	}
	switch {
	case m.Method != "generateContent" && m.Method != "predict":
		return fmt.Errorf("image.method must be generateContent or predict, not %q", m.Method)
	case !r.Has(m.Method):
		return fmt.Errorf("image.method %s is not among methods", m.Method)
	case m.PerCall < 1:
		return errors.New("image.per_call must be at least 1")
	case len(m.Ratios) == 0:
		return errors.New("image.ratios is empty")
	case len(m.Sizes) > 0 && !ordered(m.Sizes, imageSizes):
		return fmt.Errorf("image.sizes must be some of %s, smallest first", strings.Join(imageSizes, ", "))
	}
	for _, s := range m.Ratios {
		if !ratio.MatchString(s) {
			return fmt.Errorf("image.ratios: %q is not a ratio such as 16:9", s)
		}
	}
	return nil
}

func (r *Row) checkEmbedding() error {
	e := r.Embedding
	if !r.Can("embedding") {
		if e.Dimensions != 0 || e.Batch != 0 {
			return errors.New("embedding needs output embedding")
		}
		return nil
	}
	switch {
	case e.MinDimensions < 1 || e.Dimensions < e.MinDimensions || e.Dimensions > e.MaxDimensions:
		return errors.New("embedding.dimensions must lie between min_dimensions and max_dimensions")
	case e.Batch < 1:
		return errors.New("embedding.batch must be at least 1")
	}
	for _, n := range e.UnitAt {
		if n < e.MinDimensions || n > e.MaxDimensions {
			return fmt.Errorf("embedding.unit_at: the model does not embed to %d", n)
		}
	}
	for task, words := range e.Tasks {
		if !strings.HasSuffix(words, "{text}") {
			return fmt.Errorf("embedding.tasks: the words for %s must end in {text}", task)
		}
	}
	return nil
}

func (r *Row) checkDates() error {
	for field, d := range map[string]Date{"released": r.Released, "retires": r.Retires, "retired": r.Retired} {
		if d == "" {
			continue
		}
		if _, err := d.Time(); err != nil {
			return fmt.Errorf("%s: %w", field, err)
		}
	}
	if r.Retired != "" && r.Retired < r.Released || r.Retires != "" && r.Retires < r.Released {
		return errors.New("retired before it was released")
	}
	return nil
}

func (r *Row) checkPrices() error {
	for i, p := range r.Prices {
		for _, d := range []Date{p.From, p.Until} {
			if d == "" {
				continue
			}
			if _, err := d.Time(); err != nil {
				return fmt.Errorf("prices[%d]: %w", i, err)
			}
		}
		if p.From != "" && p.Until != "" && p.Until < p.From {
			return fmt.Errorf("prices[%d]: until lies before from", i)
		}
		v := reflect.ValueOf(p)
		for j := range v.NumField() {
			if f := v.Field(j); f.CanFloat() && f.Float() < 0 {
				return fmt.Errorf("prices[%d]: a price cannot be negative", i)
			}
		}
		for k, q := range r.Prices[:i] {
			if q.Above == p.Above && (q.Until == "" || p.From <= q.Until) && (p.Until == "" || q.From <= p.Until) {
				return fmt.Errorf("prices[%d] and prices[%d] hold on the same days", k, i)
			}
		}
	}
	return nil
}

// among reports the first value that is not one of the allowed.
func among(field string, values, allowed []string) error {
	for _, v := range values {
		if !slices.Contains(allowed, v) {
			return fmt.Errorf("%s: %q is unknown%s", field, v, spelling.DidYouMean(spelling.Near(v, allowed)))
		}
	}
	return nil
}

func filled(field string, values []string) error {
	if len(values) == 0 {
		return fmt.Errorf("%s is empty", field)
	}
	return nil
}

// ordered reports whether values are some of all, in its order, none twice.
func ordered(values, all []string) bool {
	at := -1
	for _, v := range values {
		i := slices.Index(all, v)
		if i <= at {
			return false
		}
		at = i
	}
	return len(values) > 0
}

// rowFields lists the fields of a row as they are written in JSON, such as
// "released" and "thinking.levels".
func rowFields() []string { return fieldsOf(reflect.TypeFor[Row](), "") }

func fieldsOf(t reflect.Type, prefix string) []string {
	var out []string
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous:
			out = append(out, fieldsOf(f.Type, prefix)...)
		case name == "-":
		default:
			out = append(out, prefix+name)
			inner := f.Type
			if inner.Kind() == reflect.Slice {
				inner = inner.Elem()
			}
			if inner.Kind() == reflect.Struct {
				out = append(out, fieldsOf(inner, prefix+name+".")...)
			}
		}
	}
	return out
}

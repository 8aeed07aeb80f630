package catalog

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gemway/gemway/translate"
	"github.com/go-json-experiment/json/jsontext"
)

// Row is everything known of one model.
type Row struct {
	translate.Model

	// Like names the family or the model, earlier in the file, that this row
	// takes every field from that it does not set itself. From a model it
	// takes neither names, dates nor successor.
	Like string `json:"like,omitempty"`

	// DisplayName is the name people use; the id when none is known.
	DisplayName string `json:"display_name,omitempty"`
	// Description is one sentence on what the model is for.
	Description string `json:"description,omitempty"`
	// Stage is stable, preview, experimental or latest (an id of Google's
	// that moves from model to model).
	Stage Stage `json:"stage,omitempty"`
	// Methods are the native methods the model answers.
	Methods []string `json:"methods,omitempty"`
	// Aliases are further ids that are resolved to this one.
	Aliases []string `json:"aliases,omitempty"`

	// Released is the day the id came out.
	Released Date `json:"released,omitempty"`
	// Retires is the announced last day of an id that still answers.
	Retires Date `json:"retires,omitempty"`
	// Retired is the day from which the id no longer answers.
	Retired Date `json:"retired,omitempty"`
	// Successor serves in the place of a retired id.
	Successor string `json:"successor,omitempty"`

	// Prices are in the order of their days; see Row.PriceOn.
	Prices []Price `json:"prices,omitempty"`

	// Vertex holds the fields that differ on Vertex AI.
	Vertex jsontext.Value `json:"vertex,omitempty"`

	// Source says where the facts of this entry come from.
	Source string `json:"source,omitempty"`
	// Unconfirmed lists the fields no source confirms, such as
	// "thinking.levels". What the row says of them is a guess to override.
	Unconfirmed []string `json:"unconfirmed,omitempty"`

	// Family is the family the row descends from.
	Family string `json:"-"`
	// Created is Released as a Unix time: the same for ever, as clients that
	// cache the list of models expect. It is 0
	// where no day is known.
	Created int64 `json:"-"`
}

// Stage says how settled an id is.
type Stage string

// Stages of a model.
const (
	Stable       Stage = "stable"
	Preview      Stage = "preview"
	Experimental Stage = "experimental"
	Latest       Stage = "latest"
)

// Date is a day, written 2026-09-02. Dates compare as strings.
type Date string

// Day returns the date of t in UTC.
func Day(t time.Time) Date { return Date(t.UTC().Format(time.DateOnly)) }

// Time returns the first moment of the day in UTC.
func (d Date) Time() (time.Time, error) {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return t, fmt.Errorf("%q is not a date such as 2026-09-02", string(d))
	}
	return t, nil
}

// Price is what a model costs on the standard tier, in US dollars per million
// tokens. A field that is 0 has no price of its own: audio, images and video
// are then charged as Input or Output, and cached tokens as Input.
type Price struct {
	// From and Until are the first and the last day of the price; empty means
	// open on that side.
	From  Date `json:"from,omitempty"`
	Until Date `json:"until,omitempty"`
	// Above makes this the price of requests whose prompt has more tokens;
	// it holds for the whole request.
	Above int64 `json:"above,omitzero"`

	Input      float64 `json:"input,omitzero"`
	Cached     float64 `json:"cached,omitzero"`
	Output     float64 `json:"output,omitzero"`
	AudioInput float64 `json:"audio_input,omitzero"`
	ImageInput float64 `json:"image_input,omitzero"`
	VideoInput float64 `json:"video_input,omitzero"`

	AudioOutput float64 `json:"audio_output,omitzero"`
	ImageOutput float64 `json:"image_output,omitzero"`
	VideoOutput float64 `json:"video_output,omitzero"`
	// Second is the price of one second of video, in US dollars.
	Second float64 `json:"second,omitzero"`
}

// PriceOn returns what a request with promptTokens costs on the day. It
// reports false when no price is known.
func (r *Row) PriceOn(day Date, promptTokens int64) (Price, bool) {
	best, found := Price{}, false
	for _, p := range r.Prices {
		if p.From != "" && day < p.From || p.Until != "" && day > p.Until || p.Above > 0 && promptTokens <= p.Above {
			continue
		}
		if !found || p.Above > best.Above {
			best, found = p, true
		}
	}
	return best, found
}

// Has reports whether the model answers the native method, such as
// "generateContent".
func (r *Row) Has(method string) bool { return slices.Contains(r.Methods, method) }

// clone returns a copy that shares nothing with r that decoding could change.
func (r *Row) clone() *Row {
	c := *r
	c.Input = slices.Clone(r.Input)
	c.Output = slices.Clone(r.Output)
	c.Thinking.Levels = slices.Clone(r.Thinking.Levels)
	c.Image.Ratios = slices.Clone(r.Image.Ratios)
	c.Image.Sizes = slices.Clone(r.Image.Sizes)
	c.Speech.Voices = slices.Clone(r.Speech.Voices)
	c.Embedding.UnitAt = slices.Clone(r.Embedding.UnitAt)
	c.Embedding.Tasks = maps.Clone(r.Embedding.Tasks)
	c.Methods = slices.Clone(r.Methods)
	c.Aliases = slices.Clone(r.Aliases)
	c.Prices = slices.Clone(r.Prices)
	c.Unconfirmed = slices.Clone(r.Unconfirmed)
	c.Vertex = nil
	return &c
}

// child returns what a row like r starts from.
func (r *Row) child() *Row {
	c := r.clone()
	c.Like = r.ID
	c.ID = ""
	c.DisplayName, c.Description, c.Source = "", "", ""
	c.Aliases = nil
	c.Released, c.Retires, c.Retired, c.Successor = "", "", "", ""
	c.Unconfirmed = slices.DeleteFunc(c.Unconfirmed, func(field string) bool {
		return field == "released" || field == "retires" || field == "retired"
	})
	return c
}

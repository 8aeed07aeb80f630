package catalog

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestModelsPage keeps docs/models.md the catalog's own words.
func TestModelsPage(t *testing.T) {
	generated(t, "docs/models.md", []byte(page(load(t, Options{OpenAIAliases: true}))))
}

// page writes docs/models.md.
func page(c *Catalog) string {
	var b strings.Builder
	fmt.Fprintf(&b, intro, c.Checked())

	alive := func(keep func(*Row) bool) []*Row {
		return slices.DeleteFunc(c.List(), func(r *Row) bool { return r.Retired != "" || !keep(r) })
	}
	answers := func(r *Row) bool { return r.Has("generateContent") && slices.Equal(r.Output, []string{"text"}) }
	// Agents list generateContent, but are made for the Interactions API.
	chat := func(r *Row) bool { return answers(r) && r.Takes("text") && r.Family != "agent" }
	image := func(r *Row) bool { return r.Can("image") }
	speech := func(r *Row) bool { return len(r.Speech.Voices) > 0 || answers(r) && !r.Takes("text") }
	embedding := func(r *Row) bool { return r.Can("embedding") }

	table(&b, "Chat", "model | state | reads | tokens in / out | thinking | sampling | n | JSON with tools | price", alive(chat), func(r *Row) []string {
		sampling := "yes"
		if r.FixedSampling {
			sampling = "fixed"
		}
		return []string{code(r.ID), r.state(), strings.Join(r.Input, ", "), limits(r), levelsOf(r), sampling, fmt.Sprint(max(r.MaxCandidates, 1)), yes(r.JSONWithTools), prices(r)}
	})
	b.WriteString("Thinking is by level, or by budget in tokens; the default is in bold. *fixed*: temperature, top_p and top_k have no effect. " +
		"*n*: answers one call can give; more are made by more calls.\n\n")
	table(&b, "Images", "model | state | ratios | sizes | per call | price", alive(image), func(r *Row) []string {
		sizes := strings.Join(r.Image.Sizes, ", ")
		if sizes == "" {
			sizes = "one"
		}
		return []string{code(r.ID), r.state(), strings.Join(r.Image.Ratios, ", "), sizes, fmt.Sprint(r.Image.PerCall), prices(r)}
	})
	table(&b, "Speech", "model | state | reads | gives | tokens in / out | voices | price", alive(speech), func(r *Row) []string {
		return []string{code(r.ID), r.state(), strings.Join(r.Input, ", "), strings.Join(r.Output, ", "), limits(r), fmt.Sprint(len(r.Speech.Voices)), prices(r)}
	})
	table(&b, "Embeddings", "model | state | reads | tokens | sizes | of unit length | task types | price", alive(embedding), func(r *Row) []string {
		e := r.Embedding
		unit := "never"
		switch {
		case e.UnitAlways:
			unit = "always"
		case len(e.UnitAt) > 0:
			unit = "at " + strings.Trim(fmt.Sprint(e.UnitAt), "[]")
		}
		return []string{code(r.ID), r.state(), strings.Join(r.Input, ", "), tokens(r.InputTokens), fmt.Sprintf("%d–%d, **%d**", e.MinDimensions, e.MaxDimensions, e.Dimensions), unit, yes(e.TaskType), prices(r)}
	})
	b.WriteString("Gemway brings every vector to unit length.\n\n")
	table(&b, "Others", "model | state | reads | gives | methods | price", alive(func(r *Row) bool {
		return !chat(r) && !image(r) && !speech(r) && !embedding(r)
	}), func(r *Row) []string {
		return []string{code(r.ID), r.state(), strings.Join(r.Input, ", "), strings.Join(r.Output, ", "), strings.Join(r.Methods, ", "), prices(r)}
	})

	retired := slices.DeleteFunc(c.List(), func(r *Row) bool { return r.Retired == "" })
	table(&b, "Retired, and what serves in their place", "model | also called | off since | served by", retired, func(r *Row) []string {
		also := make([]string, len(r.Aliases))
		for i, a := range r.Aliases {
			also[i] = code(a)
		}
		since := string(r.Retired)
		if slices.Contains(r.Unconfirmed, "retired") {
			since += " (?)"
		}
		return []string{code(r.ID), strings.Join(also, ", "), since, code(r.Successor)}
	})

	b.WriteString("## OpenAI's names\n\nOff unless switched on. A `*` stands for the rest of a name, as in dated snapshots; the first line that fits counts.\n\n| name | model | size of embeddings |\n|---|---|---|\n")
	for _, a := range c.openAI {
		size := ""
		if a.Dimensions != 0 {
			size = fmt.Sprint(a.Dimensions)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", code(a.Match), code(a.Model), size)
	}

	b.WriteString("\n## Not confirmed\n\nNo source says these for certain. They are the likeliest values, and the first to override when a model behaves otherwise.\n\n| fields | models |\n|---|---|\n")
	open := map[string][]string{}
	var order []string
	for _, r := range c.List() {
		if r.Retired != "" || len(r.Unconfirmed) == 0 {
			continue
		}
		fields := strings.Join(r.Unconfirmed, ", ")
		if open[fields] == nil {
			order = append(order, fields)
		}
		open[fields] = append(open[fields], code(r.ID))
	}
	for _, fields := range order {
		fmt.Fprintf(&b, "| %s | %s |\n", fields, strings.Join(open[fields], ", "))
	}
	b.WriteString(outro)
	return b.String()
}

const intro = `<!-- Written by go generate ./internal/catalog from catalog.json. Do not edit. -->

# Models

What Gemway knows of each model stands in ` + "`internal/catalog/catalog.json`" + ` (facts of %s, each with its source); this page is made
from it. What depends on the model is decided by that file alone, so it can be changed without a new version: see the end.

A name is looked up in this order:

1. the operator's own aliases;
2. ids, with ` + "`models/`, `google/`, `gemini/` or `publishers/google/models/`" + ` before them or not, and their second names;
3. OpenAI's names, when they are switched on;
4. patterns: an id nobody listed, such as a dated variant or a model of tomorrow, goes upstream as it is and gets the rules of what
   it is like; an unknown ` + "`gemini-…`" + ` gets those of the newest family.

A retired model is served by its successor, unless that is switched off; the answer's ` + "`model`" + ` names the one that answered.
Embeddings keep the size they had under the old name, but vectors of two models cannot be compared: embed again.
Upper and lower case count. Prices are in US dollars per million tokens on the standard tier: input / cached input / output.

[Chat](#chat) · [Images](#images) · [Speech](#speech) · [Embeddings](#embeddings) · [Others](#others) ·
[Retired, and what serves in their place](#retired-and-what-serves-in-their-place) · [OpenAI's names](#openais-names) ·
[Not confirmed](#not-confirmed) · [Changing what is known](#changing-what-is-known)

`

const outro = `
## Changing what is known

A file of the same form as ` + "`catalog.json`" + ` adds models or changes fields of those that are there; ` + "`internal/catalog/schema.json`" + ` describes
it to an editor, and Gemway names the row and the field of a mistake. Lists are replaced, objects merged, and a change reaches every
model that is like the changed one.

` + "```json" + `
{
  "models": [
    {"id": "gemini-2.5-flash", "retired": "2026-12-01"},
    {"id": "gemini-2.0-flash", "successor": "gemini-3.5-flash"},
    {"id": "gemini-5-flash", "like": "gemini-3.8-flash", "released": "2027-01-15", "thinking": {"default": "low"}}
  ],
  "patterns": [{"match": "gemini-5-*", "like": "gemini-5-flash"}]
}
` + "```" + `
`

// TestPageExample makes sure that the example on the page works.
func TestPageExample(t *testing.T) {
	_, rest, _ := strings.Cut(outro, "```json\n")
	example, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("the page has no example")
	}
	c := load(t, Options{Successors: true, Models: []byte(example)})
	for asked, want := range map[string]string{
		"gemini-2.5-flash": "gemini-3.5-flash-lite", "gemini-2.0-flash": "gemini-3.5-flash", "gemini-5-flash": "gemini-5-flash", "gemini-5-flash-001": "gemini-5-flash-001",
	} {
		if res, ok := c.Resolve(asked); !ok || res.Row.ID != want {
			t.Errorf("%s: got %+v, want %s", asked, res.Row, want)
		}
	}
}

func table(b *strings.Builder, title, head string, rows []*Row, cells func(*Row) []string) {
	fmt.Fprintf(b, "## %s\n\n| %s |\n|%s\n", title, head, strings.Repeat("---|", strings.Count(head, "|")+1))
	for _, r := range rows {
		fmt.Fprintf(b, "| %s |\n", strings.Join(cells(r), " | "))
	}
	b.WriteString("\n")
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

func yes(v bool) string {
	if v {
		return "yes"
	}
	return "no"
}

func limits(r *Row) string { return tokens(r.InputTokens) + " / " + tokens(r.OutputTokens) }

func levelsOf(r *Row) string {
	th := r.Thinking
	switch {
	case th.Control == "":
		return "no"
	case len(th.Levels) > 0:
		words := slices.Clone(th.Levels)
		words[slices.Index(words, th.Default)] = "**" + th.Default + "**"
		return strings.Join(words, ", ")
	}
	s := fmt.Sprintf("%d–%d, **%s**", th.Min, th.Max, th.Default)
	if th.Off {
		return s + ", 0 is off"
	}
	return s + ", never off"
}

func prices(r *Row) string {
	var out []string
	for _, p := range r.Prices {
		plain := p
		plain.From, plain.Until, plain.Above = "", "", 0
		one := (&Row{Prices: []Price{plain}}).price("2026-01-01")
		switch {
		case p.Above != 0:
			one += fmt.Sprintf(" above %d tokens", p.Above)
		case p.Until != "":
			one += " until " + string(p.Until)
		case p.From != "":
			one += " from " + string(p.From)
		}
		out = append(out, strings.ReplaceAll(one, "/", " / "))
	}
	return strings.Join(out, "; ")
}

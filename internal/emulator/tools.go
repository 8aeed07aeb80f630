package emulator

import (
	"slices"
	"strings"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/raw"
)

// maxCalls is how many calls an answer makes at most.
const maxCalls = 8

// enough is the score at which a function fits a message.
const enough = 3

// calls decides which functions to call, and with what.
//
// AUTO and VALIDATED call what fits the last message, and nothing once results
// for it are there, so that every loop ends. ANY always calls, as Gemini does:
// first what has not been called for this message.
func (ch *chat) calls() []functionCall {
	mode, allowed := ch.callingMode()
	if mode == gemini.ModeNone || len(allowed) == 0 {
		return nil
	}
	done := ch.called()
	if mode != gemini.ModeAny && len(done) > 0 {
		return nil
	}
	question, _ := ch.question()
	w := wishOf(question)
	// All functions that the message speaks of by name, or else the one that
	// fits best.
	var best []*gemini.FunctionDeclaration
	top, anyNamed := 0, false
	for _, f := range allowed {
		if slices.Contains(done, f.Name) {
			continue
		}
		score, named := w.fitness(f)
		named = named && score >= enough
		switch {
		case named && !anyNamed:
			best, top, anyNamed = []*gemini.FunctionDeclaration{f}, score, true
		case named:
			best = append(best, f)
		case !anyNamed && score > top:
			best, top = []*gemini.FunctionDeclaration{f}, score
		}
	}
	switch {
	case mode == gemini.ModeAny && len(best) == 0:
		best = []*gemini.FunctionDeclaration{ch.nextOf(allowed, done)}
	case mode != gemini.ModeAny && top < enough:
		return nil
	}
	var out []functionCall
	for _, f := range best {
		out = append(out, callsOf(f, ch.material())...)
	}
	return out[:min(len(out), maxCalls)]
}

// callingMode returns the mode and the functions it allows.
func (ch *chat) callingMode() (string, []*gemini.FunctionDeclaration) {
	all := ch.functions()
	if ch.ToolConfig == nil || ch.ToolConfig.FunctionCallingConfig == nil {
		return gemini.ModeAuto, all
	}
	c := ch.ToolConfig.FunctionCallingConfig
	if len(c.AllowedFunctionNames) > 0 {
		all = slices.DeleteFunc(all, func(f *gemini.FunctionDeclaration) bool {
			return !slices.Contains(c.AllowedFunctionNames, f.Name)
		})
	}
	return c.Mode, all
}

// called lists the functions that have given results for the last question.
func (ch *chat) called() []string {
	var out []string
	for _, r := range ch.results() {
		out = append(out, strings.TrimPrefix(r.Name, "default_api:"))
	}
	return out
}

// nextOf is the first function that has not been called yet, or the last.
func (ch *chat) nextOf(allowed []*gemini.FunctionDeclaration, done []string) *gemini.FunctionDeclaration {
	for _, f := range allowed {
		if !slices.Contains(done, f.Name) {
			return f
		}
	}
	return allowed[len(allowed)-1]
}

// synonyms are words that mean what a function's name says.
var synonyms = map[string]string{
	"temperature": "weather", "forecast": "weather", "rain": "weather", "sunny": "weather", "warm": "weather", "cold": "weather", "hot": "weather",
	"clock": "time", "hour": "time", "o'clock": "time",
	"plus": "add", "sum": "add", "minus": "subtract", "times": "multiply", "product": "multiply",
	"google": "search", "web": "search", "internet": "search", "mail": "email",
}

// wish is what a message may want a function for.
type wish struct {
	lower   string
	words   []string
	formula bool
	tools   bool // it speaks of tools or functions
	clues   *clues
}

// wishLength is how much of a message is read for it.
const wishLength = 1 << 14

func wishOf(question string) *wish {
	if len(question) > wishLength {
		question = strings.ToValidUTF8(question[:wishLength/2], "") + " " + strings.ToValidUTF8(question[len(question)-wishLength/2:], "")
	}
	w := &wish{
		lower: strings.ToLower(question), words: keywords(question),
		formula: findFormula(question) != "", clues: look(question),
	}
	for _, one := range splitWords(question) {
		if s := synonyms[one]; s != "" {
			w.words = append(w.words, stem(s))
		}
	}
	w.tools = strings.Contains(w.lower, "tool") || strings.Contains(w.lower, "function")
	return w
}

// fitness scores how well a function fits. Named means that the message speaks
// of what the function is called after.
func (w *wish) fitness(f *gemini.FunctionDeclaration) (score int, named bool) {
	if f.Name != "" && strings.Contains(w.lower, strings.ToLower(f.Name)) {
		return 100, true
	}
	for _, one := range keywords(f.Name) {
		if slices.Contains(w.words, one) && !slices.Contains(generic, one) {
			score += 3
			named = true
		}
	}
	description := f.Description.Decode()
	seen := map[string]bool{}
	for _, one := range keywords(description) {
		if slices.Contains(w.words, one) && !slices.Contains(generic, one) {
			seen[one] = true
		}
	}
	score += min(len(seen)*2, 6)
	if w.formula {
		for _, one := range append(splitWords(f.Name), splitWords(description)...) {
			if slices.Contains(mathematical, one) {
				return score + 3, named
			}
		}
	}
	if w.tools {
		score += 2
	}
	params := parameters(f)
	for _, n := range params.get("required").texts() {
		p := params.get("properties").get(n)
		switch t := topicOf(n, p.get("description").text(), f.Name, nil); t {
		case topicOther, topicWhole, topicEvent:
		default:
			if len(w.clues.all(t, n)) > 0 {
				score++
			}
		}
	}
	return score, named
}

// mathematical words are those of functions that compute formulas.
var mathematical = strings.Fields("calculate calculator calc math mathematical arithmetic evaluate expression compute")

// generic words in a function's name say nothing about when to call it.
var generic = []string{"set", "list", "fetch", "run", "do", "make", "new", "name", "look", "lookup", "handl", "process", "data", "user", "result", "final", "test", "one", "two"}

// parameters returns the schema of a function's arguments.
func parameters(f *gemini.FunctionDeclaration) node {
	if n := parse(f.ParametersJSONSchema); n.kind() == '{' {
		return n
	}
	return parse(f.Parameters)
}

// callsOf makes the call of a function, or several when the message names
// several values for the one thing it takes: "the weather in Paris and Rome".
func callsOf(f *gemini.FunctionDeclaration, text string) []functionCall {
	params := parameters(f)
	if params.kind() == 0 {
		return []functionCall{{Name: f.Name, Args: raw.Value("{}")}}
	}
	one := func(text string) functionCall {
		filler := &filler{root: params, clues: look(text), sparse: true}
		args := filler.fill(nil, params, place{owner: f.Name})
		if len(args) == 0 || args[0] != '{' {
			args = []byte("{}")
		}
		return functionCall{Name: f.Name, Args: args}
	}
	c := look(text)
	several, rest := severalOf(params, c)
	if len(several) < 2 {
		return []functionCall{one(text)}
	}
	var out []functionCall
	for _, s := range several {
		// The same message with the other values taken out.
		t := text
		for _, other := range rest {
			if other != s {
				t = strings.Replace(t, other, "", 1)
			}
		}
		out = append(out, one(t))
	}
	return out
}

// severalOf returns the values of a list in the text for the only required
// property that such values fit, and the same again to take out.
func severalOf(params node, c *clues) (values, all []string) {
	used := map[topic]int{}
	var only topic
	name := ""
	for _, n := range params.get("required").texts() {
		p := params.get("properties").get(n)
		t := topicOf(n, p.get("description").text(), "", nil)
		if t != topicPlace && t != topicPerson && t != topicEmail {
			continue
		}
		switch strings.ToLower(p.get("type").text()) {
		case "array": // one call takes them all
			return nil, nil
		case "string":
			used[t]++
			only, name = t, n
		}
	}
	if len(used) != 1 || used[only] != 1 {
		return nil, nil
	}
	if only == topicEmail {
		return c.emails, c.emails
	}
	candidates := c.all(only, name)
	for _, m := range c.names {
		if !slices.Contains(candidates, m.name) {
			continue
		}
		if len(values) > 0 && !m.listed {
			break
		}
		values = append(values, m.name)
	}
	return values, values
}

// Package routing says which targets a name leads to, and in which order they
// are tried. It is pure: chance is an argument.
package routing

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Target is a model, and where it is asked.
type Target struct {
	// Model is a model of the site: of one that speaks OpenAI's protocol, by
	// the name the configuration gives it; of Gemini, in any spelling the
	// catalog knows.
	Model string `json:"model"`
	// Site is where the model is; "" stands for the only site that has it.
	Site string `json:"site,omitzero"`
	// Weight is the target's share of the requests. None: the targets are
	// tried in their order.
	Weight int `json:"weight,omitzero"`
}

// Table holds the targets of each route, by the name clients ask for.
type Table map[string][]Target

// maxWeight bounds weights, so that sums are safe.
const maxWeight = 1_000_000

// Plan returns the targets of a route in the order to try them, nil where
// there is no such route. Without weights it is the order of the table. With
// them the first is drawn by random, a number in [0, 1), and the others follow
// in their order.
func (t Table) Plan(name string, random float64) []Target {
	targets := t[name]
	sum := 0
	for _, x := range targets {
		sum += x.Weight
	}
	if sum == 0 {
		return targets
	}
	at := int(random * float64(sum))
	first := 0
	for at >= targets[first].Weight {
		at -= targets[first].Weight
		first++
	}
	return slices.Concat(targets[first:first+1], targets[:first], targets[first+1:])
}

// Validate reports every route that cannot work. known says what is wrong with
// the model or the site of a target, nil for nothing.
func (t Table) Validate(known func(Target) error) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(t)) {
		if err := t.check(name, known); err != nil {
			errs = append(errs, fmt.Errorf("route %q %w", name, err))
		}
	}
	return errors.Join(errs...)
}

func (t Table) check(name string, known func(Target) error) error {
	targets := t[name]
	if name == "" || len(targets) == 0 {
		return errors.New("needs a name and a list of targets")
	}
	weighted := 0
	for i, x := range targets {
		if x.Weight < 0 || x.Weight > maxWeight {
			return fmt.Errorf("gives %q the weight %d: weights are between 1 and %d", x.Model, x.Weight, maxWeight)
		}
		if x.Weight > 0 {
			weighted++
		}
		if j := slices.IndexFunc(targets[:i], func(y Target) bool { return y.Model == x.Model && y.Site == x.Site }); j >= 0 {
			return fmt.Errorf("leads to %q twice", x.Model)
		}
		err := known(x)
		if _, route := t[x.Model]; err != nil && route && x.Site == "" {
			err = fmt.Errorf("leads to %q, which is a route itself: targets are models", x.Model)
		}
		if err != nil {
			return err
		}
	}
	if weighted > 0 && weighted < len(targets) {
		return errors.New("gives weights to some targets only: all have one, or none and they are tried in their order")
	}
	return nil
}

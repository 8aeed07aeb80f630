package routing_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gemway/gemway/internal/routing"
	"github.com/google/go-cmp/cmp"
)

func models(targets []routing.Target) []string {
	var names []string
	for _, t := range targets {
		names = append(names, t.Model)
	}
	return names
}

func TestTargetsWithoutWeightsKeepTheirOrder(t *testing.T) {
	table := routing.Table{"r": {{Model: "a"}, {Model: "b"}, {Model: "c"}}}
	for _, random := range []float64{0, .5, .999} {
		if diff := cmp.Diff([]string{"a", "b", "c"}, models(table.Plan("r", random))); diff != "" {
			t.Errorf("random %v: %s", random, diff)
		}
	}
	if got := table.Plan("a", 0); got != nil {
		t.Errorf("a name without a route leads to %v", got)
	}
}

// With weights 1, 3 and 4 the first eighth of all numbers leads to a, the next
// three to b; the others follow in their order.
func TestWeightsShareTheRequests(t *testing.T) {
	table := routing.Table{"r": {{Model: "a", Weight: 1}, {Model: "b", Weight: 3}, {Model: "c", Weight: 4}}}
	for _, tt := range []struct {
		random float64
		want   []string
	}{
		{0, []string{"a", "b", "c"}},
		{.1249, []string{"a", "b", "c"}},
		{.125, []string{"b", "a", "c"}},
		{.4999, []string{"b", "a", "c"}},
		{.5, []string{"c", "a", "b"}},
		{.9999, []string{"c", "a", "b"}},
	} {
		if diff := cmp.Diff(tt.want, models(table.Plan("r", tt.random))); diff != "" {
			t.Errorf("random %v: %s", tt.random, diff)
		}
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, models(table["r"])); diff != "" {
		t.Errorf("the table itself changed: %s", diff)
	}
}

func TestRoutesThatCannotWorkAreRefused(t *testing.T) {
	known := func(x routing.Target) error {
		if x.Model == "a" || x.Model == "b" || x.Model == "self" {
			return nil
		}
		return errors.New("unknown model " + x.Model)
	}
	for name, tt := range map[string]struct {
		table routing.Table
		want  string // part of the message, "" for none
	}{
		"order":             {routing.Table{"r": {{Model: "a"}, {Model: "b"}}}, ""},
		"weights":           {routing.Table{"r": {{Model: "a", Weight: 1}, {Model: "b", Weight: 9}}}, ""},
		"a model's name":    {routing.Table{"self": {{Model: "self"}, {Model: "b"}}}, ""},
		"no targets":        {routing.Table{"r": nil}, "needs a name and a list of targets"},
		"no name":           {routing.Table{"": {{Model: "a"}}}, "needs a name"},
		"negative weight":   {routing.Table{"r": {{Model: "a", Weight: -1}}}, "between 1 and"},
		"endless weight":    {routing.Table{"r": {{Model: "a", Weight: 1 << 40}}}, "between 1 and"},
		"some weights only": {routing.Table{"r": {{Model: "a", Weight: 1}, {Model: "b"}}}, "some targets only"},
		"twice":             {routing.Table{"r": {{Model: "a"}, {Model: "a"}}}, "twice"},
		"unknown model":     {routing.Table{"r": {{Model: "x"}}}, "unknown model x"},
		"another route":     {routing.Table{"r": {{Model: "s"}}, "s": {{Model: "a"}}}, `route "r" leads to "s", which is a route itself`},
		"a circle":          {routing.Table{"r": {{Model: "s"}}, "s": {{Model: "r"}}}, "is a route itself"},
		"itself":            {routing.Table{"r": {{Model: "r"}}}, "is a route itself"},
	} {
		err := tt.table.Validate(known)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
}

package metrics

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

// lived returns metrics of which every one has been counted at least once.
func lived() *Metrics {
	m := New("1", []string{"/chat/completions"})
	m.Began()
	m.Ended(&Request{Endpoint: "/chat/completions", Status: 200, Took: time.Second, Asked: true, Model: "m", Prompt: 1, FirstToken: time.Second})
	m.Attempt("gemini", 200, "", time.Second)
	m.StreamBreak("gemini", "broken")
	m.KeyChange("gemini", "cooling")
	m.Keys(func() map[string]int { return map[string]int{"ready": 1} })
	m.Reload(nil)
	m.Reload(errors.New("no"))
	m.Refused("per_ip")
	m.LogLost(func() int64 { return 0 })
	m.SpansDropped(func() int64 { return 0 })
	return m
}

var (
	sample = regexp.MustCompile(`(?m)^([a-z_]+)(?:\{([^}]*)\})? `)
	label  = regexp.MustCompile(`([a-z_]+)="`)
)

// samples returns the labels of everything that /metrics serves, by name.
func samples(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, s := range sample.FindAllStringSubmatch(text(t, lived()), -1) {
		for _, l := range label.FindAllStringSubmatch(s[2], -1) {
			if !slices.Contains(all[s[1]], l[1]) {
				all[s[1]] = append(all[s[1]], l[1])
			}
		}
		if all[s[1]] == nil {
			all[s[1]] = []string{}
		}
	}
	return all
}

// Whatever the dashboard asks for is served: each name, and each label of it.
func TestDashboardAsksForWhatIsServed(t *testing.T) {
	b, err := os.ReadFile("../../deploy/grafana/gemway.json")
	if err != nil {
		t.Fatal(err)
	}
	var dash struct {
		Panels []struct {
			Title   string `json:"title"`
			Targets []struct {
				Expr string `json:"expr"`
			} `json:"targets"`
		} `json:"panels"`
		Templating struct {
			List []struct {
				Query string `json:"query"`
			} `json:"list"`
		} `json:"templating"`
	}
	if err := json.Unmarshal(b, &dash); err != nil {
		t.Fatal(err)
	}
	served := samples(t)
	name := regexp.MustCompile(`\b(?:gemway|go|process)_[a-z_]+`)
	by := regexp.MustCompile(`by \(([^)]*)\)`)
	selected := regexp.MustCompile(`\b([a-z_]+)(?:=~|!~|!=|=)"`)
	seen := map[string]bool{}
	check := func(title, expr string) {
		names := name.FindAllString(expr, -1)
		if len(names) == 0 {
			t.Errorf("%s asks for nothing: %s", title, expr)
		}
		var labels []string
		for _, n := range names {
			seen[n] = true
			if served[n] == nil {
				t.Errorf("%s: %s is not served", title, n)
			}
			labels = append(labels, served[n]...)
		}
		var asked []string
		for _, m := range by.FindAllStringSubmatch(expr, -1) {
			asked = append(asked, strings.Split(m[1], ", ")...)
		}
		for _, m := range selected.FindAllStringSubmatch(expr, -1) {
			asked = append(asked, m[1])
		}
		for _, l := range asked {
			if l != "instance" && !slices.Contains(labels, l) { // Prometheus itself adds that one
				t.Errorf("%s: none of %v has the label %s", title, names, l)
			}
		}
	}
	for _, p := range dash.Panels {
		for _, target := range p.Targets {
			check(p.Title, target.Expr)
		}
	}
	for _, v := range dash.Templating.List[1:] { // the first is the data source
		check("variable", v.Query)
	}
	if len(seen) < 20 {
		t.Errorf("it asks for %d metrics only", len(seen))
	}
}

// The page on observability lists every metric with its labels, and no others.
func TestMetricsAreDocumented(t *testing.T) {
	b, err := os.ReadFile("../../docs/observability.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(gemway_[a-z_]+)` \\|([^|]*)\\|").FindAllStringSubmatch(string(b), -1) {
		documented[row[1]] = strings.ReplaceAll(strings.TrimSpace(row[2]), "`", "")
	}
	served := map[string]string{}
	for name, labels := range samples(t) {
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			if base, ok := strings.CutSuffix(name, suffix); ok {
				name = base
			}
		}
		labels = slices.DeleteFunc(slices.Clone(labels), func(l string) bool { return l == "le" })
		slices.Sort(labels)
		if strings.HasPrefix(name, space+"_") {
			served[name] = strings.Join(labels, ", ")
		}
	}
	for name, labels := range served {
		if got, ok := documented[name]; !ok || got != labels {
			t.Errorf("%s has the labels %q, the page says %q (listed: %v)", name, labels, got, ok)
		}
	}
	for name := range documented {
		if _, ok := served[name]; !ok {
			t.Errorf("the page lists %s, which is not served", name)
		}
	}
}

package server

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/gemway/gemway/openai"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the table of docs/security.md anew")

// The table of the page says what the code does.
func TestSecurityPage(t *testing.T) {
	const page = "../../docs/security.md"
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), "<!-- begin body limits -->\n")
	got, after, found := strings.Cut(rest, "<!-- end body limits -->\n")
	if !ok || !found {
		t.Fatal("the page lacks the marks of the table")
	}
	want := bodyTable()
	if *update {
		if err := os.WriteFile(page, []byte(before+"<!-- begin body limits -->\n"+want+"<!-- end body limits -->\n"+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the table is out of date; go test ./internal/server -run SecurityPage -update writes it:\n%s", diff)
	}
}

// itemBytes is the size of a body that allows one item more.
func itemBytes() int {
	size := 1
	for openai.MaxItems(size) == openai.MaxItems(0) {
		size++
	}
	return size
}

func bodyTable() string {
	c := Default()
	var out strings.Builder
	out.WriteString("| what | at most | beyond |\n|---|---|---|\n")
	for _, r := range [][3]string{
		{"bytes of a body (`server.max_body`)", fmt.Sprintf("%d MiB", c.MaxBody>>20), "413 `request_too_large`"},
		{"objects and arrays inside each other", fmt.Sprint(shape.Depth), "400 `too_deep`"},
		{"names and values of a document", fmt.Sprint(shape.Values), "400 `too_many_values`"},
		{"messages, parts, calls and other items", fmt.Sprintf("%d, and one more for every %d bytes", openai.MaxItems(0), itemBytes()), "400 `too_many_items`"},
		{"bytes of a name", fmt.Sprintf("%d KiB", shape.Name>>10), "400 `key_too_long`"},
		{"characters of a number", fmt.Sprint(shape.Number), "400 `number_too_long`"},
		{"`n` (`server.max_n`)", fmt.Sprint(c.MaxN), "400 `invalid_value`"},
	} {
		fmt.Fprintf(&out, "| %s | %s | %s |\n", r[0], r[1], r[2])
	}
	return out.String()
}

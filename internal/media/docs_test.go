package media

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gemway/gemway/internal/mime"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the tables of docs/security.md anew")

const page = "../../docs/security.md"

// The tables of the page say what the code does.
func TestSecurityPage(t *testing.T) {
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for name, table := range map[string]string{"media limits": limitsTable(), "media types": typesTable()} {
		begin, end := "<!-- begin "+name+" -->\n", "<!-- end "+name+" -->\n"
		before, rest, ok := strings.Cut(text, begin)
		got, after, found := strings.Cut(rest, end)
		if !ok || !found {
			t.Fatalf("%s lacks the marks of the table %q", page, name)
		}
		text = before + begin + table + end + after
		if diff := cmp.Diff(table, got); diff != "" && !*update {
			t.Errorf("the table %q is out of date; go test ./internal/media -run SecurityPage -update writes it:\n%s", name, diff)
		}
	}
	if *update {
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func limitsTable() string {
	c := Default()
	var ports []string
	for _, p := range c.Ports {
		ports = append(ports, strconv.Itoa(int(p)))
	}
	size := func(n int) string { return fmt.Sprintf("%d MiB", n>>20) }
	span := func(d time.Duration) string { return fmt.Sprintf("%d s", d/time.Second) }
	var out strings.Builder
	out.WriteString("| setting | default | what happens beyond |\n|---|---|---|\n")
	for _, r := range [][3]string{
		{"mode", c.Mode, "400 `" + mime.CodeNotAllowed + "`"},
		{"ports", strings.Join(ports, ", "), "400 `" + mime.CodeNotAllowed + "`"},
		{"max_urls", strconv.Itoa(c.MaxURLs) + " different ones per request", "400 `" + mime.CodeTooMany + "`"},
		{"max_bytes", size(c.MaxBytes) + " per file", "400 `" + mime.CodeTooLarge + "`"},
		{"max_request_bytes", size(c.MaxRequestBytes) + " per request", "400 `" + mime.CodeTooLarge + "`"},
		{"max_memory", size(c.MaxMemory) + " for all requests, as base64", "429 `" + mime.CodeBusy + "`"},
		{"max_redirects", strconv.Itoa(c.MaxRedirects), "400 `" + mime.CodeNotAllowed + "`"},
		{"timeout", span(c.Timeout) + " per file", "400 `" + mime.CodeTimeout + "`"},
		{"concurrent", strconv.Itoa(c.Concurrent) + " fetches", "waits"},
		{"per_host", strconv.Itoa(c.PerHost) + " fetches", "waits"},
		{"max_wait", span(c.MaxWait), "429 `" + mime.CodeBusy + "`"},
	} {
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", r[0], r[1], r[2])
	}
	return out.String()
}

func typesTable() string {
	var out strings.Builder
	out.WriteString("| type | also kept | replaced | Gemini |\n|---|---|---|---|\n")
	for _, f := range mime.Formats() {
		support := string(f.Support)
		if f.Source != "" {
			support = "[" + support + "](" + f.Source + ")"
		}
		fmt.Fprintf(&out, "| %s | %s | %s | %s |\n", f.MIME, strings.Join(f.Keep, ", "), strings.Join(f.Aliases, ", "), support)
	}
	return out.String()
}

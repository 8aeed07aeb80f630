package catalog

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
)

func TestTable(t *testing.T) {
	c := load(t, Options{Aliases: map[string]string{"fast": "gemini-3.5-flash-lite"}})
	table := func(day string) map[string][]string {
		var b bytes.Buffer
		now, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Table(&b, now); err != nil {
			t.Fatal(err)
		}
		rows := map[string][]string{}
		for line := range strings.Lines(b.String()) {
			var cells []string
			for cell := range strings.SplitSeq(line, "  ") {
				if cell = strings.TrimSpace(cell); cell != "" {
					cells = append(cells, cell)
				}
			}
			rows[cells[0]] = cells[1:]
		}
		return rows
	}
	rows := table("2026-11-22")
	for id, want := range map[string][]string{
		"MODEL":                    {"STATE", "IN", "OUT", "TOKENS IN/OUT", "THINKING", "USD PER 1M IN/CACHED/OUT"},
		"gemini-3.8-flash":         {"stable", "text,image,audio,video,pdf", "text", "1M/64K", "low medium high (medium)", "0.75/0.075/3.75"},
		"gemini-2.5-flash-lite":    {"stable", "text,image,audio,video,pdf", "text", "1M/64K", "0 or 512-24576 (off)", "0.1/0.01/0.4, audio in 0.3"},
		"gemini-2.5-pro":           {"stable until 2026-12-01 (?)", "text,image,audio,video,pdf", "text", "1M/64K", "128-32768 (dynamic)", "1.25/0.125/10"},
		"gemini-3.1-flash-lite":    {"stable until 2027-05-07", "text,image,audio,video,pdf", "text", "1M/64K", "minimal low medium high (minimal)", "0.25/0.025/1.5, audio in 0.5"},
		"gemini-2.0-flash":         {"retired, now gemini-3.1-flash-lite", "text,image,audio,video,pdf", "text", "1M/8K", "-", "-"},
		"imagen-4.0-generate-001":  {"retired, now gemini-3.1-flash-image", "text", "image", "480/8K", "-", "-"},
		"veo-3.1-generate-preview": {"preview", "text,image,video", "video", "480/8K", "-", "0.4 a second"},
		"gemini-embedding-001":     {"stable", "text", "embedding", "2K/1", "-", "0.15/-/-"},
		"fast":                     {"alias of gemini-3.5-flash-lite"},
	} {
		if diff := cmp.Diff(want, rows[id]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
	if len(rows) != len(c.List())+2 {
		t.Errorf("%d lines for %d models", len(rows), len(c.List()))
	}
	if got := table("2027-01-01")["gemini-3.8-flash"]; got[len(got)-1] != "1.5/0.15/7.5" {
		t.Errorf("the price of 2027 is %q", got)
	}
	if err := c.Table(full{}, time.Time{}); !errors.Is(err, errFull) {
		t.Errorf("a writer that fails: %v", err)
	}
}

func TestJSON(t *testing.T) {
	c := load(t, Options{})
	var b bytes.Buffer
	if err := c.JSON(&b); err != nil {
		t.Fatal(err)
	}
	var rows []map[string]any
	if err := json.Unmarshal(b.Bytes(), &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(c.List()) {
		t.Fatalf("%d rows for %d models", len(rows), len(c.List()))
	}
	want := map[string]any{
		"id": "gemini-3.1-flash-lite-image", "family": "image-3", "created": 1782777600.0, "released": "2026-06-30",
		"display_name": "Nano Banana 2 Lite", "signatures_enforced": true,
	}
	for _, r := range rows {
		if r["id"] != want["id"] {
			continue
		}
		for field, v := range want {
			if r[field] != v {
				t.Errorf("%s: got %v, want %v", field, r[field], v)
			}
		}
		return
	}
	t.Errorf("%s is not among the rows", want["id"])
}

var errFull = errors.New("full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

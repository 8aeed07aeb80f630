package replay_test

import (
	"bufio"
	"os"
	"strings"
	"testing"
)

// exceptions are the cases known not to hold, with the reason; see
// exceptions.txt for the form.
type exceptions struct {
	reasons map[string]string
	seen    map[string]bool
}

func loadExceptions(t testing.TB) *exceptions {
	t.Helper()
	f, err := os.Open("exceptions.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	x := &exceptions{map[string]string{}, map[string]bool{}}
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.SplitN(line, " | ", 3)
		if len(fields) != 3 || strings.TrimSpace(fields[2]) == "" {
			t.Fatalf("exceptions.txt:%d: want ID | side | reason", n)
		}
		key := strings.TrimSpace(fields[0]) + " " + strings.TrimSpace(fields[1])
		if _, twice := x.reasons[key]; twice {
			t.Fatalf("exceptions.txt:%d: %s stands there twice", n, key)
		}
		x.reasons[key] = strings.TrimSpace(fields[2])
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return x
}

// judge reports a case: a problem that is not listed fails, and so does an entry
// without a problem. It says whether the case holds.
func (x *exceptions) judge(t testing.TB, id, side string, problems []string) bool {
	t.Helper()
	key := id + " " + side
	_, listed := x.reasons[key]
	x.seen[key] = true
	switch {
	case len(problems) == 0 && listed:
		t.Errorf("%s: the %s holds now: take it off exceptions.txt", id, side)
	case len(problems) > 0 && !listed:
		t.Errorf("%s: %s:\n\t%s", id, side, strings.Join(problems, "\n\t"))
	}
	return len(problems) == 0
}

// stale fails for entries of a side that name no case at all.
func (x *exceptions) stale(t testing.TB, side string) {
	t.Helper()
	for key := range x.reasons {
		if strings.HasSuffix(key, " "+side) && !x.seen[key] {
			t.Errorf("exceptions.txt: there is no case %s", key)
		}
	}
}

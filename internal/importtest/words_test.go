package importtest

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// A word is something no file of the project may hold. The patterns are put
// together from pieces so that this file does not hold them either.
type word struct {
	pattern *regexp.Regexp
	why     string
	except  []string // names of files
}

var words = []word{
	{regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b`), "promises belong into an issue", nil},
	{regexp.MustCompile(`registry\.` + `npmjs\.org|pypi\.` + `org|files\.python` + `hosted\.org|proxy\.` + `golang\.org|sum\.` + `golang\.org`), "registries are the choice of whoever builds", nil},
	{regexp.MustCompile(`(^|[\s"'=(])/(wo` + `rk|ro` + `ot|ho` + `me)/\w`), "a path of one machine", nil},
}

// texts are the endings of the files that are looked into, beside files
// without an ending.
var texts = []string{
	"", ".go", ".mod", ".md", ".py", ".mjs", ".js", ".json", ".sh", ".txt", ".yml", ".yaml", ".toml",
	".html", ".css", ".txtar", ".cfg", ".ini",
}

// forbidden reports files that hold what no file may hold.
func forbidden(fsys fs.FS) ([]string, error) {
	var bad []string
	err := walk(fsys, func(name string) error {
		if !slices.Contains(texts, path.Ext(name)) || strings.Contains(name, "testdata/fuzz/") {
			return nil
		}
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		for _, w := range words {
			if slices.Contains(w.except, name) {
				continue
			}
			if at := w.pattern.FindIndex(b); at != nil {
				line := 1 + bytes.Count(b[:at[1]], []byte("\n"))
				bad = append(bad, fmt.Sprintf("%s:%d: %q: %s", name, line, bytes.TrimSpace(b[at[0]:at[1]]), w.why))
			}
		}
		return nil
	})
	return bad, err
}

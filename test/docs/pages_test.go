package docs

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

const root = "../.."

// A page is a Markdown file without the contents of its fenced blocks.
type page struct {
	text    string
	anchors map[string]bool
}

var (
	fence   = regexp.MustCompile("(?m)^ *```")
	heading = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *#*$`)
	named   = regexp.MustCompile(`<a (?:id|name)="([^"]+)"`)
	code    = regexp.MustCompile("`[^`\n]*`")
	link    = regexp.MustCompile(`\]\(<?([^()<>\s]+)>?(?: "[^"]*")?\)`)
	inlined = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
)

// pages reads every Markdown file of the repository, by its path in it.
func pages(t *testing.T) map[string]page {
	t.Helper()
	all := map[string]page{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != root) {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".md" {
			return nil
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		b, err := os.ReadFile(path)
		all[filepath.ToSlash(name)] = parse(string(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func parse(text string) page {
	var prose strings.Builder
	for i, part := range fence.Split(text, -1) {
		if i%2 == 0 {
			prose.WriteString(part)
		}
	}
	p := page{text: prose.String(), anchors: map[string]bool{}}
	for _, m := range heading.FindAllStringSubmatch(p.text, -1) {
		a := anchor(m[1])
		for n := 1; p.anchors[a]; n++ {
			a = fmt.Sprintf("%s-%d", anchor(m[1]), n)
		}
		p.anchors[a] = true
	}
	for _, m := range named.FindAllStringSubmatch(p.text, -1) {
		p.anchors[m[1]] = true
	}
	return p
}

// anchor makes of a heading what GitHub makes of it.
func anchor(heading string) string {
	heading = inlined.ReplaceAllString(heading, "$1")
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
}

// broken says what is wrong with a link of a page, "" when nothing is.
func broken(all map[string]page, from, target string) string {
	u, err := url.Parse(target)
	if err != nil {
		return err.Error()
	}
	if u.Scheme != "" || u.Host != "" {
		return "" // other sites are not asked
	}
	file := from
	if u.Path != "" {
		file = filepath.ToSlash(filepath.Join(filepath.Dir(from), u.Path))
		if strings.HasPrefix(file, "..") {
			return "leads out of the repository"
		}
		if _, err := os.Stat(filepath.Join(root, file)); err != nil {
			return "no such file"
		}
	}
	if u.Fragment != "" && strings.HasSuffix(file, ".md") && !all[file].anchors[u.Fragment] {
		return "no such heading"
	}
	return ""
}

// TestLinks follows the relative links and anchors of all pages.
func TestLinks(t *testing.T) {
	all := pages(t)
	seen := 0
	for name, p := range all {
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(p.text, "``"), -1) {
			seen++
			if fault := broken(all, name, m[1]); fault != "" {
				t.Errorf("%s: %s: %s", name, m[1], fault)
			}
		}
	}
	if len(all) < 10 || seen < 50 {
		t.Errorf("found %d links on %d pages: the test does not see them", seen, len(all))
	}
}

// TestContents holds pages of more than a screenful to a table of contents: links
// to all their sections, before the first.
func TestContents(t *testing.T) {
	const screenful = 60
	section := regexp.MustCompile(`(?m)^## +(.+?) *$`)
	for name := range pages(t) {
		if !strings.HasPrefix(name, "docs/") {
			continue
		}
		b, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		sections := section.FindAllStringSubmatchIndex(text, -1)
		if strings.Count(text, "\n") <= screenful || len(sections) == 0 {
			continue // a page of one list needs none
		}
		for _, m := range sections {
			if a := anchor(text[m[2]:m[3]]); !strings.Contains(text[:sections[0][0]], "](#"+a+")") {
				t.Errorf("%s: no contents at its top name %q", name, text[m[2]:m[3]])
			}
		}
	}
}

// TestBroken shows that a dead link is found.
func TestBroken(t *testing.T) {
	all := map[string]page{"docs/errors.md": parse("# Errors, and `codes`\n\n```\n# no heading\n```\n\n## Twice\n\n## Twice\n")}
	for target, want := range map[string]string{
		"#errors-and-codes":       "",
		"#twice":                  "",
		"#twice-1":                "",
		"#no-heading":             "no such heading",
		"errors.md#twice":         "",
		"errors.md#thrice":        "no such heading",
		"absent.md":               "no such file",
		"../README.md":            "",
		"../../README.md":         "leads out of the repository",
		"https://example.com/x#y": "",
	} {
		if got := broken(all, "docs/errors.md", target); got != want {
			t.Errorf("%s: %q, want %q", target, got, want)
		}
	}
}

package emulator

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// recordedSchemas returns the JSON Schemas of recorded requests, if there are
// recordings beside the repository; TestReplay sees to their being there.
func recordedSchemas(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("../../../shared/corpus/*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	var out []string
	var collect func(n node)
	collect = func(n node) {
		for _, m := range n.members {
			switch m.name {
			case "parametersJsonSchema", "parameters_json_schema", "responseJsonSchema", "response_json_schema":
				if s := m.node.String(); m.node.kind() == '{' && !seen[s] {
					seen[s] = true
					out = append(out, s)
				}
			default:
				collect(m.node)
			}
		}
		for _, i := range n.items {
			collect(i)
		}
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte("chema")) {
			collect(parse(b).get("upstream").get("request"))
		}
	}
	return out
}

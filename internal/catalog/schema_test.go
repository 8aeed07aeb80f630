package catalog

import (
	"bytes"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:generate go test . -run=^(TestSchemaFile|TestModelsPage) -update

var update = flag.Bool("update", false, "write the generated files anew")

// generated compares a file with what it should hold, or writes it.
func generated(t *testing.T, name string, want []byte) {
	t.Helper()
	name = filepath.Join(root(t), filepath.FromSlash(name))
	if *update {
		if err := os.WriteFile(name, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is out of date, run go generate ./internal/catalog (-want +got):\n%s", name, diff)
	}
}

// schema is the part of JSON Schema that the files need, in the order in
// which it is written.
type schema struct {
	Schema      string         `json:"$schema,omitempty"`
	Ref         string         `json:"$ref,omitempty"`
	Title       string         `json:"title,omitempty"`
	Description string         `json:"description,omitempty"`
	Type        string         `json:"type,omitempty"`
	Enum        []string       `json:"enum,omitempty"`
	Pattern     string         `json:"pattern,omitempty"`
	Minimum     *float64       `json:"minimum,omitempty"`
	Items       *schema        `json:"items,omitempty"`
	Object      jsontext.Value `json:"properties,omitempty"`
	Required    []string       `json:"required,omitempty"`
	Others      any            `json:"additionalProperties,omitempty"` // false, or their schema
	Defs        jsontext.Value `json:"$defs,omitempty"`
}

type property struct {
	name   string
	schema schema
}

// object writes properties in their order.
func object(t *testing.T, props []property) jsontext.Value {
	t.Helper()
	var b bytes.Buffer
	e := jsontext.NewEncoder(&b)
	write := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	write(e.WriteToken(jsontext.BeginObject))
	for _, p := range props {
		write(e.WriteToken(jsontext.String(p.name)))
		write(json.MarshalEncode(e, p.schema))
	}
	write(e.WriteToken(jsontext.EndObject))
	return jsontext.Value(bytes.TrimSpace(b.Bytes()))
}

// enums are the values that the lists and words of a row may have.
var enums = map[string][]string{
	"stage": stages, "methods": methods, "input": modalities, "output": outputs,
	"thinking.control": {"", "budget", "level"}, "thinking.levels": levels,
	"image.method": {"", "generateContent", "predict"}, "image.sizes": imageSizes,
}

// fieldSchema describes a Go type. path is where it stands in a row, docs are
// the comments of the fields by type and name.
func fieldSchema(t *testing.T, typ reflect.Type, path string, docs map[string]string) schema {
	t.Helper()
	switch typ {
	case reflect.TypeFor[Date]():
		return schema{Type: "string", Pattern: `^([0-9]{4}-[0-9]{2}-[0-9]{2})?$`}
	case reflect.TypeFor[jsontext.Value]():
		return schema{Ref: "#/$defs/vertex"}
	}
	switch typ.Kind() {
	case reflect.String:
		return schema{Type: "string", Enum: enums[path]}
	case reflect.Bool:
		return schema{Type: "boolean"}
	case reflect.Int, reflect.Int64:
		return schema{Type: "integer", Minimum: new(float64(0))}
	case reflect.Float64:
		return schema{Type: "number", Minimum: new(float64(0))}
	case reflect.Slice:
		items := fieldSchema(t, typ.Elem(), path, docs)
		return schema{Type: "array", Items: &items}
	case reflect.Map:
		return schema{Type: "object", Others: fieldSchema(t, typ.Elem(), path+".", docs)}
	case reflect.Struct:
		return schema{Type: "object", Object: object(t, fieldSchemas(t, typ, path+".", docs)), Others: false}
	default:
		t.Fatalf("%s: no schema for %s", path, typ)
		return schema{}
	}
}

func fieldSchemas(t *testing.T, typ reflect.Type, prefix string, docs map[string]string) []property {
	t.Helper()
	var out []property
	for i := range typ.NumField() {
		f := typ.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous:
			out = append(out, fieldSchemas(t, f.Type, prefix, docs)...)
		case name != "-":
			s := fieldSchema(t, f.Type, prefix+name, docs)
			s.Description = docs[typ.Name()+"."+f.Name]
			out = append(out, property{name, s})
		}
	}
	return out
}

// comments reads what the Go files say of the fields of their types.
func comments(t *testing.T, files ...string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root(t), filepath.FromSlash(name)), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if st, ok := spec.Type.(*ast.StructType); ok {
				for _, field := range st.Fields.List {
					text := strings.TrimSpace(field.Doc.Text())
					if text == "" {
						text = strings.TrimSpace(field.Comment.Text())
					}
					for _, id := range field.Names {
						out[spec.Name.Name+"."+id.Name] = strings.Join(strings.Fields(text), " ")
					}
				}
			}
			return true
		})
	}
	return out
}

// fileSchema describes the form of catalog.json from the Go types it is read
// into.
func fileSchema(t *testing.T) []byte {
	t.Helper()
	docs := comments(t, "internal/catalog/row.go", "internal/catalog/load.go", "translate/model.go")
	row := fieldSchemas(t, reflect.TypeFor[Row](), "", docs)
	var vertex []property
	for _, p := range row {
		if p.name != "id" && p.name != "like" && p.name != "vertex" {
			vertex = append(vertex, p)
		}
	}
	closed := func(props []property, required ...string) schema {
		return schema{Type: "object", Object: object(t, props), Required: required, Others: false}
	}
	list := func(ref string) *schema { return &schema{Ref: "#/$defs/" + ref} }
	top := []property{
		{"$schema", schema{Type: "string"}},
		{"checked", schema{Type: "string", Pattern: `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`}},
		{"prefixes", schema{Type: "array", Items: &schema{Type: "string"}}},
		{"families", schema{Type: "array", Items: list("row")}},
		{"models", schema{Type: "array", Items: list("row")}},
		{"patterns", schema{Type: "array", Items: list("pattern")}},
		{"openai_aliases", schema{Type: "array", Items: list("alias")}},
	}
	for i, f := range reflect.VisibleFields(reflect.TypeFor[file]()) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != top[i].name {
			t.Fatalf("the file has a field %s, the schema %s in its place", name, top[i].name)
		}
		top[i].schema.Description = docs["file."+f.Name]
	}
	s := closed(top)
	s.Schema = "https://json-schema.org/draft/2020-12/schema"
	s.Title = "Models that Gemway knows"
	s.Description = "catalog.json and a file of an operator that changes it. A field that is left out keeps what the row is like; lists are replaced, objects merged."
	s.Defs = object(t, []property{
		{"row", closed(row, "id")},
		{"vertex", closed(vertex)},
		{"pattern", closed(fieldSchemas(t, reflect.TypeFor[Pattern](), "pattern.", docs), "match", "like")},
		{"alias", closed(fieldSchemas(t, reflect.TypeFor[Alias](), "alias.", docs), "match", "model")},
	})
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	v := jsontext.Value(b)
	if err := v.Indent(jsontext.WithIndent("  ")); err != nil {
		t.Fatal(err)
	}
	return append(v, '\n')
}

func TestSchemaFile(t *testing.T) { generated(t, "internal/catalog/schema.json", fileSchema(t)) }

// TestSchema checks that the schema takes the shipped file, refuses what is
// wrong in form, and knows every field.
func TestSchema(t *testing.T) {
	parse := func(b []byte) any {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	text, err := os.ReadFile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("schema.json", parse(text)); err != nil {
		t.Fatal(err)
	}
	s, err := compiler.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(parse(shipped)); err != nil {
		t.Errorf("the shipped catalog: %v", err)
	}
	for _, good := range []string{
		`{}`,
		`{"models": [{"id": "gemini-2.5-flash", "retired": "", "thinking": {"max": 30000}, "vertex": {"logprobs": true}}]}`,
		`{"patterns": [{"match": "acme-*", "like": "gemini-3.7"}], "openai_aliases": [{"match": "gpt-9", "model": "gemini-4-argon"}]}`,
	} {
		if err := s.Validate(parse([]byte(good))); err != nil {
			t.Errorf("%s: %v", good, err)
		}
		if _, err := New(Options{Models: []byte(good)}); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		`[]`,
		`{"model": []}`,
		`{"models": [{}]}`,
		`{"models": [{"id": "gemini-2.5-flash", "topk": true}]}`,
		`{"models": [{"id": "gemini-2.5-flash", "thinking": {"level": ["low"]}}]}`,
		`{"models": [{"id": "gemini-2.5-flash", "thinking": {"control": "levels"}}]}`,
		`{"models": [{"id": "gemini-2.5-flash", "stage": "stble"}]}`,
		`{"models": [{"id": "gemini-2.5-flash", "input": ["pdff"]}]}`,
		`{"models": [{"id": "gemini-2.5-flash", "max_candidates": "8"}]}`,
		`{"models": [{"id": "gemini-2.5-flash", "input_tokens": -1}]}`,
		`{"models": [{"id": "gemini-2.5-flash", "released": "2025"}]}`,
		`{"models": [{"id": "gemini-2.5-flash", "prices": [{"inptu": 1}]}]}`,
		`{"models": [{"id": "gemini-2.5-flash", "vertex": {"like": "gemini-3"}}]}`,
		`{"patterns": [{"match": "x"}]}`,
		`{"openai_aliases": [{"match": "x", "like": "gemini-3"}]}`,
	} {
		if s.Validate(parse([]byte(bad))) == nil {
			t.Errorf("the schema takes %s", bad)
		}
		if _, err := New(Options{Models: []byte(bad)}); err == nil {
			t.Errorf("the catalog takes %s", bad)
		}
	}
}

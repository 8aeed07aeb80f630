package translate_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gemway/gemway/internal/emulator"
	"github.com/gemway/gemway/translate"
)

// Every schema of the corpus passes the emulator's rules, as JSON Schema and in
// Google's subset, for the parameters of a function and for the answer.
func TestToolSchemasPassTheEmulator(t *testing.T) {
	rows := newCatalog(t)
	gemini := emulator.New(emulator.Config{Catalog: rows})
	res, ok := rows.Resolve("gemini-3.5-flash")
	if !ok {
		t.Fatal("no model")
	}
	for _, s := range toolSchemas(t) {
		for what, body := range map[string]string{
			"tool":   `"tools":[{"type":"function","function":{"name":"f","parameters":` + string(s.Parameters) + `}}]`,
			"answer": `"response_format":{"type":"json_schema","json_schema":{"name":"r","schema":` + string(s.Parameters) + `}}`,
		} {
			for _, openAPI := range []bool{false, true} {
				chat := chatOf(t, `{"model":"m","messages":[{"role":"user","content":"q"}],`+body+`}`,
					translate.Options{Model: &res.Row.Model, OpenAPISchema: openAPI})
				segments, err := chat.Body()
				if err != nil {
					t.Fatal(err)
				}
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1beta/models/gemini-3.5-flash:generateContent", bytes.NewReader(bytes.Join(segments, nil)))
				r.Header.Set("Content-Type", "application/json")
				w := httptest.NewRecorder()
				if gemini.ServeHTTP(w, r); w.Code != http.StatusOK {
					t.Errorf("%s, %s, OpenAPI %v: %d %s\n%s", s.Name, what, openAPI, w.Code, w.Body, bytes.Join(segments, nil))
				}
			}
		}
	}
}

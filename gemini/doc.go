// Package gemini holds the wire types of Google's native Gemini REST API,
// version v1beta: what goes to and comes from
// models/{model}:generateContent and its sisters.
//
// The types carry what Gemway uses by name; members they do not name survive
// in Extra fields. Texts, base64, schemas and arguments keep their original
// bytes (package raw). The API may change until version 1.
package gemini

// Package openai holds the wire types of OpenAI's REST API as clients send
// and expect them, endpoint by endpoint.
//
// Decoding is lenient in form (unions, nulls, whole numbers written as floats)
// and exact in content: texts, arguments and schemas keep their original bytes
// (package raw). Members a type does not name survive in its Extra field, so
// that nothing a caller sends is lost unseen. The API may change until
// version 1.
package openai

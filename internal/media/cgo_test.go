//go:build cgo

package media

// withCgo says that the C library can resolve names for the tests.
const withCgo = true

// Package importtest holds the tests of the project's own rules: who may
// import whom, which packages may touch the world, how long a file may grow,
// and what must not stand in any file.
//
// The tests parse the files instead of asking the go command, so that the
// test cache notices every change.
package importtest

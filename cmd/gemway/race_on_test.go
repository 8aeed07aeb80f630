//go:build race

package main

// mostMemory is what T120's process may take, in KiB: the race detector keeps
// books about all memory. The bodies alone that are put off would be 264 MiB,
// and several times as much with its books.
const mostMemory = 512 << 10

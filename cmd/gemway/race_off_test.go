//go:build !race

package main

// mostMemory is what T120's process may take, in KiB.
const mostMemory = 160 << 10

//go:build !race

package upstream

// raced is set when the race detector runs, which makes everything slow.
const raced = false

package server_test

import (
	"runtime"
	"strings"
	"testing"
)

// TestGrowth: memory grows with messages, tools, chunks and inputs as they do,
// not faster.
func TestGrowth(t *testing.T) {
	for _, c := range []struct {
		name, path string
		few        int
		body       func(n int) string
		chunks     bool
		vectors    bool
	}{
		{"messages", chatPath, 1000, func(n int) string { return messages(n, ordinary) }, false, false},
		{"parts", chatPath, 1000, func(n int) string { return messages(1, parts(n)) }, false, false},
		{"tools", chatPath, 30, func(n int) string { return strings.TrimSuffix(messages(1, `"q"`), "}") + toolList(n) }, false, false},
		{"chunks", chatPath, 1000, func(int) string { return strings.TrimSuffix(messages(1, `"q"`), "}") + `,"stream":true}` }, true, false},
		{"inputs", embedPath, 25, func(n int) string { return inputsOf(n, "float") }, false, true},
		{"inputs as base64", embedPath, 25, func(n int) string { return inputsOf(n, "base64") }, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			measure := func(n int) (count, size uint64) {
				chunks, vectors := 1, 0
				if c.chunks {
					chunks = n
				}
				if c.vectors {
					vectors = n
				}
				s := loaded(t, eventStream(chunks), vectors)
				body := c.body(n)
				count, size = ^uint64(0), ^uint64(0)
				for range 5 {
					var before, after runtime.MemStats
					runtime.ReadMemStats(&before)
					ask(t, s, c.path, body)
					runtime.ReadMemStats(&after)
					count, size = min(count, after.Mallocs-before.Mallocs), min(size, after.TotalAlloc-before.TotalAlloc)
				}
				return count, size
			}
			few, fewBytes := measure(c.few)
			many, manyBytes := measure(4 * c.few)
			t.Logf("%d: %d allocations of %d bytes, %d: %d of %d", c.few, few, fewBytes, 4*c.few, many, manyBytes)
			// Room that grows by doubling makes the fourfold the eightfold of bytes
			// at worst; what is quadratic makes sixteen of it.
			if many > 5*few || manyBytes > 9*fewBytes {
				t.Errorf("%d allocations of %d bytes for %d, but %d of %d for %d", few, fewBytes, c.few, many, manyBytes, 4*c.few)
			}
		})
	}
}

// BenchmarkCrowd is BenchmarkHandler's chat from many goroutines: its mutex and
// block profiles show what they wait for.
func BenchmarkCrowd(b *testing.B) {
	s := loaded(b, nil, 0)
	body := strings.TrimSuffix(messages(2, ordinary), "}") + `,"temperature":0.7}`
	b.ReportAllocs()
	b.SetParallelism(8)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			ask(b, s, chatPath, body)
		}
	})
}

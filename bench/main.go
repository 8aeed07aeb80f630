// Command bench measures what Gemway costs: its processor time as a multiple of
// a proxy that copies the same answers unchanged, latency added, memory.
//
//	go run ./bench -gemway bin/gemway
//
// It runs a stub upstream, the proxy and Gemway as processes of their own, in
// interleaved rounds on one machine, and checks every answer: a wrong body
// voids the run. Loopback only, bounded in time.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) > 2 {
		switch os.Args[1] {
		case "stub":
			log.Fatal(stub(os.Args[2]))
		case "proxy":
			log.Fatal(proxy(os.Args[2], os.Args[3]))
		}
	}
	gemway := flag.String("gemway", "bin/gemway", "the binary to measure")
	rounds := flag.Int("rounds", 3, "interleaved rounds of each row")
	length := flag.Duration("length", 1500*time.Millisecond, "of one measurement")
	only := flag.String("only", "", "rows whose name contains this")
	flag.Parse()
	if err := run(*gemway, *rounds, *length, *only); err != nil {
		log.Fatal(err)
	}
}

// pinned starts a process on one processor, where the machine can.
func pinned(cpu string, name string, args ...string) *exec.Cmd {
	if taskset, err := exec.LookPath("taskset"); err == nil {
		return exec.Command(taskset, append([]string{"-c", cpu, name}, args...)...) //nolint:gosec // G204: the programs of this benchmark
	}
	return exec.Command(name, args...) //nolint:gosec // G204: the programs of this benchmark
}

func run(gemway string, rounds int, length time.Duration, only string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	const stubAddr, proxyAddr, gemwayAddr = "127.0.0.1:19310", "127.0.0.1:19311", "127.0.0.1:19312"
	var all []*target
	defer func() {
		for _, t := range all {
			t.stop()
		}
	}()
	start := func(name, addr, cpu string, env []string, program string, args ...string) (*target, error) {
		cmd := pinned(cpu, program, args...)
		cmd.Env = append(os.Environ(), env...)
		t, err := startTarget(name, addr, cmd)
		if err == nil {
			all = append(all, t)
		}
		return t, err
	}
	if _, err := start("stub", stubAddr, "1", nil, self, "stub", stubAddr); err != nil {
		return err
	}
	p, err := start("proxy", proxyAddr, "0", nil, self, "proxy", proxyAddr, "http://"+stubAddr)
	if err != nil {
		return err
	}
	g, err := start("gemway", gemwayAddr, "0", []string{"GEMWAY_GEMINI_BASE_URL=http://" + stubAddr, "GEMINI_API_KEY=bench"},
		gemway, "serve", "--listen", gemwayAddr)
	if err != nil {
		return err
	}
	fmt.Printf("idle RSS: proxy %.1f MiB, gemway %.1f MiB\n", p.rss(), g.rss())
	fmt.Printf("start to first 200: proxy %d ms, gemway %d ms\n", p.ready.Milliseconds(), g.ready.Milliseconds())
	if st, err := os.Stat(gemway); err == nil {
		fmt.Printf("binary: %.1f MiB\n", float64(st.Size())/(1<<20))
	}
	fmt.Println("\nprocessor seconds per 1,000 requests, median of the paired rounds (least to most)")
	fmt.Printf("%-22s %10s %10s  %s\n", "row", "proxy", "gemway", "gemway / proxy")
	for _, w := range works() {
		if !strings.Contains(w.name, only) {
			continue
		}
		var ratios, pc, gc []float64
		for range rounds {
			a, err := load(p, w, w.openAI, length)
			if err != nil {
				return err
			}
			b, err := load(g, w, w.openAI, length)
			if err != nil {
				return err
			}
			pc, gc = append(pc, a), append(gc, b)
			ratios = append(ratios, b/a)
		}
		fmt.Printf("%-22s %10.4f %10.4f  %.2f (%.2f to %.2f)\n", w.name, median(pc), median(gc), median(ratios), slices.Min(ratios), slices.Max(ratios))
	}
	if strings.Contains("latency", only) {
		for range rounds {
			d, err := latency(stubAddr)
			if err != nil {
				return err
			}
			a, err := latency(proxyAddr)
			if err != nil {
				return err
			}
			b, err := latency(gemwayAddr)
			if err != nil {
				return err
			}
			fmt.Printf("added at 200/s, p50 and p99 in µs: proxy %d, %d; gemway %d, %d\n",
				(a.p50 - d.p50).Microseconds(), (a.p99 - d.p99).Microseconds(), (b.p50 - d.p50).Microseconds(), (b.p99 - d.p99).Microseconds())
		}
	}
	if strings.Contains("open streams", only) {
		for _, t := range []*target{p, g} {
			per, err := openStreams(t, 500)
			if err != nil {
				return err
			}
			fmt.Printf("memory of one open stream: %s %.0f KiB\n", t.name, per)
		}
	}
	return nil
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

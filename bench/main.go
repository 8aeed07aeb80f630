// Command bench measures what Gemway costs: its processor time as a multiple of
// a proxy that copies the same answers unchanged, latency added, memory.
//
//	go run ./bench -gemway bin/gemway
//
// It runs a stub upstream, the proxy and Gemway as processes of their own, in
// interleaved rounds on one machine, and checks every answer: a wrong body
// voids the run. The proxy and Gemway have one processor, the stub and the load
// another. Loopback only, bounded in time.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
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
	b := &bench{}
	flag.StringVar(&b.gemway, "gemway", "bin/gemway", "the binary to measure")
	flag.IntVar(&b.rounds, "rounds", 9, "interleaved rounds of each row")
	flag.DurationVar(&b.length, "length", 600*time.Millisecond, "of one measurement")
	only := flag.String("only", "", "rows whose name contains this")
	flag.Parse()
	b.wanted = func(name string) bool { return strings.Contains(name, *only) }
	if err := pinSelf(); err != nil {
		log.Fatal(err)
	}
	interrupt := make(chan os.Signal, 1)
	signal.Notify(interrupt, os.Interrupt, syscall.SIGTERM, syscall.SIGPIPE)
	done := make(chan error, 1)
	go func() { done <- b.run() }()
	var err error
	select {
	case err = <-done:
	case <-interrupt:
	}
	b.stop()
	if err != nil {
		log.Fatal(err)
	}
}

// The processors of the load with its stub, and of what is measured.
const loadCPU, targetCPU = "1", "0"

// pinned returns a command that runs on one processor, where the machine can.
func pinned(cpu string, name string, args ...string) (string, []string) {
	taskset, err := exec.LookPath("taskset")
	if err == nil && (runtime.NumCPU() > 1 || os.Getenv(pinnedMark) != "") {
		return taskset, append([]string{"-c", cpu, name}, args...)
	}
	return name, args
}

const pinnedMark = "BENCH_PINNED"

// pinSelf begins the program anew on the processor of the load.
func pinSelf() error {
	self, err := os.Executable()
	if err != nil || os.Getenv(pinnedMark) != "" {
		return err
	}
	name, args := pinned(loadCPU, self, os.Args[1:]...)
	if name == self {
		return nil
	}
	return syscall.Exec(name, append([]string{name}, args...), append(os.Environ(), pinnedMark+"=1")) //nolint:gosec // G204: this program
}

type bench struct {
	gemway string
	rounds int
	length time.Duration
	wanted func(name string) bool
	self   string

	mu  sync.Mutex
	all []*target
}

const stubAddr, proxyAddr, gemwayAddr = "127.0.0.1:19310", "127.0.0.1:19311", "127.0.0.1:19312"

func (b *bench) run() (err error) {
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	stub, err := b.start("stub", stubAddr, loadCPU, nil, b.self, "stub", stubAddr)
	if err != nil {
		return err
	}
	for _, step := range []func(stub *target) error{b.small, b.rows, b.latency, b.memory} {
		if err := step(stub); err != nil {
			return err
		}
	}
	return nil
}

// stop ends what has been started.
func (b *bench) stop() {
	b.mu.Lock() // for good: nothing more is to be started
	for _, t := range b.all {
		t.stop()
	}
}

func (b *bench) start(name, addr, cpu string, env []string, program string, args ...string) (*target, error) {
	path, args := pinned(cpu, program, args...)
	cmd := exec.Command(path, args...) //nolint:gosec // G204: the programs of this benchmark
	cmd.Env = append(os.Environ(), env...)
	b.mu.Lock()
	defer b.mu.Unlock()
	t, err := startTarget(name, addr, cmd)
	if err == nil {
		b.all = append(b.all, t)
	}
	return t, err
}

func (b *bench) startProxy() (*target, error) {
	return b.start("proxy", proxyAddr, targetCPU, nil, b.self, "proxy", proxyAddr, "http://"+stubAddr)
}

func (b *bench) startGemway() (*target, error) {
	return b.start("gemway", gemwayAddr, targetCPU, []string{"GEMWAY_GEMINI_BASE_URL=http://" + stubAddr, "GEMINI_API_KEY=bench", "GEMWAY_LIMITS_CONNECTIONS=8192"},
		b.gemway, "serve", "--listen", gemwayAddr)
}

// fresh starts a target anew, once for each measurement.
func (b *bench) fresh(n int, start func() (*target, error), measure func(*target) (float64, error)) (float64, error) {
	var got []float64
	for range n {
		t, err := start()
		if err != nil {
			return 0, err
		}
		v, err := measure(t)
		t.stop()
		if err != nil {
			return 0, err
		}
		got = append(got, v)
	}
	return median(got), nil
}

// small measures the process at rest.
func (b *bench) small(*target) error {
	if !b.wanted("rest") {
		return nil
	}
	const starts = 7
	ready := func(t *target) (float64, error) { return float64(t.ready.Microseconds()) / 1000, nil }
	rss := func(t *target) (float64, error) {
		time.Sleep(300 * time.Millisecond)
		return t.status("VmRSS:"), nil
	}
	for _, row := range []struct {
		name, unit string
		goal       float64
		n          int
		measure    func(*target) (float64, error)
	}{{"start to first 200", "ms", 25, starts, ready}, {"RSS at rest", "MiB", 16, 3, rss}} {
		p, err := b.fresh(row.n, b.startProxy, row.measure)
		if err != nil {
			return err
		}
		g, err := b.fresh(row.n, b.startGemway, row.measure)
		if err != nil {
			return err
		}
		fmt.Printf("%-24s proxy %.1f %s, gemway %.1f %s (goal %.0f)\n", row.name, p, row.unit, g, row.unit, row.goal)
	}
	if st, err := os.Stat(b.gemway); err == nil {
		fmt.Printf("%-24s %.1f MiB (goal 20)\n", "binary", float64(st.Size())/(1<<20))
	}
	return nil
}

// rows measures processor time.
func (b *bench) rows(*target) error {
	p, err := b.startProxy()
	if err != nil {
		return err
	}
	defer p.stop()
	g, err := b.startGemway()
	if err != nil {
		return err
	}
	defer g.stop()
	fmt.Printf("\nprocessor seconds per 1,000 requests, medians, and the median of the paired rounds' ratios (quartiles)\n%-24s %10s %10s %15s\n", "", "proxy", "gemway", "gemway / proxy")
	for _, w := range works() {
		if b.wanted(w.name) {
			if err := b.row(p, g, &w); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bench) row(p, g *target, w *work) error {
	targets, cpu := [2]*target{p, g}, [2][]float64{}
	var lines [2][]*line
	for i, t := range targets {
		var err error
		if lines[i], err = clients(t, w); err != nil {
			return err
		}
		defer func() {
			for _, l := range lines[i] {
				_ = l.Close()
			}
		}()
	}
	var ratios []float64
	for round := range b.rounds {
		for k := range targets {
			i := (round + k) % 2 // who comes second has the warmer machine
			v, err := load(targets[i], lines[i], b.length)
			if err != nil {
				return err
			}
			cpu[i] = append(cpu[i], v)
		}
		ratios = append(ratios, cpu[1][round]/cpu[0][round])
	}
	slices.Sort(ratios)
	n := len(ratios)
	fmt.Printf("%-24s %10.4f %10.4f %6.2f (%.2f to %.2f), goal %.2f\n", w.name, median(cpu[0]), median(cpu[1]), median(ratios), ratios[n/4], ratios[n*3/4], w.goal)
	return nil
}

// latency measures the time added at 200 requests a second.
func (b *bench) latency(stub *target) error {
	if !b.wanted("latency") {
		return nil
	}
	p, err := b.startProxy()
	if err != nil {
		return err
	}
	defer p.stop()
	g, err := b.startGemway()
	if err != nil {
		return err
	}
	defer g.stop()
	targets, took := [3]*target{stub, p, g}, [3][]time.Duration{}
	var pools [3]chan *line
	w := works()[0]
	for i, t := range targets {
		lines, err := clients(t, &w)
		if err != nil {
			return err
		}
		pools[i] = make(chan *line, len(lines))
		for _, l := range lines {
			defer l.Close()
			pools[i] <- l
		}
	}
	for range 3 * b.rounds {
		for i := range targets {
			more, err := paced(pools[i], 60)
			if err != nil {
				return err
			}
			took[i] = append(took[i], more...)
		}
	}
	fmt.Println("\ntime added at 200 requests a second, µs")
	for _, q := range []struct {
		name string
		of   int
		goal float64
	}{{"p50", 500, 1.0}, {"p99", 990, 1.3}} {
		direct := quantile(took[0], q.of)
		a, b := quantile(took[1], q.of)-direct, quantile(took[2], q.of)-direct
		fmt.Printf("%-24s %10.0f %10.0f %6.2f, goal %.2f\n", q.name, a, b, b/a, q.goal)
	}
	return nil
}

// memory measures what streams and bodies under way take.
func (b *bench) memory(*target) error {
	for _, row := range []struct {
		name, unit string
		goal       float64
		measure    func(*target) (float64, error)
	}{
		{"memory: 500 streams", "KiB each", 56, func(t *target) (float64, error) { return openStreams(t, 500) }},
		{"memory: 5,000 streams", "MiB in all", 512, func(t *target) (float64, error) {
			before := t.status("VmRSS:")
			each, err := openStreams(t, 5000)
			return before + each*5000/1024, err
		}},
		{"memory: 10 MiB image", "of the body", 1.25, bodyMemory},
	} {
		if !b.wanted(row.name) {
			continue
		}
		p, err := b.fresh(1, b.startProxy, row.measure)
		if err != nil {
			return err
		}
		g, err := b.fresh(1, b.startGemway, row.measure)
		if err != nil {
			return err
		}
		fmt.Printf("%-24s %10.2f %10.2f %s, goal %.2f\n", row.name, p, g, row.unit, row.goal)
	}
	return nil
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

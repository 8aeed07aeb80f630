package server_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// resources are what a server may lose little by little.
type resources struct {
	goroutines, files int
	heap              int64
}

func held() resources {
	runtime.GC()
	runtime.GC() // what finalizers let go of
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, err := os.ReadDir("/proc/self/fd") // elsewhere there is no such list
	if err != nil {
		files = nil
	}
	return resources{runtime.NumGoroutine(), len(files), int64(m.HeapAlloc)}
}

// T121: after ten thousand faults of all kinds, with clients that leave among
// them, goroutines, descriptors and memory are what they were.
func TestT121NothingIsLost(t *testing.T) {
	g, up, _ := newFaulty(t)
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	client := &http.Client{Transport: transport, Timeout: 30 * time.Second}
	var wrong, left atomic.Int64
	ask := func(i int) {
		f, stream := faults[i%len(faults)], i/len(faults)%2 == 0
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		leaves := i%10 == 0
		if leaves {
			time.AfterFunc(time.Duration(rand.Int64N(int64(20*time.Millisecond))), cancel)
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url+"/v1/chat/completions", strings.NewReader(playing(f, stream)))
		if err != nil {
			t.Error(err)
			return
		}
		req.Header.Set("Authorization", "Bearer "+secretKey)
		resp, err := client.Do(req)
		if err == nil {
			var body []byte
			body, err = io.ReadAll(resp.Body)
			resp.Body.Close()
			if err == nil && !bytes.Contains(body, []byte(`"error":{`)) {
				err = fmt.Errorf("%s, stream %t: no error in %s", f.name, stream, body)
			}
		}
		switch {
		case leaves && ctx.Err() != nil:
			left.Add(1)
		case err != nil:
			if wrong.Add(1) <= 5 {
				t.Error(err)
			}
		}
	}
	play := func(from, to int) {
		var next atomic.Int64
		next.Store(int64(from))
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() {
				for i := int(next.Add(1)) - 1; i < to; i = int(next.Add(1)) - 1 {
					ask(i)
				}
			})
		}
		wg.Wait()
		transport.CloseIdleConnections()
		g.logMu.mu.Lock()
		*g.log = bytes.Buffer{}
		g.logMu.mu.Unlock()
	}
	play(0, 500)                       // what is made once, is made
	time.Sleep(500 * time.Millisecond) // connections end a moment after they are closed
	before := held()
	const faultsInAll = 10_000
	play(500, 500+faultsInAll)
	up.mu.Lock()
	calls := up.calls
	up.mu.Unlock()
	after := settled(before, resources{2, 2, 2 << 20})
	t.Logf("%d faults, %d clients left, %d calls upstream: %+v, then %+v", faultsInAll, left.Load(), calls, before, after)
	if after.goroutines > before.goroutines+2 || after.files > before.files+2 || after.heap > before.heap+2<<20 {
		stacks := make([]byte, 1<<16)
		t.Errorf("it holds %+v, before the faults it was %+v:\n%s", after, before, stacks[:runtime.Stack(stacks, true)])
	}
	if wrong.Load() > 0 || left.Load() < faultsInAll/50 {
		t.Errorf("%d answers were wrong, %d clients left", wrong.Load(), left.Load())
	}
	if a := g.call(t, "POST", "/v1/chat/completions", question); a.status != 200 {
		t.Errorf("afterwards: %d %s", a.status, a.body)
	}
}

// settled returns what is held once it is within the margin of a base, or after
// a while: a machine may be busy with other tests, too.
func settled(base, margin resources) resources {
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		now := held()
		if now.goroutines <= base.goroutines+margin.goroutines && now.files <= base.files+margin.files && now.heap <= base.heap+margin.heap || time.Since(began) > 20*time.Second {
			return now
		}
	}
}

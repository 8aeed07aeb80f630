package panics_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gemway/gemway/internal/panics"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// mistake panics as the program itself would.
func mistake(list []int) int { return list[3] }

// T113: the panic of a goroutine is handed over, and says where it happened but
// nothing of what was at hand.
func TestT113RecoverHandsOver(t *testing.T) {
	for name, tt := range map[string]struct {
		f    func()
		text string
	}{
		"runtime": {func() { mistake(nil) }, "index out of range"},
		"text":    {func() { panic("prompt") }, "a value of type string"},
		"error":   {func() { panic(errors.New("prompt")) }, "a value of type *errors.errorString"},
	} {
		told := make(chan *panics.Recovered)
		go func() {
			defer panics.Recover(func(p *panics.Recovered) { told <- p })
			tt.f()
		}()
		p := <-told
		if !strings.Contains(p.Error(), tt.text) || strings.Contains(p.Error(), "prompt") || !strings.Contains(p.Stack(), "panics_test.go") {
			t.Errorf("%s: %v\n%s", name, p, p.Stack())
		}
		again := func() (q *panics.Recovered) {
			defer panics.Recover(func(p *panics.Recovered) { q = p })
			panic(p)
		}()
		if again != p {
			t.Errorf("%s: handed on it has become %v", name, again)
		}
	}
}

func TestRecoverIsQuietWithoutAPanic(t *testing.T) {
	func() {
		defer panics.Recover(func(p *panics.Recovered) { t.Errorf("it reports %v", p) })
	}()
}

package tracing_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gemway/gemway/internal/tracing"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Where no traces are wanted they cost nothing.
func TestNilCostsNothing(t *testing.T) {
	none, err := tracing.New(t.Context(), tracing.Config{}, "test")
	if err != nil || none != nil {
		t.Fatalf("%v, %v", none, err)
	}
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
	now, attempt, request := time.Now(), &tracing.Attempt{Site: "gemini"}, &tracing.Request{}
	if n := testing.AllocsPerRun(100, func() {
		ctx, span := none.Begin(r, now)
		none.Attempt(ctx, attempt)
		span.End(request)
	}); n != 0 {
		t.Errorf("%g allocations", n)
	}
	if none.Dropped() != 0 || none.Close(t.Context()) != nil {
		t.Error("nothing drops something")
	}
}

package fault_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/realmctl/realmctl/internal/fault"
)

func TestProblemsTellAll(t *testing.T) {
	t.Parallel()
	var p fault.Problems
	if err := p.Err(); err != nil {
		t.Fatalf("no complaints: Err() = %v, want nil", err)
	}
	p.Addf("name is required")
	p.Addf("at most %d", 3)
	const want = "action_request_validation_exception: Validation Failed: 1: name is required;2: at most 3;"
	if got := p.Err().Error(); got != want {
		t.Errorf("Err() = %s, want %s", got, want)
	}
}

func TestZeroErrorShowsNothing(t *testing.T) {
	t.Parallel()
	var e fault.Error
	if got := e.StatusCode(); got != http.StatusInternalServerError {
		t.Errorf("StatusCode() = %d, want 500", got)
	}
}

func TestIsSeesThroughWraps(t *testing.T) {
	t.Parallel()
	hidden := errors.New("disk")
	err := fmt.Errorf("put user: %w", &fault.Error{Kind: fault.Unavailable, Reason: "later", Err: hidden})
	if !fault.Is(err, fault.Unavailable) || fault.Is(err, fault.Invalid) || fault.Is(hidden, fault.Internal) {
		t.Error("Is confuses kinds")
	}
	if !errors.Is(err, hidden) {
		t.Error("the logged error cannot be found")
	}
}

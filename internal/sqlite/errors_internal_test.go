package sqlite

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/realmctl/realmctl/internal/fault"
)

func TestWhatResultCodesMean(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]error{
		sqlite3.SQLITE_FULL: ErrFull, sqlite3.SQLITE_IOERR_SHMSIZE: ErrFull,
		sqlite3.SQLITE_IOERR_READ: ErrIO, sqlite3.SQLITE_CORRUPT_INDEX: ErrCorrupt, sqlite3.SQLITE_NOTADB: ErrCorrupt,
		sqlite3.SQLITE_READONLY_DIRECTORY: ErrReadOnly, sqlite3.SQLITE_BUSY_SNAPSHOT: ErrBusy, sqlite3.SQLITE_CONSTRAINT: nil,
	} {
		if got := kindOf(code); got != want { //nolint:errorlint // the very sentinel
			t.Errorf("kindOf(%d) = %v, want %v", code, got, want)
		}
	}
}

func TestWhatACallerIsTold(t *testing.T) {
	t.Parallel()
	for kind, status := range map[error]int{ErrCorrupt: 503, ErrFull: 503, ErrReadOnly: 503, ErrIO: 503, ErrBusy: 429} {
		err := fmt.Errorf("select user %q: %w", "ana", &driverError{kind: kind, err: errors.New("disk I/O error at /data")})
		f := Fault(err)
		if f == nil || f.StatusCode() != status || f.Reason != kind.Error() || !errors.Is(f, kind) || !strings.Contains(f.Error(), "/data") {
			t.Errorf("Fault(%v) = %v, want %d, the sentence alone, and all of it for the log", err, f, status)
		}
	}
	for _, err := range []error{nil, ErrClosed, errors.New("x"), &fault.Error{Kind: fault.NotFound}} {
		if f := Fault(err); f != nil {
			t.Errorf("Fault(%v) = %v, want nil", err, f)
		}
	}
}

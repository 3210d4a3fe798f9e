package authn_test

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// exchange is a recorded request and answer of a real node.
type exchange struct {
	request *http.Request
	status  int
	header  http.Header
	body    string
}

// read takes the form of the recordings: a request line, "> Header" lines and perhaps
// a body after "> ", an empty line, and the answer.
func read(t *testing.T, file string) exchange {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	asked, answered, _ := strings.Cut(string(data), "\n\n")
	head, rest, _ := strings.Cut(asked, "\n")
	method, path, _ := strings.Cut(head, " ")
	headers, body, _ := strings.Cut(strings.ReplaceAll(rest, "> ", ""), "\n\n")
	x := exchange{request: httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))}
	for line := range strings.Lines(headers) {
		name, value, _ := strings.Cut(line, ":")
		x.request.Header.Set(name, strings.TrimSpace(value))
	}
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(answered)), x.request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	x.status, x.header, x.body = resp.StatusCode, resp.Header, string(text)
	return x
}

func TestAnswersAreThoseOfARealNode(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/golden/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	h := handler(t, newService())
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			x := read(t, file)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, x.request)
			if w.Code != x.status {
				t.Errorf("status %d, want %d", w.Code, x.status)
			}
			for _, name := range []string{"WWW-Authenticate", "X-elastic-product", "Content-Type", "Warning"} {
				if diff := cmp.Diff(values(x.header, name), values(w.Header(), name)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			}
			if diff := cmp.Diff(x.body, w.Body.String()); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
		})
	}
}

// values of a header however it is spelt: not all that is sent is canonical.
func values(h http.Header, name string) []string {
	var all []string
	for spelt, v := range h {
		if strings.EqualFold(spelt, name) {
			all = append(all, v...)
		}
	}
	return all
}

package rest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// warnings is the context of a request; it collects Warning headers.
type warnings struct {
	parent context.Context
	mu     sync.Mutex
	texts  []string
}

type warningsKey struct{}

// Deadline implements context.Context.
func (w *warnings) Deadline() (time.Time, bool) { return w.parent.Deadline() }

// Done implements context.Context.
func (w *warnings) Done() <-chan struct{} { return w.parent.Done() }

// Err implements context.Context.
func (w *warnings) Err() error { return w.parent.Err() }

// Value implements context.Context.
func (w *warnings) Value(key any) any {
	if _, mine := key.(warningsKey); mine {
		return w
	}
	return w.parent.Value(key)
}

// Warn adds a deprecation warning to the answer of the request that ctx belongs to,
// once for each text. Elsewhere it does nothing.
func Warn(ctx context.Context, text string) {
	w, ok := ctx.Value(warningsKey{}).(*warnings)
	if !ok {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Contains(w.texts, text) {
		w.texts = append(w.texts, text)
	}
}

// all gives the texts so far.
func (w *warnings) all() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.texts
}

// quoteWarning is HeaderWarning.escapeAndEncode in quotes.
func quoteWarning(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			b.WriteString(`\` + string(rune(c)))
		case c == '%' || c > '~' || c < ' ' && c != '\t':
			fmt.Fprintf(&b, "%%%02X", c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

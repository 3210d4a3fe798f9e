package tool

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Level is how much a tool says. A line has a level too, and comes when the
// tool's is at least that.
type Level uint8

// The levels (Terminal.Verbosity).
const (
	Silent Level = iota
	Normal
	Verbose
)

// errNoInput is Terminal's text for an end of input where an answer is wanted.
var errNoInput = errors.New("unable to read from standard input; is standard input open and a tty attached?")

// Terminal is what a tool talks to (org.elasticsearch.cli.Terminal).
type Terminal struct {
	out, err io.Writer
	console  bool // questions go to out, not to err
	in       *bufio.Reader
	level    Level
}

func newTerminal(w World) *Terminal {
	return &Terminal{out: w.Out, err: w.Err, console: w.Terminal, in: bufio.NewReader(w.In), level: Normal}
}

// Print writes a line of data.
func (t *Terminal) Print(l Level, format string, args ...any) { t.print(t.out, l, format+"\n", args) }

// PrintPart writes data without ending the line.
func (t *Terminal) PrintPart(l Level, format string, args ...any) { t.print(t.out, l, format, args) }

// Tell writes a line for people.
func (t *Terminal) Tell(l Level, format string, args ...any) { t.print(t.err, l, format+"\n", args) }

func (t *Terminal) print(w io.Writer, l Level, format string, args []any) {
	if l <= t.level {
		fmt.Fprintf(w, format, args...)
	}
}

// Confirm asks until the answer is y, n or empty, which means no.
func (t *Terminal) Confirm(ctx context.Context, question string) (bool, error) {
	for {
		w := t.err
		if t.console {
			w = t.out
		}
		fmt.Fprint(w, question+" [y/N]")
		answer, err := t.line(ctx)
		if err != nil {
			return false, err
		}
		switch strings.ToLower(answer) {
		case "y":
			return true, nil
		case "n", "":
			return false, nil
		}
		t.Tell(Normal, "Did not understand answer '%s'", strings.ToLower(answer))
	}
}

// line reads a line of input, but does not outwait ctx: a tool that is interrupted
// at a question has to clean up.
func (t *Terminal) line(ctx context.Context) (string, error) {
	type result struct {
		text string
		err  error
	}
	got := make(chan result, 1)
	go func() {
		text, err := t.in.ReadString('\n')
		got <- result{text, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case r := <-got:
		switch {
		case r.err != nil && !errors.Is(r.err, io.EOF):
			return "", r.err
		case r.err != nil && r.text == "" && !t.console:
			return "", errNoInput
		}
		return strings.TrimRight(r.text, "\r\n"), nil
	}
}

package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// question is asked before something is destroyed.
type question struct {
	text string // without the identity and without [y/N]
	word string // what must be typed; empty: y is enough
}

// confirm asks before a destructive command goes on. It needs the identity, which
// Mutator found. A dry run asks nothing.
func (a *App) confirm(ctx context.Context, q question) error {
	if a.planning() {
		return nil
	}
	if _, err := a.Whoami(ctx); err != nil {
		return err
	}
	if a.settings.Protected {
		return a.confirmProtected(ctx, q)
	}
	if a.flags.Yes {
		return nil
	}
	if !a.canAsk() {
		return &usageError{text: "confirmation needed: " + q.text, hint: "--yes"}
	}
	return a.ask(ctx, a.identity()+": "+q.text, q.word)
}

// confirmProtected wants the context's name, whatever else was said.
func (a *App) confirmProtected(ctx context.Context, q question) error {
	name := a.settings.Target.Context
	if a.flags.Yes && a.flags.Confirm == name {
		return nil
	}
	if a.flags.Confirm != "" && a.flags.Confirm != name {
		return usagef("--confirm %s is not the context in force, %s", a.flags.Confirm, name)
	}
	if !a.canAsk() || a.flags.Yes {
		return &usageError{text: fmt.Sprintf("context %s is protected: %s", name, q.text), hint: "--yes --confirm " + name}
	}
	return a.ask(ctx, a.identity()+": "+q.text, name)
}

// canAsk reports whether somebody is there to answer.
func (a *App) canAsk() bool { return a.InTTY && a.ErrTTY && !a.flags.NoInput && !a.inCI() }

// ask waits for the answer or a signal. Everything but a yes is a no.
func (a *App) ask(ctx context.Context, text, word string) error {
	text = oneLine(text) // names in it are the server's
	if word == "" {
		fmt.Fprintf(a.Err, "%s [y/N] ", text)
	} else {
		fmt.Fprintf(a.Err, "%s\ntype %s to go on: ", text, word)
	}
	answers := make(chan string, 1)
	go func() {
		line, err := bufio.NewReader(a.In).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			line = ""
		}
		answers <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case answer := <-answers:
		if word != "" && answer == word {
			return nil
		}
		if lower := strings.ToLower(answer); word == "" && (lower == "y" || lower == "yes") {
			return nil
		}
	}
	return &exitError{code: exitCancelled, text: "cancelled"}
}

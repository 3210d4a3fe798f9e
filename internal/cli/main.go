package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/config"
)

// Main runs the command line of this process and returns its exit code.
func Main() int {
	app := &App{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Now:       time.Now,
		World:     config.OS,
		InTTY:     term.IsTerminal(int(os.Stdin.Fd())),
		OutTTY:    term.IsTerminal(int(os.Stdout.Fd())),
		ErrTTY:    term.IsTerminal(int(os.Stderr.Fd())),
		TermWidth: terminalWidth(os.Stdout),
	}
	return Run(context.Background(), app, arguments(os.Args))
}

func terminalWidth(f *os.File) int {
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// Run runs one command with the streams of app and returns the exit code. A panic
// becomes a report on app.Err and the code of our own faults.
func Run(ctx context.Context, app *App, args []string) (code int) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(app.Err, "realmctl: internal fault: %v\nhint: please report this with the lines below\n", p)
			_, _ = app.Err.Write(debug.Stack())
			code = exitInternal
		}
	}()
	ctx, stop := notify(ctx)
	defer stop()
	root := newRootCmd(app)
	root.SetArgs(args)
	root.SetIn(app.In)
	root.SetOut(app.Out)
	root.SetErr(app.Err)
	cmd, err := root.ExecuteContextC(ctx)
	if err != nil && !app.started {
		err = &usageError{text: err.Error(), command: cmd.CommandPath()}
	}
	if errors.Is(err, client.ErrPlanned) {
		err = app.showPlan()
	}
	if closed := app.close(); err == nil {
		err = closed
	}
	if err == nil {
		return exitDone
	}
	app.report(err)
	return exitCode(err)
}

// signalError is the cause of a context that a signal ended.
type signalError struct{ signal syscall.Signal }

// Error implements error.
func (e *signalError) Error() string { return "stopped by a signal: " + e.signal.String() }

// notify ends the context at the first signal, so that commands can clean up; a
// second one ends the process at once.
func notify(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals) // the next one has its usual effect
			if number, ok := s.(syscall.Signal); ok {
				cancel(&signalError{number})
			}
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(io.EOF)
	}
}

// Command fieldsync is the one binary: the gateway, and what its operator needs.
//
// It introduces the packages to each other and decides nothing. Every flag is also a variable of the environment
// (FIELDSYNC_…) and a line of the file given with --config; they have one definition, in settings.go. Commands are
// rows of the table in command.go.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal ends the process at once
	err := run(ctx, os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr})
	if err != nil {
		complain(os.Stderr, err)
	}
	os.Exit(exitCode(err))
}

// stdio is where a command reads and writes.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

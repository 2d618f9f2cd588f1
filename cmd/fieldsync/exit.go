package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/fieldsync/fieldsync/web/problem"
)

// Exit codes: what a script can tell apart. They are never changed.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitNotAllowed  = 4
	exitUnreachable = 5
	exitConflict    = 6
	exitTimeout     = 7
	exitChecks      = 8 // what was checked is not as it must be
	exitInterrupted = 130
)

// usageError is a command that was not understood.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// Errors with an exit code of their own.
var (
	// errUnreachable says that a running server did not answer.
	errUnreachable = errors.New("the server does not answer")
	// errChecks says that the command did its work, and what it checked is not as it must be.
	errChecks = errors.New("a check failed")
)

func exitCode(err error) int {
	var usage *usageError
	var p *problem.Problem
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &p):
		return exitStatus(p.Status)
	case errors.Is(err, errChecks):
		return exitChecks
	case errors.Is(err, context.Canceled): // before what it may have cut off
		return exitInterrupted
	case errors.Is(err, context.DeadlineExceeded):
		return exitTimeout
	case errors.Is(err, errUnreachable):
		return exitUnreachable
	}
	return exitFailed
}

// exitStatus is the exit code of a problem by its HTTP status.
func exitStatus(status int) int {
	switch status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return exitUsage
	case http.StatusNotFound, http.StatusGone:
		return exitNotFound
	case http.StatusUnauthorized, http.StatusForbidden:
		return exitNotAllowed
	case http.StatusConflict, http.StatusPreconditionFailed, http.StatusPreconditionRequired:
		return exitConflict
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusRequestTimeout:
		return exitTimeout
	}
	return exitFailed
}

// complain says what went wrong, where, why and what to do.
func complain(w io.Writer, err error) {
	var p *problem.Problem
	if !errors.As(err, &p) {
		fmt.Fprintf(w, "fieldsync: %v\n", err)
		return
	}
	fmt.Fprintf(w, "fieldsync: %s\n", strings.Replace(err.Error(), ": "+p.Detail, "", 1)) // it has a line of its own
	for _, f := range p.Errors {
		fmt.Fprintf(w, "  %s\n", strings.TrimPrefix(f.Location+": "+f.Message, ": "))
	}
	fmt.Fprintf(w, "  %s\n", strings.TrimSpace(p.Detail+" ["+p.Code+"]"))
}

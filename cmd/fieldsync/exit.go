package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/fieldsync/fieldsync/web"
)

// Exit codes.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitNotAllowed  = 4
	exitUnreachable = 5
	exitConflict    = 6
	exitTimeout     = 7
	exitInterrupted = 130
)

// usageError is a command that was not understood.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// errUnreachable says that a running server did not answer.
var errUnreachable = errors.New("the server does not answer")

func exitCode(err error) int {
	var usage *usageError
	var problem *web.Problem
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &problem):
		return exitStatus(problem.Status)
	case errors.Is(err, errUnreachable):
		return exitUnreachable
	case errors.Is(err, context.DeadlineExceeded):
		return exitTimeout
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	return exitFailed
}

func exitStatus(status int) int {
	switch status {
	case http.StatusBadRequest:
		return exitUsage
	case http.StatusNotFound:
		return exitNotFound
	case http.StatusUnauthorized, http.StatusForbidden:
		return exitNotAllowed
	case http.StatusConflict:
		return exitConflict
	case http.StatusServiceUnavailable:
		return exitTimeout
	}
	return exitFailed
}

// complain says what went wrong, why and what to do.
func complain(w io.Writer, err error) {
	fmt.Fprintf(w, "fieldsync: %v\n", err)
	var problem *web.Problem
	if errors.As(err, &problem) {
		fmt.Fprintf(w, "  %s [%s]\n", problem.Detail, problem.Code)
	}
}

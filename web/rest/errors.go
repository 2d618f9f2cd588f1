package rest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/web/problem"
)

// huma makes its own errors through this variable, which is its way of being told another form. It is set once, before
// any API is made, and there is one form for all. So is how huma takes names: encoding/json's case does not matter.
func init() {
	huma.ValidateStrictCasing = true
	huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
		p := humaProblem(status, message, errs)
		if ctx != nil {
			p.RequestID = problem.RequestID(ctx.Context())
		}
		return p
	}
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return humaProblem(status, message, errs)
	}
}

// humaProblem is what huma found wrong with a request. The values that it quotes are left out: they may be secrets.
func humaProblem(status int, message string, errs []error) *problem.Problem {
	if status == http.StatusNotModified {
		return &problem.Problem{Status: status}
	}
	var faults []problem.Fault
	for _, err := range errs {
		var detail *huma.ErrorDetail
		if errors.As(err, &detail) {
			faults = append(faults, problem.Fault{Location: detail.Location, Message: detail.Message})
		}
	}
	if len(errs) == 0 && status == http.StatusBadRequest {
		faults = append(faults, problem.Fault{Location: "body", Message: message}) // it is required
	}
	code := "internal"
	switch {
	case status == http.StatusRequestEntityTooLarge:
		code = "body_too_large"
	case status == http.StatusUnsupportedMediaType:
		code = "unsupported_media_type"
	case status == http.StatusRequestTimeout:
		code = "timeout"
	case status < http.StatusInternalServerError:
		code = "bad_request"
	}
	return problem.New(code, "", faults...)
}

// Told is what a caller is told of an error of an operation; what is not known is logged and told as internal.
func Told(ctx context.Context, log *slog.Logger, err error) error {
	p := problem.Of(err)
	if p != nil && p.Status == http.StatusNotModified {
		return err // no problem at all, and its headers are around it
	}
	return problem.Told(ctx, log, err)
}

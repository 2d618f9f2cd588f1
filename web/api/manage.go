package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/rest"
)

// manage adds an operation of what only some callers may do: people, settings, keys, webhooks. What do says is told as
// every other error; with an error there is no output.
func manage[I, O any](s *service, h huma.API, op huma.Operation, do func(context.Context, model.Caller, *I) (*O, error)) {
	described(h, &op)
	if op.Method != http.MethodGet {
		op.Middlewares = append(op.Middlewares, s.formed)
	}
	huma.Register(h, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, callerOf(ctx), in)
		if err != nil {
			return nil, rest.Told(ctx, s.log, err)
		}
		return out, nil
	})
}

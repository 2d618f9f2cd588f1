package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
)

// sweepEvery is a 256th of a day: each turn looks at a 256th of the outcomes, so that a day goes round all of them.
const sweepEvery = 24 * time.Hour / 256

// sweep forgets what has aged, until ctx ends. A sweep that fails is told and tried again with its next turn: nothing
// depends on it but the size of the disk.
func (s *server) sweep(ctx context.Context) {
	turn := time.NewTicker(sweepEvery)
	defer turn.Stop()
	for {
		now := s.clock()
		s.sweepOnce(ctx, byte(now.UnixNano()/int64(sweepEvery)), model.Instant(now.UnixMilli()))
		select {
		case <-ctx.Done():
			return
		case <-turn.C:
		}
	}
}

func (s *server) sweepOnce(ctx context.Context, part byte, now model.Instant) {
	tenants, err := s.engine.Tenants(ctx)
	for _, id := range tenants {
		err = errors.Join(err, s.engine.Sweep(ctx, id, part, now)) // one company's trouble is not the others'
	}
	if err != nil && ctx.Err() == nil {
		s.log.Error("sweep", slog.Any("error", err))
	}
}

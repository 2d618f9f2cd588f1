package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
)

// sweepEvery is a 256th of a day: each call forgets a 256th of what has aged, so that a day goes round everything.
const sweepEvery = 24 * time.Hour / 256

// sweep forgets what has aged, until ctx ends. A sweep that fails is told and tried again with its next turn: nothing
// depends on it but the size of the disk.
func (s *server) sweep(ctx context.Context) {
	turn := time.NewTicker(sweepEvery)
	defer turn.Stop()
	for {
		now := time.Now()
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
		if err == nil {
			err = s.engine.Sweep(ctx, id, part, now)
		}
	}
	if err != nil && ctx.Err() == nil {
		s.log.Error("sweep", slog.Any("error", err))
	}
}

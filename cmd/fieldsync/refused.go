package main

import (
	"context"
	"log/slog"
	"time"
)

// noteRefusedEvery is how often the audit is told of sign-ins that were refused: a crash forgets as many.
const noteRefusedEvery = time.Minute

// noteRefused tells the audit of sign-ins that were refused, until ctx ends, and once more then.
func (s *server) noteRefused(ctx context.Context) {
	turn := time.NewTicker(noteRefusedEvery)
	defer turn.Stop()
	for done := false; !done; {
		select {
		case <-ctx.Done():
			done = true
		case <-turn.C:
		}
		if err := s.gate.NoteRefused(context.WithoutCancel(ctx)); err != nil {
			s.log.Error("note refused sign-ins", slog.Any("error", err))
		}
	}
}

package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
	_ "time/tzdata" // zones where the system has none

	"github.com/fieldsync/fieldsync/sync/model"
)

// turnEvery is how soon after midnight, or after a change of the window, work begins to come to phones and to go.
const turnEvery = time.Minute

// turns moves work in and out of phones by the time, and declines offers that nobody answered, until ctx ends. A turn that fails is told and tried again with the
// next: it goes on where it was.
func (s *server) turns(ctx context.Context) {
	next := time.NewTicker(turnEvery)
	defer next.Stop()
	for {
		s.turnAll(ctx, s.clock)
		select {
		case <-ctx.Done():
			return
		case <-next.C:
		}
	}
}

// turnAll turns the calendar of every company, and has its offers lapse.
func (s *server) turnAll(ctx context.Context, now func() time.Time) {
	tenants, err := s.engine.Tenants(ctx)
	for _, id := range tenants {
		err = errors.Join(err, s.turnOne(ctx, id, now), s.lapseOne(ctx, id, now))
	}
	if err != nil && ctx.Err() == nil {
		s.log.Error("turn the calendar, and have offers lapse", slog.Any("error", err))
	}
}

// lapseOne declines a company's offers that nobody answered in time, commit by commit.
func (s *server) lapseOne(ctx context.Context, id model.TenantID, now func() time.Time) error {
	for more := true; more && ctx.Err() == nil; {
		var err error
		if more, err = s.engine.Lapse(ctx, id, model.Instant(now().UnixMilli())); err != nil {
			return err
		}
	}
	return nil
}

// turnOne turns a company's calendar, commit by commit. It rests as long as each took, so that a day on which very much
// moves never takes more than half of what there is to commit with.
func (s *server) turnOne(ctx context.Context, id model.TenantID, now func() time.Time) error {
	for {
		began := time.Now()
		more, err := s.engine.Turn(ctx, id, 0, model.Instant(now().UnixMilli()))
		if err != nil || !more {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Since(began)):
		}
	}
}

// zones are those that companies count their days in. To find one costs more than most commits.
type zones struct {
	found sync.Map // of *time.Location, by name; as many as there are zones at most
}

// find finds a zone; one that this build does not know is UTC.
func (z *zones) find(name string) *time.Location {
	if have, ok := z.found.Load(name); ok {
		return have.(*time.Location)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	z.found.Store(name, zone)
	return zone
}

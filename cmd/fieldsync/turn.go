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

// turnEvery is how soon after midnight, or after a change of the window, work begins to come to phones and to go. What a commit left to be
// moved goes at once.
const turnEvery = time.Minute

// turns moves work in and out of phones by the time, declines offers that nobody answered, moves what names a customer who is another one, and
// hands over what leavers left, until ctx ends. A turn that fails is told and tried again with the next: it goes on where it was.
func (s *server) turns(ctx context.Context) {
	next := time.NewTicker(turnEvery)
	defer next.Stop()
	for {
		s.turnAll(ctx, s.clock)
		select {
		case <-ctx.Done():
			return
		case <-next.C:
		case <-s.due:
		}
	}
}

// turnAll turns the calendar of every company, has its offers lapse, unites its customers, and hands over the work of who left.
func (s *server) turnAll(ctx context.Context, now func() time.Time) {
	tenants, err := s.engine.Tenants(ctx)
	for _, id := range tenants {
		err = errors.Join(err, s.turnOne(ctx, id, now), s.lapseOne(ctx, id, now), s.uniteOne(ctx, id, now), s.handOverOne(ctx, id, now))
	}
	if err != nil && ctx.Err() == nil {
		s.log.Error("turn the calendar, have offers lapse, unite customers, and hand work over", slog.Any("error", err))
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

// handOverOne goes on with taking open work from people who have left, commit by commit.
func (s *server) handOverOne(ctx context.Context, id model.TenantID, now func() time.Time) error {
	return restingly(ctx, func() (bool, error) {
		toGo, err := s.engine.HandOver(ctx, id, model.UserID{}, model.Instant(now().UnixMilli()))
		return toGo > 0, err
	})
}

// turnOne turns a company's calendar, commit by commit.
func (s *server) turnOne(ctx context.Context, id model.TenantID, now func() time.Time) error {
	return restingly(ctx, func() (bool, error) { return s.engine.Turn(ctx, id, 0, model.Instant(now().UnixMilli())) })
}

// uniteOne moves what names customers of a company who are another one, commit by commit.
func (s *server) uniteOne(ctx context.Context, id model.TenantID, now func() time.Time) error {
	return restingly(ctx, func() (bool, error) { return s.engine.Unite(ctx, id, 0, model.Instant(now().UnixMilli())) })
}

// restingly does a step as long as there is more to do. It rests as long as each took, so that a day on which very much
// moves never takes more than half of what there is to commit with.
func restingly(ctx context.Context, step func() (more bool, err error)) error {
	for {
		began := time.Now()
		more, err := step()
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

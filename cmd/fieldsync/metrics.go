package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/badgerstore"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
	"github.com/fieldsync/fieldsync/web/metrics"
)

// newMeter makes the numbers of a house whose store and hub are there, and has the store tell of its commits.
func newMeter(h *house, passwords *session.Passwords, log *slog.Logger) (*metrics.Metrics, error) {
	version, revision := built()
	driver := driverOf(h.store)
	meter, err := metrics.New(metrics.Config{
		Version: version, Revision: revision, Protocol: fmt.Sprintf("%d-%d", protocol.Oldest, protocol.Version), Log: log, Clock: h.clock,
		Occurred: func(o model.Occurrence, received model.Instant) model.Instant {
			at, _ := workflow.Estimate(o, received, 0, 0)
			return at
		},
		Connected: h.hub.Connected, Passwords: passwords.Load,
		Count: func(ctx context.Context) (metrics.Census, error) { return h.count(ctx, driver) },
	})
	if err == nil && driver != nil {
		driver.Observe(func(c badgerstore.Commit) { meter.Committed(c.Decisions, c.Bytes, c.Took, c.Err) })
	}
	return meter, err
}

// driverOf is the store on disk beneath what is put around it; nil when it is another one.
func driverOf(store storage.Store) *badgerstore.Store {
	if w, ok := store.(watched); ok {
		store = w.Store
	}
	driver, _ := store.(*badgerstore.Store)
	return driver
}

// built is the version of this program and the revision of its source.
func built() (version, revision string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown", ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			revision = s.Value
		}
	}
	return info.Main.Version, revision
}

// count counts what stands in the store, company by company.
func (h *house) count(ctx context.Context, driver *badgerstore.Store) (out metrics.Census, err error) {
	tenants, err := h.engine.Tenants(ctx)
	if err != nil {
		return out, err
	}
	out.Tenants = len(tenants)
	for _, id := range tenants {
		if err := h.countTenant(ctx, id, &out); err != nil {
			return out, err
		}
	}
	if driver == nil {
		return out, nil
	}
	u, err := driver.Usage()
	out.Disk = metrics.Disk{
		Parts: map[string]int64{"tables": u.Tables, "log": u.Log, "value_log": u.ValueLog, "other": u.Other}, Free: u.Free,
	}
	return out, err
}

func (h *house) countTenant(ctx context.Context, id model.TenantID, out *metrics.Census) error {
	live, err := h.engine.Sessions(ctx, id)
	if err != nil {
		return err
	}
	out.Sessions += len(live)
	for _, s := range live {
		out.Unsent += uint64(s.Report.Unsent)
		oldest := time.UnixMilli(int64(s.Report.Oldest))
		if s.Report.Unsent > 0 && s.Report.Oldest > 0 && (out.Oldest.IsZero() || oldest.Before(out.Oldest)) {
			out.Oldest = oldest
		}
	}
	return h.store.View(ctx, id, func(r storage.Reader) error {
		for key := range r.Rows(storage.TableHeld, "", "") {
			if isHeld(r, key) {
				out.Held++
			}
		}
		for key := range r.Records(model.ReviewItems, model.Place{}) {
			if err := ctx.Err(); err != nil {
				return err
			}
			if item, ok := r.Record(key); ok && item.Value(model.ReviewState).Text() == "open" {
				out.Reviews++
			}
		}
		for _, row := range r.Rows(storage.TableDelivery, "", "") {
			switch d, err := storage.ParseDelivery(row); {
			case err != nil:
				return err
			case d.Dead != 0:
				out.Dead++
			default:
				out.Waiting++
			}
		}
		return nil
	})
}

// isHeld says whether a row of held work waits: what was dismissed or refused keeps its row for a while. A second
// content under one id has a longer key, and no outcome of its own.
func isHeld(r storage.Reader, key string) bool {
	const id = len(model.ChangeID{})
	if len(key) > id {
		return true
	}
	row, ok := r.Row(storage.TableOutcomes, key)
	if !ok {
		return false
	}
	outcome, err := storage.ParseOutcome(row)
	return err == nil && outcome.Code == model.OutcomeHeld
}

// door is the operator's API, with the numbers beside it.
func (h *house) door() http.Handler {
	numbers := h.meter.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == metricsPath {
			numbers.ServeHTTP(w, r)
			return
		}
		h.admin.ServeHTTP(w, r)
	})
}

const metricsPath = "/metrics"

// listenMetrics opens the door for Prometheus, when the settings name one; nil: they do not.
func listenMetrics(set *settings) (net.Listener, error) {
	if set.metricsListen == "" {
		return nil, nil
	}
	on, err := net.Listen("tcp", set.metricsListen)
	if err != nil {
		return nil, fmt.Errorf("listen for Prometheus (metrics-listen): %w", err)
	}
	return on, nil
}

// prometheus answers Prometheus at /metrics, and nothing else.
func (h *house) prometheus() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET "+metricsPath, h.meter.Handler())
	return mux
}

// The engine's methods that are counted. Push is in house.go.

// Hello is the engine's.
func (k core) Hello(ctx context.Context, hello model.Hello, now model.Instant) (model.Greeted, error) {
	greeted, err := k.Engine.Hello(ctx, hello, now)
	k.meter.Greeted(greeted.Connection.Lane, err)
	if err == nil && greeted.Reidentify {
		k.meter.Ended(model.Ended{Reason: model.EndIdentity})
	}
	return greeted, err
}

// Pull is the engine's.
func (k core) Pull(ctx context.Context, p model.Pull, now model.Instant) (*model.Page, error) {
	begun := time.Now()
	page, err := k.Engine.Pull(ctx, p, now)
	k.meter.Pulled(p, page, time.Since(begun), err)
	return page, err
}

// Reconcile is the engine's.
func (k core) Reconcile(ctx context.Context, c model.Connection, held []model.RecordID, now model.Instant) (*model.Page, error) {
	page, err := k.Engine.Reconcile(ctx, c, held, now)
	k.meter.Reconciled(page, err)
	return page, err
}

// SignIn is the engine's.
func (k core) SignIn(ctx context.Context, s model.SignIn, now model.Instant) (model.SignedIn, error) {
	in, err := k.Engine.SignIn(ctx, s, now)
	if err == nil && !s.Rehearse {
		k.meter.Ended(in.Ended...)
	}
	return in, err
}

// End is the engine's.
func (k core) End(ctx context.Context, t model.TenantID, e model.Ending, now model.Instant) ([]model.Ended, error) {
	ended, err := k.Engine.End(ctx, t, e, now)
	if err == nil && !e.Rehearse {
		k.meter.Ended(ended...)
	}
	return ended, err
}

// SetPassword is the engine's.
func (k core) SetPassword(ctx context.Context, t model.TenantID, u model.UserID, phc string, by model.UserID, now model.Instant) ([]model.Ended, error) {
	ended, err := k.Engine.SetPassword(ctx, t, u, phc, by, now)
	if err == nil {
		k.meter.Ended(ended...)
	}
	return ended, err
}

// SetDeviceState is the engine's.
func (k core) SetDeviceState(ctx context.Context, t model.TenantID, m engine.DeviceMark, now model.Instant) ([]model.Ended, error) {
	ended, err := k.Engine.SetDeviceState(ctx, t, m, now)
	if err == nil && !m.Rehearse {
		k.meter.Ended(ended...)
	}
	return ended, err
}

// Submit is the engine's.
func (k core) Submit(ctx context.Context, c model.Caller, r model.Request, changes []model.Submitted, now model.Instant) (model.Settlement, error) {
	begun := time.Now()
	settled, err := k.Engine.Submit(ctx, c, r, changes, now)
	if !r.Rehearse {
		k.meter.Submitted(settled, time.Since(begun), err)
	}
	return settled, err
}

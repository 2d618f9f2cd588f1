package races

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// device is one of the user's.
type device struct {
	*race
	place   int
	id      model.DeviceID
	token   [32]byte // of its session, as it is stored
	conn    model.Connection
	tries   int
	changes []model.Submitted // all that it makes, before anybody tells it anything
	acked   int               // of them
}

func (r *race) newDevice(place int) *device {
	d := &device{race: r, place: place}
	for n := range 1 + r.store.rng.IntN(4) {
		id, err := model.NewIdent[model.ChangeID](r.random)
		r.must(err)
		c := model.Change{
			ID: model.ChangeID(id), Author: r.user, Op: model.OpCreate, Collection: model.TimesheetEvents, Record: model.RecordID(id),
			Fields: []model.Assign{{Field: model.TimeKind, Value: model.Text("shift_start")}}, Body: string(id[:]), Hash: sha256.Sum256(id[:]),
		}
		c.Occurred.Wall = now
		r.contents[c.Body] = c
		d.changes = append(d.changes, model.Submitted{Change: c, Number: uint64(n + 1)})
	}
	return d
}

// run signs in, and pushes until everything is in or its session is over. A loser does not come back by itself (domain F4).
func (d *device) run() {
	if !d.enters() || !d.says(false) {
		return
	}
	for d.acked < len(d.changes) && d.pushes() {
		if d.store.rng.IntN(6) == 0 && !d.says(false) {
			return
		}
	}
}

// enters takes the slot, saying yes to whoever is there; false when nobody lets it in within a few questions.
func (d *device) enters() bool {
	var over model.Epoch
	for range 4 {
		d.tries++
		name := fmt.Sprint(d.place, " ", d.tries)
		token, ticket, since := sha256.Sum256([]byte("token "+name)), d.ticket(name), d.store.tick()
		in, err := d.eng.SignIn(context.Background(), model.SignIn{
			Tenant: d.tenant, User: d.user, Kind: model.Mobile, Device: d.id, PublicKey: []byte{byte(d.place)}, TokenHash: token,
			TakeOver: over, Ticket: ticket,
		}, now)
		q := asked{verb: signIn, device: d.place, epoch: over}
		if active, ok := errors.AsType[*model.Active](err); ok {
			d.heard(d.place, since, q, told{epoch: active.Epoch})
			over = active.Epoch
			continue
		}
		if errors.Is(err, storage.ErrUnknown) {
			d.heard(d.place, since, q, told{unknown: true})
			continue
		}
		d.must(err)
		d.heard(d.place, since, q, told{ok: true, epoch: in.Epoch})
		if in.Ended != nil {
			d.counts.Takeovers++
		}
		d.id, d.token = in.Device, token
		return true
	}
	return false
}

// says is the device's hello: false when the lane is closed to it.
func (d *device) says(handIn bool) bool {
	for {
		g, err := d.eng.Hello(context.Background(), model.Hello{
			Tenant: d.tenant, Device: d.id, TokenHash: d.token, Token: d.conn.Token, Next: uint64(len(d.changes) + 1), HandIn: handIn,
		}, now)
		switch _, over := errors.AsType[*model.EndedError](err); {
		case errors.Is(err, storage.ErrUnknown):
			continue
		case over:
			return false
		}
		d.must(err)
		d.id, d.conn = g.Connection.Device, g.Connection
		return true
	}
}

// pushes offers the next change: false when its session is over.
func (d *device) pushes() bool {
	since, q := d.store.tick(), asked{verb: push, device: d.place, epoch: d.conn.Epoch}
	live := d.conn.Lane == model.LaneLive
	answers, err := d.eng.Push(context.Background(), d.conn, d.changes[d.acked:d.acked+1], nil, now)
	_, over := errors.AsType[*model.EndedError](err)
	switch {
	case over:
		d.heard(d.place, since, q, told{})
		return false
	case errors.Is(err, storage.ErrUnknown):
		return true // it is offered again
	case errors.Is(err, engine.ErrOlder):
		return d.says(!live)
	}
	d.must(err)
	if live {
		d.took(q)
		d.counts.Live++
	} else {
		d.counts.HandedIn++
	}
	if !answers[0].Outcome.In() {
		d.failf("device %d: change %d: %+v", d.place, d.acked, answers[0])
	}
	d.acked++
	return true
}

// finish hands in what is unsent, and offers once more what was acknowledged: it must be known.
func (d *device) finish() {
	if d.id.IsZero() { // it was never let in: it signs in now
		for !d.enters() {
		}
	}
	if !d.says(false) && !d.says(true) {
		d.failf("device %d may not hand in", d.place)
		return
	}
	for d.acked < len(d.changes) && d.pushes() {
	}
	again, err := d.eng.Push(context.Background(), d.conn, d.changes, nil, now)
	d.must(err)
	if i := slices.IndexFunc(again, func(a model.Answer) bool { return !a.Repeat || !a.Outcome.In() }); i >= 0 {
		d.failf("device %d: change %d was acknowledged, and is not known: %+v", d.place, i, again[i])
	}
}

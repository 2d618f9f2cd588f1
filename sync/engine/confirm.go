package engine

import (
	"context"
	"fmt"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Note keeps what a conversation has learnt of its device: the device's report, and the checkpoint that it has shown to
// hold. Either is written at most once a minute, unless it is news: a report that says something else ([newsOf]), or that a
// change of rights was sent or is confirmed. A device whose session is over is told so, and reports nothing more to the board:
// *model.EndedError, model.ErrStolen; what it holds is noted all the same, since that is when somebody asks.
func (e *Engine) Note(ctx context.Context, c model.Connection, n model.Note, now model.Instant) error {
	var due bool
	err := e.cfg.Store.View(ctx, c.Tenant, func(r storage.Reader) error {
		t, err := e.begin(ctx, c.Tenant, r, now)
		if err == nil {
			err = t.note(c, n)
			due = len(t.rows) > 0
		}
		return err
	})
	if err == nil && due {
		err = e.apply(ctx, c.Tenant, 1, now, func(t *tx) error { return t.note(c, n) })
	}
	return uniform(err)
}

func (t *tx) note(c model.Connection, n model.Note) error {
	t.whence.from.Device = c.Device
	if err := t.confirm(c, n); err != nil || n.Report == nil {
		return err
	}
	d, err := t.reporting(c)
	if err != nil || !newsOf(d.Report, *n.Report) && t.now-d.Seen < seenEvery {
		return err
	}
	d.Report, d.Seen = *n.Report, t.now
	t.putDevice(d)
	return t.err
}

// skewNews is by how much the clock of a device must have moved against ours to be news: less is the network's jitter.
const skewNews = 2000

// newsOf says whether a report says what the last one did not (domain F6): another number of unsent changes, another version of
// the app, a clock that somebody has set, or free space that went up or down by more than a tenth. What is less wobbles from
// ping to ping, and would cost a commit each time.
func newsOf(was, is model.Report) bool {
	if planted("only-unsent-is-news") {
		return was.Unsent != is.Unsent
	}
	apart := func(a, b, by int64) bool { return max(a, b)-min(a, b) > by || planted("jitter-is-news") && a != b }
	return was.Unsent != is.Unsent || was.Version != is.Version ||
		apart(was.Skew, is.Skew, skewNews) || apart(was.Space, is.Space, was.Space/10)
}

// confirm keeps the last checkpoint that a device has shown to hold, and whether it is one of after the last change of what
// its user sees (domain S20, f.6). The cursor proves it: the device cannot make one, and stores it with the data.
func (t *tx) confirm(c model.Connection, n model.Note) error {
	d, ok := t.device(c.Device)
	if !ok || d.User != c.User || d.Session != c.Session || len(n.Cursor)+len(n.Sent) == 0 {
		return t.err // another session has followed on this device: it speaks for itself
	}
	have, known := t.confirmed(d.ID)
	rights, _ := t.rightsOf(c.User)
	is := have
	if sent, ok := t.cursorOf(c, n.Sent); ok && (planted("any-page-is-the-purge") || sent.h >= rights.Seq) && rights.Seq > max(have.Rights, have.Sent) {
		is.Sent, is.SentAt = rights.Seq, t.now
		t.audit(model.AuditEntry{Kind: model.AuditSent, Actor: t.doer(c.User), Subject: toDevice(d.ID, c.User), Detail: rights.What})
	}
	if held, ok := t.cursorOf(c, n.Cursor); ok && held.clean {
		t.follows(c, n, held, rights, &is)
	}
	gained := is.Seq > have.Seq && (n.Over || t.now-have.At >= seenEvery)
	if gained || !known && is.Seq > 0 || is.Seq < have.Seq || is.Rights != have.Rights || is.Sent != have.Sent {
		t.putConfirmed(d.ID, is)
	}
	return t.err
}

// follows works out where a device stands that holds the checkpoint of a cursor.
func (t *tx) follows(c model.Connection, n model.Note, held cursor, rights storage.Rights, is *storage.Confirmed) {
	at, view := held.s, held.floor
	if at < rights.Seq && n.Latest {
		at, view = t.silent(c, held)
	}
	if at < is.Seq && !n.Resumed {
		return // word of an older connection
	}
	is.Seq, is.View, is.At = at, view, t.now
	if is.Until = 0; !t.holdsSlot(c) {
		is.Until = t.seq()
	}
	confirms := planted("confirmed-whatever-the-checkpoint") || at >= rights.Seq
	if confirms && is.Until == 0 {
		is.Also = model.View{} // it has been shown nothing else since
	}
	switch {
	case rights.Seq == 0:
	case !confirms:
		is.Rights, is.RightsAt = min(is.Rights, at), 0
	case is.Rights < rights.Seq:
		is.Rights, is.RightsAt = rights.Seq, t.now
		t.audit(model.AuditEntry{
			Kind: model.AuditConfirmed, Actor: t.doer(c.User), Subject: toDevice(c.Device, c.User),
			Detail: fmt.Sprintf("%s: %d records taken back, fields of %d collections", rights.What, n.Taken.Records, n.Taken.Masks),
		})
	}
}

// silent is where a device stands to which there is nothing to say after its checkpoint: what it holds is what it is shown
// now, though it was told nothing (domain S7, I9). Where there is something to say it stands at the checkpoint.
func (t *tx) silent(c model.Connection, held cursor) (model.Seq, model.View) {
	r, err := t.reading(c)
	if err == nil {
		r.mute = true
		var page *model.Page
		if page, err = r.feed(held, model.Pull{Connection: c}); err == nil && page == nil {
			return t.head.Seq, r.viewAt(held.step)
		}
	}
	return held.s, held.floor
}

// cursorOf opens a cursor of a device, if it is one.
func (t *tx) cursorOf(c model.Connection, token []byte) (cursor, bool) {
	if len(token) == 0 {
		return cursor{}, false
	}
	return (&reading{tx: t, conn: c}).open(token)
}

// holdsSlot says whether a connection's session is live.
func (t *tx) holdsSlot(c model.Connection) bool {
	f := &frame{tx: t, conn: c}
	return f.holds(t.slot(c.User, c.Kind))
}

// confirmed is the last checkpoint that a device has shown to hold.
func (t *tx) confirmed(d model.DeviceID) (storage.Confirmed, bool) {
	return get(t, storage.TableConfirmed, string(d[:]), storage.ParseConfirmed)
}

func (t *tx) putConfirmed(d model.DeviceID, c storage.Confirmed) {
	t.put(storage.TableConfirmed, string(d[:]), c.Append(nil))
}

// rightsOf is the last change of what a user sees.
func (t *tx) rightsOf(u model.UserID) (storage.Rights, bool) {
	return get(t, storage.TableRights, string(u[:]), storage.ParseRights)
}

// changesRights notes that what a user sees is changed by this commit. It is what their devices are to confirm.
func (t *tx) changesRights(u, by model.UserID, what string) {
	if !planted("change-unnoted") {
		t.put(storage.TableRights, string(u[:]), storage.Rights{Seq: t.seq(), At: t.now, By: by, What: what}.Append(nil))
	}
}

// narrows notes that a job, or the customer of one, has left what one user sees: that is a change of rights too (domain W52).
// What its time takes from phones is none: nobody took it, and it must not stand in the place of what somebody did.
func (t *tx) narrows(r *model.Record, a model.Audience) {
	if t.turns && !planted("turn-is-a-change-of-rights") || r.Deleted || r.Collection != model.Jobs && r.Collection != model.Customers {
		return
	}
	name := t.audienceName(a)
	if name.Kind != model.AudienceWork && name.Kind != model.AudienceRefs {
		return
	}
	u := model.UserID(name.Of)
	if last, ok := t.rightsOf(u); !ok || last.Seq < t.seq() { // what a person said in this commit says more
		t.changesRights(u, t.acts, "unassigned")
	}
}

// confirmation is how far a device has followed its user's last change of rights.
func (t *tx) confirmation(d storage.Device) (out model.Confirmation) {
	rights, _ := t.rightsOf(d.User)
	have, _ := t.confirmed(d.ID)
	out.Change = model.RightsChange{At: rights.At, By: rights.By, What: rights.What}
	if have.Seq > 0 {
		out.Checkpoint = have.At
	}
	if rights.Seq == 0 {
		return out
	}
	if have.Sent == rights.Seq {
		out.Sent = have.SentAt
	}
	if have.Rights == rights.Seq {
		out.Confirmed = have.RightsAt
	}
	return out
}

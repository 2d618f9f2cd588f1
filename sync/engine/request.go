package engine

import (
	"context"
	"encoding/binary"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Submit decides a request of the office's API in one commit: every change like one of the office's lane, and then, unlike
// a device's, what is neither applied nor merged is thrown away with the unit it belongs to. Whoever asks is still there
// to be told, so nothing needs to be held.
//
// model.ErrReused, model.ErrScoped, model.ErrToken and *model.StaleError decide nothing; storage.ErrTooBig says that the
// request is more than one commit takes.
func (e *Engine) Submit(ctx context.Context, c model.Caller, r model.Request, changes []model.Submitted, now model.Instant) (model.Settlement, error) {
	var out model.Settlement
	_, err := e.cfg.Store.Apply(ctx, c.Tenant, max(1, len(changes)), func(reader storage.Reader) (*storage.WriteSet, error) {
		t, err := e.begin(ctx, c.Tenant, reader, now)
		if err != nil {
			return nil, err
		}
		d, err := t.desk(c)
		if err != nil {
			return nil, err
		}
		var known bool
		if out, known, err = d.known(r); known || err != nil {
			return nil, err
		}
		if err := d.allowed(r, changes); err != nil {
			return nil, err
		}
		if out, err = d.settle(r, changes); err != nil || r.Rehearse && !planted("rehearsal-kept") {
			return nil, err
		}
		d.remember(r, changes, out)
		return t.writes()
	})
	return out, err
}

// Known answers a repeatable request that was decided before; ok is false when it was not. model.ErrReused.
func (e *Engine) Known(ctx context.Context, c model.Caller, r model.Request, now model.Instant) (out model.Settlement, ok bool, err error) {
	err = e.at(ctx, c, func(d *desk) error {
		d.now = max(d.now, now)
		out, ok, err = d.known(r)
		return err
	})
	return out, ok, err
}

// known answers a request that was decided before.
func (d *desk) known(r model.Request) (out model.Settlement, known bool, err error) {
	if r.Key == [16]byte{} {
		return out, false, nil
	}
	row, ok := get(d.tx, storage.TableRequests, string(r.Key[:]), storage.ParseRequest)
	if !ok || d.now-row.Time > model.RequestLife {
		return out, false, d.err
	}
	if row.Print != r.Print && !planted("print-ignored") {
		return out, false, model.ErrReused
	}
	n := len(row.Changes)
	out = model.Settlement{Answers: make([]model.Answer, n), Dropped: make([]bool, n), Repeat: true, Note: row.Note}
	for i, id := range row.Changes {
		if o, ok := d.outcome(id); ok {
			out.Answers[i] = model.Answer{Outcome: o.Code, Reason: o.Reason, Repeat: true}
		}
	}
	for _, x := range row.Dropped {
		if int(x.At) < n {
			out.Dropped[x.At] = true
			out.Answers[x.At] = model.Answer{Outcome: x.Outcome, Reason: x.Reason, Repeat: true}
		}
	}
	return out, true, nil
}

// allowed checks what must be so before anything is decided: the caller's scopes, and what they believe of records.
func (d *desk) allowed(r model.Request, changes []model.Submitted) error {
	for i := range changes {
		spec, ok := d.table.Spec(changes[i].Change.Collection)
		if ok && !d.caller.Scopes.Writes(spec.Name) {
			return model.ErrScoped
		}
	}
	for _, x := range r.Expect {
		s, ok := d.show(d.record(x.Record))
		if !ok {
			return &model.StaleError{Record: x.Record}
		}
		if s.Tag != x.Tag && !planted("stale-accepted") {
			return &model.StaleError{Record: x.Record, Tag: s.Tag}
		}
	}
	return nil
}

// settle decides the request's units in their order.
func (d *desk) settle(r model.Request, changes []model.Submitted) (model.Settlement, error) {
	out := model.Settlement{Answers: make([]model.Answer, len(changes)), Dropped: make([]bool, len(changes))}
	f, err := d.frame(model.Connection{Tenant: d.id, User: d.caller.User, Kind: model.Desktop, Lane: model.LaneOffice}, nil, true)
	if err != nil {
		return out, err
	}
	units := r.Units
	for i := 0; i < len(changes); {
		k := i + 1
		if len(units) > 0 {
			k, units = min(i+max(1, units[0]), len(changes)), units[1:]
		}
		f.together(changes[i:k], out.Answers[i:k], out.Dropped[i:k])
		i = k
	}
	f.rejudge()
	return out, f.err
}

// together decides changes that stand or fall together.
func (f *frame) together(changes []model.Submitted, answers []model.Answer, dropped []bool) {
	before := f.fork()
	for i := range changes {
		answers[i] = f.unit(changes[i : i+1])[0]
		if stands(answers[i]) {
			continue
		}
		if !planted("unit-split") {
			f.drop(before)
		}
		for j := range answers {
			dropped[j] = true
			if j != i {
				answers[j] = model.Answer{}
			}
		}
		return
	}
}

// stands says whether a change of the API is kept: it is what stands now, or it was decided before.
func stands(a model.Answer) bool {
	return a.Outcome == model.OutcomeApplied || a.Outcome == model.OutcomeMerged || a.Repeat && a.Reason != model.ReasonContent
}

// remember makes the request repeatable.
func (d *desk) remember(r model.Request, changes []model.Submitted, s model.Settlement) {
	if r.Key == [16]byte{} || planted("request-forgotten") {
		return
	}
	row := storage.Request{Print: r.Print, Time: d.now, Note: r.Note}
	for i := range changes {
		row.Changes = append(row.Changes, changes[i].Change.ID)
		if s.Dropped[i] {
			row.Dropped = append(row.Dropped, storage.Dropped{At: uint16(i), Outcome: s.Answers[i].Outcome, Reason: s.Answers[i].Reason})
		}
	}
	d.put(storage.TableRequests, string(r.Key[:]), row.Append(nil))
	d.put(storage.TableRequests, requestTime(d.now)+string(r.Key[:]), nil)
}

// requestTime is the index of requests by time. It is longer than a request's key, so that the two never meet.
func requestTime(at model.Instant) string {
	return "t" + string(binary.BigEndian.AppendUint64(nil, uint64(at)))
}

// forgetRequests drops requests that nobody repeats any more, and says whether there may be more to drop.
func (t *tx) forgetRequests() bool {
	left := historyBatch
	for key := range t.r.Rows(storage.TableRequests, "t", "") {
		if len(key) != 1+8+16 {
			continue // a request's own row
		}
		if at := model.Instant(binary.BigEndian.Uint64([]byte(key[1:]))); t.now-at <= model.RequestLife {
			return false
		}
		if left--; left < 0 {
			return true
		}
		t.remove(storage.TableRequests, key)
		row, ok := get(t, storage.TableRequests, key[9:], storage.ParseRequest)
		if ok && t.now-row.Time > model.RequestLife { // the key may have been used again since
			t.remove(storage.TableRequests, key[9:])
		}
	}
	return false
}

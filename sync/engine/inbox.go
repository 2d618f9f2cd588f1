package engine

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// Inbox gives a page of everything that needs a person, and how much is open of each kind, as a caller may see it: nothing
// of it goes by a record or a field that they do not see. model.ErrHistory: After is no place in it.
//
// It looks at every item that is open, for what a page says of all must be counted, and they are few, since they fold; and at as
// many of the resolved ones as the page asks for.
func (e *Engine) Inbox(ctx context.Context, c model.Caller, q model.InboxQuery, now model.Instant) (model.Inbox, error) {
	out := model.Inbox{Counts: map[string]int{}}
	after, err := parseInboxPlace(q.After)
	if err != nil {
		return out, err
	}
	err = e.at(ctx, c, func(d *desk) error {
		d.now = max(d.now, now)
		all, err := d.toReview(ctx, q, out.Counts)
		if err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(i model.InboxItem) bool {
			return q.Kind != "" && i.Kind != q.Kind || q.After != "" && placeOf(&i).compare(after) <= 0
		})
		limit := min(q.Limit, model.MaxListing)
		decided, err := d.resolvedItems(ctx, q, after, limit+1)
		if err != nil {
			return err
		}
		all = append(all, decided...)
		slices.SortFunc(all, func(a, b model.InboxItem) int { return placeOf(&a).compare(placeOf(&b)) })
		if len(all) > limit {
			out.Next = placeOf(&all[limit-1]).String()
			all = all[:limit]
		}
		out.Items = all
		return nil
	})
	return out, err
}

// Rows of TableReview: how they begin. They are kept where an item is written, so that an old company's inbox is as quick as a new one's.
const (
	reviewOpen     = "o" // + id
	reviewResolved = "r" // + place
	reviewOnJob    = "j" // + job id + id of a held change
)

// keepInbox brings the row of an item of review in line with it.
func (t *tx) keepInbox(was, now *model.Record) {
	if now.Collection != model.ReviewItems {
		return
	}
	old, key := inboxKey(was), inboxKey(now)
	if old == key {
		return
	}
	if old != "" {
		t.remove(storage.TableReview, old)
	}
	if key != "" && !planted("item-not-indexed") {
		t.put(storage.TableReview, key, nil)
	}
}

// inboxKey is the row of an item; empty: it has none.
func inboxKey(r *model.Record) string {
	switch {
	case r == nil || r.Deleted || r.Collection != model.ReviewItems:
		return ""
	case r.Value(model.ReviewState).Text() == "open":
		return reviewOpen + string(r.ID[:])
	default:
		return reviewResolved + inboxPlace{model.Instant(r.Value(model.ReviewAt).Int()), r.ID}.key()
	}
}

// inboxPlace is where an item stands: the newest first. It tells what whoever is given it was told before.
type inboxPlace struct {
	at model.Instant
	id model.RecordID
}

func placeOf(i *model.InboxItem) inboxPlace { return inboxPlace{i.At, i.ID} }

func (p inboxPlace) compare(o inboxPlace) int {
	return cmp.Or(cmp.Compare(o.at, p.at), p.id.Compare(o.id))
}

// key is the place as a key, so that key order is the order of the places.
func (p inboxPlace) key() string {
	return string(binary.BigEndian.AppendUint64(nil, ^uint64(p.at))) + string(p.id[:])
}

// String is the inverse of parseInboxPlace.
func (p inboxPlace) String() string {
	return strconv.FormatInt(int64(p.at), 10) + "-" + hex.EncodeToString(p.id[:])
}

func parseInboxPlace(text string) (p inboxPlace, err error) {
	if text == "" {
		return p, nil
	}
	at, id, ok := strings.Cut(text, "-")
	n, err := strconv.ParseInt(at, 10, 64)
	p.at = model.Instant(n)
	if !ok || err != nil || p.id.UnmarshalText([]byte(id)) != nil || p.String() != text {
		return p, model.ErrHistory
	}
	return p, nil
}

// toReview is everything open that is asked for, of whatever kind, and counts it by kind; of one item that is asked for by name, it
// whatever its state.
func (d *desk) toReview(ctx context.Context, q model.InboxQuery, counts map[string]int) (out []model.InboxItem, err error) {
	if q.State == "resolved" {
		return nil, nil
	}
	ids := []model.RecordID{q.Item}
	if q.Item.IsZero() {
		ids = ids[:0]
		for _, k := range d.keys(storage.TableReview, reviewOpen) {
			ids = append(ids, model.RecordID([]byte(k[len(reviewOpen):])))
		}
	}
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r := d.reviewItem(id)
		if r == nil || q.State != "" && r.Value(model.ReviewState).Text() != q.State {
			continue
		}
		switch item, ok := d.item(r); {
		case ok && asked(q, &item):
			out = append(out, item)
			counts[item.Kind]++
		case planted("hidden-counted"):
			counts[r.Value(model.ReviewKind).Text()]++
		}
	}
	if !q.Item.IsZero() && len(out) > 0 {
		return out, d.err
	}
	hours := d.hoursToCheck(q)
	if len(hours) > 0 {
		counts[model.InboxHours] = len(hours)
	}
	return append(out, hours...), d.err
}

// resolvedItems is the first of what was decided, after a place.
func (d *desk) resolvedItems(ctx context.Context, q model.InboxQuery, after inboxPlace, most int) (out []model.InboxItem, err error) {
	if q.State == "open" || !q.Item.IsZero() {
		return nil, nil
	}
	from := ""
	if q.After != "" {
		from = after.key()
	}
	for k := range d.r.Rows(storage.TableReview, reviewResolved, from) {
		if err := ctx.Err(); err != nil || len(out) == most {
			return out, err
		}
		r := d.reviewItem(model.RecordID([]byte(k[len(reviewResolved)+8:])))
		if r == nil {
			continue
		}
		i, ok := d.item(r)
		if ok && asked(q, &i) && (q.Kind == "" || i.Kind == q.Kind) && (q.After == "" || placeOf(&i).compare(after) > 0) {
			out = append(out, i)
		}
	}
	return out, d.err
}

// reviewItem is one of them, or nil. No more records are kept than a scan may.
func (d *desk) reviewItem(id model.RecordID) *model.Record {
	if len(d.loaded) > maxScan {
		clear(d.loaded)
	}
	if r := d.record(id); r != nil && r.Collection == model.ReviewItems {
		return r
	}
	return nil
}

func asked(q model.InboxQuery, i *model.InboxItem) bool {
	return (q.Grade == "" || i.Grade == q.Grade) && (q.Job.IsZero() || i.Job == q.Job) && (q.Person.IsZero() || i.Author == q.Person)
}

// item is an item of review as the caller sees it, with both values, or what waits; ok is false when they do not see what it
// is about.
func (d *desk) item(r *model.Record) (i model.InboxItem, ok bool) {
	s, ok := d.show(r)
	if !ok {
		return i, false
	}
	is := func(f model.FieldNo) model.Value { v, _ := s.Find(f); return v }
	i = model.InboxItem{
		ID: r.ID, Kind: is(model.ReviewKind).Text(), State: is(model.ReviewState).Text(), Grade: is(model.ReviewGrade).Text(),
		Count: max(1, is(model.ReviewCount).Int()), At: model.Instant(is(model.ReviewAt).Int()), First: model.Instant(is(model.ReviewFirst).Int()),
		Of: model.Collection(is(model.ReviewOf).Int()), Subject: model.RefOf(is(model.ReviewSubject)),
		Author: model.UserID(model.RefOf(is(model.ReviewAuthor))), Change: model.ChangeID(model.RefOf(is(model.ReviewChange))),
		Reason: model.Reason(is(model.ReviewReason).Int()), Field: model.FieldNo(is(model.ReviewField).Int()),
		Said: model.Instant(is(model.ReviewSaid).Int()), Other: model.RefOf(is(model.ReviewOther)),
		Decision: is(model.ReviewDecision).Text(), Why: is(model.ReviewResolution).Text(),
	}
	if i.First == 0 {
		i.First = i.At
	}
	if cell, ok := r.Cell(model.ReviewState); ok && i.State == "resolved" {
		i.By, i.Decided = r.Writes[cell.Write].Author, r.Writes[cell.Write].Occurred
	}
	if !d.about(&i) {
		return i, false
	}
	switch i.Kind {
	case model.InboxConflict:
		return i, d.values(&i, is(model.ReviewProposal).Bool(), is)
	case model.InboxDuplicate:
		if i.Field != 0 { // proposes whose job it is
			return i, d.values(&i, false, is)
		}
		return i, d.of(&i, i.Subject)
	case model.InboxHeld, model.InboxClaim, model.InboxAlarm:
		return i, d.waits(&i)
	default:
		return i, d.of(&i, i.Subject)
	}
}

// about says whether the caller sees the collection and the record that an item is about. One that never was is nobody's secret.
func (d *desk) about(i *model.InboxItem) bool {
	if _, known := d.table.Spec(i.Of); known && d.view.Classes.Of(i.Of) == 0 {
		return false
	}
	return !d.foreign(i.Subject) && !d.foreign(i.Other)
}

// of finds the job that an item's record is or hangs on.
func (d *desk) of(i *model.InboxItem, id model.RecordID) bool {
	r := d.live(id)
	if r == nil {
		return true
	}
	if job := d.jobOf(r); job != nil && d.shown(job) {
		i.Job = job.ID
	}
	return true
}

// values adds what lost in a conflict and what stands now.
func (d *desk) values(i *model.InboxItem, proposal bool, is func(model.FieldNo) model.Value) bool {
	spec, ok := d.table.Spec(i.Of)
	if !ok {
		return false
	}
	field, ok := spec.Field(i.Field)
	if !ok || !d.view.Sees(i.Of, field.Class) {
		return false
	}
	if proposal {
		i.Kind = model.InboxProposal
	}
	i.Lost = is(model.ReviewLost + model.FieldNo(field.Class))
	if r := d.live(i.Subject); r != nil {
		cell, _ := r.Cell(i.Field)
		w := r.Writes[cell.Write]
		i.Standing = &model.Standing{Value: cell.Value, Author: w.Author, At: w.Occurred}
	}
	return d.of(i, i.Subject)
}

// waits adds the content of what is held or was claimed, as far as the caller sees it.
func (d *desk) waits(i *model.InboxItem) bool {
	h, ok := d.contentOf(i)
	if !ok { // let in, or forgotten
		return d.of(i, i.Subject)
	}
	all := HeldChange{Held: h, Content: d.e.contentOf(h)}
	content, ok := d.held(&all)
	if !ok {
		return false
	}
	i.Held = &content
	on := i.Subject
	for _, x := range all.Content.Fields {
		if x.Field == model.FieldParent && all.Content.Op == model.OpCreate {
			on = model.RefOf(x.Value)
		}
	}
	if r := d.record(on); i.Kind == model.InboxHeld && r != nil && r.Deleted {
		i.Kind = model.InboxRecovered
	}
	return d.of(i, on)
}

// contentOf is what waits, or was claimed, in an item; of an alarm the latest content that came under the id of another, not that one.
func (d *desk) contentOf(i *model.InboxItem) (h storage.Held, ok bool) {
	key := string(i.Change[:])
	if i.Kind != model.InboxAlarm || planted("alarm-tells-the-first") {
		return d.heldOf(i.Change)
	}
	for _, k := range d.keys(storage.TableHeld, key) {
		one, parsed := get(d.tx, storage.TableHeld, k, storage.ParseHeld)
		if parsed && len(k) > len(key) && (!ok || one.Since >= h.Since) {
			h, ok = one, true
		}
	}
	return h, ok
}

// checked are the flags of entries that somebody must look at before they are paid.
var checked = []string{
	workflow.FlagDisputed, workflow.FlagFuture, workflow.FlagLong, workflow.FlagMissingEnd, workflow.FlagMissingStart,
	workflow.FlagOverlap, workflow.FlagSkew, workflow.FlagTwoDevices,
}

// hoursBack is how far back hours are looked at. What is older and not approved is a matter of payroll.
const hoursBack = 31 * day

// hoursToCheck is the hours that somebody must look at, an item for each worker: what is not approved and has a flag that the office
// has not answered by a correction.
func (d *desk) hoursToCheck(q model.InboxQuery) (out []model.InboxItem) {
	if q.State == "resolved" || q.Grade != "" || !q.Job.IsZero() || d.seesHours() != nil {
		return nil
	}
	from, to := d.now-hoursBack, d.now+AgeLimit
	for _, w := range d.workersIn(storage.TableTimes, "t") {
		id := d.hoursItem(w)
		if !q.Person.IsZero() && w != q.Person || !q.Item.IsZero() && id != q.Item {
			continue
		}
		i := model.InboxItem{ID: id, Kind: model.InboxHours, State: "open", Of: model.People, Subject: model.RecordID(w), Author: w}
		h := d.hoursOf(w, from, to, d.shown)
		sheet := h.sheet(d.rule(), 0, d.now)
		for k := range sheet.Entries {
			if e := &sheet.Entries[k]; !h.approved(startOf(e)) && startOf(e) >= from {
				toCheck(&i, e)
			}
		}
		if i.Count > 0 {
			out = append(out, i)
		}
		clear(d.loaded) // records that were looked at
	}
	return out
}

// hoursItem names the hours of a worker to the outside.
func (t *tx) hoursItem(w model.UserID) model.RecordID {
	return t.derived("hours to check", w[:])
}

func startOf(e *workflow.Entry) model.Instant {
	if e.Start == 0 {
		return e.End
	}
	return e.Start
}

// approved says whether a moment lies in a timesheet that was approved.
func (h *hours) approved(at model.Instant) bool {
	return slices.ContainsFunc(h.locks, func(l lock) bool { return l.locked() && l.from <= at && at < l.to })
}

// toCheck adds an entry to a worker's item, when there is something about it. What the office has corrected it has looked at.
func toCheck(i *model.InboxItem, e *workflow.Entry) {
	found := false
	for _, f := range checked {
		clock := f == workflow.FlagSkew || f == workflow.FlagFuture
		if !e.Has(f) || clock && e.Has(workflow.FlagCorrected) {
			continue
		}
		if found = true; !slices.Contains(i.Flags, f) {
			i.Flags = append(i.Flags, f)
		}
	}
	if !found {
		return
	}
	slices.Sort(i.Flags)
	at := startOf(e)
	if i.Count++; i.First == 0 || at < i.First {
		i.First = at
	}
	i.At = max(i.At, at)
}

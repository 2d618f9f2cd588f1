package engine

import (
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// Hours are found by worker and instant, in rows of their own: they hang on no job, so that no job takes them along
// (domain E21). Nothing here edits or removes an event; a correction is another record.

// instantKey is an instant as a key, so that key order is time order.
func instantKey(at model.Instant) string {
	return string(binary.BigEndian.AppendUint64(nil, uint64(at)^1<<63))
}

func parseInstantKey(key string) model.Instant {
	return model.Instant(binary.BigEndian.Uint64([]byte(key)) ^ 1<<63)
}

func timesOf(worker model.UserID) string { return "t" + string(worker[:]) }

// indexTime keeps where an event, or a correction, lies in its worker's time, and that something came late.
func (t *tx) indexTime(r *model.Record, at ...model.Instant) {
	worker := named(r)
	lo, hi := at[0], at[0]
	for _, a := range at {
		t.put(storage.TableTimes, timesOf(worker)+instantKey(a)+string(r.ID[:]), nil)
		lo, hi = min(lo, a), max(hi, a)
	}
	t.comesLate(worker, lo-workflow.Reach, hi+workflow.Reach)
}

// comesLate notes that something of a worker's time changed, when it may have been exported by then.
func (t *tx) comesLate(worker model.UserID, from, to model.Instant) {
	key := "w" + string(worker[:])
	late, ok := get(t, storage.TablePayroll, key, storage.ParseLatecomers)
	if !ok || from >= late.Until || planted("latecomers-forgotten") {
		return
	}
	t.put(storage.TablePayroll, key, widened(late, from, to).Append(nil))
}

func widened(late storage.Latecomers, from, to model.Instant) storage.Latecomers {
	if late.To == 0 {
		late.From, late.To = from, to
	}
	late.From, late.To = min(late.From, from), max(late.To, to)
	return late
}

// told is the last event of the device that speaks.
func (f *frame) told() workflow.Told {
	if f.conn.Device.IsZero() {
		return workflow.Told{}
	}
	row, _ := get(f.tx, storage.TableTimes, "d"+string(f.conn.Device[:]), storage.ParseTold)
	return workflow.Told(row)
}

// tells remembers an event for the next one of its boot, unless it came late itself.
func (f *frame) tells(c *model.Change) {
	if f.conn.Device.IsZero() || c.Occurred.Clock.Boot == 0 {
		return
	}
	was := f.told()
	if was.Boot == c.Occurred.Clock.Boot && !was.Before(c.Occurred) {
		return
	}
	o, r := c.Occurred, f.record(c.Record)
	f.put(storage.TableTimes, "d"+string(f.conn.Device[:]), storage.Told{
		Boot: o.Clock.Boot, Mark: o.Clock.Mark, Elapsed: o.Elapsed, Wall: o.Wall, At: model.Instant(r.Value(model.TimeAt).Int()),
	}.Append(nil))
}

// timeFlags is what is odd about an event's clock and its road. They mark, and never drop (E1, E3, E22, E23).
func (f *frame) timeFlags(c *model.Change, at model.Instant) []string {
	flags := workflow.ClockFlags(c.Occurred, f.received, at)
	if f.told().Moved(c.Occurred) {
		flags = append(flags, workflow.FlagMoved)
	}
	if f.conn.Lane == model.LaneHandIn || f.conn.Lane == model.LaneLost {
		flags = append(flags, workflow.FlagHandedIn)
	}
	if a, ok := get(f.tx, storage.TableAccounts, string(c.Author[:]), storage.ParseAccount); !ok || !a.Active {
		flags = append(flags, workflow.FlagRemovedUser)
	}
	return flags
}

// corrects checks whose time a correction is about. Somebody in the field corrects their own, and what is not theirs is
// missing, as if it never was (S2).
func (f *frame) corrects(c *model.Change) verdict {
	var worker model.UserID
	var event model.RecordID
	for _, x := range c.Fields {
		switch x.Field {
		case model.CorrectionWorker:
			worker = model.UserID(model.RefOf(x.Value))
		case model.CorrectionEvent:
			event = model.RefOf(x.Value)
		}
	}
	office := f.conn.Kind == model.Desktop
	if !office && !worker.IsZero() && worker != c.Author && !planted("corrects-anybody") {
		return held(model.ReasonRight)
	}
	if event.IsZero() {
		if office && worker.IsZero() {
			return refused(model.ReasonShape) // nobody's time
		}
		return verdict{}
	}
	r := f.live(event)
	if r == nil || r.Collection != model.TimesheetEvents && (r.Collection != model.TimesheetCorrections || !model.RefOf(r.Value(model.CorrectionEvent)).IsZero()) {
		return missing(event)
	}
	if whose := named(r); !office && whose != c.Author || !worker.IsZero() && whose != worker {
		return missing(event)
	}
	return verdict{}
}

// completeCorrection adds whose time it is and who says so, and when that time is.
func (f *frame) completeCorrection(r *model.Record, w model.Write) {
	event := f.live(model.RefOf(r.Value(model.CorrectionEvent)))
	if r.Value(model.CorrectionWorker).IsNull() {
		worker := w.Author
		if event != nil {
			worker = named(event)
		}
		r.Set(model.CorrectionWorker, model.Ref(worker), w)
	}
	if event == nil && r.Value(model.CorrectionAt).IsNull() {
		r.Set(model.CorrectionAt, model.Int(int64(w.Occurred)), w)
	}
	r.Set(model.CorrectionOffice, model.Bool(w.Office), w)
	at := []model.Instant{}
	if event != nil {
		at = append(at, anchor(event))
	}
	if v := r.Value(model.CorrectionAt); !v.IsNull() {
		at = append(at, model.Instant(v.Int()))
	}
	f.indexTime(r, at...)
}

// anchor is when an event, or time that a correction told of, was by its own account.
func anchor(r *model.Record) model.Instant {
	if r.Collection == model.TimesheetCorrections {
		return model.Instant(r.Value(model.CorrectionAt).Int())
	}
	return model.Instant(r.Value(model.TimeAt).Int())
}

// hours is what there is about one worker's time around some days.
type hours struct {
	events      []workflow.Time
	eventSeqs   []model.Seq
	corrections []workflow.Correction
	corrSeqs    []model.Seq
	records     map[model.ChangeID]*model.Record
	locks       []lock
}

// lock is a timesheet that somebody has moved.
type lock struct {
	id       model.RecordID
	from, to model.Instant
	state    string
	pin      model.Seq // the commit that approved it; 0: it is not
}

// locked says whether what the lock is of is approved.
func (l lock) locked() bool { return l.state == model.SheetApproved || l.state == model.SheetExported }

// maxSheetDays is how many days a timesheet has at most; it bounds how far back one that matters may begin.
const maxSheetDays = 62

const dayLength = 24 * 3_600_000

// locks finds the timesheets of a worker that meet some time.
func (t *tx) locks(worker model.UserID, from, to model.Instant) (out []lock) {
	prefix := "a" + string(worker[:])
	for key, raw := range t.r.Rows(storage.TablePayroll, prefix, instantKey(from-(maxSheetDays+2)*dayLength)) {
		l := lock{from: parseInstantKey(key[len(prefix):])}
		if l.from >= to || len(raw) != 24 {
			break
		}
		l.id, l.to = model.RecordID(raw[:16]), parseInstantKey(string(raw[16:]))
		r := t.live(l.id)
		if l.to <= from || r == nil {
			continue
		}
		l.state = r.Value(model.ApprovalState).Text()
		if cell, ok := r.Cell(model.ApprovalAt); ok && l.locked() {
			l.pin = r.Stamp(cell)
		}
		out = append(out, l)
	}
	return out
}

// hoursOf gathers what there is about a worker's time from one moment until before another, as far as see lets it.
func (t *tx) hoursOf(worker model.UserID, from, to model.Instant, see func(*model.Record) bool) *hours {
	h := &hours{records: map[model.ChangeID]*model.Record{}, locks: t.locks(worker, from-workflow.Reach, to+workflow.Reach)}
	prefix := timesOf(worker)
	lo, hi := from-workflow.Reach, to+workflow.Reach
	for key := range t.r.Rows(storage.TableTimes, prefix, instantKey(lo)) {
		if parseInstantKey(key[len(prefix):len(prefix)+8]) > hi {
			break
		}
		t.gather(h, model.RecordID([]byte(key[len(prefix)+8:])), see)
	}
	for _, c := range slices.Clone(h.corrections) { // of events that lie elsewhere by their own account: everything about them
		if _, there := h.records[c.Of]; c.Of.IsZero() || there {
			continue
		}
		event := t.live(model.RecordID(c.Of))
		if event == nil {
			continue
		}
		for key := range t.r.Rows(storage.TableTimes, prefix+instantKey(anchor(event)), "") {
			t.gather(h, model.RecordID([]byte(key[len(prefix)+8:])), see)
		}
	}
	for i := range h.corrections {
		c := &h.corrections[i]
		at := c.At
		if event := h.records[c.Of]; event != nil {
			at = anchor(event)
		}
		c.Late = slices.ContainsFunc(h.locks, func(l lock) bool {
			return l.locked() && l.from <= at && at < l.to && h.corrSeqs[i] > l.pin
		})
	}
	return h
}

func (t *tx) gather(h *hours, id model.RecordID, see func(*model.Record) bool) {
	r := t.live(id)
	if r == nil || h.records[model.ChangeID(id)] != nil || !see(r) {
		return
	}
	h.records[model.ChangeID(id)] = r
	cell, _ := r.Cell(model.FieldParent)
	if r.Collection == model.TimesheetEvents {
		h.events = append(h.events, timeOf(r))
		h.eventSeqs = append(h.eventSeqs, r.Stamp(cell))
		return
	}
	h.corrections = append(h.corrections, correctionOf(r))
	h.corrSeqs = append(h.corrSeqs, r.Stamp(cell))
}

func timeOf(r *model.Record) workflow.Time {
	at := model.Instant(r.Value(model.TimeAt).Int())
	if planted("clock-face-counts") {
		at += model.Instant(r.Value(model.TimeOffset).Int()) * 60_000
	}
	return workflow.Time{
		Change: model.ChangeID(r.ID), Kind: r.Value(model.TimeKind).Text(), Job: model.RefOf(r.Value(model.TimeJob)),
		At: at, Raw: at, Wall: model.Instant(r.Value(model.TimeWall).Int()), Fuzz: r.Value(model.TimeFuzz).Int(), Amount: r.Value(model.TimeAmount).Int(),
		Device: model.DeviceID(model.RefOf(r.Value(model.TimeDevice))), Flags: strings.Fields(r.Value(model.TimeFlags).Text()),
		Helpers: workflow.HelpersIn(r.Value(model.TimeHelper).Text()),
	}
}

func correctionOf(r *model.Record) workflow.Correction {
	cell, _ := r.Cell(model.FieldParent)
	return workflow.Correction{
		Change: model.ChangeID(r.ID), Of: model.ChangeID(model.RefOf(r.Value(model.CorrectionEvent))),
		At: model.Instant(r.Value(model.CorrectionAt).Int()), Void: r.Value(model.CorrectionVoid).Bool(),
		Minutes: r.Value(model.CorrectionMinutes).Int(), Office: r.Value(model.CorrectionOffice).Bool(),
		Made: r.Writes[cell.Write].Occurred,
	}
}

// sheet derives the hours as a commit left them; 0: as they are now.
func (h *hours) sheet(rule workflow.Rule, until model.Seq, now model.Instant) workflow.Sheet {
	events, corrections := h.events, h.corrections
	if until != 0 {
		events, corrections = asOf(events, h.eventSeqs, until), asOf(corrections, h.corrSeqs, until)
	}
	return workflow.Hours(events, corrections, rule, now)
}

// asOf is what came by a commit.
func asOf[T any](list []T, seqs []model.Seq, until model.Seq) []T {
	if !slices.ContainsFunc(seqs, func(s model.Seq) bool { return s > until }) {
		return list
	}
	var out []T
	for i := range list {
		if seqs[i] <= until {
			out = append(out, list[i])
		}
	}
	return out
}

// changedAfter says whether anything came after a commit.
func (h *hours) changedAfter(seq model.Seq) bool {
	after := func(s model.Seq) bool { return s > seq }
	return slices.ContainsFunc(h.eventSeqs, after) || slices.ContainsFunc(h.corrSeqs, after)
}

// rule is how the company counts hours.
func (t *tx) rule() workflow.Rule {
	p := t.tenant.Settings.Pay
	return workflow.Rule{PaidBreak: int64(p.PaidBreak) * 60_000, MissingEnd: int64(p.MissingEnd) * 3_600_000}
}

// payZone is the zone that a worker's days are of: their own, or the company's (E8).
func (t *tx) payZone(worker model.UserID) (name string, zone *time.Location) {
	if planted("days-in-utc") {
		return "UTC", time.UTC
	}
	if r := t.live(model.RecordID(worker)); r != nil {
		name = r.Value(model.PersonZone).Text()
	}
	if zone := t.zoneOf(name); zone != nil {
		return name, zone
	}
	name = t.tenant.Settings.Window.Zone
	return name, t.zoneOf(name)
}

// zoneOf finds a zone; nil is UTC, or none.
func (t *tx) zoneOf(name string) *time.Location { return t.e.zone(model.Window{Zone: name}) }

// workersIn walks the workers who have something in a table under a letter: one look for each.
func (t *tx) workersIn(table storage.Table, letter string) (out []model.UserID) {
	from := ""
	for {
		found := false
		for key := range t.r.Rows(table, letter, from) {
			if len(key) < 17 {
				continue
			}
			out, found = append(out, model.UserID([]byte(key[1:17]))), true
			break
		}
		if !found {
			return out
		}
		last := out[len(out)-1]
		from = string(last[:]) + strings.Repeat("\xff", 32)
	}
}

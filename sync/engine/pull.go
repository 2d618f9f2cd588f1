package engine

import (
	"context"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Pull answers the next page of the feed, or nil when there is nothing to say: nothing visible changed, no frame, and
// the cursor stays. The session is checked in the same snapshot as the data and the rights; rights that cannot be
// read are an error, which serves nothing and retracts nothing.
func (e *Engine) Pull(ctx context.Context, p model.Pull, now model.Instant) (*model.Page, error) {
	var page *model.Page
	err := e.read(ctx, p.Connection.Tenant, func(t *tx) error {
		t.asked = now
		r, err := t.reading(p.Connection)
		if err != nil {
			return err
		}
		c, ok := r.open(p.Cursor)
		if !ok {
			page = &model.Page{Reconcile: true}
			return nil
		}
		if planted("cursor-forgotten") && p.Refresh && c.clean {
			c = freshCursor(c.incarnation, t.head.Seq)
		}
		page, err = r.feed(c, p)
		return err
	})
	return page, err
}

// feed is the next page from a cursor, of the first step of the view that has one.
func (r *reading) feed(c cursor, p model.Pull) (*model.Page, error) {
	growing := c.step < lastStep || c.more
	for {
		page, err := r.next(c, p)
		if err != nil || page != nil || c.step >= lastStep && !growing {
			return page, err
		}
		if c.step == lastStep {
			growing, p.Refresh = false, true // the last step has nothing to say but that it was the last
		} else {
			c.step++
		}
	}
}

// reading is one device asking, at one snapshot.
type reading struct {
	*tx
	conn   model.Connection
	person *person
	budget int
	used   int // bytes of the page so far: what was emitted alone counts, never what was looked at (CE-8)
	page   *model.Page
	at     map[model.RecordID]int // rows of this page
	view   model.View
	c      cursor
	long   func()
	looked int
	mute   bool // only whether there is a page is asked: nothing is sealed, or the next page would tell that it was
}

// record finds a record in the snapshot. Unlike a decision's, it is not kept: a page may look at all that a device holds.
func (r *reading) record(id model.RecordID) *model.Record {
	rec, _ := r.tx.r.Record(id)
	return rec
}

// breathe counts a record that is looked at.
func (r *reading) breathe() {
	if r.looked++; r.looked%model.PullBreath == 0 && r.long != nil {
		r.long()
	}
}

// reading checks the live session, in the snapshot.
func (t *tx) reading(c model.Connection) (*reading, error) {
	p, err := t.person(c.User, c.Kind)
	if err != nil {
		return nil, err
	}
	if err := t.barred(c); err != nil {
		return nil, err
	}
	f := &frame{tx: t, conn: c}
	if c.Lane != model.LaneLive || !f.holds(t.slot(c.User, c.Kind)) {
		d, _ := get(t, storage.TableDevices, string(c.Device[:]), storage.ParseDevice)
		return nil, &model.EndedError{Ended: t.endOf(d, c.Session)}
	}
	if p.err != nil {
		return nil, p.err
	}
	return &reading{tx: t, conn: c, person: p}, nil
}

// lastStep is how many times the view of a first sync grows: the work of the day first, then the office's jobs, then
// the directory (DESIGN §5, tiers).
const lastStep = 2

func stepOf(k model.AudienceKind) uint8 {
	switch k {
	case model.AudienceOffice, model.AudienceMoney, model.AudiencePay, model.AudienceCompany, model.AudienceCrew,
		model.AudienceQuotes, model.AudienceEquipment, model.AudienceRoutes, model.AudienceMessages, model.AudienceStaff:
		return 1
	case model.AudienceDirectory, model.AudienceInbox:
		return 2
	default:
		return 0
	}
}

// viewAt is the user's view as far as it has grown.
func (r *reading) viewAt(step uint8) model.View {
	v := r.person.views[step]
	if planting {
		v = r.showsTooMuch(v)
	}
	if planted("projection-off") {
		for _, spec := range r.table.Specs() {
			v.Classes[spec.No] = model.AllClasses
		}
		if a, ok := r.number(model.AudienceName{Kind: model.AudienceDirectory}); ok && !v.In(a) {
			v.Audiences = append(slices.Clone(v.Audiences), a)
			slices.Sort(v.Audiences)
		}
	}
	return v
}

func (r *reading) binding() Binding {
	return Binding{Purpose: PurposeCursor, Tenant: r.id, User: r.conn.User, Device: r.conn.Device}
}

// open reads a device's cursor. What is not one of this device, or of another life of the store, or too old for the
// intervals kept, is no cursor: the device is reconciled.
func (r *reading) open(token []byte) (cursor, bool) {
	inc := r.head.Lineage.Present()
	if len(token) == 0 {
		return freshCursor(inc, r.head.Seq), true
	}
	plain, ok := r.e.seal().Open(r.tenant.Keys, r.binding(), token)
	if !ok {
		return cursor{}, false
	}
	plain, ok = unpadded(plain)
	if !ok {
		return cursor{}, false
	}
	c, ok := decodeCursor(plain)
	if !ok || c.incarnation != inc {
		return cursor{}, false
	}
	oldest := c.oldest()
	if planted("horizon-on-cut") {
		oldest = c.s
	}
	return c, oldest >= r.head.Horizon || planted("no-horizon-check")
}

// next computes one page from a cursor, at this snapshot (feed-verification §2, one page). nil: nothing to say.
func (r *reading) next(c cursor, p model.Pull) (*model.Page, error) {
	v := r.viewAt(c.step)
	r.c, r.view, r.page, r.used, r.at, r.long = c, v, &model.Page{}, 0, map[model.RecordID]int{}, p.Long
	r.budget = p.Budget
	if r.budget <= 0 {
		r.budget = DefaultBudget
	}
	if c.j > 2 && !planted("constant-budget") {
		r.grow(int(c.j) - 2) // a busy tenant must not starve the checkpoint (CE-21)
	}
	r.grow(len(c.ceil) - maxRanges)
	wasClean := c.clean
	had := r.shrink()
	if !r.retract() || !r.fill(had) {
		return r.send(), nil
	}
	included := r.included(p.Waiting)
	if wasClean && r.used == 0 && len(included) == 0 && !p.Refresh && (c.s == r.head.Seq || !planted("leak-page-for-nothing")) {
		return nil, nil
	}
	return r.checkpoint(included), nil
}

// maxRanges is how many ranges of the ceiling a cursor is to have: beyond, pages of a retraction grow (feed-verification §5).
const maxRanges = 4

// grow doubles the page's budget so many times, as far as a page fits a frame.
func (r *reading) grow(times int) {
	for ; times > 0 && r.budget < MaxBudget; times-- {
		r.budget = min(2*r.budget, MaxBudget)
	}
}

// surely is the floor as it was before this page: what had(r) is asked of.
type surely struct {
	view model.View
	s, h model.Seq
}

// shrink masks what the view lost, and lowers the floor, the delivered view and the running pass to it. A mask says what
// is left, never what is lost: among the lost fields there may be some that the company defined since the right was
// lost, and their numbers alone say too much (DESIGN I9). So every collection that lost a class is named, whether it has
// a field of that class or not.
func (r *reading) shrink() surely {
	c, v := &r.c, r.view
	had := surely{c.floor, c.s, c.h}
	for _, spec := range r.table.Specs() {
		lost := c.ceilFields.Of(spec.No) &^ v.Classes.Of(spec.No)
		if lost == 0 || planted("mask-dropped") {
			continue
		}
		m := r.keep(spec.No)
		if planted("mask-names-lost") {
			var gone model.View
			gone.Classes[spec.No] = lost
			m = model.Mask{Collection: spec.No, Fields: access.ShownFields(r.table, gone, spec.No)}
		}
		r.page.Masks = append(r.page.Masks, m)
		r.used += 8 + 5*len(m.Fields)
	}
	c.ceilFields = c.ceilFields.And(v.Classes)
	if !planted("floor-not-lowered") {
		c.floor = c.floor.And(v)
	}
	c.h = r.head.Seq
	c.clean = false
	if planted("had-only-at-cut") {
		had.h = had.s
	}
	if planted("resume-forgets-view") {
		return had
	}
	c.l = c.l.And(v)
	if c.pass != nil {
		shrunk := *c.pass
		shrunk.target = shrunk.target.And(v)
		if planted("gains-join-pass") {
			shrunk.target = v
		}
		c.pass = &shrunk
	}
	return had
}

// keep is the mask of a collection: what the view shows of it stays.
func (r *reading) keep(c model.Collection) model.Mask {
	return model.Mask{Collection: c, Fields: access.ShownFields(r.table, r.view, c), Keep: true}
}

// emit counts n bytes into the page; false when they do not fit. The first thing always does.
func (r *reading) emit(n int) bool {
	if r.used > 0 && r.used+n > r.budget {
		return false
	}
	r.used += n
	return true
}

// retract names what the device may hold and may not any more, for all keys before any data goes. It says whether
// every key was checked at this snapshot.
func (r *reading) retract() bool {
	c, now := &r.c, ceiling{lastKey, r.head.Seq, r.view.Audiences}
	candidates := r.leaving()
	at, _ := slices.BinarySearchFunc(candidates, c.rk, model.RecordID.Compare)
	if at < len(candidates) && candidates[at] == c.rk {
		at++
	}
	from := c.rk
	for i := range candidates {
		id := candidates[(at+i)%len(candidates)]
		r.breathe()
		rec, ok := r.tx.r.Outline(id)
		if !ok || !r.mustLeave(rec, c.ceilingOf(id)) {
			continue
		}
		if !r.emit(20) {
			if planted("retract-one-snapshot") {
				c.ceil = []ceiling{now}
			} else if c.rk != from {
				c.raise(from, c.rk, now)
			}
			return false
		}
		r.page.Retracts = append(r.page.Retracts, id)
		c.rk = id
	}
	c.rk = model.RecordID{}
	c.ceil = []ceiling{now}
	c.ceilFields = r.view.Classes
	return true
}

// mustLeave says whether a record was shown by its range of the ceiling and is not visible now, through any audience.
func (r *reading) mustLeave(rec *model.Record, g ceiling) bool {
	visible := access.Visible(rec, r.view)
	if planted("forgets-other-audience") && visible {
		for _, a := range g.audiences {
			if showedAt(rec, []model.Audience{a}, g.seq) && !r.view.In(a) {
				visible = false
			}
		}
	}
	return !visible && (showedAt(rec, g.audiences, g.seq) || rec.Deleted && planted("leak-deletions-told"))
}

// showedAt says whether one of the audiences held the record at a commit. First, not In, is asked: an interval that
// was folded into another must not hide that the device may have the record.
func showedAt(rec *model.Record, audiences []model.Audience, seq model.Seq) bool {
	for _, m := range rec.Memberships {
		if _, ok := slices.BinarySearch(audiences, m.Audience); !ok {
			continue
		}
		for _, iv := range m.Intervals {
			first := iv.First
			if planted("retract-ignores-entered") {
				first = 0
			}
			if first <= seq && (iv.Out == 0 || iv.Out > seq) {
				return true
			}
		}
	}
	return false
}

// included is those of the device's waiting changes that are decided in this state: they leave its overlay.
func (r *reading) included(waiting []model.ChangeID) []model.ChangeID {
	var out []model.ChangeID
	for _, id := range waiting {
		_, ok := r.outcome(id)
		if planted("ack-by-number") {
			ok = ok || len(out) > 0
		}
		if ok {
			out = append(out, id)
		}
	}
	return out
}

// send ends a page that is not a checkpoint.
func (r *reading) send() *model.Page {
	if planted("rows-by-stored-seq") {
		slices.SortStableFunc(r.page.Rows, func(a, b model.Row) int { return int(r.record(a.ID).Seq) - int(r.record(b.ID).Seq) })
	}
	if !r.mute {
		r.page.Cursor = r.e.seal().Seal(r.tenant.Keys, r.binding(), r.c.encode())
	}
	return r.page
}

// checkpoint ends a page with a consistent state: the cursor collapses.
func (r *reading) checkpoint(included []model.ChangeID) *model.Page {
	n := r.head.Seq
	r.c = checkpointCursor(r.head.Lineage.Present(), n, r.view, r.grown())
	r.c.more = r.more()
	r.page.Checkpoint = &model.Checkpoint{Included: included, More: r.c.more}
	if !r.mute {
		r.page.Checkpoint.Base = r.sealBase(r.conn.User, r.head.Lineage.Stamp(n))
	}
	return r.send()
}

// more says whether the view shows more in a later step.
func (r *reading) more() bool {
	return !r.viewAt(lastStep).Equal(r.view)
}

// grown is the step of the view that comes after this checkpoint: the next that shows more, which is a gain like any
// other, or the last.
func (r *reading) grown() uint8 {
	step := r.c.step
	for step < lastStep {
		step++
		if !r.viewAt(step).Equal(r.view) {
			break
		}
	}
	return step
}

// Reconcile answers a device whose cursor cannot be continued and that lists what it holds: what it must drop, and a
// cursor from which everything it may see is sent again. Nothing is wiped; its outbox is not touched.
//
// All of it is looked at in one snapshot: the cursor says that what the device still holds was visible at its commit, and
// would be wrong of a record that ceased to be between two looks. The page may retract more than fits into a frame; the
// caller cuts it up, and only the last piece brings the cursor.
func (e *Engine) Reconcile(ctx context.Context, conn model.Connection, held []model.RecordID, now model.Instant) (*model.Page, error) {
	var page *model.Page
	err := e.read(ctx, conn.Tenant, func(t *tx) error {
		t.asked = now
		r, err := t.reading(conn)
		if err != nil {
			return err
		}
		r.c = freshCursor(t.head.Lineage.Present(), t.head.Seq)
		r.c.step = lastStep
		r.view = r.viewAt(lastStep)
		r.page = &model.Page{}
		for _, spec := range r.table.Specs() {
			r.page.Masks = append(r.page.Masks, r.keep(spec.No))
		}
		for _, id := range held {
			if rec := r.record(id); rec == nil && !planted("leak-holdings-known") || rec != nil && !access.Visible(rec, r.view) {
				r.page.Retracts = append(r.page.Retracts, id)
			}
		}
		r.c.ceil = oneRange(t.head.Seq, r.view.Audiences)
		r.c.ceilFields = r.view.Classes
		page = r.send()
		return nil
	})
	return page, err
}

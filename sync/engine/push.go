package engine

import (
	"context"
	"errors"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// ErrOlder is the error of a frame from a connection that is not the device's last one: nothing is answered, the
// device sends it again (write-verification, accept a frame).
var ErrOlder = errors.New("the device has a newer connection")

// frame is one push being decided.
type frame struct {
	*tx
	conn      model.Connection
	device    storage.Device // that speaks; none on the office's lane
	who       access.Principal
	view      model.View
	viewed    viewAge       // when view was computed
	seen      bool          // view is known
	releasing bool          // the office decides held work, to which every record of the tenant exists
	ruled     *ruled        // by whom held work is decided; nil: by itself
	removed   bool          // the author has left the company, and nobody took their place
	received  model.Instant // when what is judged came in: earlier than now for held work
	skew      int64         // of the phone's clock then, as this connection reported it (domain E2); 0: not yet
	have      map[model.ChangeID]bool
	ended     model.Instant // when the session of a hand-in ended; 0: not known
	after     bool          // a person ended it
	handed    bool          // what is judged came from a device whose session had ended
	careful   bool          // the commit turned out too big: unit by unit
	bytes     int           // what was decided counts so far, when careful
	kept      bool          // something of the frame is decided, when careful
}

// Push accepts one frame of changes inside one commit and answers in its order: *model.EndedError when the lane is
// live and the epoch is not, [ErrOlder] from a connection that is not the device's last, storage.ErrUnknown when
// nothing may be acknowledged, *model.QuotaError when a device has handed in as much as it may for now: nothing of the frame
// is decided then.
func (e *Engine) Push(ctx context.Context, c model.Connection, changes []model.Submitted, have []model.ChangeID, now model.Instant) ([]model.Answer, error) {
	answers, err := e.push(ctx, c, changes, have, now, false)
	if errors.Is(err, storage.ErrTooBig) {
		return e.push(ctx, c, changes, have, now, true)
	}
	return answers, err
}

// push decides a frame, with care when its commit turned out too big.
func (e *Engine) push(ctx context.Context, c model.Connection, changes []model.Submitted, have []model.ChangeID, now model.Instant, careful bool) ([]model.Answer, error) {
	var answers []model.Answer
	var over error
	// The epoch is read inside the commit, never on receipt (DESIGN §7). The planted bug reads it here.
	stale, err := e.readEarly(ctx, c)
	if err != nil {
		return nil, err
	}
	_, err = e.cfg.Store.Apply(ctx, c.Tenant, max(1, len(changes)), func(r storage.Reader) (*storage.WriteSet, error) {
		t, err := e.begin(ctx, c.Tenant, r, now)
		if err != nil {
			return nil, err
		}
		t.whence.from.Device = c.Device
		f, err := t.frame(c, have, stale)
		if err != nil {
			return nil, err
		}
		f.careful = careful
		answers = f.accept(changes)
		if over = f.spend(changes, answers); over != nil {
			return e.refuseFrame(ctx, c, r, now)
		}
		t.rejudge()
		f.refresh(changes, answers)
		return t.writes()
	})
	if err == nil && over != nil {
		return nil, over
	}
	return answers, err
}

// refuseFrame decides nothing of a frame that is over the quota, and notes that it was.
func (e *Engine) refuseFrame(ctx context.Context, c model.Connection, r storage.Reader, now model.Instant) (*storage.WriteSet, error) {
	t, err := e.begin(ctx, c.Tenant, r, now)
	if err != nil {
		return nil, err
	}
	t.spent(c)
	return t.writes()
}

// frame checks who speaks, inside the commit.
func (t *tx) frame(c model.Connection, have []model.ChangeID, checked bool) (*frame, error) {
	t.acts = c.User
	f := &frame{tx: t, conn: c, received: t.now, have: map[model.ChangeID]bool{}}
	for _, id := range have {
		f.have[id] = true
	}
	if c.Lane == model.LaneOffice {
		c.Kind, f.conn.Kind = model.Desktop, model.Desktop
	}
	p, err := t.person(c.User, c.Kind)
	if err != nil {
		return nil, err
	}
	if p.account.Kind == model.Portal && !planted("clients-write") {
		return nil, model.ErrNoLane // clients read, by a door of their own (domain T15, W18)
	}
	if c.Lane != model.LaneOffice {
		if err := f.admit(p.account, checked); err != nil {
			return nil, err
		}
	}
	return f, f.as(p)
}

// as has a person act.
func (f *frame) as(p *person) error {
	if p.who.User.IsZero() {
		return p.err // their levels cannot be read
	}
	f.who, f.view, f.seen = p.who, p.views[lastStep], p.err == nil
	f.viewed = viewAge{f.tenant.Views, f.dropped}
	f.removed = !goesOn(p.account)
	return nil
}

// viewAge tells whether audiences came, or were thrown away, since a view was computed.
type viewAge struct {
	views   uint64
	dropped int
}

// look computes the author's view, which grows within a commit: their first record gives their audience a number.
func (f *frame) look() {
	var err error
	f.view, err = access.NewView(f.who, f.number)
	f.seen, f.viewed = err == nil, viewAge{f.tenant.Views, f.dropped}
}

// admit checks the lane of a device and keeps what its row must remember.
func (f *frame) admit(account storage.Account, checked bool) error {
	device, ok := get(f.tx, storage.TableDevices, string(f.conn.Device[:]), storage.ParseDevice)
	if !ok {
		return model.ErrToken
	}
	f.device, f.skew = device, f.conn.Skew
	if planted("offset-of-another-connection") {
		f.skew = device.Report.Skew
	}
	switch device.State {
	case DeviceStolen:
		if !planted("stolen-hands-in") {
			return model.ErrStolen
		}
	case DeviceLost:
		f.conn.Lane = model.LaneLost
	}
	if f.conn.Lane == model.LaneLive {
		slot := f.slot(f.conn.User, f.conn.Kind)
		if !checked && !f.holds(slot) {
			return &model.EndedError{Ended: f.endOf(device, f.conn.Session)}
		}
		if device.Token != f.conn.Token && !planted("no-connection-fence") {
			return ErrOlder
		}
	} else {
		end := f.endOf(device, f.conn.Session)
		f.ended, f.after, f.handed = end.At, byPerson(end.Reason), true
	}
	return nil
}

// seenEvery is how often a device's row says that it was seen, when nothing else of it changes.
const seenEvery = model.Instant(60_000)

// remember keeps the highest number seen, and forgets the connection token before this one, which is in use now.
func (f *frame) remember(changes []model.Submitted) {
	if f.conn.Lane == model.LaneOffice {
		return
	}
	before := f.numberOf(highest, f.conn.Device)
	number := before
	for _, s := range changes {
		number = max(number, s.Number)
	}
	if number != before {
		f.setNumber(highest, f.conn.Device, number)
	}
	used := f.conn.Lane == model.LaneLive && f.device.Previous != 0
	if !used && f.now-f.device.Seen < seenEvery {
		return
	}
	if used {
		f.device.Previous = 0
	}
	f.device.Seen = f.now
	f.put(storage.TableDevices, string(f.conn.Device[:]), f.device.Append(nil))
}

// accept decides every unit of the frame, in its order.
func (f *frame) accept(changes []model.Submitted) []model.Answer {
	f.remember(changes)
	if f.careful {
		f.bytes = f.size()
	}
	answers := make([]model.Answer, 0, len(changes))
	for i := 0; i < len(changes); {
		k := i + 1
		for g := changes[i].Change.Group; !g.IsZero() && k < len(changes) && changes[k].Change.Group == g; k++ {
		}
		if planted("held-blocks") && i > 0 && answers[i-1].Outcome == model.OutcomeHeld {
			answers = append(answers, f.decide(&changes[i], held(model.ReasonStacked)))
			i++
			continue
		}
		if f.careful {
			answers = append(answers, f.carefully(changes[i:k])...)
		} else {
			answers = append(answers, f.unit(changes[i:k])...)
		}
		for ; i < k; i++ {
			if answers[i].Outcome == model.OutcomeRetry {
				f.have[changes[i].Change.ID] = true // what comes behind it in this frame waits too
			}
		}
	}
	return answers
}

// refresh answers with what stands at the end of the commit: what a change was held for may have come behind it.
func (f *frame) refresh(changes []model.Submitted, answers []model.Answer) {
	for i := range answers {
		if answers[i].Outcome != model.OutcomeHeld || answers[i].Reason == model.ReasonContent {
			continue
		}
		if o, ok := f.outcome(changes[i].Change.ID); ok && (o.Code != answers[i].Outcome || o.Reason != answers[i].Reason) {
			answers[i].Outcome, answers[i].Reason = o.Code, o.Reason
			answers[i].Receipt = f.e.receipt(f.tx, &changes[i].Change, o)
		}
	}
}

// unit decides a change, or the members of a group that came together.
func (f *frame) unit(members []model.Submitted) []model.Answer {
	answers := make([]model.Answer, len(members))
	var fresh []int
	for i := range members {
		if a, known := f.known(&members[i]); known {
			answers[i] = a
			continue
		}
		if contains(members[:i], members[i].Change.ID) {
			continue // twice in one group: it is answered when it comes again
		}
		fresh = append(fresh, i)
	}
	if f.mustWait(members, fresh) {
		return answers // a zero answer is retry
	}
	if len(fresh) > 0 && !members[fresh[0]].Change.Group.IsZero() {
		f.group(members, fresh, answers)
		return answers
	}
	for _, i := range fresh {
		answers[i] = f.decide(&members[i], f.judge(&members[i].Change, ask{}))
	}
	return answers
}

// mustWait says whether a predecessor is undecided that the device still has: then nothing is decided. What the
// device has not got any more is never waited for, or an outbox would never empty (CE-10, CE-11).
func (f *frame) mustWait(members []model.Submitted, fresh []int) bool {
	if planted("order-ignored") {
		return false
	}
	for _, i := range fresh {
		if isTime(&members[i].Change) {
			continue // hours wait for nothing
		}
		for _, a := range members[i].Change.After {
			if !f.have[a] && !planted("waits-for-unknown") {
				continue
			}
			if _, decided := f.outcome(a); !decided && !contains(members, a) {
				return true
			}
		}
	}
	return false
}

func contains(members []model.Submitted, id model.ChangeID) bool {
	for i := range members {
		if members[i].Change.ID == id {
			return true
		}
	}
	return false
}

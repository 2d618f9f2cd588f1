package engine

import (
	"cmp"
	"context"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// draws is what a decision needs of randomness, drawn before it: a decision may run more than once and must come to
// the same.
type draws struct {
	device  model.DeviceID
	session model.SessionID
	token   uint64
}

func (e *Engine) draw() (d draws, err error) {
	if d.device, err = newIdent[model.DeviceID](e); err != nil {
		return d, err
	}
	if d.session, err = newIdent[model.SessionID](e); err != nil {
		return d, err
	}
	d.token, err = e.drawToken()
	return d, err
}

// SignIn takes the user's slot. Another device that is live is *model.Active, unless the company's policy lets this one have
// its place: by default it does when TakeOver names its epoch, one compare-and-set on what the user was told about
// (write-verification W18). The same device is a resume, never a question (domain F3); one that is reported lost or stolen is
// refused (f.5).
func (e *Engine) SignIn(ctx context.Context, s model.SignIn, now model.Instant) (model.SignedIn, error) {
	rnd, err := e.draw()
	if err != nil {
		return model.SignedIn{}, err
	}
	var out model.SignedIn
	decide := func(t *tx) error {
		out, t.asked = model.SignedIn{}, now
		account, ok := get(t, storage.TableAccounts, string(s.User[:]), storage.ParseAccount)
		if !ok || !account.Active || outdated(account, s.Checked) {
			return model.ErrSignIn
		}
		if err := t.enters(account, s.Kind); err != nil {
			return err
		}
		if err := t.barredKey(s.PublicKey); err != nil {
			return err
		}
		proven, err := t.proven(s, now)
		if err != nil {
			return err
		}
		device := t.deviceFor(s, rnd)
		if out.Ended, err = t.makeWay(s, device); err != nil {
			return err
		}
		out.Device, out.Session = device.ID, rnd.session
		out.Epoch = t.occupy(s.User, s.Kind, device.ID, rnd.session)
		device.Seen, device.Session = t.now, rnd.session
		t.putDevice(device)
		t.putSession(s.TokenHash, storage.Session{
			ID: rnd.session, User: s.User, Device: device.ID, Kind: s.Kind, Epoch: out.Epoch, Created: t.now, Seen: t.now,
			Proven: proven,
		})
		t.audit(model.AuditEntry{Kind: model.AuditSignIn, Actor: t.doer(s.User), Subject: toDevice(device.ID, s.User), Detail: s.Label})
		return nil
	}
	if s.Rehearse {
		err = e.read(ctx, s.Tenant, decide)
		return out, err
	}
	err = e.apply(ctx, s.Tenant, 1, now, decide)
	return out, err
}

// outdated says that a password which was right when it was checked is the user's no more: hashing takes its time, and a drain
// half a minute, and what was opened by the older password has ended since ([tx.newPassword]).
func outdated(a storage.Account, checked string) bool {
	return checked != "" && checked != a.Password && !planted("older-password-enters")
}

// enters says why a user may have no session of this kind. Rights that cannot be read open nothing.
func (t *tx) enters(a storage.Account, kind model.UserKind) error {
	who, err := principal(a, kind, t.tenant.Settings)
	if err != nil {
		return model.ErrNoLane
	}
	switch g := t.entry(a, who); {
	case g.Allow || kind != a.Kind && planted("any-kind-enters"):
		return nil
	case g.Rule == access.RuleUnlinked:
		return model.ErrNoLink
	case g.Rule == access.RuleClosed:
		return model.ErrClosed
	case kind != a.Kind:
		return model.ErrNoKind
	}
	return model.ErrNoLane
}

// entry says whether a user may have a session as a principal, and why: their account is active, it opens such a session
// ([access.Enter]), and it is of no partner whose access is closed, of which nobody comes in (domain W50).
func (t *tx) entry(a storage.Account, who access.Principal) access.Ground {
	if !a.Active {
		return access.Ground{Rule: access.RuleAccount}
	}
	g := access.Enter(a.Kind, who)
	if _, closed := t.closed(a.Company); g.Allow && closed && !planted("closed-partner-enters") {
		return access.Ground{Rule: access.RuleClosed}
	}
	return g
}

// Bearer is the session that a token opens, for requests outside a connection; model.ErrToken when it opens none.
func (e *Engine) Bearer(ctx context.Context, id model.TenantID, token [32]byte) (c model.Connection, err error) {
	err = e.read(ctx, id, func(t *tx) error {
		s, ok := get(t, storage.TableTokens, string(token[:]), storage.ParseSession)
		if !ok {
			return model.ErrToken
		}
		c = model.Connection{Tenant: id, User: s.User, Device: s.Device, Session: s.ID, Kind: s.Kind, Epoch: s.Epoch}
		return nil
	})
	return c, uniform(err)
}

// makeWay frees the slot that a device wants, by the company's policy for the kind of the session wanted (domain f.2). Its own
// session is resumed, whatever the policy is (F3).
func (t *tx) makeWay(s model.SignIn, d storage.Device) ([]model.Ended, error) {
	t.lapse(s.User) // whose time is over stands in nobody's way
	for _, own := range t.slots(s.User) {
		if own.Live && own.Device == d.ID {
			t.resume(s, own)
		}
	}
	others := t.rivals(s.User, s.Kind)
	others = slices.DeleteFunc(others, func(o storage.Slot) bool { return o.Device == d.ID })
	if len(others) == 0 {
		return nil, nil
	}
	newest := slices.MaxFunc(others, func(a, b storage.Slot) int { return cmp.Compare(a.Epoch, b.Epoch) })
	if err := t.yields(newest, s); err != nil {
		return nil, err
	}
	var out []model.Ended
	for _, o := range others {
		out = append(out, *t.vacate(s.User, o.Kind, model.Ending{Reason: model.EndSuperseded, By: s.User}))
		t.auditTakeover(s.User, o.Device, d.ID)
	}
	return out, nil
}

// resume forgets the session that a device has, since it is to have another. One of another kind leaves its slot: a device has
// one session, so that nothing of the one kind comes to the other (domain V20).
func (t *tx) resume(s model.SignIn, own storage.Slot) {
	t.dropSession(own.Session)
	if own.Kind != s.Kind {
		t.lastShown(s.User, own)
		own.Live, own.Ended, own.Reason, own.By = false, t.now, model.EndSignedOut, s.User
		t.putSlot(s.User, own.Kind, own)
	}
}

// yields says why the newest of the live sessions that are in the way does not yield to a sign-in; nil when it does.
func (t *tx) yields(newest storage.Slot, s model.SignIn) error {
	policy := t.tenant.Settings.Sessions.Policy(s.Kind)
	switch policy {
	case model.SlotRefuse:
		if planted("refused-is-let-in") {
			return nil
		}
	case model.SlotTakeover:
		if s.TakeOver == 0 || s.TakeOver == newest.Epoch {
			return nil
		}
	default:
		if s.TakeOver == newest.Epoch || planted("takeover-uncompared") && s.TakeOver != 0 {
			return nil
		}
	}
	return t.active(newest, policy)
}

// active is the answer to a sign-in that another session stands in the way of.
func (t *tx) active(slot storage.Slot, policy model.SlotPolicy) error {
	a := &model.Active{Epoch: slot.Epoch, Policy: policy}
	if d, ok := t.device(slot.Device); ok {
		a.Device, a.Seen, a.Unsent = d.Label, d.Seen, d.Report.Unsent
	}
	return a
}

// session finds a session by its id, with the key of its row.
func (t *tx) session(id model.SessionID) (s storage.Session, token string, ok bool) {
	raw, ok := t.row(storage.TableTokens, "s"+string(id[:]))
	if !ok {
		return s, "", false
	}
	s, ok = get(t, storage.TableTokens, string(raw), storage.ParseSession)
	return s, string(raw), ok
}

func (t *tx) putSession(token [32]byte, s storage.Session) {
	t.put(storage.TableTokens, string(token[:]), s.Append(nil))
	t.put(storage.TableTokens, "s"+string(s.ID[:]), token[:])
}

// dropSession forgets the token of a session that the same device replaces.
func (t *tx) dropSession(id model.SessionID) {
	if token, ok := t.row(storage.TableTokens, "s"+string(id[:])); ok {
		t.remove(storage.TableTokens, string(token))
		t.remove(storage.TableTokens, "s"+string(id[:]))
	}
}

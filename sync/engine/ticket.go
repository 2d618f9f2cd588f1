package engine

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// maxTickets is how many tickets of one kind a user may have unspent: a back end, or many tabs of a browser, have a few, and
// nobody fills the store with them. A newer one beyond that voids the oldest.
const maxTickets = 64

// AddTicket makes a ticket, and says when it expires. model.ErrUnknown says that there is no such active user, or no such live
// session of theirs; whoever does not manage the user when it is decided is model.ErrToken or *[access.BeyondError];
// model.ErrSignIn says that the password it stands for has been replaced.
func (e *Engine) AddTicket(ctx context.Context, id model.TenantID, k model.NewTicket, now model.Instant) (expires model.Instant, err error) {
	err = e.apply(ctx, id, 1, now, func(t *tx) error {
		expires, err = t.mint(k)
		return err
	})
	return expires, err
}

// mint makes a ticket. Of links to set a password the newest is the only one (domain W36).
func (t *tx) mint(k model.NewTicket) (expires model.Instant, err error) {
	a, ok := get(t, storage.TableAccounts, string(k.User[:]), storage.ParseAccount)
	if !ok || !a.Active {
		return 0, model.ErrUnknown
	}
	if err := t.mayMint(k, a); err != nil {
		return 0, err
	}
	if k.As == 0 {
		k.As = a.Kind
	}
	if err := t.enters(a, k.As); k.As != a.Kind && err != nil {
		return 0, err
	}
	rules, most := t.tenant.Settings.Sessions, maxTickets
	life, line := rules.SignInTicket, model.AuditTicket
	switch k.Kind {
	case model.TicketConnect:
		life, line = rules.ConnectTicket, 0 // a connection is no event of the audit
	case model.TicketReset:
		life, line = rules.ResetLink, model.AuditReset
		if !planted("older-links-good") {
			most = 1
		}
	}
	t.crowd(k.User, k.Kind, most-1)
	row := storage.Ticket{
		Kind: k.Kind, User: k.User, Session: k.Session, As: k.As, Key: k.Key, Made: t.now, Proven: k.Proven, By: k.By,
		Expires: t.now + model.Instant(life),
	}
	t.put(storage.TableTickets, string(k.Hash[:]), row.Append(nil))
	t.put(storage.TableTickets, storage.TicketsOf(k.User, k.Kind)+string(k.Hash[:]), nil)
	t.put(storage.TableTickets, storage.TicketExpiry(row.Expires)+string(k.Hash[:]), nil)
	if line != 0 {
		t.audit(model.AuditEntry{Kind: line, Actor: t.doer(k.By), Subject: toUser(k.User), Reason: k.Kind.String()})
	}
	return row.Expires, nil
}

// mayMint says why a ticket may not be made: it is asked in the commit, since whoever asks was found before.
func (t *tx) mayMint(k model.NewTicket, a storage.Account) error {
	if k.Kind == model.TicketConnect {
		s, _, ok := t.session(k.Session)
		d, _ := t.device(s.Device)
		if !ok || s.User != k.User || s.Reason != model.EndNone || t.lapsed(s.Created, d.Seen) {
			return model.ErrUnknown
		}
		return nil
	}
	if outdated(a, k.Checked) {
		return model.ErrSignIn
	}
	if k.Proven != 0 || planted("tickets-by-anybody") {
		return nil
	}
	sets, err := setsOf(a)
	if err != nil {
		return err
	}
	return t.bounds(k.By, k.User, sets, sets)
}

// ticket finds a ticket that is good at a time; it is of this company, as the store's rows are.
func (t *tx) ticket(hash [32]byte, kind model.TicketKind, now model.Instant) (storage.Ticket, bool) {
	k, ok := get(t, storage.TableTickets, string(hash[:]), storage.ParseTicket)
	good := ok && k.Kind == kind && (planted("tickets-for-ever") || k.Expires > max(now, t.head.Time))
	return k, good
}

// spend takes a ticket away, in the very commit of what it is spent for.
func (t *tx) spend(hash [32]byte, kind model.TicketKind, now model.Instant) (storage.Ticket, bool) {
	k, ok := t.ticket(hash, kind, now)
	if ok && !planted("tickets-twice") && !planted("links-twice") {
		t.dropTicket(string(hash[:]), k)
	}
	return k, ok
}

func (t *tx) dropTicket(hash string, k storage.Ticket) {
	t.remove(storage.TableTickets, hash)
	t.remove(storage.TableTickets, storage.TicketsOf(k.User, k.Kind)+hash)
	t.remove(storage.TableTickets, storage.TicketExpiry(k.Expires)+hash)
}

// crowd voids a user's oldest tickets of a kind until so many are left.
func (t *tx) crowd(u model.UserID, kind model.TicketKind, left int) {
	type held struct {
		hash string
		row  storage.Ticket
	}
	var all []held
	prefix := storage.TicketsOf(u, kind)
	for _, k := range t.keys(storage.TableTickets, prefix) {
		if row, ok := get(t, storage.TableTickets, k[len(prefix):], storage.ParseTicket); ok {
			all = append(all, held{k[len(prefix):], row})
		}
	}
	slices.SortStableFunc(all, func(a, b held) int { return cmp.Compare(a.row.Made, b.row.Made) })
	for _, k := range all[:max(0, len(all)-left)] {
		t.dropTicket(k.hash, k.row)
	}
}

// voidTickets makes every ticket of a user's void: their password changed, or they are not of the company any more.
func (t *tx) voidTickets(u model.UserID) {
	if planted("tickets-outlive-passwords") || planted("links-twice") {
		return
	}
	for _, kind := range []model.TicketKind{model.TicketSignIn, model.TicketConnect, model.TicketReset} {
		t.crowd(u, kind, 0)
	}
}

// proven spends the ticket that a sign-in stands on, and says when its user last showed their password. Whatever refuses the
// sign-in leaves the ticket unspent, since nothing of the decision is kept then.
func (t *tx) proven(s model.SignIn, now model.Instant) (model.Instant, error) {
	if s.Ticket == [32]byte{} {
		return t.now, nil
	}
	k, ok := t.spend(s.Ticket, model.TicketSignIn, now)
	key := sha256.Sum256(s.PublicKey)
	if !ok || k.User != s.User || k.As != s.Kind || k.Key != [32]byte{} && !bytes.Equal(k.Key[:], key[:]) {
		return 0, model.ErrTicket
	}
	t.audit(model.AuditEntry{Kind: model.AuditTicketSpent, Actor: t.doer(s.User), Subject: toUser(s.User), Reason: k.Kind.String()})
	return k.Proven, nil
}

// Ticket is who a ticket is of, and as what they sign in; model.ErrTicket when it is not good. It is spent by what it is for.
func (e *Engine) Ticket(ctx context.Context, id model.TenantID, hash [32]byte, kind model.TicketKind, now model.Instant) (model.Login, error) {
	var out model.Login
	err := e.read(ctx, id, func(t *tx) error {
		k, ok := t.ticket(hash, kind, now)
		if !ok {
			return model.ErrTicket
		}
		a, ok := get(t, storage.TableAccounts, string(k.User[:]), storage.ParseAccount)
		if !ok || !a.Active {
			return model.ErrTicket
		}
		out = model.Login{User: a.User, Name: a.Name, Kind: k.As, Active: true}
		return nil
	})
	if errors.Is(err, model.ErrUnknown) {
		err = model.ErrTicket
	}
	return out, err
}

// Reset spends a link: it replaces its user's password (a PHC string) as [Engine.SetPassword] does, in the same commit.
// model.ErrLink says that the link is not good.
func (e *Engine) Reset(ctx context.Context, id model.TenantID, link [32]byte, phc string, now model.Instant) (ended []model.Ended, err error) {
	err = e.apply(ctx, id, 1, now, func(t *tx) error {
		k, ok := t.spend(link, model.TicketReset, now)
		a, there := get(t, storage.TableAccounts, string(k.User[:]), storage.ParseAccount)
		if !ok || !there || !a.Active {
			return model.ErrLink
		}
		a.Password = phc
		t.put(storage.TableAccounts, string(a.User[:]), a.Append(nil))
		ended = t.newPassword(a.User, a.User)
		t.audit(model.AuditEntry{Kind: model.AuditResetUsed, Actor: t.doer(a.User), Subject: toUser(a.User)})
		return nil
	})
	if errors.Is(err, model.ErrUnknown) {
		err = model.ErrLink
	}
	return ended, err
}

// forgetTickets drops tickets that have expired. Their keys are in the order of time.
func (t *tx) forgetTickets() {
	left, until := PurgeBatch, storage.TicketExpiry(t.now+1)
	for k := range t.r.Rows(storage.TableTickets, "t", "") {
		if k >= until || left == 0 {
			return
		}
		hash := k[len(until):]
		if row, ok := get(t, storage.TableTickets, hash, storage.ParseTicket); ok {
			t.dropTicket(hash, row)
		}
		t.remove(storage.TableTickets, k)
		left--
	}
}

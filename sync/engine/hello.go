package engine

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

func newIdent[T ~[16]byte](e *Engine) (id T, err error) {
	if _, err := io.ReadFull(e.cfg.Random, id[:]); err != nil {
		return id, fmt.Errorf("draw an identifier: %w", err)
	}
	return id, nil
}

// drawToken draws a connection token, never 0: 0 is none.
func (e *Engine) drawToken() (uint64, error) {
	var b [8]byte
	if _, err := io.ReadFull(e.cfg.Random, b[:]); err != nil {
		return 0, fmt.Errorf("draw a connection token: %w", err)
	}
	return binary.BigEndian.Uint64(b[:]) | 1, nil
}

// DeviceKey is the public key a hello is checked with, and whose device it is; model.ErrToken when it is not known.
func (e *Engine) DeviceKey(ctx context.Context, id model.TenantID, device model.DeviceID) (key []byte, of model.UserID, err error) {
	err = e.read(ctx, id, func(t *tx) error {
		d, ok := t.device(device)
		if !ok {
			return model.ErrToken
		}
		key, of = d.PublicKey, d.User
		return nil
	})
	return key, of, uniform(err)
}

// uniform makes an unknown tenant the same as an unknown token.
func uniform(err error) error {
	if errors.Is(err, model.ErrUnknown) {
		return model.ErrToken
	}
	return err
}

// storeName is the opaque name of the store's present life.
func (t *tx) storeName() (name [8]byte) {
	m := hmac.New(sha256.New, t.tenant.Secret[:])
	m.Write([]byte("store"))
	m.Write(binary.BigEndian.AppendUint64(nil, uint64(t.head.Lineage.Present())))
	if planted("leak-store-name") {
		m.Write([]byte(seqKey(t.head.Seq)))
	}
	copy(name[:], m.Sum(nil))
	return name
}

// Hello opens a connection whose proof has been checked. It renews the connection token, which the live lane compares
// inside every commit: so a twin or a phone restored from a backup is found out, and gets a new identity (CE-14). With
// model.ErrStolen it gives whose connection it would have been, for [Engine.Wipe].
func (e *Engine) Hello(ctx context.Context, h model.Hello, now model.Instant) (model.Greeted, error) {
	rnd, err := e.draw()
	if err != nil {
		return model.Greeted{}, err
	}
	var out model.Greeted
	err = e.apply(ctx, h.Tenant, 1, now, func(t *tx) error {
		out = model.Greeted{}
		h := h // a decision may run again
		s, ok := t.opened(&h, now)
		d, known := t.device(s.Device)
		switch {
		case !ok || !known || h.Device != s.Device && !sameKey(t, h.Device, d):
			return model.ErrToken
		case d.State == DeviceStolen && !planted("stolen-hands-in"):
			out.Connection = model.Connection{Tenant: h.Tenant, User: s.User, Device: s.Device, Session: s.ID, Kind: s.Kind, Lane: model.LaneHandIn}
			return model.ErrStolen
		}
		account, _ := get(t, storage.TableAccounts, string(s.User[:]), storage.ParseAccount)
		out = model.Greeted{Kind: s.Kind, Name: account.Name, Store: t.storeName(), Safe: t.safe(), Lost: d.State == DeviceLost, Connection: model.Connection{
			Tenant: h.Tenant, User: s.User, Device: s.Device, Session: s.ID, Kind: s.Kind, Epoch: s.Epoch,
		}}
		return t.greet(&out, h, s, d, rnd)
	})
	return out, uniform(err)
}

// opened is the session that a hello's secret opens: by its token, or by a ticket, spent with it, that stands for the token.
func (t *tx) opened(h *model.Hello, now model.Instant) (storage.Session, bool) {
	if s, ok := get(t, storage.TableTokens, string(h.TokenHash[:]), storage.ParseSession); ok {
		return s, true
	}
	k, ok := t.spend(h.TokenHash, model.TicketConnect, now)
	if !ok {
		return storage.Session{}, false
	}
	s, token, ok := t.session(k.Session)
	if ok {
		h.TokenHash = [32]byte([]byte(token))
	}
	return s, ok
}

// sameKey says whether a device goes by an older identity of its own.
func sameKey(t *tx, id model.DeviceID, d storage.Device) bool {
	old, ok := t.device(id)
	return ok && string(old.PublicKey) == string(d.PublicKey)
}

func (t *tx) greet(out *model.Greeted, h model.Hello, s storage.Session, d storage.Device, rnd draws) error {
	slot := t.slot(s.User, s.Kind)
	live := slot.Live && slot.Session == s.ID && slot.Device == s.Device && slot.Epoch == s.Epoch && !t.lapsed(s.Created, d.Seen)
	out.Lease = t.tenant.Settings.Sessions.OfflineLease
	out.Until = s.Created + model.Instant(t.tenant.Settings.Sessions.Absolute)
	if h.HandIn {
		out.Connection.Lane = model.LaneHandIn
		if !live {
			end := t.endOf(d, s.ID)
			out.Ended = &end
		}
	} else if !live {
		return &model.EndedError{Ended: t.endOf(d, s.ID)}
	}
	if planted("leak-token-counted") {
		rnd.token = uint64(t.seq())
	}
	if twin(h, d, t.numberOf(highest, d.ID)) && !planted("twins-not-reidentified") {
		return t.reidentify(out, h, s, d, live, rnd)
	}
	unheard := append(d.Unheard, d.Token)
	if h.Token != d.Previous {
		unheard = nil // it names one of them: the others went to nobody
	}
	d.Unheard = unheard[max(0, len(unheard)-maxUnheard):]
	d.Previous, d.Token, d.Seen = h.Token, rnd.token, t.now // good until the new one is used: answers may be lost (CE-24)
	if planted("shown-token-forgotten") {
		d.Previous = 0
	}
	out.Connection.Token = rnd.token
	t.putDevice(d)
	return nil
}

// safe is the time before which a device may let go of what was acknowledged. Nothing knows yet which backups of the
// store may still be restored, and until the server makes backups of its own an item is kept as long as the stub of its
// outcome (write-verification §2, "Without backups: keep S, or a size cap"; the cap is the device's).
func (t *tx) safe() model.Instant { return max(0, t.now-KeepStubs) }

// maxUnheard is how many answers to hellos in a row may be lost and the device still be known by any of them.
const maxUnheard = 8

// twin says whether somebody else has gone on under this identity: the token is neither the last one nor, while the last
// was never used, the one before or one that was given since, or numbers were seen that this device is still to give. One
// given since is good because hellos overtake each other: that of a connection which broke may be heard after the next
// connection's, and its answer is then not the one that arrived.
func twin(h model.Hello, d storage.Device, highest uint64) bool {
	if d.Token == 0 {
		return false
	}
	unused := d.Previous != 0 || highest == 0
	token := h.Token == d.Token || unused && h.Token != 0 && (h.Token == d.Previous || slices.Contains(d.Unheard, h.Token))
	first := h.Token == 0 && highest == 0 && d.Previous == 0 // the answer to the very first hello was lost
	return !token && !first || highest >= h.Next
}

// reidentify gives a twin or a rolled-back phone an identity of its own, which is a takeover by itself. Change ids stay
// as they are; the outbox is numbered anew.
func (t *tx) reidentify(out *model.Greeted, h model.Hello, s storage.Session, d storage.Device, live bool, rnd draws) error {
	fresh := storage.Device{
		ID: rnd.device, User: s.User, PublicKey: d.PublicKey, Label: d.Label, Platform: d.Platform, App: d.App,
		Token: rnd.token, Seen: t.now, State: d.State, Session: s.ID, Wipe: d.Wipe, HandIn: d.HandIn,
	}
	if live {
		t.vacate(s.User, s.Kind, model.Ending{Reason: model.EndIdentity})
		s.Epoch = t.occupy(s.User, s.Kind, fresh.ID, s.ID)
		if !planted("identity-renews-the-token") {
			t.since(s.User, s.Kind, s.Created)
		}
	}
	s.Device, s.Seen = fresh.ID, t.now
	t.putDevice(fresh)
	t.putSession(h.TokenHash, s) // with the end it had, not with the one that vacate wrote
	t.audit(model.AuditEntry{Kind: model.AuditIdentity, Actor: t.doer(s.User), Subject: toDevice(fresh.ID, s.User), Detail: d.ID.String()})
	out.Reidentify = true
	out.Connection.Device, out.Connection.Epoch, out.Connection.Token = fresh.ID, s.Epoch, rnd.token
	return nil
}

// StoreName is the opaque name of the store's present life for one tenant, for the challenge. A tenant that is not
// there gets one that looks alike.
func (e *Engine) StoreName(ctx context.Context, id model.TenantID) ([8]byte, error) {
	var name [8]byte
	err := e.read(ctx, id, func(t *tx) error {
		name = t.storeName()
		return nil
	})
	if !errors.Is(err, model.ErrUnknown) {
		return name, err
	}
	return name, e.read(ctx, storage.Directory, func(t *tx) error {
		m := hmac.New(sha256.New, t.tenant.Secret[:])
		m.Write(id[:])
		copy(name[:], m.Sum(nil))
		return nil
	})
}

// reporting is the device that speaks: of the live session, or of the ended one that is handed in and that no other has
// followed on this device.
func (t *tx) reporting(c model.Connection) (storage.Device, error) {
	d, ok := t.device(c.Device)
	switch {
	case !ok:
		return d, model.ErrToken
	case d.State == DeviceStolen:
		return d, model.ErrStolen
	}
	f := &frame{tx: t, conn: c}
	speaks := c.Lane == model.LaneLive && f.holds(t.slot(c.User, c.Kind))
	if s, _, ok := t.session(c.Session); ok && c.Lane == model.LaneHandIn {
		speaks = s.Device == c.Device && d.Session == c.Session
	}
	if !speaks {
		return d, &model.EndedError{Ended: t.endOf(d, c.Session)}
	}
	return d, nil
}

package storage

import (
	"github.com/fieldsync/fieldsync/sync/model"
)

// Append appends the row of an account.
func (a Account) Append(b []byte) []byte {
	b = append(b, rowVersion, bits(a.Active), byte(a.Kind))
	b = append(b, a.User[:]...)
	b = append(b, a.Company[:]...)
	b = appendNumber(b, a.Version)
	b = appendText(b, a.Login)
	b = appendText(b, a.Name)
	b = appendText(b, string(a.Levels))
	b = appendText(b, a.Password)
	b = appendSigned(b, a.Removed)
	b = append(b, a.RemovedBy[:]...)
	return append(b, a.Heir[:]...)
}

// ParseAccount is the inverse of [Account.Append].
func ParseAccount(b []byte) (Account, error) {
	d := decode(b)
	a := Account{Active: d.flags(1) == 1, Kind: model.UserKind(d.byte())}
	d.fixed(a.User[:])
	d.fixed(a.Company[:])
	a.Version = d.uvarint()
	a.Login, a.Name = d.text(), d.text()
	a.Levels = d.bytes()
	a.Password = d.text()
	a.Removed = signed[model.Instant](d)
	d.fixed(a.RemovedBy[:])
	d.fixed(a.Heir[:])
	return finish(d, a, "account")
}

// Append appends the row of a partner whose access is closed.
func (c Closed) Append(b []byte) []byte {
	b = appendSigned(append(b, rowVersion), c.At)
	return append(b, c.By[:]...)
}

// ParseClosed is the inverse of [Closed.Append].
func ParseClosed(b []byte) (Closed, error) {
	d := decode(b)
	c := Closed{At: signed[model.Instant](d)}
	d.fixed(c.By[:])
	return finish(d, c, "closed partner")
}

// Append appends the row of work that is to be handed over.
func (h Handover) Append(b []byte) []byte {
	b = append(append(b, rowVersion), h.By[:]...)
	return append(b, h.Heir[:]...)
}

// ParseHandover is the inverse of [Handover.Append].
func ParseHandover(b []byte) (Handover, error) {
	d := decode(b)
	var h Handover
	d.fixed(h.By[:])
	d.fixed(h.Heir[:])
	return finish(d, h, "handover")
}

// Append appends the row of a slot.
func (s Slot) Append(b []byte) []byte {
	b = append(b, rowVersion, bits(s.Live), byte(s.Kind), byte(s.Reason))
	b = appendNumber(b, s.Epoch)
	b = append(b, s.Device[:]...)
	b = append(b, s.Session[:]...)
	b = append(b, s.By[:]...)
	b = appendSigned(b, s.Since)
	return appendSigned(b, s.Ended)
}

// ParseSlot is the inverse of [Slot.Append].
func ParseSlot(b []byte) (Slot, error) {
	d := decode(b)
	s := Slot{Live: d.flags(1) == 1, Kind: model.UserKind(d.byte()), Reason: model.EndReason(d.byte())}
	s.Epoch = number[model.Epoch](d)
	d.fixed(s.Device[:])
	d.fixed(s.Session[:])
	d.fixed(s.By[:])
	s.Since, s.Ended = signed[model.Instant](d), signed[model.Instant](d)
	return finish(d, s, "slot")
}

// Append appends the row of a device.
func (v Device) Append(b []byte) []byte {
	b = append(b, rowVersion, v.State)
	b = append(b, v.ID[:]...)
	b = append(b, v.User[:]...)
	b = appendText(b, string(v.PublicKey))
	b = appendText(b, v.Label)
	b = appendText(b, v.Platform)
	b = appendText(b, v.App)
	b = appendNumber(b, v.Token)
	b = appendNumber(b, v.Previous)
	b = appendSigned(b, v.Seen)
	b = appendReport(b, v.Report)
	b = append(b, v.Session[:]...)
	b = appendNumber(b, uint64(len(v.Unheard)))
	for _, token := range v.Unheard {
		b = appendNumber(b, token)
	}
	b = appendWipe(b, v.Wipe)
	b = appendSigned(b, v.HandIn.Since)
	b = appendNumber(b, v.HandIn.Changes)
	return appendNumber(b, v.HandIn.Bytes)
}

// ParseDevice is the inverse of [Device.Append].
func ParseDevice(b []byte) (Device, error) {
	d := decode(b)
	v := Device{State: d.byte()}
	d.fixed(v.ID[:])
	d.fixed(v.User[:])
	v.PublicKey = d.bytes()
	v.Label, v.Platform, v.App = d.text(), d.text(), d.text()
	v.Token, v.Previous = d.uvarint(), d.uvarint()
	v.Seen = signed[model.Instant](d)
	v.Report = d.report()
	d.fixed(v.Session[:])
	v.Unheard = list(d, 1, d.uvarint)
	v.Wipe = d.wipe()
	v.HandIn = HandIn{Since: signed[model.Instant](d), Changes: number[uint32](d), Bytes: d.uvarint()}
	return finish(d, v, "device")
}

// appendWipe takes one byte where nothing is to be erased.
func appendWipe(b []byte, w Wipe) []byte {
	if w == (Wipe{}) {
		return append(b, 0)
	}
	b = append(b, 1)
	b = appendSigned(b, w.Asked)
	b = append(b, w.By[:]...)
	b = appendText(b, w.Note)
	b = appendSigned(b, w.Delivered)
	b = appendSigned(b, w.Confirmed)
	return appendNumber(b, w.Erased)
}

func (d *decoder) wipe() (w Wipe) {
	if d.flags(1) == 0 {
		return w
	}
	w.Asked = signed[model.Instant](d)
	d.fixed(w.By[:])
	w.Note = d.text()
	w.Delivered, w.Confirmed = signed[model.Instant](d), signed[model.Instant](d)
	w.Erased = number[uint32](d)
	if w == (Wipe{}) {
		d.fail() // there is one encoding of none
	}
	return w
}

func appendReport(b []byte, r model.Report) []byte {
	b = appendNumber(b, r.Unsent)
	b = appendSigned(b, r.Oldest)
	b = appendSigned(b, r.Space)
	b = appendSigned(b, r.Skew)
	return appendText(b, r.Version)
}

func (d *decoder) report() (r model.Report) {
	r.Unsent = number[uint32](d)
	r.Oldest = signed[model.Instant](d)
	r.Space, r.Skew = signed[int64](d), signed[int64](d)
	r.Version = d.text()
	return r
}

// Append appends the row of a session.
func (s Session) Append(b []byte) []byte {
	b = append(b, rowVersion, byte(s.Kind), byte(s.Reason), byte(s.Choice))
	b = append(b, s.ID[:]...)
	b = append(b, s.User[:]...)
	b = append(b, s.Device[:]...)
	b = appendNumber(b, s.Epoch)
	b = append(b, s.By[:]...)
	b = appendSigned(b, s.Created)
	b = appendSigned(b, s.Proven)
	b = appendSigned(b, s.Seen)
	b = appendSigned(b, s.Ended)
	return appendText(b, s.Note)
}

// ParseSession is the inverse of [Session.Append].
func ParseSession(b []byte) (Session, error) {
	d := decode(b)
	s := Session{Kind: model.UserKind(d.byte()), Reason: model.EndReason(d.byte()), Choice: model.EndChoice(d.byte())}
	d.fixed(s.ID[:])
	d.fixed(s.User[:])
	d.fixed(s.Device[:])
	s.Epoch = number[model.Epoch](d)
	d.fixed(s.By[:])
	s.Created, s.Proven = signed[model.Instant](d), signed[model.Instant](d)
	s.Seen, s.Ended = signed[model.Instant](d), signed[model.Instant](d)
	s.Note = d.text()
	return finish(d, s, "session")
}

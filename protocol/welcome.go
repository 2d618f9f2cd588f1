package protocol

import (
	"math"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Welcome answers a hello.
type Welcome struct {
	Version    uint64
	Device     model.DeviceID // differs from the hello's when the device must take a new identity
	User       model.UserID
	Name       string
	Kind       model.UserKind
	HandIn     bool
	Token      uint64 // connection token: give it at the next hello
	Time       model.Instant
	Store      [8]byte
	Safe       model.Instant // acknowledged before, by this life of the store: in every backup that may be restored
	Features   uint64
	MaxChanges uint64 // in flight
	MaxBytes   uint64 // in flight
	Lease      uint64 // without contact for longer, milliseconds, the device shows nothing until it has one; 0: no bound
}

// Type is TypeWelcome.
func (*Welcome) Type() Type { return TypeWelcome }

func (m *Welcome) encode(w *writer) {
	w.uint(m.Version)
	w.bytes(m.Device[:])
	w.bytes(m.User[:])
	w.text(m.Name, maxName)
	w.uint(uint64(m.Kind))
	w.bool(m.HandIn)
	w.uint(m.Token)
	w.int(int64(m.Time))
	w.bytes(m.Store[:])
	w.int(int64(m.Safe))
	w.uint(m.Features)
	w.uint(m.MaxChanges)
	w.uint(m.MaxBytes)
	w.uint(m.Lease)
}

func (m *Welcome) decode(r *reader) {
	m.Version = r.uint(math.MaxUint64)
	r.fixed(m.Device[:])
	r.fixed(m.User[:])
	m.Name = r.text(maxName)
	m.Kind = model.UserKind(r.uint(math.MaxUint8))
	m.HandIn = r.bool()
	m.Token = r.uint(math.MaxUint64)
	m.Time = model.Instant(r.instant())
	r.fixed(m.Store[:])
	m.Safe = model.Instant(r.instant())
	m.Features = r.uint(math.MaxUint64)
	m.MaxChanges = r.uint(math.MaxUint64)
	m.MaxBytes = r.uint(math.MaxUint64)
	m.Lease = r.uint(maxTime)
}

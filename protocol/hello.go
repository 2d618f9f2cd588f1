package protocol

import (
	"math"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Hello proves who the device is. Signature is over [HelloProof].
type Hello struct {
	Version   uint64
	Tenant    model.TenantID
	Device    model.DeviceID
	Secret    [32]byte // the session token
	Token     uint64   // connection token of the last welcome, 0: none
	Next      uint64   // number of the device's next change
	HandIn    bool
	Features  uint64 // bits: FeatureZstd, FeatureWipe
	App       string // version of the app
	Signature []byte // P-256, ASN.1
}

// The features. A peer passes over bits that it does not know.
const (
	FeatureZstd   = 1 << iota // bodies of pages and answers to searches may be compressed with zstd
	FeatureSearch             // of a welcome: the server answers searches
	FeatureWipe               // of a hello: the device answers a wipe
)

// Type is TypeHello.
func (*Hello) Type() Type { return TypeHello }

func (m *Hello) encode(w *writer) {
	w.uint(m.Version)
	w.bytes(m.Tenant[:])
	w.bytes(m.Device[:])
	w.bytes(m.Secret[:])
	w.uint(m.Token)
	w.uint(m.Next)
	w.bool(m.HandIn)
	w.uint(m.Features)
	w.text(m.App, maxApp)
	w.bytes(m.Signature)
}

func (m *Hello) decode(r *reader) {
	m.Version = r.uint(math.MaxUint64)
	r.fixed(m.Tenant[:])
	r.fixed(m.Device[:])
	r.fixed(m.Secret[:])
	m.Token = r.uint(math.MaxUint64)
	m.Next = r.uint(math.MaxUint64)
	m.HandIn = r.bool()
	m.Features = r.uint(math.MaxUint64)
	m.App = r.text(maxApp)
	m.Signature = r.bytes(0, maxSignature)
}

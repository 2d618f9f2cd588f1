package replica

import (
	"cmp"
	"slices"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Identity is who is signed in here, as the last sign-in or welcome said.
type Identity struct {
	Tenant  model.TenantID
	User    model.UserID
	Device  model.DeviceID
	Session model.SessionID
	Secret  [32]byte // session token
	Name    string   // of the user
	Kind    model.UserKind
}

// End is how a session ended, as far as this device has learnt (domain F4).
type End struct {
	Code   protocol.Code
	Reason model.EndReason
	By     string        // display name of the person who ended it, if one did
	At     model.Instant // server time
	Unsent uint64        // as the server knew
	Fate   model.Fate    // of what is unsent
	Text   string
	Note   string // what whoever ended it typed for the user
}

// EndOf is the end that a last word tells of.
func EndOf(b *protocol.Bye) End {
	return End{Code: b.Code, Reason: b.Reason, By: b.By, At: b.At, Unsent: b.Unsent, Fate: b.Fate, Text: b.Text, Note: b.Note}
}

// byPerson says whether a person ended the session: work done after that is marked (domain F11). A restored server,
// a new identity or an expired token is no such end (write-verification W14).
func (e End) byPerson() bool {
	switch e.Reason {
	case model.EndNone, model.EndIdentity, model.EndSignedOut, model.EndExpired:
		return false
	default:
		return true
	}
}

// mark is the server's time, as last heard under one boot of the phone.
type mark struct {
	boot   uint64
	server model.Instant // 0: none yet
	mono   int64         // the phone's monotonic clock at that moment
}

// maskedField is a field that a page told to erase. Until a row shows it again, own edits of it are not laid either.
type maskedField struct {
	collection model.Collection
	field      model.FieldNo
}

func (m maskedField) compare(n maskedField) int {
	return cmp.Or(cmp.Compare(m.collection, n.collection), cmp.Compare(m.field, n.field))
}

// meta is everything that is not a record, a change or a notice. It is copied before it is changed; slices in it are
// never changed in place.
type meta struct {
	who       Identity
	token     uint64 // connection token of the last welcome
	store     [8]byte
	next      uint64 // number of the next change
	notices   uint64 // number of the last notice
	cursor    []byte
	base      []byte // base token of the last applied checkpoint
	more      bool   // the first download goes on
	masked    []maskedField
	mark      mark
	ended     bool
	end       End
	signedOut bool
	erased    bool   // this user's data were erased, and the server may not know it yet
	gone      uint64 // unsent changes that went with them
	lease     lease
	drawn     uint64 // planted bug ids-from-backed-up-generator
}

const layoutMeta = 3

func (m *meta) encode() []byte {
	w := diskWriter{buf: make([]byte, 0, 256+len(m.cursor)+len(m.base))}
	w.uint(layoutMeta)
	w.raw(m.who.Tenant[:])
	w.raw(m.who.User[:])
	w.raw(m.who.Device[:])
	w.raw(m.who.Session[:])
	w.raw(m.who.Secret[:])
	w.text(m.who.Name)
	w.uint(uint64(m.who.Kind))
	w.uint(m.token)
	w.raw(m.store[:])
	w.uint(m.next)
	w.uint(m.notices)
	w.bytes(m.cursor)
	w.bytes(m.base)
	w.bool(m.more)
	w.uint(uint64(len(m.masked)))
	for _, f := range m.masked {
		w.uint(uint64(f.collection))
		w.uint(uint64(f.field))
	}
	w.uint(m.mark.boot)
	w.int(int64(m.mark.server))
	w.int(m.mark.mono)
	w.bool(m.ended)
	m.end.encode(&w)
	w.bool(m.signedOut)
	w.bool(m.erased)
	w.uint(m.gone)
	w.uint(m.drawn)
	m.lease.encode(&w)
	return w.buf
}

func (e *End) encode(w *diskWriter) {
	w.uint(uint64(e.Code))
	w.uint(uint64(e.Reason))
	w.text(e.By)
	w.int(int64(e.At))
	w.uint(e.Unsent)
	w.uint(uint64(e.Fate))
	w.text(e.Text)
	w.text(e.Note)
}

func (e *End) decode(d *diskReader) {
	e.Code = protocol.Code(d.uint())
	e.Reason = model.EndReason(d.uint())
	e.By = d.text()
	e.At = model.Instant(d.int())
	e.Unsent = d.uint()
	e.Fate = model.Fate(d.uint())
	e.Text = d.text()
	e.Note = d.text()
}

func decodeMeta(b []byte) (m meta, err error) {
	d := diskReader{buf: b}
	if d.uint() != layoutMeta {
		return meta{}, errDisk
	}
	d.fixed(m.who.Tenant[:])
	d.fixed(m.who.User[:])
	d.fixed(m.who.Device[:])
	d.fixed(m.who.Session[:])
	d.fixed(m.who.Secret[:])
	m.who.Name = d.text()
	m.who.Kind = model.UserKind(d.uint())
	m.token = d.uint()
	d.fixed(m.store[:])
	m.next = d.uint()
	m.notices = d.uint()
	m.cursor = d.bytes()
	m.base = d.bytes()
	m.more = d.bool()
	for range d.count() {
		c := model.Collection(d.uint())
		m.masked = append(m.masked, maskedField{c, model.FieldNo(d.uint())})
	}
	m.mark.boot = d.uint()
	m.mark.server = model.Instant(d.int())
	m.mark.mono = d.int()
	m.ended = d.bool()
	m.end.decode(&d)
	m.signedOut = d.bool()
	m.erased = d.bool()
	m.gone = d.uint()
	m.drawn = d.uint()
	m.lease.decode(&d)
	return m, d.end()
}

// hides says whether a field of a collection was masked and not shown since.
func (m *meta) hides(c model.Collection, f model.FieldNo) bool {
	_, ok := slices.BinarySearchFunc(m.masked, maskedField{c, f}, maskedField.compare)
	return ok
}

// setHidden notes that a field is masked, or shown again.
func (m *meta) setHidden(c model.Collection, f model.FieldNo, hidden bool) {
	i, ok := slices.BinarySearchFunc(m.masked, maskedField{c, f}, maskedField.compare)
	switch {
	case hidden && !ok:
		m.masked = slices.Insert(slices.Clone(m.masked), i, maskedField{c, f})
	case !hidden && ok:
		m.masked = slices.Delete(slices.Clone(m.masked), i, i+1)
	}
}

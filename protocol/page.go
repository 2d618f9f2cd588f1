package protocol

import (
	"crypto/sha256"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Page carries a page of the feed. Header is the device's own; Body may be shared by all devices with the same
// projection (DESIGN §12.7): encode it once with [EncodePageBody] and send it to many.
type Page struct {
	Header     PageHeader
	Body       []byte // encoded PageBody, as Compressed says; empty: nothing in it
	Compressed bool
}

// PageHeader is what only this device gets.
type PageHeader struct {
	Continues [8]byte // CursorTag of the cursor this page continues
	Cursor    []byte
	Reconcile bool
	Final     bool // a checkpoint: staging becomes base
	Included  []model.ChangeID
	Base      []byte // base token; with Final
	More      bool   // with Final: the first download goes on; what is shown is whole, but not all of it
}

// CursorTag names a cursor in a page header and in [Got]: the first bytes of its SHA-256. A fresh device's cursor is
// the empty string.
func CursorTag(cursor []byte) (tag [8]byte) {
	sum := sha256.Sum256(cursor)
	copy(tag[:], sum[:])
	return tag
}

// Type is TypePage.
func (*Page) Type() Type { return TypePage }

func (m *Page) encode(w *writer) {
	w.bytes(m.Header.Continues[:])
	w.bytes(m.Header.Cursor)
	w.bool(m.Header.Reconcile)
	w.bool(m.Header.Final)
	writeIDs(w, m.Header.Included)
	w.bytes(m.Header.Base)
	w.bool(m.Compressed)
	w.bytes(m.Body)
	w.bool(m.Header.More)
}

func (m *Page) decode(r *reader) {
	r.fixed(m.Header.Continues[:])
	m.Header.Cursor = r.bytes(0, MaxCursor)
	m.Header.Reconcile = r.bool()
	m.Header.Final = r.bool()
	ids(r, &m.Header.Included, MaxIDs)
	m.Header.Base = r.bytes(0, MaxBase)
	m.Compressed = r.bool()
	m.Body = r.bytes(0, MaxFrame)
	m.Header.More = r.bool()
}

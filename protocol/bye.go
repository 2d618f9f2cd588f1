package protocol

import (
	"math"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Bye is the last word. The close frame that follows carries the same code.
type Bye struct {
	Code   Code
	Reason model.EndReason
	By     string // display name of the person who ended it, if one did
	At     model.Instant
	Unsent uint64     // as last reported
	After  uint64     // do not come back before, milliseconds
	Text   string     // for a person
	Fate   model.Fate // of what is unsent, when a session has ended
	Note   string     // what whoever ended it typed for the user to read
}

// Type is TypeBye.
func (*Bye) Type() Type { return TypeBye }

func (m *Bye) encode(w *writer) {
	w.uint(uint64(m.Code))
	w.uint(uint64(m.Reason))
	w.text(m.By, maxName)
	w.int(int64(m.At))
	w.uint(m.Unsent)
	w.uint(m.After)
	w.text(m.Text, maxText)
	w.uint(uint64(m.Fate))
	w.text(m.Note, maxNote)
}

func (m *Bye) decode(r *reader) {
	m.Code = Code(r.uint(math.MaxUint16))
	m.Reason = model.EndReason(r.uint(math.MaxUint8))
	m.By = r.text(maxName)
	m.At = model.Instant(r.instant())
	m.Unsent = r.uint(math.MaxUint64)
	m.After = r.uint(maxTime)
	m.Text = r.text(maxText)
	m.Fate = model.Fate(r.uint(math.MaxUint8))
	m.Note = r.text(maxNote)
}

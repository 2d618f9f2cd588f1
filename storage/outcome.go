package storage

import (
	"github.com/fieldsync/fieldsync/sync/model"
)

// How Outcome.Written is stored, in the lowest two bits of the flags; always the shortest that says it.
const (
	writtenNot   = iota // zero: it took no effect
	writtenThen         // At
	writtenLater        // another commit of At's life
	writtenElse         // another life

	outcomeGroup = 1 << 2
	outcomeBits  = 3
)

// Append appends the row of an outcome: at most 60 bytes unless it was released in another life of the store. There
// is one for every change of the last 400 days, so its size is the store's.
func (o Outcome) Append(b []byte) []byte {
	flags := o.written()
	if !o.Group.IsZero() {
		flags |= outcomeGroup
	}
	b = append(b, rowVersion, flags, byte(o.Code))
	b = append(b, o.Hash[:]...)
	b = appendNumber(b, o.Reason)
	b = appendStamp(b, o.At)
	switch o.written() {
	case writtenLater:
		b = appendNumber(b, o.Written.Seq)
	case writtenElse:
		b = appendStamp(b, o.Written)
	}
	b = appendSigned(b, o.Time)
	if !o.Group.IsZero() {
		b = append(b, o.Group[:]...)
	}
	return b
}

func (o Outcome) written() byte {
	switch {
	case o.Written == model.Stamp{}:
		return writtenNot
	case o.Written == o.At:
		return writtenThen
	case o.Written.Incarnation == o.At.Incarnation:
		return writtenLater
	default:
		return writtenElse
	}
}

// ParseOutcome is the inverse of [Outcome.Append].
func ParseOutcome(b []byte) (Outcome, error) {
	d := decode(b)
	flags := d.flags(outcomeBits)
	o := Outcome{Code: model.Outcome(d.byte())}
	d.fixed(o.Hash[:])
	o.Reason = number[model.Reason](d)
	o.At = d.stamp()
	switch flags & 3 {
	case writtenThen:
		o.Written = o.At
	case writtenLater:
		o.Written = model.Stamp{Incarnation: o.At.Incarnation, Seq: number[model.Seq](d)}
	case writtenElse:
		o.Written = d.stamp()
	}
	o.Time = signed[model.Instant](d)
	if flags&outcomeGroup != 0 {
		d.fixed(o.Group[:])
	}
	if o.written() != flags&3 || o.Group.IsZero() == (flags&outcomeGroup != 0) {
		d.fail() // not the shortest form
	}
	return finish(d, o, "outcome")
}

// Append appends the row of a held change.
func (h Held) Append(b []byte) []byte {
	b = append(b, rowVersion, byte(h.Lane), byte(h.Kind))
	b = append(b, h.Change[:]...)
	b = append(b, h.Author[:]...)
	b = append(b, h.Device[:]...)
	b = appendNumber(b, h.Number)
	b = appendSigned(b, h.Since)
	b = appendSigned(b, h.Skew)
	b = appendNumber(b, h.Reason)
	b = appendTexts(b, h.Waits)
	b = appendText(b, h.Body)
	return appendTexts(b, h.Blobs)
}

// ParseHeld is the inverse of [Held.Append].
func ParseHeld(b []byte) (Held, error) {
	d := decode(b)
	h := Held{Lane: model.Lane(d.byte()), Kind: model.UserKind(d.byte())}
	d.fixed(h.Change[:])
	d.fixed(h.Author[:])
	d.fixed(h.Device[:])
	h.Number = d.uvarint()
	h.Since = signed[model.Instant](d)
	h.Skew = signed[int64](d)
	h.Reason = number[model.Reason](d)
	h.Waits = list(d, 1, d.text)
	h.Body = d.text()
	h.Blobs = list(d, 1, d.text)
	return finish(d, h, "held change")
}

func appendTexts(b []byte, texts []string) []byte {
	b = appendNumber(b, uint64(len(texts)))
	for _, s := range texts {
		b = appendText(b, s)
	}
	return b
}

package storage

import "github.com/fieldsync/fieldsync/sync/model"

// Append appends the row of a line of the audit.
func (e AuditEntry) Append(b []byte) []byte {
	b = append(b, rowVersion, byte(e.Actor.Kind), byte(e.Subject.Kind))
	b = appendNumber(b, e.Kind)
	b = appendSigned(b, e.Time)
	b = append(b, e.Actor.User[:]...)
	b = append(b, e.Actor.Key[:]...)
	b = append(b, e.Subject.ID[:]...)
	b = append(b, e.Subject.User[:]...)
	b = append(b, e.From.Device[:]...)
	for _, text := range []string{e.From.Address, e.From.Client, e.Reason, e.Detail} {
		b = appendText(b, text)
	}
	return b
}

// ParseAuditEntry is the inverse of [AuditEntry.Append].
func ParseAuditEntry(b []byte) (AuditEntry, error) {
	d := decode(b)
	var e AuditEntry
	e.Actor.Kind, e.Subject.Kind = model.ActorKind(d.byte()), model.SubjectKind(d.byte())
	e.Kind = number[model.AuditKind](d)
	e.Time = signed[model.Instant](d)
	d.fixed(e.Actor.User[:])
	d.fixed(e.Actor.Key[:])
	d.fixed(e.Subject.ID[:])
	d.fixed(e.Subject.User[:])
	d.fixed(e.From.Device[:])
	e.From.Address, e.From.Client, e.Reason, e.Detail = d.text(), d.text(), d.text(), d.text()
	return finish(d, e, "audit entry")
}

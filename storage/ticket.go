package storage

import (
	"encoding/binary"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Append appends the row of a ticket.
func (k Ticket) Append(b []byte) []byte {
	b = append(b, rowVersion, byte(k.Kind), byte(k.As))
	b = append(b, k.User[:]...)
	b = append(b, k.Session[:]...)
	b = append(b, k.Key[:]...)
	b = append(b, k.By[:]...)
	b = appendSigned(b, k.Made)
	b = appendSigned(b, k.Proven)
	return appendSigned(b, k.Expires)
}

// ParseTicket is the inverse of [Ticket.Append].
func ParseTicket(b []byte) (Ticket, error) {
	d := decode(b)
	k := Ticket{Kind: model.TicketKind(d.byte()), As: model.UserKind(d.byte())}
	d.fixed(k.User[:])
	d.fixed(k.Session[:])
	k.Key = d.hash()
	d.fixed(k.By[:])
	k.Made, k.Proven, k.Expires = signed[model.Instant](d), signed[model.Instant](d), signed[model.Instant](d)
	return finish(d, k, "ticket")
}

// TicketsOf begins the keys of a user's tickets of one kind, by which the newest voids the older.
func TicketsOf(u model.UserID, k model.TicketKind) string {
	return "u" + string(u[:]) + string([]byte{byte(k)})
}

// TicketExpiry begins the key of what expires at a time, in the order of time.
func TicketExpiry(at model.Instant) string {
	return string(binary.BigEndian.AppendUint64([]byte("t"), uint64(max(at, 0))))
}

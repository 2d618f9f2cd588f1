package storage

import "github.com/fieldsync/fieldsync/sync/model"

// Append appends the row of a change of rights.
func (r Rights) Append(b []byte) []byte {
	b = appendNumber(append(b, rowVersion), r.Seq)
	b = appendSigned(b, r.At)
	b = append(b, r.By[:]...)
	return appendText(b, r.What)
}

// ParseRights is the inverse of [Rights.Append].
func ParseRights(b []byte) (Rights, error) {
	d := decode(b)
	r := Rights{Seq: number[model.Seq](d), At: signed[model.Instant](d)}
	d.fixed(r.By[:])
	r.What = d.text()
	return finish(d, r, "change of rights")
}

// Append appends the row of a confirmed checkpoint.
func (c Confirmed) Append(b []byte) []byte {
	b = appendNumber(append(b, rowVersion), c.Seq)
	for _, v := range []model.View{c.View, c.Also} {
		b = appendNumber(b, uint64(len(v.Audiences)))
		for _, a := range v.Audiences {
			b = appendNumber(b, a)
		}
		for _, set := range v.Classes {
			b = append(b, byte(set))
		}
	}
	b = appendSigned(b, c.At)
	b = appendNumber(b, c.Until)
	b = appendNumber(b, c.Rights)
	b = appendSigned(b, c.RightsAt)
	b = appendNumber(b, c.Sent)
	return appendSigned(b, c.SentAt)
}

// ParseConfirmed is the inverse of [Confirmed.Append].
func ParseConfirmed(b []byte) (Confirmed, error) {
	d := decode(b)
	c := Confirmed{Seq: number[model.Seq](d)}
	for _, v := range []*model.View{&c.View, &c.Also} {
		v.Audiences = list(d, 1, func() model.Audience { return number[model.Audience](d) })
		for i := range v.Classes {
			v.Classes[i] = model.Classes(d.byte())
		}
	}
	c.At = signed[model.Instant](d)
	c.Until, c.Rights = number[model.Seq](d), number[model.Seq](d)
	c.RightsAt = signed[model.Instant](d)
	c.Sent, c.SentAt = number[model.Seq](d), signed[model.Instant](d)
	return finish(d, c, "confirmed checkpoint")
}

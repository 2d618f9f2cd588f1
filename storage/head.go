package storage

import (
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Append appends the row of a head.
func (h Head) Append(b []byte) []byte {
	b = append(b, rowVersion)
	b = appendNumber(b, h.Seq)
	b = appendSigned(b, h.Time)
	b = appendNumber(b, h.Horizon)
	b = appendNumber(b, uint64(len(h.Lineage)))
	for _, l := range h.Lineage {
		b = appendNumber(b, l.Incarnation)
		b = appendNumber(b, l.First)
	}
	return b
}

// ParseHead is the inverse of [Head.Append].
func ParseHead(b []byte) (Head, error) {
	d := decode(b)
	h := Head{
		Seq:     number[model.Seq](d),
		Time:    signed[model.Instant](d),
		Horizon: number[model.Seq](d),
		Lineage: list(d, 2, func() model.Life {
			return model.Life{Incarnation: number[model.Incarnation](d), First: number[model.Seq](d)}
		}),
	}
	return finish(d, h, "head")
}

// With is the head after a change of it; nil changes nothing. Seq stays.
func (h Head) With(c *HeadChange) Head {
	if c != nil {
		h.Time = max(h.Time, c.Time)
		h.Horizon = max(h.Horizon, c.Horizon)
	}
	return h
}

// Living is the head in a store that has lived these lives, the present one last: lives that the head does not know
// yet began after its last commit. So a restored backup begins a new life by one row, whatever the number of its
// tenants, and the zero Head becomes the head of a tenant without commits.
func (h Head) Living(lives []model.Incarnation) Head {
	if len(h.Lineage) >= len(lives) {
		return h
	}
	lineage := slices.Clip(h.Lineage) // the head may be shared
	for _, inc := range lives[len(lineage):] {
		life := model.Life{Incarnation: inc, First: h.Seq + 1}
		if len(lineage) == 0 {
			life.First = 0
		}
		lineage = append(lineage, life)
	}
	h.Lineage = lineage
	return h
}

package storage

import (
	"cmp"
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// AudienceRow is what the audience index says of one record: which commit it stands at, and whether it is inside.
type AudienceRow struct {
	Audience model.Audience
	Seq      model.Seq
	Member   bool
}

// Index is what the indexes say of one record. A driver compares the old record's with the new one's and writes the
// difference.
type Index struct {
	Parent model.RecordID   // under which the record stands there; zero: under none
	Of     model.Collection // among the records of this collection; 0: among none
	Rows   []AudienceRow    // ascending by audience
}

// Find is the row of an audience.
func (x Index) Find(a model.Audience) (AudienceRow, bool) {
	i, ok := slices.BinarySearchFunc(x.Rows, a, func(r AudienceRow, a model.Audience) int {
		return cmp.Compare(r.Audience, a)
	})
	if !ok {
		return AudienceRow{}, false
	}
	return x.Rows[i], true
}

// IndexOf derives a record's index rows; nil has none. The row of an open membership moves with every commit that
// touches the record; that of a closed one stays where the record left, so that who lost it learns no more of it.
func IndexOf(r *model.Record) (x Index) {
	if r == nil {
		return x
	}
	if !r.Deleted {
		x.Parent, x.Of = r.Parent(), r.Collection
	}
	x.Rows = make([]AudienceRow, 0, len(r.Memberships))
	for _, m := range r.Memberships {
		switch n := len(m.Intervals); {
		case n == 0:
		case m.Open():
			x.Rows = append(x.Rows, AudienceRow{m.Audience, r.Seq, !r.Deleted})
		default:
			x.Rows = append(x.Rows, AudienceRow{m.Audience, m.Intervals[n-1].Out, false})
		}
	}
	return x
}

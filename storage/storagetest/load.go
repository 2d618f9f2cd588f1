package storagetest

import (
	"encoding/binary"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Change is a decision as benchmarks need it: the n-th edit of one of 10,000 records of ten fields in two audiences,
// and its outcome.
func Change(n uint64) storage.Decide {
	return func(r storage.Reader) (*storage.WriteSet, error) {
		var id model.RecordID
		binary.BigEndian.PutUint64(id[:], n%10_000*0x9E3779B97F4A7C15) // spread as random ids are
		next := r.Head().Next()
		write := model.Write{Seq: next, Author: model.UserID{1}, Occurred: 1_800_000_000_000}
		binary.BigEndian.PutUint64(write.Change[:], (n+1)*0x9E3779B97F4A7C15)
		rec, ok := r.Record(id)
		if ok {
			rec = rec.Clone()
		} else {
			rec = &model.Record{ID: id, Collection: model.Jobs, Memberships: []model.Membership{
				in(office, next), in(model.Audience(1+n%50), next),
			}}
			rec.Set(model.FieldParent, model.Ref(model.RecordID{byte(n)}), write)
			for f := model.FieldNo(2); f <= 10; f++ {
				rec.Set(f, model.Text("a line of text"), write)
			}
		}
		rec.Seq = next
		rec.Set(model.FieldNo(2+n%9), model.Int(int64(n)), write)
		at := r.Head().Lineage.Stamp(next)
		outcome := storage.Outcome{Code: model.OutcomeApplied, At: at, Written: at, Time: write.Occurred}
		return &storage.WriteSet{
			Records: []*model.Record{rec},
			Rows: []storage.RowWrite{
				{Table: storage.TableOutcomes, Key: string(write.Change[:]), Value: outcome.Append(nil)},
			},
			Head: &storage.HeadChange{Time: write.Occurred},
		}, nil
	}
}

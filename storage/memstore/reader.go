package memstore

import (
	"iter"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/internal/sorted"
	"github.com/fieldsync/fieldsync/sync/model"
)

// reader is a [storage.Reader] of the present state, which the store's lock keeps still.
type reader struct {
	t    *tenant
	head storage.Head
	turn int
	err  error // the first row that could not be read; it fails the whole call
}

func (r *reader) Head() storage.Head { return r.head }

func (r *reader) Turn() int { return r.turn }

func (r *reader) Failed() bool { return r.err != nil }

func (r *reader) Record(id model.RecordID) (*model.Record, bool) {
	return r.record(id, storage.ParseRecord)
}

func (r *reader) Outline(id model.RecordID) (*model.Record, bool) {
	return r.record(id, storage.ParseOutline)
}

func (r *reader) record(id model.RecordID, parse func([]byte) (*model.Record, error)) (*model.Record, bool) {
	row, ok := r.t.records[id]
	if !ok || r.err != nil {
		return nil, false
	}
	rec, err := parse(row)
	if err != nil {
		r.err = err
		return nil, false
	}
	return rec, true
}

func (r *reader) Row(t storage.Table, key string) ([]byte, bool) { return r.t.rows.Get(rowKey(t, key)) }

func (r *reader) Rows(t storage.Table, prefix, from string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for key, value := range r.t.rows.Prefix(rowKey(t, prefix), from) {
			if !yield(key[1:], value) {
				return
			}
		}
	}
}

func (r *reader) Records(c model.Collection, after model.Place) iter.Seq[model.RecordID] {
	return ids(&r.t.places, recordsOf(c), string(after.Parent[:])+string(after.ID[:])+"\x00") // the first key above after's
}

func (r *reader) Children(parent model.RecordID, c model.Collection) iter.Seq[model.RecordID] {
	if parent.IsZero() { // those that hang on nothing are nobody's children
		return func(func(model.RecordID) bool) {}
	}
	return ids(&r.t.places, childrenOf(parent, c), "")
}

func (r *reader) Members(a model.Audience, after model.RecordID) iter.Seq[model.RecordID] {
	above := string(after[:]) + "\x00" // the first key above after's
	return ids(&r.t.members, audiencePrefix(a), above)
}

func (r *reader) Since(a model.Audience, after model.Seq) iter.Seq[model.RecordID] {
	if after+1 == 0 { // nothing is above the last number
		return func(func(model.RecordID) bool) {}
	}
	return ids(&r.t.since, audiencePrefix(a), seqBytes(after+1))
}

// ids walks the records that an index names.
func ids(index *sorted.Map[struct{}], prefix, from string) iter.Seq[model.RecordID] {
	return func(yield func(model.RecordID) bool) {
		for key := range index.Prefix(prefix, from) {
			if !yield(lastID(key)) {
				return
			}
		}
	}
}

package reading

import (
	"context"
	"iter"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/model"
)

// journal is a store that tells the oracle of every commit.
type journal struct {
	*memstore.Store

	heard func(t model.TenantID, seq model.Seq, w *storage.WriteSet)
}

// Apply implements [storage.Store].
func (j *journal) Apply(ctx context.Context, t model.TenantID, weight int, decide storage.Decide) (storage.Head, error) {
	var last *storage.WriteSet
	head, err := j.Store.Apply(ctx, t, weight, func(r storage.Reader) (*storage.WriteSet, error) {
		w, err := decide(r)
		last = w
		return w, err
	})
	if err == nil && last != nil {
		j.heard(t, head.Seq, last)
	}
	return head, err
}

// wide is a store whose indexes propose every record there is: what an engine answers over it, it must answer over
// the real ones (feed-verification §6.1).
type wide struct {
	storage.Store

	ids []model.RecordID // ascending
}

// View implements [storage.Store].
func (s *wide) View(ctx context.Context, t model.TenantID, read func(storage.Reader) error) error {
	return s.Store.View(ctx, t, func(r storage.Reader) error { return read(&wideReader{r, s.ids}) })
}

type wideReader struct {
	storage.Reader

	ids []model.RecordID
}

// Since implements [storage.Reader].
func (r *wideReader) Since(model.Audience, model.Seq) iter.Seq[model.RecordID] {
	return slices.Values(r.ids)
}

// Members implements [storage.Reader].
func (r *wideReader) Members(_ model.Audience, after model.RecordID) iter.Seq[model.RecordID] {
	i, found := slices.BinarySearchFunc(r.ids, after, model.RecordID.Compare)
	if found {
		i++
	}
	return slices.Values(r.ids[i:])
}

package storagetest

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

func faults(t *testing.T, f fixture) {
	f.write(t, put("row", "before"))
	want := errText("no")
	trace := put("row", "trace")
	for _, row := range []struct {
		why    string
		decide storage.Decide
	}{
		{"an error", func(storage.Reader) (*storage.WriteSet, error) {
			return &storage.WriteSet{Rows: []storage.RowWrite{trace}}, want
		}},
		{"a panic", func(storage.Reader) (*storage.WriteSet, error) { panic("a mistake") }},
		{"a record of another commit, after a row", func(storage.Reader) (*storage.WriteSet, error) {
			return &storage.WriteSet{Records: []*model.Record{rec('a', 9, 0)}, Rows: []storage.RowWrite{trace}}, nil
		}},
		{"cells out of order", func(r storage.Reader) (*storage.WriteSet, error) {
			bad := rec('a', r.Head().Next(), 0)
			bad.Cells = append(bad.Cells, bad.Cells...)
			return &storage.WriteSet{Records: []*model.Record{rec('b', bad.Seq, 0), bad}}, nil
		}},
		{"a cell without its write", func(r storage.Reader) (*storage.WriteSet, error) {
			bad := rec('a', r.Head().Next(), 0)
			bad.Writes = nil
			return &storage.WriteSet{Records: []*model.Record{bad}}, nil
		}},
		{"memberships out of order", func(r storage.Reader) (*storage.WriteSet, error) {
			return &storage.WriteSet{Records: []*model.Record{rec('a', r.Head().Next(), 0, in(2, 1), in(1, 1))}}, nil
		}},
		{"a row of no table", func(storage.Reader) (*storage.WriteSet, error) {
			return &storage.WriteSet{Rows: []storage.RowWrite{trace, {Key: "k", Value: []byte("v")}}}, nil
		}},
		{"a key too long", func(storage.Reader) (*storage.WriteSet, error) {
			long := string(make([]byte, storage.MaxKeyBytes+1))
			return &storage.WriteSet{Rows: []storage.RowWrite{trace, put(long, "v")}}, nil
		}},
	} {
		_, err := f.Apply(t.Context(), f.tenant, 1, row.decide)
		if err == nil || row.why == "an error" && !errors.Is(err, want) {
			t.Errorf("%s: Apply = %v, want an error", row.why, err)
		}
		f.view(t, func(r storage.Reader) {
			v, _ := r.Row(storage.TableNumbers, "row")
			_, a := r.Record(named('a'))
			_, b := r.Record(named('b'))
			if string(v) != "before" || a || b || r.Head().Seq != 1 {
				t.Errorf("%s: it left a trace: row %q, records %v %v, head %d", row.why, v, a, b, r.Head().Seq)
			}
		})
	}
	if h := f.write(t, put("row", "after")); h.Seq != 2 {
		t.Errorf("the commit after failed ones = %d, want 2", h.Seq)
	}
	failing := errText("cannot read")
	if err := f.View(t.Context(), f.tenant, func(storage.Reader) error { return failing }); !errors.Is(err, failing) {
		t.Errorf("View of a function that fails = %v, want its error", err)
	}
}

func tooBig(t *testing.T, f fixture) {
	value := bytes.Repeat([]byte("v"), storage.MaxValueBytes)
	many := func(n int) storage.Decide {
		return func(storage.Reader) (*storage.WriteSet, error) {
			w := &storage.WriteSet{}
			for i := range n {
				row := storage.RowWrite{Table: storage.TableAudit, Key: string([]byte{byte(i)}), Value: value}
				w.Rows = append(w.Rows, row)
			}
			return w, nil
		}
	}
	text := &model.Record{ID: named('t'), Collection: model.Notes, Seq: 1}
	text.Set(2, model.Text(string(value)), model.Write{Seq: 1})
	for _, row := range []struct {
		why    string
		weight int
		decide storage.Decide
	}{
		{"17 rows of 256 KiB", 1, many(17)},
		{"a value of more than 256 KiB", 1, func(storage.Reader) (*storage.WriteSet, error) {
			big := storage.RowWrite{Table: storage.TableAudit, Key: "big", Value: append(bytes.Clone(value), 'v')}
			return &storage.WriteSet{Rows: []storage.RowWrite{big}}, nil
		}},
		{"a record of more than 256 KiB", 1, func(storage.Reader) (*storage.WriteSet, error) {
			return &storage.WriteSet{Records: []*model.Record{text}}, nil
		}},
		{"257 changes", storage.MaxCommitChanges + 1, many(1)},
	} {
		if _, err := f.Apply(t.Context(), f.tenant, row.weight, row.decide); !errors.Is(err, storage.ErrTooBig) {
			t.Errorf("%s: %v, want ErrTooBig", row.why, err)
		}
	}
	if h, err := f.Apply(t.Context(), f.tenant, storage.MaxCommitChanges, many(15)); err != nil || h.Seq != 1 {
		t.Errorf("256 changes of together less than 4 MiB: commit %d, %v, want 1", h.Seq, err)
	}
}

func cancelled(t *testing.T, f fixture) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := f.Apply(ctx, f.tenant, 1, func(storage.Reader) (*storage.WriteSet, error) {
		return &storage.WriteSet{Rows: []storage.RowWrite{put("row", "trace")}}, nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Apply = %v, want context.Canceled", err)
	}
	if err := f.View(ctx, f.tenant, func(storage.Reader) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("View = %v, want context.Canceled", err)
	}
	if _, ok := f.row(t, storage.TableNumbers, "row"); ok {
		t.Error("a cancelled call wrote")
	}
}

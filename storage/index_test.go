package storage_test

import (
	"reflect"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

func TestIndexOf(t *testing.T) {
	parent := model.RecordID{9}
	cells := []model.Cell{{Field: model.FieldParent, Value: model.Ref(parent)}}
	open := []model.Interval{{First: 1, In: 1}}
	left := []model.Interval{{First: 1, In: 1, Out: 4}, {First: 6, In: 6, Out: 8}}
	for _, row := range []struct {
		why    string
		record *model.Record
		want   storage.Index
	}{
		{"no record", nil, storage.Index{}},
		{
			"an open membership moves with the record, a closed one stays where it was left",
			&model.Record{Seq: 20, Cells: cells, Memberships: []model.Membership{
				{Audience: 1, Intervals: open}, {Audience: 2, Intervals: left}, {Audience: 3},
			}},
			storage.Index{Parent: parent, Rows: []storage.AudienceRow{{1, 20, true}, {2, 8, false}}},
		},
		{
			"a tombstone is nobody's child and nobody's member, even where an interval was left open",
			&model.Record{Seq: 20, Deleted: true, Cells: cells, Memberships: []model.Membership{{Audience: 1, Intervals: open}}},
			storage.Index{Rows: []storage.AudienceRow{{1, 20, false}}},
		},
	} {
		got := storage.IndexOf(row.record)
		if got.Parent != row.want.Parent || len(got.Rows) != len(row.want.Rows) ||
			len(got.Rows) > 0 && !reflect.DeepEqual(got.Rows, row.want.Rows) {
			t.Errorf("%s: IndexOf = %+v, want %+v", row.why, got, row.want)
		}
	}
}

func TestHeadLiving(t *testing.T) {
	first := storage.Head{}.Living([]model.Incarnation{5})
	if want := (model.Lineage{{Incarnation: 5}}); !reflect.DeepEqual(first.Lineage, want) {
		t.Errorf("a fresh store's lineage = %v, want %v", first.Lineage, want)
	}
	first.Seq = 10
	second := first.Living([]model.Incarnation{5, 8})
	if want := (model.Lineage{{Incarnation: 5}, {Incarnation: 8, First: 11}}); !reflect.DeepEqual(second.Lineage, want) {
		t.Errorf("after a restore = %v, want %v", second.Lineage, want)
	}
	if len(first.Lineage) != 1 {
		t.Errorf("the head before has changed: %v", first.Lineage)
	}
	if got, ok := second.Lineage.Within(model.Stamp{Incarnation: 5, Seq: 12}); !ok || got != 10 {
		t.Errorf("commit 12 of the first life = %d, %v, want 10", got, ok)
	}
	late := storage.Head{}.Living([]model.Incarnation{5, 8})
	if got, ok := late.Lineage.Within(model.Stamp{Incarnation: 5, Seq: 3}); !ok || got != 0 {
		t.Errorf("of a tenant the restored life does not know = %d, %v, want 0", got, ok)
	}
}

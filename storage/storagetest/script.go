package storagetest

import (
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Audiences of the script.
const (
	office model.Audience = iota
	sue
	tom
	audiences
)

// named is the record of a letter.
func named(letter byte) model.RecordID { return model.RecordID{letter} }

// in, was and again are memberships: inside since a commit, inside once, and inside once more.
func in(a model.Audience, since model.Seq) model.Membership {
	return model.Membership{Audience: a, Intervals: []model.Interval{{First: since, In: since}}}
}

func was(a model.Audience, since, until model.Seq) model.Membership {
	return model.Membership{Audience: a, Intervals: []model.Interval{{First: since, In: since, Out: until}}}
}

func again(m model.Membership, since model.Seq) model.Membership {
	m.Intervals = append(m.Intervals, model.Interval{First: since, In: since})
	return m
}

// rec is a record of commit seq that hangs on parent, 0: on nothing.
func rec(letter byte, seq model.Seq, parent byte, m ...model.Membership) *model.Record {
	r := &model.Record{ID: named(letter), Collection: model.Tasks, Seq: seq, Memberships: m}
	up := model.Null()
	if parent != 0 {
		up = model.Ref(named(parent))
	}
	r.Set(model.FieldParent, up, model.Write{Seq: seq, Change: model.ChangeID{letter}})
	return r
}

func tombstone(letter byte, seq model.Seq, m ...model.Membership) *model.Record {
	return &model.Record{ID: named(letter), Collection: model.Tasks, Deleted: true, Seq: seq, Memberships: m}
}

// step is one commit of the script and what the store answers afterwards, in letters.
type step struct {
	why      string
	write    storage.WriteSet
	members  string // of sue
	since    string // of sue, above commit 2
	children string // of j
}

var steps = []step{
	{
		"a new record is a member, a child of its parent, and changed",
		storage.WriteSet{Records: []*model.Record{rec('j', 1, 0, in(office, 1)), rec('a', 1, 'j', in(office, 1), in(sue, 1))}},
		"a", "", "a",
	},
	{
		"ids, not arrival, order members and children",
		storage.WriteSet{Records: []*model.Record{rec('c', 2, 'j', in(sue, 2)), rec('b', 2, 'j', in(sue, 2))}},
		"abc", "", "abc",
	},
	{
		"an edit moves the record to the end of the changes",
		storage.WriteSet{Records: []*model.Record{rec('a', 3, 'j', in(office, 1), in(sue, 1))}},
		"abc", "a", "abc",
	},
	{
		"leaving is a change too, and the record is no member any more",
		storage.WriteSet{Records: []*model.Record{rec('b', 4, 'j', was(sue, 2, 4), in(tom, 4))}},
		"ac", "ab", "abc",
	},
	{
		"what happens to a record after it left does not move where it left",
		storage.WriteSet{Records: []*model.Record{rec('b', 5, 'j', was(sue, 2, 4), in(tom, 4)), rec('c', 5, 'j', in(sue, 2))}},
		"ac", "abc", "abc",
	},
	{
		"a record that comes back is a member at the commit it came back in",
		storage.WriteSet{Records: []*model.Record{rec('b', 6, 'j', again(was(sue, 2, 4), 6))}},
		"abc", "acb", "abc",
	},
	{
		"another parent takes the child",
		storage.WriteSet{Records: []*model.Record{rec('c', 7, 'a', in(sue, 2))}},
		"abc", "abc", "ab",
	},
	{
		"a tombstone stays among the changes, no member and no child",
		storage.WriteSet{Records: []*model.Record{tombstone('a', 8, was(office, 1, 8), was(sue, 1, 8))}},
		"bc", "bca", "b",
	},
	{
		"a membership that is forgotten leaves the changes",
		storage.WriteSet{Records: []*model.Record{tombstone('a', 9, was(office, 1, 8))}},
		"bc", "bc", "b",
	},
	{
		"a forgotten record is gone, and forgetting one that never was does nothing",
		storage.WriteSet{Forget: []model.RecordID{named('a'), named('b'), named('z')}},
		"c", "c", "",
	},
	{
		"a commit of nothing is a commit",
		storage.WriteSet{},
		"c", "c", "",
	},
	{
		"of one record written twice in a commit the last stands",
		storage.WriteSet{Records: []*model.Record{rec('d', 12, 'j', in(sue, 12)), rec('d', 12, 'c', in(tom, 12))}},
		"c", "c", "",
	},
}

func script(t *testing.T, f fixture) {
	w := NewWorld(f.lineage(t))
	ids := []model.RecordID{named('a'), named('b'), named('c'), named('d'), named('j'), named('z')}
	for i, s := range steps {
		h := f.apply(t, func(storage.Reader) (*storage.WriteSet, error) {
			write := s.write
			return &write, nil
		})
		if h.Seq != model.Seq(i+1) {
			t.Fatalf("%s: commit %d, want %d", s.why, h.Seq, i+1)
		}
		w.Apply(&s.write)
		f.view(t, func(r storage.Reader) {
			members, since := letters(r.Members(sue, model.RecordID{})), letters(r.Since(sue, 2))
			children := letters(r.Children(named('j'), model.Tasks))
			if members != s.members || since != s.since || children != s.children {
				t.Errorf("%s: members %q, since %q, children %q, want %q, %q, %q",
					s.why, members, since, children, s.members, s.since, s.children)
			}
		})
		f.agrees(t, w, ids, audiences)
	}
}

// letters names records by their letters.
func letters(ids func(func(model.RecordID) bool)) string {
	var b []byte
	for id := range ids {
		b = append(b, id[0])
	}
	return string(b)
}

func head(t *testing.T, f fixture) {
	l := f.lineage(t)
	if len(l) == 0 || l[0].First != 0 || l.Present() == 0 {
		t.Fatalf("lineage of a new tenant = %v, want one that begins at 0", l)
	}
	for i, row := range []struct {
		change        *storage.HeadChange
		time, horizon int64
		why           string
	}{
		{nil, 0, 0, "nothing said, nothing changed"},
		{&storage.HeadChange{Time: 100, Horizon: 1}, 100, 1, "forward"},
		{&storage.HeadChange{Time: 90}, 100, 1, "a clock that goes back does not take the time with it"},
		{&storage.HeadChange{Horizon: 3}, 100, 3, "each alone"},
		{&storage.HeadChange{Time: 101, Horizon: 2}, 101, 3, "a horizon does not go back"},
	} {
		next := model.Seq(i + 1)
		got := f.apply(t, func(r storage.Reader) (*storage.WriteSet, error) {
			if r.Head().Next() != next {
				t.Errorf("%s: decided as commit %d, want %d", row.why, r.Head().Next(), next)
			}
			return &storage.WriteSet{Head: row.change}, nil
		})
		if got.Seq != next || got.Time != model.Instant(row.time) || got.Horizon != model.Seq(row.horizon) {
			t.Errorf("%s: head %+v, want commit %d, time %d, horizon %d", row.why, got, next, row.time, row.horizon)
		}
		nothing := f.apply(t, func(storage.Reader) (*storage.WriteSet, error) { return nil, nil })
		if nothing.Seq != next || nothing.Time != got.Time {
			t.Errorf("after a nil write set: head %+v, want %+v", nothing, got)
		}
	}
}

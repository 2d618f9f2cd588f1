package replica_test

import (
	"testing"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestSearch_BaseAndOverlay: what is found is what is shown: with the user's own changes, without what they wrote over,
// without orphans, and without what is only staged.
func TestSearch_BaseAndOverlay(t *testing.T) {
	p := newPhone(t)
	p.hello()
	p.checkpoint(job(1, "Boiler"), job(2, "Boilers downstairs"), job(3, "Lift"), contact(4, model.RecordID{1}), contact(5, model.RecordID{9}))
	finds := func(why, words string, want ...model.RecordID) {
		t.Helper()
		got, more, err := p.Search(model.Search{Words: words, Limit: 10})
		p.must(err)
		if more || len(got) != len(want) {
			t.Fatalf("%s: %q finds %v, want %v", why, words, got, want)
		}
		for i := range got {
			if got[i].ID != want[i] {
				t.Errorf("%s: %q finds %v, want %v", why, words, got, want)
			}
		}
	}
	one, two, three := model.RecordID{1}, model.RecordID{2}, model.RecordID{3}
	finds("a whole word first", "boiler", one, two)
	finds("an orphan is not shown", "ann", model.RecordID{4})
	p.save(retitle(one, "Pump"))
	finds("what was written over", "boiler", two)
	finds("what was written a moment ago", "PUMP", one)
	made := p.save(note(three, "pump leaks"))[0]
	got, more, err := p.Search(model.Search{Words: "pump", Limit: 1})
	p.must(err)
	if len(got) != 1 || !more {
		t.Errorf("one of two: %v, more %v", got, more)
	}
	finds("in one collection", "leak", made.Record)
	if got, _, err := p.Search(model.Search{Words: "leak", Of: []model.Collection{model.Jobs, 77}, Limit: 1}); err != nil || len(got) > 0 {
		t.Errorf("among jobs: %v, %v", got, err)
	}
	p.save(replica.Draft{Op: model.OpDelete, Record: made.Record})
	finds("what was deleted here", "leak")
	p.apply(p.head(false), protocol.PageBody{Rows: []model.Row{job(7, "Staged")}, Retracts: []model.RecordID{two}})
	finds("what is staged", "staged")
	finds("what was taken back", "boilers")
	finds("no word", "–")
}

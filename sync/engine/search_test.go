package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

func (c *company) find(conn model.Connection, words string, limit int, of ...model.Collection) model.Found {
	c.t.Helper()
	found, err := c.e.Search(context.Background(), conn, model.Search{Words: words, Of: of, Limit: limit})
	if err != nil {
		c.t.Fatal(err)
	}
	return found
}

func ids(rows []model.Row) (out []model.RecordID) {
	for _, r := range rows {
		out = append(out, r.ID)
	}
	return out
}

// same says whether two answers are the same, to the order.
func same(a, b model.Found) bool {
	return a.More == b.More && a.Partial == b.Partial && slices.EqualFunc(a.Rows, b.Rows, func(x, y model.Row) bool {
		return x.ID == y.ID && x.Collection == y.Collection && slices.Equal(x.Fields, y.Fields)
	})
}

// TestV11_HiddenFindsNothing: under Hidden, customers are a collection that is not there, whatever is typed.
func TestV11_HiddenFindsNothing(t *testing.T) {
	if wrong := hiddenFinds(t); wrong != "" {
		t.Error(wrong)
	}
}

func hiddenFinds(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	levels := map[access.Permission]access.Level{access.MobileCreateJob: access.On}
	c.level(c.ben, model.Mobile, levels)
	ben := c.device(c.ben, model.Mobile)
	var all []model.RecordID
	for range 3 {
		all = append(all, c.made(model.Customers, set(2, model.Text("Miller"))))
	}
	slices.SortFunc(all, model.RecordID.Compare)
	if got := c.find(ben.conn, "mill", 2, model.Customers); !slices.Equal(ids(got.Rows), all[:2]) || !got.More {
		return fmt.Sprintf("with the directory: %v, want %v and more", got, all[:2])
	}
	levels[access.MobileCustomers] = access.Hidden
	c.level(c.ben, model.Mobile, levels)
	nothing := c.find(ben.conn, "mill", 1, 77)
	if got := c.find(ben.conn, "mill", 1, model.Customers); !same(got, nothing) || len(got.Rows) > 0 {
		return fmt.Sprintf("under Hidden %v, of a collection that is not there %v", got, nothing)
	}
	if got := c.find(ben.conn, "mill", 1); !same(got, nothing) {
		return fmt.Sprintf("under Hidden, anywhere: %v", got)
	}
	return ""
}

// TestS8_WordsOfHiddenFieldsFindNothing: a record that is shown is not found by what is not shown of it.
func TestS8_WordsOfHiddenFieldsFindNothing(t *testing.T) {
	if wrong := hiddenField(t); wrong != "" {
		t.Error(wrong)
	}
}

func hiddenField(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	c.level(c.ben, model.Mobile, map[access.Permission]access.Level{access.MobileCreateJob: access.On})
	ben := c.device(c.ben, model.Mobile)
	id := c.made(model.Customers, set(2, model.Text("Miller")), set(8, model.Text("account77")))
	if got := c.find(ben.conn, "account77", 1); len(got.Rows) > 0 || got.More {
		return fmt.Sprintf("found %v by the account, which the field does not see", got)
	}
	at, err := c.e.SearchAs(context.Background(), c.caller(c.amy), model.Search{Words: "account77", Limit: 1})
	if err != nil || len(at.Records) != 1 || at.Records[0].ID != id || at.Records[0].Tag == (model.Tag{}) {
		return fmt.Sprintf("the office finds %v (%v), want the customer", at, err)
	}
	at, err = c.e.SearchAs(context.Background(), c.caller(c.amy, "jobs:read"), model.Search{Words: "account77", Limit: 1})
	if err != nil || len(at.Records) > 0 {
		return fmt.Sprintf("a key for jobs alone finds %v (%v)", at, err)
	}
	return ""
}

// TestSearch_IsWhatTheDeviceHolds: through edits, deletions, work that comes and goes and rights that change, a search
// finds what has the words in the copy of a fresh device, and nothing else.
func TestSearch_IsWhatTheDeviceHolds(t *testing.T) {
	for seed := uint64(1); seed <= 6; seed++ {
		if wrong := searches(t, seed); wrong != "" {
			t.Errorf("seed %d: %s", seed, wrong)
		}
	}
}

// searching is a random company in which somebody searches.
type searching struct {
	*company
	rnd       *rand.Rand
	customers []model.RecordID
	jobs      []model.RecordID
	given     map[model.RecordID]model.RecordID // assignments to Ben
}

func (s *searching) text() model.Value {
	return model.Text(fmt.Sprintf("zq%c%c and zq%c", 'a'+s.rnd.IntN(4), 'a'+s.rnd.IntN(4), 'a'+s.rnd.IntN(4)))
}

func (s *searching) step() {
	c := s.company
	switch s.rnd.IntN(9) {
	case 0, 1:
		s.customers = append(s.customers, c.made(model.Customers, set(2, s.text()), set(8, s.text())))
	case 2:
		if len(s.customers) > 0 {
			ch := c.change(c.amy, model.OpEdit, model.Customers, s.customers[s.rnd.IntN(len(s.customers))], set([]model.FieldNo{2, 7, 8}[s.rnd.IntN(3)], s.text()))
			c.push(c.office(), ch)
		}
	case 3:
		if len(s.customers) > 0 {
			c.push(c.office(), c.change(c.amy, model.OpDelete, model.Customers, s.customers[s.rnd.IntN(len(s.customers))]))
		}
	case 4:
		s.jobs = append(s.jobs, c.made(model.Jobs, set(model.JobTitle, s.text()), set(25, s.text())))
	case 5, 6:
		if len(s.jobs) == 0 {
			return
		}
		job := s.jobs[s.rnd.IntN(len(s.jobs))]
		if asg, ok := s.given[job]; ok {
			c.push(c.office(), c.change(c.amy, model.OpCreate, model.OfficeEvents, model.RecordID{},
				under(job), set(model.OfficeEventKind, model.Text("withdraw")), set(model.OfficeEventOf, model.Ref(asg))))
			delete(s.given, job)
			return
		}
		s.given[job] = c.made(model.Assignments, under(job), set(model.AssignmentUser, model.Ref(c.ben)))
	case 7:
		if len(s.jobs) > 0 {
			c.made(model.Notes, under(s.jobs[s.rnd.IntN(len(s.jobs))]), set(model.NoteText, s.text()),
				set(model.NoteAudience, model.Text([]string{"field", "internal"}[s.rnd.IntN(2)])))
		}
	default:
		c.level(c.ben, model.Mobile, map[access.Permission]access.Level{
			access.MobileCreateJob: []access.Level{access.On, access.Off}[s.rnd.IntN(2)],
			access.MobileCustomers: []access.Level{access.Full, access.ReadOnly, access.Hidden}[s.rnd.IntN(3)],
		})
	}
}

func searches(t *testing.T, seed uint64) string {
	t.Helper()
	s := &searching{company: newCompany(t), rnd: rand.New(rand.NewPCG(seed, 1)), given: map[model.RecordID]model.RecordID{}}
	conns := []model.Connection{s.phone(s.ben, model.Mobile), s.phone(s.amy, model.Desktop)}
	for range 120 {
		s.step()
		for _, conn := range conns {
			held := map[model.RecordID]map[model.FieldNo]model.Value{}
			s.sync(conn, nil, held)
			typed := "zq" + string(rune('a'+s.rnd.IntN(4)))
			want := naive(held, typed)
			got := s.find(conn, typed, 100)
			if found := ids(got.Rows); !slices.Equal(inOrder(found), want) || got.More || got.Partial {
				return fmt.Sprintf("%s finds %v, the device has %v in %v", typed, found, want, conn.Kind)
			}
			if n := len(want) / 2; n > 0 {
				some := s.find(conn, typed, n)
				if !some.More || !slices.Equal(ids(some.Rows), ids(got.Rows)[:n]) {
					return fmt.Sprintf("the first %d of %v are %v", n, ids(got.Rows), some)
				}
			}
		}
	}
	return ""
}

func inOrder(ids []model.RecordID) []model.RecordID {
	slices.SortFunc(ids, model.RecordID.Compare)
	return ids
}

// naive is what a device holds that has a word which begins so.
func naive(held map[model.RecordID]map[model.FieldNo]model.Value, typed string) []model.RecordID {
	var out []model.RecordID
	for id, fields := range held {
		for _, v := range fields {
			if v.Kind() == model.KindText && strings.Contains(" "+v.Text(), " "+typed) {
				out = append(out, id)
				break
			}
		}
	}
	return inOrder(out)
}

// TestI13_SearchIsBounded: what does not fit is not looked through, and that is said; what was searched longest ago is
// forgotten.
func TestI13_SearchIsBounded(t *testing.T) {
	defer engine.SetPiles(2000, 5000)()
	c := newCompany(t)
	amy := c.phone(c.amy, model.Desktop)
	for i := range 40 {
		c.made(model.Customers, set(2, model.Text(fmt.Sprintf("Miller %d %s", i, strings.Repeat("x", 80)))))
	}
	got := c.find(amy, "miller", 100, model.Customers)
	if !got.Partial || len(got.Rows) == 0 || len(got.Rows) >= 40 {
		t.Errorf("%d rows, partial %v; want some of 40", len(got.Rows), got.Partial)
	}
	for _, coll := range []model.Collection{model.Sites, model.Contacts, model.Assets, model.Jobs} {
		for range 10 {
			switch coll {
			case model.Sites, model.Contacts:
				c.made(coll, under(got.Rows[0].ID), set(2, model.Text("Miller "+strings.Repeat("x", 80))))
			case model.Jobs:
				c.made(coll, set(model.JobTitle, model.Text("Miller "+strings.Repeat("x", 80))))
			}
		}
		c.find(amy, "miller", 1, coll)
	}
	if size := c.e.PilesSize(); size > 5000 {
		t.Errorf("the piles take %d bytes", size)
	}
	if again := c.find(amy, "miller", 100, model.Customers); !same(again, got) {
		t.Error("a pile that was forgotten and made again finds something else")
	}
	if got := c.find(amy, "miller", 100, model.Sites); got.Partial || len(got.Rows) != 10 {
		t.Errorf("sites: %d rows, partial %v", len(got.Rows), got.Partial)
	}
	few, err := c.e.Search(context.Background(), amy, model.Search{Words: "miller", Of: []model.Collection{model.Sites}, Limit: 100, Bytes: 500})
	if err != nil || !few.More || len(few.Rows) == 0 || len(few.Rows) >= 10 {
		t.Errorf("500 bytes: %d rows, more %v, %v", len(few.Rows), few.More, err)
	}
}

// TestSearch_WhileOthersWrite: searches at once with writes and with one another all find what is there for sure.
func TestSearch_WhileOthersWrite(t *testing.T) {
	c := newCompany(t)
	amy := c.phone(c.amy, model.Desktop)
	for range 20 {
		c.made(model.Customers, set(2, model.Text("Always")))
	}
	var running sync.WaitGroup
	stop := make(chan struct{})
	for range 3 {
		running.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				found, err := c.e.Search(context.Background(), amy, model.Search{Words: "always", Limit: 100})
				if err != nil || len(found.Rows) < 20 {
					t.Errorf("%d rows, %v", len(found.Rows), err)
					return
				}
			}
		})
	}
	for range 200 {
		c.made(model.Customers, set(2, model.Text("Always more")))
	}
	close(stop)
	running.Wait()
}

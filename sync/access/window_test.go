package access_test

import (
	"math/rand/v2"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestD12_13_WhenPhonesCarryAJob, on day 100, with 14 days behind and 30 ahead.
func TestD12_13_WhenPhonesCarryAJob(t *testing.T) {
	const no = model.NoDay
	w := model.Window{Past: 14, Future: 30}
	for _, test := range []struct {
		planned, ended model.Day
		begun          bool
		in             bool
		due            model.Day
		why            string
	}{
		{no, no, false, true, no, "a job without a date stays while it is open"},
		{100, no, false, true, no, "today's"},
		{20, no, false, true, no, "an open job stays, whatever its date"},
		{130, no, false, true, no, "the last day ahead"},
		{131, no, false, false, 101, "the first day beyond comes in tomorrow"},
		{500, no, true, true, no, "a started job stays until it is done, though it was moved away"},
		{100, 100, true, true, 115, "what is finished today stays for 14 days"},
		{100, 86, true, true, 101, "its last day"},
		{100, 85, true, false, no, "and then it is gone for good"},
		{no, 85, false, false, no, "without a date, too"},
		{20, 100, true, true, 115, "finished late: by the day it was finished"},
		{500, 100, true, true, 115, "finished early"},
		{125, 95, false, true, 110, "called off while it was carried: they learn of it"},
		{126, 95, false, false, no, "called off before it came: they never hear of it"},
		{100, 103, true, true, 118, "finished by a clock that is ahead of the calendar"},
	} {
		got := access.InWindow(w, access.Dates{Planned: test.planned, Ended: test.ended, Begun: test.begun}, 100)
		if got.In != test.in || got.Due != test.due {
			t.Errorf("%s: %+v, want in %v, due %d", test.why, got, test.in, test.due)
		}
	}
	if got := access.InWindow(model.Window{}, access.Dates{Planned: 900, Ended: 1}, 100); !got.In || got.Due != no {
		t.Errorf("without a window: %+v, want all of it in", got)
	}
}

// TestDueIsWhenItChanges: between today and the day on which a job is due it stays what it is, and on that day it changes.
func TestDueIsWhenItChanges(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	day := func() model.Day {
		if rnd.IntN(3) == 0 {
			return model.NoDay
		}
		return model.Day(rnd.IntN(300) - 50)
	}
	for range 5000 {
		w := model.Window{Past: 1 + rnd.Int64N(40), Future: 1 + rnd.Int64N(40)}
		d := access.Dates{Planned: day(), Ended: day(), Begun: rnd.IntN(2) == 0}
		now := access.InWindow(w, d, 0)
		for on := model.Day(1); on < 400; on++ {
			then := access.InWindow(w, d, on)
			if now.Due == model.NoDay || on < now.Due {
				if then != now {
					t.Fatalf("%+v under %+v is %+v, and on day %d without being due %+v", d, w, now, on, then)
				}
				continue
			}
			if on == now.Due && (then.In == now.In || then.Due != model.NoDay && then.Due <= on) {
				t.Fatalf("%+v under %+v is %+v, and on the day it is due %+v", d, w, now, then)
			}
		}
	}
}

// TestWindowedAudiences: what phones do not carry is the office's, the portal's and its owner's as before.
func TestWindowedAudiences(t *testing.T) {
	users, crew, client := []model.UserID{user(1)}, []model.RecordID{company(8)}, []model.RecordID{company(9)}
	for c := model.Customers; c <= model.TaskEvents; c++ {
		s, ok := table(t).Spec(c)
		if !ok {
			continue
		}
		circle := access.Circle{
			Assignees: users, Travelled: users, Author: users[0], Creator: users[0], Named: users[0], NoteAudience: access.LabelField,
			Crew: crew, Companies: client,
		}
		all := access.Audiences(s, circle)
		circle.Outside = true
		left := access.Audiences(s, circle)
		i := 0
		for _, a := range all {
			if access.Windowed(a.Kind) {
				continue
			}
			if i == len(left) || left[i] != a {
				t.Errorf("%s: outside the window %v, of %v", s.Name, left, all)
				break
			}
			i++
		}
		if i != len(left) {
			t.Errorf("%s: outside the window %v, of %v", s.Name, left, all)
		}
	}
}

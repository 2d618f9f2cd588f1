package session_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// sighted is a world whose server is told of what commits touch. Its devices look at once.
type sighted struct {
	*world
	looks atomic.Int32 // pulls of all devices
	asked atomic.Int32 // questions for audiences
	sees  []model.Audience
	err   error
	while func() // called while the audiences are looked up; may be nil
}

// lookout is the engine, whose pulls are counted.
type lookout struct {
	*gateway
	of *sighted
}

func (l lookout) Pull(ctx context.Context, p model.Pull, now model.Instant) (*model.Page, error) {
	l.of.looks.Add(1)
	return l.gateway.Pull(ctx, p, now)
}

func sightedBubble(t *testing.T, test func(t *testing.T, s *sighted)) {
	t.Helper()
	bubble(t, func(t *testing.T, w *world) {
		s := &sighted{world: w}
		var err error
		w.sighted = true
		w.server, err = session.NewServer(session.Config{
			Engine: lookout{w.engine, s}, Hub: w.hub,
			Sight: func(context.Context, model.Connection) ([]model.Audience, error) {
				s.asked.Add(1)
				sees := slices.Clone(s.sees)
				if s.while != nil {
					s.while()
				}
				return sees, s.err
			},
			Search: w.engine.Search,
		})
		check(t, err)
		test(t, s)
	})
}

func TestWhatAServerNeeds(t *testing.T) {
	sightedBubble(t, func(t *testing.T, s *sighted) {
		whole := session.Config{Engine: s.engine, Hub: s.hub, Sight: s.engine.Audiences, Search: s.engine.Search}
		for what, take := range map[string]func(*session.Config){
			"an engine": func(c *session.Config) { c.Engine = nil },
			"a hub":     func(c *session.Config) { c.Hub = nil },
			"sight":     func(c *session.Config) { c.Sight = nil },
			"a search":  func(c *session.Config) { c.Search = nil },
		} {
			cfg := whole
			take(&cfg)
			if _, err := session.NewServer(cfg); err == nil {
				t.Errorf("a server without %s was made", what)
			}
		}
	})
}

// audiences are those that a record is in.
func (s *sighted) audiences(id model.RecordID) (out []model.Audience) {
	s.t.Helper()
	check(s.t, s.engine.store.View(s.t.Context(), s.tenant, func(r storage.Reader) error {
		record, ok := r.Record(id)
		if !ok {
			return errors.New("there is no such record")
		}
		for _, m := range record.Memberships {
			out = append(out, m.Audience)
		}
		return nil
	}))
	return out
}

// follow connects Ben's phone, makes it current, and lets a pace pass. Ben sees what is in the job's audiences that
// the office is not in.
func (s *sighted) follow() (*line, *replica) {
	s.t.Helper()
	mine, theirs := s.audiences(s.job(s.ben, 0)), s.audiences(s.job(s.amy, 0))
	s.sees = slices.DeleteFunc(mine, func(a model.Audience) bool { return slices.Contains(theirs, a) })
	if len(s.sees) == 0 {
		s.t.Fatal("the jobs' audiences do not tell the phone from the office")
	}
	p := s.newPhone()
	check(s.t, p.signIn(0))
	l, r := p.connect(false), &replica{}
	l.send(&protocol.Resume{Follow: true})
	r.settle(l)
	time.Sleep(time.Second)
	return l, r
}

// touch commits a job of somebody's and tells what it touched.
func (s *sighted) touch(assignee model.UserID) model.RecordID {
	s.t.Helper()
	job := s.job(assignee, 0)
	s.hub.Committed(s.tenant, session.Touched{Audiences: s.audiences(job)})
	return job
}

func TestACommitCostsThoseAloneWhoMaySeeIt(t *testing.T) {
	sightedBubble(t, func(t *testing.T, s *sighted) {
		l, r := s.follow()
		before := s.looks.Load()
		s.touch(s.amy)
		synctest.Wait()
		time.Sleep(time.Second)
		if n := s.looks.Load() - before; n != 0 {
			t.Errorf("a commit that the device may not see cost %d looks", n)
		}
		began := time.Now()
		job := s.touch(s.ben)
		if r.sync(l); !r.rows[job] {
			t.Error("the device's own job did not come")
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("it came after %v, want at once", waited)
		}
		l.hangUp()
	})
}

func TestCommitsOfOnePaceShareAPage(t *testing.T) {
	sightedBubble(t, func(t *testing.T, s *sighted) {
		l, r := s.follow()
		s.touch(s.ben)
		r.sync(l)
		began, before := time.Now(), s.looks.Load()
		jobs := []model.RecordID{s.touch(s.ben), s.touch(s.ben)}
		r.sync(l)
		if waited := time.Since(began); waited != 100*time.Millisecond {
			t.Errorf("the next page came %v after the last, want the pace", waited)
		}
		if !r.rows[jobs[0]] || !r.rows[jobs[1]] {
			t.Error("the page holds one commit of two")
		}
		l.silent()
		if n := s.looks.Load() - before; n != 1 {
			t.Errorf("%d looks for one page", n)
		}
	})
}

func TestAResumeDoesNotEndTheRest(t *testing.T) {
	sightedBubble(t, func(t *testing.T, s *sighted) {
		l, r := s.follow()
		s.touch(s.ben)
		r.sync(l)
		began := time.Now()
		for range 10 {
			l.send(&protocol.Resume{Cursor: r.cursor, Follow: true})
		}
		r.sync(l)
		if waited := time.Since(began); waited != 100*time.Millisecond {
			t.Errorf("a device that resumes in a hurry is answered after %v, want the pace", waited)
		}
		l.hangUp()
	})
}

// TestI9_ALookThatFindsNothingLeavesNoTrace: a commit may touch a device's audiences and show it nothing. What comes
// after it is packed as if it had not been.
func TestI9_ALookThatFindsNothingLeavesNoTrace(t *testing.T) {
	for _, disturbed := range []bool{false, true} {
		sightedBubble(t, func(t *testing.T, s *sighted) {
			l, r := s.follow()
			if disturbed {
				before := s.looks.Load()
				s.hub.Committed(s.tenant, session.Touched{Audiences: s.sees})
				synctest.Wait()
				if s.looks.Load() == before {
					t.Fatal("the device did not look: this test shows nothing")
				}
			}
			time.Sleep(10 * time.Millisecond)
			began, pages := time.Now(), r.pages
			s.touch(s.ben)
			r.sync(l)
			if waited := time.Since(began); waited != 0 || r.pages-pages != 1 {
				t.Errorf("disturbed %v: %d pages after %v, want one at once", disturbed, r.pages-pages, waited)
			}
			l.hangUp()
		})
	}
}

func TestRightsAreLookedUpAnew(t *testing.T) {
	sightedBubble(t, func(t *testing.T, s *sighted) {
		l, r := s.follow()
		before := s.asked.Load()
		s.touch(s.ben)
		r.sync(l)
		if n := s.asked.Load() - before; n != 0 {
			t.Errorf("the audiences were asked for %d times, and nothing had changed", n)
		}
		time.Sleep(time.Second) // the pace is over
		mine := s.sees
		s.sees = nil // as if Ben saw nothing any more
		s.hub.Committed(s.tenant, session.Touched{Users: []model.UserID{{1}}})
		synctest.Wait()
		if n := s.asked.Load() - before; n != 0 {
			t.Errorf("the audiences were asked for %d times when somebody else's rights changed", n)
		}
		s.hub.Committed(s.tenant, session.Touched{Users: []model.UserID{s.ben}})
		synctest.Wait()
		if n := s.asked.Load() - before; n != 1 {
			t.Errorf("the audiences were asked for %d times when rights changed, want once", n)
		}
		looks := s.looks.Load()
		s.hub.Committed(s.tenant, session.Touched{Audiences: mine})
		synctest.Wait()
		if s.looks.Load() != looks {
			t.Error("the device looked for what it had lost the right to")
		}
		l.hangUp()
	})
}

// TestRightsThatChangeWhileTheyAreLookedUp: the answer is of before, and must not be kept.
func TestRightsThatChangeWhileTheyAreLookedUp(t *testing.T) {
	sightedBubble(t, func(t *testing.T, s *sighted) {
		l, r := s.follow()
		mine := s.sees
		s.sees = nil
		s.while = func() {
			s.while, s.sees = nil, mine // the right comes back, too late for this answer
			s.hub.Committed(s.tenant, session.Touched{Rights: true})
		}
		s.hub.Committed(s.tenant, session.Touched{Rights: true})
		synctest.Wait()
		job := s.touch(s.ben)
		if r.sync(l); !r.rows[job] {
			t.Error("the device was not told of what it may see")
		}
		l.hangUp()
	})
}

func TestWithoutAudiencesEverythingIsTold(t *testing.T) {
	sightedBubble(t, func(t *testing.T, s *sighted) {
		l, _ := s.follow()
		s.err = errors.New("the disk")
		s.hub.Committed(s.tenant, session.Touched{Rights: true})
		synctest.Wait()
		before := s.looks.Load()
		s.touch(s.amy)
		synctest.Wait()
		if s.looks.Load() == before {
			t.Error("a device whose audiences are not known was left alone")
		}
		l.hangUp()
	})
}

func TestAPushStirsItsOwnDevice(t *testing.T) {
	sightedBubble(t, func(t *testing.T, s *sighted) {
		l, r := s.follow()
		change := l.phone.hours("shift_start")
		l.send(l.phone.pushOf(change)) // nobody tells the hub
		expect[*protocol.Answers](l)
		if page := r.sync(l); !slices.Contains(page.Header.Included, change.ID) {
			t.Error("the checkpoint does not name the device's own change")
		}
		l.hangUp()
	})
}

func TestACommitThatTouchesNobodyRingsNobody(t *testing.T) {
	sightedBubble(t, func(t *testing.T, s *sighted) {
		l, _ := s.follow()
		s.err = errors.New("the disk")
		s.hub.Committed(s.tenant, session.Touched{Rights: true})
		synctest.Wait()
		woken, stop := s.hub.Watch(s.tenant)
		defer stop()
		before := s.looks.Load()
		s.hub.Committed(s.tenant, session.Touched{})
		synctest.Wait()
		if s.looks.Load() != before || closed(woken) {
			t.Error("a commit that touched nothing anybody sees woke somebody")
		}
		s.hub.Committed(s.tenant, session.Touched{History: true})
		synctest.Wait()
		if s.looks.Load() != before || !closed(woken) {
			t.Error("history is for those who watch, and for them alone")
		}
		l.hangUp()
	})
}

// TestOneWordIsEnough: a device that has not looked yet is not woken by each commit in between.
func TestOneWordIsEnough(t *testing.T) {
	hub, rings := session.NewHub(), 0
	looks := hub.Join(model.Connection{Tenant: model.TenantID{1}}, func() { rings++ })
	for range 2 {
		for range 50 {
			hub.Committed(model.TenantID{1}, session.Touched{Audiences: []model.Audience{1}})
		}
		if rings != 1 {
			t.Errorf("50 commits rang %d times, want once", rings)
		}
		looks()
		rings = 0
	}
}

func TestAnIdleConnectionHoldsOneGoroutine(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.newPhone()
		check(t, p.signIn(0))
		l, r := p.connect(false), &replica{}
		l.send(&protocol.Resume{Follow: true})
		r.settle(l)
		synctest.Wait()
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		n := 0
		for stack := range strings.SplitSeq(string(stacks), "\n\n") {
			if strings.Contains(stack, "/session.(*") && !strings.HasPrefix(stack[strings.IndexByte(stack, '\n')+1:], "github.com/fieldsync/fieldsync/session.(*workers).work(") {
				n++ // who rests is nobody's
			}
		}
		if n != 1 {
			t.Errorf("an idle connection holds %d goroutines, want its reader alone:\n%s", n, stacks)
		}
		l.hangUp()
	})
}

func TestTheStepsOfAFirstDownloadDoNotRest(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.job(w.ben, 1)
		desk := w.newPhone()
		r := desk.request()
		r.Login = "amy" // sees more with every step
		var err error
		desk.in, err = w.gate.SignIn(t.Context(), r)
		check(t, err)
		l := desk.connect(false)
		began := time.Now()
		l.send(&protocol.Resume{Follow: true})
		var seen replica
		more := false
		for page := seen.sync(l); page.Header.More; page = seen.sync(l) {
			more = true
		}
		if waited := time.Since(began); waited != 0 || !more {
			t.Errorf("a first download in steps (%v) took %v, want no rest between them", more, waited)
		}
		l.hangUp()
	})
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// storySettings is where the story plays.
type storySettings struct {
	server, tenant, password string
	dir                      string // for the phones
	out                      io.Writer
	clock                    *townClock                                  // what the gateway and the phones go by; nil: each has its own
	levels                   func(login, permission, level string) error // changes a right of the mobile set
}

// story is a morning of the small company, played by real clients over real sockets. Whatever it tells has been read
// from the running system, and whatever must be so is checked: a story that a broken build survives is worth nothing.
type story struct {
	storySettings
	ctx     context.Context // of the whole story
	checks  int
	amy     *actor
	ben     *actor // his phone
	spare   *actor // his second one
	sue     *actor
	sid     *actor        // who hands out the work of her company
	job     device.Record // Ben's
	calls   int32         // of Ben's first phone, up to its last word
	after   func() string // finds what was sent to Sue after a right was gone; "" when it was nothing
	running sync.WaitGroup

	mu      sync.Mutex    // guards the field below
	changed chan struct{} // closed, and replaced, when anything changed on any device
}

// actor is a person at a device.
type actor struct {
	*station
	name  string
	tape  *tape
	dials atomic.Int32
	stop  context.CancelFunc
}

// playStory plays it. The error says what was not as it must be.
func playStory(ctx context.Context, set storySettings) (err error) {
	began := time.Now()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &story{storySettings: set, ctx: ctx, changed: make(chan struct{})}
	defer func() {
		for _, a := range []*actor{s.amy, s.ben, s.spare, s.sue, s.sid} {
			if a != nil {
				a.stop()
				err = errors.Join(err, a.close())
			}
		}
		s.running.Wait()
	}()
	fmt.Fprintf(s.out, "\nA morning at the company. Each line is read from the running system, each ✓ is a check.\n")
	for _, chapter := range []struct {
		title string
		play  func() error
	}{
		{"Everybody signs in", s.signIns},
		{"The office makes a job and gives it to Ben", s.newJob},
		{"Ben works without signal, and the office changes the same job", s.offline},
		{"Ben comes back", s.merge},
		{"Ben takes his spare phone, while the first one has unsent work and no signal", s.takeover},
		{"The first phone finds signal: it is told why, hands in, and stays away", s.handIn},
		{"Sue, a subcontractor from whom customers are hidden, gets a job", s.hidden},
		{"Sue writes down a job in her own words", s.ownWords},
		{"The office gives a job to Sue's company, and its dispatcher sends her", s.dispatch},
		{"Sue is given the customers of her jobs, and they are taken back", s.revoked},
		{"The end of the day: every device shows what the office shows", s.allAgree},
	} {
		fmt.Fprintf(s.out, "\n%s\n", chapter.title)
		if err := chapter.play(); err != nil {
			return fmt.Errorf("%s: %w", chapter.title, err)
		}
	}
	fmt.Fprintf(s.out, "\nAll %d checks passed in %.1f s.\n", s.checks, time.Since(began).Seconds())
	return nil
}

// tell shows what somebody sees.
func (s *story) tell(who *actor, format string, args ...any) {
	fmt.Fprintf(s.out, "    %-12s %s\n", who.name, fmt.Sprintf(format, args...))
}

// must checks that something is so, and says so.
func (s *story) must(so bool, format string, args ...any) error {
	what := fmt.Sprintf(format, args...)
	if !so {
		return fmt.Errorf("this does not hold: %s", what)
	}
	s.checks++
	fmt.Fprintf(s.out, "    ✓ %s\n", what)
	return nil
}

// patience is how long the story waits for one thing.
const patience = 15 * time.Second

// await waits until something is so, whatever device makes it so.
func (s *story) await(who *actor, what string, so func() (bool, error)) error {
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		next := s.next()
		ok, err := so()
		if ok || err != nil {
			return err
		}
		select {
		case <-next:
		case <-late.C:
			st := who.Status()
			return fmt.Errorf("waited %s in vain for this: %s (%s is %q %s, %d unsent)", patience, what, who.name, st.State, st.Trouble, st.Unsent)
		case <-s.ctx.Done():
			return s.ctx.Err()
		}
	}
}

func (s *story) next() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (s *story) ring() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
}

// enter opens a device and signs its user in. A session that an earlier, cut off story left behind is taken over.
func (s *story) enter(name, login, label, platform string) (*actor, error) {
	a, err := s.open(name, login, label, platform)
	if err != nil {
		return nil, err
	}
	err = a.signIn(s.ctx, s.password, "")
	var active *device.ActiveError
	if errors.As(err, &active) {
		s.tell(a, "was still signed in on %s; takes over", active.Device)
		err = a.signIn(s.ctx, s.password, active.Epoch)
	}
	if err != nil {
		return a, fmt.Errorf("%s signs in: %w", name, err)
	}
	s.follow(a)
	return a, s.downloaded(a)
}

func (s *story) open(name, login, label, platform string) (*actor, error) {
	a := &actor{name: name, tape: &tape{}, stop: func() {}}
	return a, s.equip(a, stationSettings{login: login, label: label, platform: platform})
}

// equip opens the station of an actor, whose tape hears what comes over the wire. The settings say whose it is, what it is
// called and of what kind; a tap of theirs hears everything first.
func (s *story) equip(a *actor, set stationSettings) (err error) {
	set.server, set.tenant, set.dir, set.log = s.server, s.tenant, s.dir+"/"+set.label, slog.New(slog.DiscardHandler)
	set.dialled = func() { a.dials.Add(1) }
	if inner := set.tap; inner != nil {
		set.tap = func(conn protocol.Conn) protocol.Conn { return a.tape.over(inner(conn)) }
	} else {
		set.tap = a.tape.over
	}
	a.station, err = openStation(set)
	return err
}

// follow passes on changes of a device until the story ends.
func (s *story) follow(a *actor) {
	ctx, cancel := context.WithCancel(s.ctx)
	a.stop = cancel
	s.running.Go(func() { a.station.follow(ctx) })
	next := a.next()
	s.running.Go(func() {
		for {
			select {
			case <-next:
				next = a.next()
				s.ring()
			case <-ctx.Done():
				return
			}
		}
	})
}

// downloaded waits for the first checkpoint: a user's own record is in it.
func (s *story) downloaded(a *actor) error {
	return s.await(a, a.name+" has downloaded", func() (bool, error) {
		_, ok, err := a.Show(model.RecordID(a.Who().User))
		return ok, err
	})
}

// save keeps what somebody did.
func (s *story) save(a *actor, drafts ...device.Draft) ([]device.Saved, error) {
	saved, err := a.Save(drafts...)
	if err != nil {
		return nil, fmt.Errorf("%s saves: %w", a.name, err)
	}
	return saved, nil
}

// settle waits until everything of a device is sent, answered and confirmed.
func (s *story) settle(a *actor) error {
	return s.await(a, "everything of "+a.name+" is sent and confirmed", a.settled)
}

// sees waits until a device shows a record that is as it must be.
func (s *story) sees(a *actor, what string, id model.RecordID, so func(device.Record) bool) (rec device.Record, err error) {
	err = s.await(a, what, func() (bool, error) {
		r, ok, err := a.Show(id)
		rec = r
		return ok && so(r), err
	})
	return rec, err
}

// workOf is the jobs that the office has assigned to a user.
func (s *story) workOf(user model.UserID) (map[model.RecordID]bool, error) {
	all, err := s.amy.List(model.Assignments, model.RecordID{})
	out := map[model.RecordID]bool{}
	for _, a := range all {
		state := a.Value(model.AssignmentState).Text()
		if personIn(a, model.AssignmentUser) == user && state != "withdrawn" && state != "declined" {
			out[a.Parent()] = true
		}
	}
	return out, err
}

// sharedFields is what every phone must show of a job as the office does; so must whatever else it shows.
var sharedFields = []model.FieldNo{
	model.JobNumber, model.JobTitle, model.JobDescription, model.JobStatus, model.JobPriority, model.JobWindowStart, model.JobVisit,
}

// differs says how a phone's jobs differ from what the office has of that user's work; "" when they do not. Jobs that
// the user made and nobody is assigned to are theirs too.
func (s *story) differs(a *actor) (string, error) {
	want, err := s.workOf(a.Who().User)
	if err != nil {
		return "", err
	}
	all, err := a.List(model.Jobs, model.RecordID{})
	if err != nil {
		return "", err
	}
	have := map[model.RecordID]device.Record{}
	for _, r := range all {
		have[r.ID] = r
	}
	for id := range want {
		if _, ok := have[id]; !ok {
			return fmt.Sprintf("%s does not show %s", a.name, s.amy.nameOf(id)), nil
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(have), model.RecordID.Compare) {
		office, ok, err := s.amy.Show(id)
		if err != nil || !ok {
			return fmt.Sprintf("%s shows %s, and the office does not", a.name, jobName(have[id])), err
		}
		if !want[id] && len(s.amy.workers(office)) > 0 {
			return fmt.Sprintf("%s shows %s, which is somebody else's", a.name, jobName(have[id])), nil
		}
		fields := slices.Clone(sharedFields)
		for _, f := range have[id].Fields {
			fields = append(fields, f.Field)
		}
		for _, f := range fields {
			if have[id].Value(f) != office.Value(f) {
				return fmt.Sprintf("of %s field %d is %q on %s and %q in the office", jobName(office), f, have[id].Value(f), a.name, office.Value(f)), nil
			}
		}
	}
	return "", nil
}

// agrees waits until a phone and the office show the same.
func (s *story) agrees(a *actor) error {
	last := ""
	err := s.await(a, "the same jobs on "+a.name+" and in the office", func() (bool, error) {
		var err error
		last, err = s.differs(a)
		return last == "", err
	})
	if err != nil && last != "" {
		return fmt.Errorf("%w: %s", err, last)
	}
	return err
}

// tape keeps every frame that a device received.
type tape struct {
	mu     sync.Mutex // guards the field below
	frames [][]byte
}

// over listens on a connection.
func (t *tape) over(conn protocol.Conn) protocol.Conn { return &taped{conn, t} }

// length is how many frames there are.
func (t *tape) length() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.frames)
}

// from is the frames from the n-th on.
func (t *tape) from(n int) [][]byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.frames[n:])
}

type taped struct {
	protocol.Conn
	tape *tape
}

// Recv is the connection's, and keeps what it returns.
func (c *taped) Recv(ctx context.Context) ([]byte, error) {
	frame, err := c.Conn.Recv(ctx)
	if err == nil {
		c.tape.mu.Lock()
		c.tape.frames = append(c.tape.frames, slices.Clone(frame))
		c.tape.mu.Unlock()
	}
	return frame, err
}

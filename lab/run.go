package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Terminal is where a lab is shown.
type Terminal struct {
	In            io.Reader
	Out           io.Writer
	Env           []string // TERM, NO_COLOR …; nil: of the process
	Width, Height int      // of an Out that is no terminal and cannot tell
}

// Show runs the devices and draws them until the user quits or ctx ends, which is no error. It returns after the last
// goroutine of the lab has. Run it once.
func (l *Lab) Show(ctx context.Context, t Terminal) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := newScreen(l)
	options := []tea.ProgramOption{tea.WithContext(ctx), tea.WithInput(t.In), tea.WithOutput(t.Out), tea.WithoutSignalHandler()}
	if t.Env != nil {
		options = append(options, tea.WithEnvironment(t.Env))
	}
	if t.Width > 0 && t.Height > 0 {
		options = append(options, tea.WithWindowSize(t.Width, t.Height))
	}
	program := tea.NewProgram(s, options...)
	var running sync.WaitGroup
	s.run = func(f func(context.Context) tea.Msg) {
		running.Go(func() { program.Send(f(ctx)) })
	}
	running.Go(func() { l.serve(ctx, program.Send) })
	_, err := program.Run()
	cancel()
	for _, d := range l.devices() {
		if d.tunnel != nil {
			d.tunnel.Cut() // whoever waits for a bad network waits no longer
		}
	}
	running.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// serve runs everything but the screen until ctx ends.
func (l *Lab) serve(ctx context.Context, send func(tea.Msg)) {
	var running sync.WaitGroup
	defer running.Wait()
	for i, p := range l.phones {
		for j, d := range p.devices {
			running.Go(func() {
				if err := d.tunnel.Run(ctx); err != nil {
					send(saidMsg{text: err.Error(), bad: true})
				}
			})
			running.Go(func() { d.follow(ctx) })
			running.Go(func() { d.watch(ctx, send, func() tea.Msg { return phoneMsg{i, j, picture(d)} }) })
		}
		running.Go(func() { l.begin(ctx, i, send) })
	}
	running.Go(func() { l.desk.follow(ctx) })
	running.Go(func() { l.desk.watch(ctx, send, func() tea.Msg { return deskMsg{l.picture(ctx)} }) })
	running.Go(func() { l.beginDesk(ctx, send) })
	running.Go(func() { l.share(ctx, send) })
}

// How often a device is looked at: at most, and at least, since the office's board is not in the feed and counters run.
const (
	mostOften  = 40 * time.Millisecond
	leastOften = time.Second
)

// watch sends a picture whenever something changed, until ctx ends.
func (d *device) watch(ctx context.Context, send func(tea.Msg), look func() tea.Msg) {
	seldom := time.NewTicker(leastOften)
	defer seldom.Stop()
	pace := time.NewTicker(mostOften)
	defer pace.Stop()
	for {
		next := d.Next()
		send(look())
		select {
		case <-next:
		case <-seldom.C:
		case <-ctx.Done():
			return
		}
		select {
		case <-pace.C:
		case <-ctx.Done():
			return
		}
	}
}

// picture is what a phone shows; a database that cannot be read is what it shows, too.
func picture(d *device) *phoneView {
	v, err := lookPhone(d)
	if err != nil {
		v.stopped = err.Error()
	}
	return v
}

// boardTime bounds how long the office waits for its board.
const boardTime = 5 * time.Second

// picture is what the office shows.
func (l *Lab) picture(ctx context.Context) *deskView {
	v, err := lookDesk(l.desk)
	if err != nil {
		v.stopped = err.Error()
	}
	if v.name == "" || v.status.Ended {
		return v
	}
	ctx, cancel := context.WithTimeout(ctx, boardTime)
	defer cancel()
	if v.sessions, err = l.cfg.Board.Sessions(ctx, l.desk.now().Who()); err != nil {
		v.silence = err.Error()
	}
	return v
}

// begin goes on with the sessions of last time, and signs in on the first phone where there is none.
func (l *Lab) begin(ctx context.Context, person int, send func(tea.Msg)) {
	live := false
	for _, d := range l.phones[person].devices {
		c := d.now()
		if c.Who().User.IsZero() {
			continue
		}
		live = live || !c.Status().Ended
		d.wake() // one whose session has ended only hands in
	}
	if !live {
		send(l.signIn(ctx, person, 0, ""))
	}
}

func (l *Lab) beginDesk(ctx context.Context, send func(tea.Msg)) {
	if c := l.desk.now(); c.Who().User.IsZero() || c.Status().Ended {
		send(l.signIn(ctx, office, 0, ""))
		return
	}
	l.desk.wake()
}

// share finds a job that both people have, so that what one does is seen by the other, and gives them one when there is
// none. It needs the office's copy of the company.
func (l *Lab) share(ctx context.Context, send func(tea.Msg)) {
	var users []model.UserID
	for _, p := range l.phones {
		err := p.devices[0].until(ctx, func(c *client.Client) (bool, error) { return !c.Who().User.IsZero(), nil })
		if err != nil {
			return
		}
		users = append(users, p.devices[0].now().Who().User)
	}
	if l.desk.until(ctx, downloaded) != nil {
		return
	}
	var job model.RecordID
	var name string
	err := l.desk.use(func(c *client.Client) (err error) {
		if job, err = shared(c, users, time.Now()); err == nil {
			name = speaker{c}.job(job)
		}
		return err
	})
	if err != nil {
		send(saidMsg{text: "a job for both phones: " + err.Error(), bad: true})
		return
	}
	send(sharedMsg{job, name})
}

// nearby is how far from today a job may be that both are to look at: it is on phones only for some weeks.
const nearby = 7 * 24 * time.Hour

// shared is an open job of these days that all users have; one is made so when there is none.
func shared(c *client.Client, users []model.UserID, now time.Time) (model.RecordID, error) {
	jobs, err := c.List(model.Jobs, model.RecordID{})
	if err != nil {
		return model.RecordID{}, err
	}
	jobs = slices.DeleteFunc(jobs, func(j client.Record) bool {
		start := time.UnixMilli(j.Value(model.JobWindowStart).Int())
		return !open(j) || now.Sub(start).Abs() > nearby
	})
	slices.SortFunc(jobs, byStart)
	slices.SortStableFunc(jobs, func(a, b client.Record) int {
		today := func(j client.Record) int {
			return fromBool(!isToday(model.Instant(j.Value(model.JobWindowStart).Int())))
		}
		return today(a) - today(b)
	})
	var first model.RecordID
	var missing []model.UserID
	for _, j := range jobs {
		lacks, err := without(c, j.ID, users)
		switch {
		case err != nil:
			return model.RecordID{}, err
		case len(lacks) == 0:
			return j.ID, nil
		case len(lacks) < len(users) && first.IsZero() && !begun(j):
			first, missing = j.ID, lacks
		}
	}
	if first.IsZero() {
		return fresh(c, users, now)
	}
	var drafts []client.Draft
	for _, u := range missing {
		drafts = append(drafts, assign(first, u))
	}
	_, err = c.Save(drafts...)
	return first, err
}

// without is which of the users a job is not given to.
func without(c *client.Client, job model.RecordID, users []model.UserID) (lacks []model.UserID, err error) {
	all, err := c.List(model.Assignments, job)
	for _, u := range users {
		has := slices.ContainsFunc(all, func(a client.Record) bool {
			state := a.Value(model.AssignmentState).Text()
			return model.UserID(model.RefOf(a.Value(model.AssignmentUser))) == u && state != "withdrawn" && state != "declined" && state != "done"
		})
		if !has {
			lacks = append(lacks, u)
		}
	}
	return lacks, err
}

// fresh makes a job for all users, at the first site there is.
func fresh(c *client.Client, users []model.UserID, now time.Time) (model.RecordID, error) {
	sites, err := c.List(model.Sites, model.RecordID{})
	if err != nil {
		return model.RecordID{}, err
	}
	var site client.Record
	if len(sites) > 0 {
		site = sites[0]
	}
	id, drafts, err := jobToday(site, "Look after the boiler together", now, users...)
	if err != nil {
		return id, err
	}
	if _, err = c.Save(drafts...); err != nil {
		return id, fmt.Errorf("make one: %w", err)
	}
	return id, nil
}

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"text/tabwriter"
	"time"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/sync/model"
)

// terminal is what phone and office have in common: a station, a shell over it, and the news.
type terminal struct {
	c       *call
	station *station
	shell   *shell
	topics  []topic
	login   string
	secret  string // the password; empty: not asked for yet
	epoch   string // of the session elsewhere that was told about; empty: none

	news  *news
	quiet func() // stops the news; nil: there is none
}

// signInFlags are the flags of phone and office.
type signInFlags struct {
	as, server, tenant string
	takeover           bool
}

func (s *signInFlags) define(f *flag.FlagSet) {
	f.StringVar(&s.as, "as", "", "`login` of who signs in, an e-mail address")
	f.StringVar(&s.server, "server", "http://127.0.0.1:8080", "`address` of the gateway")
	f.StringVar(&s.tenant, "tenant", "demo", "`name` of the company")
	f.BoolVar(&s.takeover, "takeover", false, "sign in even when another device is active; its unsent work still comes in")
}

func phoneCommand(f *flag.FlagSet) action {
	var in signInFlags
	in.define(f)
	label := f.String("label", "terminal phone", "what the phone is `called`, for the question on another one")
	return func(ctx context.Context, c *call) error {
		t, err := c.terminal(in, *label, "./phone")
		if err != nil {
			return err
		}
		t.topics = phoneTopics(t.station)
		t.shell.verbs = t.phoneVerbs(ctx)
		return t.run(ctx, in.takeover)
	}
}

// terminal opens a station for the flags. Its folder is in --data, which for a device is not the server's.
func (c *call) terminal(in signInFlags, label, dir string) (*terminal, error) {
	if in.as == "" {
		return nil, usagef("who are you? Name your login: --as ben@fieldsync.example")
	}
	if err := c.want(0, 0, "--as LOGIN"); err != nil {
		return nil, err
	}
	if c.from["data"] != fromDefault {
		dir = c.set.data
	}
	s, err := openStation(stationSettings{
		server: in.server, tenant: in.tenant, login: in.as, dir: dir, label: label, platform: "terminal", log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	return &terminal{c: c, station: s, shell: newShell(c.stdio), login: in.as}, nil
}

// How long a terminal waits for a first download before it takes commands, and for the last words to be sent.
const (
	firstWait = 15 * time.Second
	lastWait  = 10 * time.Second
)

// run signs in, or goes on with the session of last time, and takes commands.
func (t *terminal) run(ctx context.Context, takeover bool) (err error) {
	defer func() {
		t.hush()
		if last, _ := t.station.ended(); errors.Is(last, device.ErrWiped) {
			err = errors.Join(err, t.station.wipe())
		} else {
			err = errors.Join(err, t.station.close())
		}
	}()
	who := t.station.Who()
	if st := t.station.Status(); who.User.IsZero() || st.Ended {
		if st.Ended {
			t.shell.say("* %s", endLine(st))
		}
		if t.secret, err = password(t.c.stdio, t.login); err != nil {
			return err
		}
		err = t.signIn(ctx, "")
		if takeover && t.epoch != "" {
			err = t.signIn(ctx, t.epoch)
		}
	} else {
		t.listen(ctx) // before anything comes: what changed since last time is news
		t.station.online()
	}
	switch {
	case err != nil && t.epoch == "":
		return err
	case err != nil:
		t.shell.say("* %v", err)
	}
	t.listen(ctx)
	if err == nil {
		t.first(ctx)
	}
	err = t.shell.loop(ctx)
	if !t.shell.tty {
		t.wait(ctx, lastWait, t.sent)
	}
	if n, _ := t.station.Unsent(); n > 0 {
		fmt.Fprintf(t.c.err, "%s not sent yet; they stay in %s and go out at the next start\n", unsentText(n), t.station.set.folder())
	}
	return err
}

// signIn signs in, and tells of another device that is active.
func (t *terminal) signIn(ctx context.Context, takeOver string) error {
	t.hush()
	defer t.listen(ctx)
	err := t.station.signIn(ctx, t.secret, takeOver)
	var active *device.ActiveError
	t.epoch = ""
	if errors.As(err, &active) {
		t.epoch = active.Epoch
		return fmt.Errorf("active elsewhere (%s, last seen %s, %d unsent as it last said); takeover signs in here, and its work still comes in",
			active.Device, moment(active.LastSeen), active.Unsent)
	}
	return err
}

// listen starts the news, and hush stops it: while nothing else may use the station.
func (t *terminal) listen(ctx context.Context) {
	if t.quiet != nil {
		return
	}
	n, err := newNews(t.station, t.topics)
	if err != nil {
		t.shell.say("! %v", err)
		return
	}
	t.news, t.shell.news = n, func() { n.tell(t.shell.say) }
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { t.station.follow(ctx) })
	running.Go(func() { n.watch(ctx, t.shell.say) })
	t.quiet = func() {
		cancel()
		running.Wait()
	}
}

func (t *terminal) hush() {
	if t.quiet != nil {
		t.quiet()
		t.quiet, t.shell.news = nil, nil
	}
}

// wait waits a while for something; that it did not come is no error: the phone works without.
func (t *terminal) wait(ctx context.Context, most time.Duration, so func() (bool, error)) bool {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	return t.station.until(ctx, so) == nil
}

// first waits for a first download, which comes in steps: until nothing more came for a moment.
func (t *terminal) first(ctx context.Context) {
	fresh := t.news != nil && t.news.mute.Load()
	t.wait(ctx, firstWait, t.downloaded)
	if !fresh {
		return
	}
	const lull, most = 300 * time.Millisecond, 5 * time.Second
	late := time.NewTimer(most)
	defer late.Stop()
	for calm := false; !calm; {
		next := t.station.next()
		select {
		case <-next:
		case <-time.After(lull):
			calm = true
		case <-late.C:
			calm = true
		}
	}
	t.news.mute.Store(false)
	if jobs, err := t.station.jobs(); err == nil {
		t.shell.say("* downloaded, %d jobs", len(jobs))
	}
}

// downloaded: the user's own record is among the first that come. Without a connection there is nothing to wait for.
func (t *terminal) downloaded() (bool, error) {
	_, ok, err := t.station.Show(model.RecordID(t.station.Who().User))
	st := t.station.Status()
	return ok && !st.Downloading || st.State == device.StateWaiting || st.State == device.StateStopped, err
}

// sent: nothing is left to be sent, or there is no connection to send it by.
func (t *terminal) sent() (bool, error) {
	if _, running := t.station.ended(); !running || t.station.Status().State == device.StateWaiting {
		return true, nil
	}
	n, _ := t.station.Unsent()
	return n == 0, nil
}

// save keeps what the user did and says so.
func (t *terminal) save(w io.Writer, drafts ...device.Draft) error {
	saved, err := t.station.Save(drafts...)
	switch {
	case errors.Is(err, replica.ErrNothing):
		return errors.New("nothing has been downloaded yet; go online once, then everything works without a connection")
	case err != nil:
		return err
	}
	fmt.Fprintf(w, "saved on this device (%s)\n", unsentText(len(saved)))
	return nil
}

// outboxTable shows every change that this device keeps.
func (t *terminal) outboxTable(w io.Writer) error {
	problems, err := t.station.Problems()
	if err != nil {
		return err
	}
	next := map[model.ChangeID]string{}
	for _, p := range problems {
		next[p.Change] = p.Next
	}
	entries := t.station.Outbox()
	if len(entries) == 0 {
		fmt.Fprintln(w, "nothing was done on this device that anybody still waits for")
		return nil
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, e := range entries {
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\n", e.Number, moment(e.Saved), t.station.entry(e), fate(e, next[e.Change]))
	}
	return table.Flush()
}

// fate is what became of a change, in the words that users of every app see.
func fate(e device.Entry, next string) string {
	why := replica.Why(e.Reason)
	if why != "" {
		why = ": " + why
	}
	if next != "" {
		next = "; to do: " + next
	}
	switch {
	case !e.Answered:
		return "saved here, not sent yet"
	case e.Outcome == model.OutcomeApplied:
		return "with the office"
	case e.Outcome == model.OutcomeMerged:
		return "with the office, merged over a newer value" + why
	case e.Outcome == model.OutcomeRecorded:
		return "kept by the office beside what stands" + why
	case e.Outcome == model.OutcomeHeld:
		return "on hold, the office is looking at it" + why + next
	}
	return "not accepted" + why + next
}

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/sync/model"
)

// What happened in the company's last week is in visits.csv, hours.csv, notes.csv and conflicts.csv. It comes in as it
// does from real people: phones that were out of signal save it, each thing when it happened by the phone's clock, and
// hand it in over real sockets; the office writes at its desks. The server estimates the times (domain E2), judges
// what comes, and finds the two conflicts. Nothing is written into the store behind it.

// workTime bounds the handing in: it takes a few seconds.
const workTime = 2 * time.Minute

// deed is one thing that somebody did.
type deed struct {
	who   string // login
	at    time.Time
	after bool // it is the office's answer to what the phones hand in
	draft func(*hand) ([]device.Draft, error)
}

// hand is somebody at a device.
type hand struct {
	*station
	clock *handClock
	jobs  map[jobKey]device.Record
	away  map[model.RecordID]bool // jobs that they travel to
}

// jobKey names a job to people: its title, and when it was planned for.
type jobKey struct {
	title string
	start int64
}

// handClock is the clock of a device that somebody carried about in the past days: set to a moment while what happened
// then is saved, and right when the device has signal again.
type handClock struct {
	system func() device.Moment
	since  time.Time // when the device was switched on in those days

	mu sync.Mutex // guards the field below
	at time.Time  // zero: now
}

func (c *handClock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

// moment is what the clock says. A phone that was switched on in another week is another boot: its monotonic clock
// says nothing about then.
func (c *handClock) moment() device.Moment {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.system()
	if !c.at.IsZero() {
		m.Boot++
		m.Wall, m.Mono = model.Instant(c.at.UnixMilli()), c.at.Sub(c.since).Milliseconds()
	}
	return m
}

// fortnight is the work of the two weeks while it is handed in.
type fortnight struct {
	server, password string
	now              time.Time
	jobs             map[string]jobKey // by their code in the files
	deeds            []deed
	hands            map[string]*hand // by login
}

// work lets the company's people hand in what they did.
func (d *demoServer) work(ctx context.Context, now time.Time) (err error) {
	ctx, cancel := context.WithTimeout(ctx, workTime)
	defer cancel()
	dir, err := os.MkdirTemp("", "fieldsync-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for the devices of the company: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // a folder left in the system's own place for them does no harm
	f := &fortnight{server: d.address, password: d.mark.Password, now: now, hands: map[string]*hand{}}
	if err := f.read(); err != nil {
		return err
	}
	defer func() {
		for _, h := range f.hands {
			err = errors.Join(err, h.close())
		}
	}()
	if err := f.open(dir); err != nil {
		return err
	}
	var following sync.WaitGroup
	defer following.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for _, h := range f.hands {
		following.Go(func() { h.follow(ctx) })
	}
	return f.play(ctx)
}

// play is the order of things: everybody has the state of the morning and no signal, and does what they did. Then the
// office's words go in, then the phones', so that they meet; and the office answers.
func (f *fortnight) play(ctx context.Context) error {
	phones, desks := f.kinds()
	everybody := slices.Concat(phones, desks)
	for _, step := range []func() error{
		func() error { return each(everybody, func(h *hand) error { return f.enter(ctx, h) }) },
		func() error { return each(phones, func(h *hand) error { return f.save(h, false) }) },
		func() error { return each(desks, func(h *hand) error { return f.handIn(ctx, h, false) }) },
		func() error { return each(phones, func(h *hand) error { return h.sync(ctx) }) },
		func() error { return each(desks, func(h *hand) error { return f.handIn(ctx, h, true) }) },
		func() error { return each(everybody, func(h *hand) error { return h.leave(ctx) }) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// each does something for several people at once.
func each(hands []*hand, do func(*hand) error) error {
	errs := make([]error, len(hands))
	var all sync.WaitGroup
	for i, h := range hands {
		all.Go(func() {
			if err := do(h); err != nil {
				errs[i] = fmt.Errorf("%s: %w", h.set.login, err)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// kinds tells phones from desks.
func (f *fortnight) kinds() (phones, desks []*hand) {
	for _, h := range f.hands {
		if h.set.platform == deskPlatform {
			desks = append(desks, h)
		} else {
			phones = append(phones, h)
		}
	}
	return phones, desks
}

const deskPlatform = "desktop"

// open opens a device for everybody who did something.
func (f *fortnight) open(dir string) error {
	users, err := companyRows("users", f.now)
	if err != nil {
		return err
	}
	for _, u := range users {
		if !slices.ContainsFunc(f.deeds, func(d deed) bool { return d.who == u["email"] }) {
			continue
		}
		h := &hand{clock: &handClock{system: device.SystemClock(), since: f.now.AddDate(0, 0, -30)}, away: map[model.RecordID]bool{}}
		set := stationSettings{
			server: f.server, tenant: demoTenant, login: u["email"], dir: dir, label: u["name"] + "'s phone", platform: "android",
			log: slog.New(slog.DiscardHandler), clock: h.clock.moment,
		}
		if u["kind"] == model.Desktop.String() {
			set.label, set.platform = u["name"]+"'s desk", deskPlatform
		}
		if h.station, err = openStation(set); err != nil {
			return err
		}
		f.hands[u["email"]] = h
	}
	return nil
}

// enter signs in, waits until everything is there, and loses the signal.
func (f *fortnight) enter(ctx context.Context, h *hand) error {
	if err := h.signIn(ctx, f.password, ""); err != nil {
		return err
	}
	if err := h.sync(ctx); err != nil {
		return err
	}
	h.offline()
	all, err := h.List(model.Jobs, model.RecordID{})
	h.jobs = map[jobKey]device.Record{}
	for _, r := range all {
		h.jobs[jobKey{r.Value(model.JobTitle).Text(), r.Value(model.JobWindowStart).Int()}] = r
	}
	return err
}

// save keeps what somebody did on their device, each thing at its time.
func (f *fortnight) save(h *hand, after bool) error {
	defer h.clock.set(time.Time{})
	for _, d := range f.deeds {
		if d.who != h.set.login || d.after != after {
			continue
		}
		drafts, err := d.draft(h)
		if err != nil {
			return err
		}
		h.clock.set(d.at)
		if _, err := h.Save(drafts...); err != nil {
			return err
		}
	}
	return nil
}

// handIn is save, with signal.
func (f *fortnight) handIn(ctx context.Context, h *hand, after bool) error {
	if err := f.save(h, after); err != nil {
		return err
	}
	return h.sync(ctx)
}

// sync waits until everything is sent, answered and shown.
func (h *hand) sync(ctx context.Context) error {
	h.online()
	if err := h.until(ctx, h.settled); err != nil {
		return fmt.Errorf("hand in, %d unsent: %w", h.Status().Unsent, err)
	}
	return nil
}

// leave signs out: whoever tries the demonstration finds nobody signed in.
func (h *hand) leave(ctx context.Context) error {
	if err := h.SignOut(false); err != nil {
		return err
	}
	return h.until(ctx, func() (bool, error) {
		_, running := h.ended()
		return !running, nil
	})
}

// read reads the files into deeds, by time.
func (f *fortnight) read() error {
	jobs, err := companyRows("jobs", f.now)
	if err != nil {
		return err
	}
	f.jobs = map[string]jobKey{}
	for _, j := range jobs {
		start, err := f.instant(j["start"])
		if err != nil {
			return fmt.Errorf("job %s: %w", j["code"], err)
		}
		f.jobs[j["code"]] = jobKey{j["title"], start.UnixMilli()}
	}
	for _, file := range []struct {
		name string
		deed func(map[string]string) ([]deed, error)
	}{{"visits", f.visit}, {"hours", f.hours}, {"notes", f.note}, {"conflicts", f.conflict}} {
		rows, err := companyRows(file.name, f.now)
		if err != nil {
			return err
		}
		for i, row := range rows {
			deeds, err := file.deed(row)
			if err != nil {
				return fmt.Errorf("company/%s.csv:%d: %w", file.name, i+2, err)
			}
			f.deeds = append(f.deeds, deeds...)
		}
	}
	slices.SortStableFunc(f.deeds, func(a, b deed) int { return cmp.Compare(a.at.UnixMilli(), b.at.UnixMilli()) })
	return nil
}

func (f *fortnight) instant(text string) (time.Time, error) {
	return time.ParseInLocation(dayAndTime, text, f.now.Location())
}

// on makes a deed on a job.
func (f *fortnight) on(row map[string]string, who string, do func(h *hand, job device.Record) ([]device.Draft, error)) (deed, error) {
	at, err := f.instant(row["at"])
	if err != nil {
		return deed{}, err
	}
	key, known := f.jobs[row["job"]]
	if row["job"] != "" && !known {
		return deed{}, fmt.Errorf("no job %s", row["job"])
	}
	return deed{who: who, at: at, draft: func(h *hand) ([]device.Draft, error) {
		job, ok := h.jobs[key]
		if known && !ok {
			return nil, fmt.Errorf("does not see the job %s", row["job"])
		}
		return do(h, job)
	}}, nil
}

// officeEvents are the events of a job that are the office's to say.
var officeEvents = []string{"cancel", "close", "reopen", "reinstate"}

func (f *fortnight) visit(row map[string]string) ([]deed, error) {
	kind := row["event"]
	d, err := f.on(row, row["who"], func(h *hand, job device.Record) ([]device.Draft, error) {
		if slices.Contains(officeEvents, kind) {
			return []device.Draft{officeEvent(job, kind, row["reason"], model.RecordID{})}, nil
		}
		drafts := visit(job, kind, row["reason"], h.Who().Kind)
		if h.away[job.ID] && h.Who().Kind == model.Mobile {
			drafts = append(drafts, hours("travel_end", 0, job, ""))
		}
		h.away[job.ID] = kind == "travel"
		return drafts, nil
	})
	d.after = kind == "close"
	return []deed{d}, err
}

func (f *fortnight) hours(row map[string]string) ([]deed, error) {
	minutes, err := strconv.ParseInt(cmp.Or(row["minutes"], "0"), 10, 64)
	if err != nil {
		return nil, err
	}
	d, err := f.on(row, row["who"], func(_ *hand, job device.Record) ([]device.Draft, error) {
		return []device.Draft{hours(row["event"], minutes, job, row["remark"])}, nil
	})
	return []deed{d}, err
}

// noteKind is what a note is about.
const noteKind model.FieldNo = 7

func (f *fortnight) note(row map[string]string) ([]deed, error) {
	d, err := f.on(row, row["who"], func(_ *hand, job device.Record) ([]device.Draft, error) {
		return []device.Draft{create(model.Notes, val(model.FieldParent, model.Ref(job.ID)), val(model.NoteText, model.Text(row["text"])),
			val(noteKind, text(row["kind"])), val(model.NoteAudience, text(row["audience"])))}, nil
	})
	return []deed{d}, err
}

// conflict is a field that a phone and a desk change without knowing of each other.
func (f *fortnight) conflict(row map[string]string) ([]deed, error) {
	var deeds []deed
	for _, side := range []string{"phone", "desk"} {
		d, err := f.on(row, row[side], func(_ *hand, job device.Record) ([]device.Draft, error) {
			draft, err := editJob(job, row["field"], row[side+"_text"])
			return []device.Draft{draft}, err
		})
		if err != nil {
			return nil, err
		}
		deeds = append(deeds, d)
	}
	return deeds, nil
}

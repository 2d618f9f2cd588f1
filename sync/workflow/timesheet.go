package workflow

import (
	"cmp"
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Time is one timesheet event of one worker (domain (e)). It is never merged with another one, and never changed.
type Time struct {
	Change model.ChangeID
	Kind   string
	Job    model.RecordID // zero: of no job
	At     model.Instant  // the estimate, or when it was instead, once it is corrected
	Raw    model.Instant  // the estimate
	Fuzz   int64          // how far off that may be, in milliseconds
	Wall   model.Instant  // the phone's clock, which orders events of one estimate
	Amount int64          // minutes, of a manual entry
	Device model.DeviceID
	Flags  []string // of its clock, its road and its corrections

	Helpers []string // who has no login and works with them from then on
}

// Kinds of timesheet events.
const (
	TimeShiftStart  = "shift_start"
	TimeShiftEnd    = "shift_end"
	TimeTravelStart = "travel_start"
	TimeTravelEnd   = "travel_end"
	TimeWorkStart   = "work_start"
	TimeWorkPause   = "work_pause"
	TimeWorkResume  = "work_resume"
	TimeWorkEnd     = "work_end"
	TimeBreakStart  = "break_start"
	TimeBreakEnd    = "break_end"
	TimeManual      = "manual_entry"
)

// Sorts of entries.
const (
	SortShift  = "shift"
	SortTravel = "travel"
	SortWork   = "work"
	SortBreak  = "break"
	SortManual = "manual"
)

// Flags of entries. They never change what is in them.
const (
	FlagOverlap      = "overlap"       // with another paid entry of the worker (E10)
	FlagOutsideShift = "outside_shift" // job time or a break outside every shift (E11, E14)
	FlagMissingEnd   = "missing_end"   // open for longer than the rule allows (E12)
	FlagMissingStart = "missing_start" // an end without a beginning
	FlagDoubleTap    = "double_tap"    // an identical event within 60 s was left out of the count (E13)
	FlagManual       = "manual"        // said, not measured (E30)
	FlagLong         = "long"          // longer than an entry may be open: somebody should ask (E12)
	FlagRestarted    = "restarted"     // begun again while it ran: it goes on
	FlagTwoDevices   = "two_devices"   // two devices of the worker ran this timer at once (E24)
	FlagHandedIn     = "handed_in"     // by a device that had lost its session, or was lost (E23)
	FlagRemovedUser  = "removed_user"  // it came in when its worker was not with the company any more (E22)
)

const (
	doubleTap = 60_000
	// longest is how long a timer may run at all: an end that comes later is not that of this beginning. It bounds how far
	// around a period events matter for it.
	longest = 72 * 3_600_000
)

// Reach is how far from a moment events may lie that have to do with it, in milliseconds.
const Reach = longest

// Entry is time of one worker that the events amount to. It is half-open: [Start, End) (E9).
type Entry struct {
	Sort     string
	Job      model.RecordID
	Start    model.Instant  // 0: unknown
	End      model.Instant  // 0: open
	Begin    model.ChangeID // the events it is made of; zero where an edge is unknown, or another event's
	Finish   model.ChangeID
	RawStart model.Instant // the edges as estimated, whatever corrections say
	RawEnd   model.Instant
	Fuzz     int64 // how far off both edges may be together, in milliseconds
	Device   model.DeviceID
	Flags    []string      // sorted
	Suggest  model.Instant // of an entry without an end: when it may have ended; never taken by itself (E12)
	Helpers  []string      // whose time runs with it, as the event says that began it
}

// Timed says whether the entry is of measured time that is paid. A manual entry is not: it says how long, and not when, so
// that it overlaps nothing and is paid in full (E30).
func (e *Entry) Timed() bool { return e.Sort == SortTravel || e.Sort == SortWork }

// Has says whether the entry has a flag.
func (e *Entry) Has(flag string) bool {
	_, has := slices.BinarySearch(e.Flags, flag)
	return has
}

func (e *Entry) flag(flags ...string) {
	for _, f := range flags {
		if i, there := slices.BinarySearch(e.Flags, f); !there {
			e.Flags = slices.Insert(e.Flags, i, f)
		}
	}
}

// Rule is what a company counts hours by. The zero Rule pays no break and flags what is open after 16 hours.
type Rule struct {
	PaidBreak  int64 // breaks up to so many milliseconds count as worked; longer ones do not (E15)
	MissingEnd int64 // milliseconds after which something open lacks its end; 0: 16 hours (E12)
}

func (r Rule) missingEnd() int64 {
	if r.MissingEnd > 0 {
		return min(r.MissingEnd, longest)
	}
	return 16 * 3_600_000
}

// transitions is what each kind of event does to the entry of its sort.
var transitions = map[string]struct {
	sort       string
	begin, end bool
}{
	TimeShiftStart:  {SortShift, true, false},
	TimeShiftEnd:    {SortShift, false, true},
	TimeTravelStart: {SortTravel, true, false},
	TimeTravelEnd:   {SortTravel, false, true},
	TimeWorkStart:   {SortWork, true, false},
	TimeWorkPause:   {SortWork, false, true},
	TimeWorkResume:  {SortWork, true, false},
	TimeWorkEnd:     {SortWork, false, true},
	TimeBreakStart:  {SortBreak, true, false},
	TimeBreakEnd:    {SortBreak, false, true},
}

// timer is what runs and is stopped: breaks and shifts are the worker's, travel and work a job's (E14).
type timer struct {
	sort string
	job  model.RecordID
}

// clock is the state of one timer while events are counted.
type clock struct {
	open []int // indexes of its open entries, one a device
	last Time  // the event before, of whatever device
	at   int   // the entry that it made or ended; -1: none
}

// tally counts events into entries.
type tally struct {
	rule   Rule
	out    []Entry
	clocks map[timer]*clock
}

// Entries is what the events of one worker amount to, by start. The order of the events does not matter. now is the
// committed time, which open entries are measured against; an open entry stays open.
func Entries(events []Time, rule Rule, now model.Instant) []Entry {
	list := slices.Clone(events)
	slices.SortFunc(list, func(a, b Time) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Wall, b.Wall), a.Change.Compare(b.Change))
	})
	list = slices.CompactFunc(list, func(a, b Time) bool { return a.Change == b.Change })
	t := tally{rule: rule, clocks: map[timer]*clock{}, out: make([]Entry, 0, len(list)/2+1)}
	for i := range list {
		t.count(&list[i])
	}
	mark(t.out, rule, now)
	slices.SortStableFunc(t.out, func(a, b Entry) int { return cmp.Compare(a.begins(), b.begins()) })
	return t.out
}

func (t *tally) count(e *Time) {
	if e.Kind == TimeManual {
		length := model.Instant(e.Amount * 60_000)
		t.add(Entry{Sort: SortManual, Job: e.Job, Start: e.At - length, End: e.At, Finish: e.Change, RawStart: e.Raw - length, RawEnd: e.Raw, Device: e.Device, Helpers: e.Helpers}, e, FlagManual)
		return
	}
	tr, known := transitions[e.Kind]
	if !known {
		return
	}
	key := timer{tr.sort, e.Job}
	c := t.clocks[key]
	if c == nil {
		c = &clock{at: -1}
		t.clocks[key] = c
	}
	was := c.last
	c.last = *e
	switch {
	case was.Kind == e.Kind && e.At-was.At <= doubleTap:
		if c.at >= 0 {
			t.out[c.at].flag(FlagDoubleTap)
		}
	case tr.begin:
		t.begin(c, key, e)
	default:
		t.end(c, key, e, was.Kind == TimeWorkPause)
	}
}

// add makes an entry of an event.
func (t *tally) add(n Entry, e *Time, flags ...string) int {
	n.Fuzz = e.Fuzz
	n.flag(e.Flags...)
	n.flag(flags...)
	t.out = append(t.out, n)
	return len(t.out) - 1
}

// begin begins a timer. What runs already ends there and goes on, so that beginning twice shortens nothing; what was
// forgotten stays open.
func (t *tally) begin(c *clock, key timer, e *Time) {
	open := c.open
	c.open = nil
	for _, i := range open {
		o := &t.out[i]
		if int64(e.At-o.Start) > t.rule.missingEnd() {
			o.flag(FlagMissingEnd)
			continue
		}
		o.End, o.RawEnd = e.At, e.Raw
		if o.Device == e.Device {
			o.flag(FlagRestarted)
			continue
		}
		o.flag(FlagTwoDevices)
		c.open = append(c.open, t.add(Entry{Sort: key.sort, Job: key.job, Start: e.At, RawStart: e.Raw, Begin: o.Begin, Device: o.Device, Helpers: o.Helpers}, e, FlagTwoDevices))
	}
	c.at = t.add(Entry{Sort: key.sort, Job: key.job, Start: e.At, RawStart: e.Raw, Begin: e.Change, Device: e.Device, Helpers: e.Helpers}, e)
	if len(c.open) > 0 {
		t.out[c.at].flag(FlagTwoDevices)
	}
	c.open = append(c.open, c.at)
}

// end ends a timer: that of the same device if it runs, or else the one that does, since work goes on when a device is
// changed.
func (t *tally) end(c *clock, key timer, e *Time, paused bool) {
	which := slices.IndexFunc(c.open, func(i int) bool { return t.out[i].Device == e.Device })
	if which < 0 && len(c.open) > 0 {
		which = len(c.open) - 1
	}
	if which >= 0 {
		i := c.open[which]
		c.open = slices.Delete(c.open, which, which+1)
		o := &t.out[i]
		if int64(e.At-o.Start) <= longest {
			c.at, o.End, o.RawEnd, o.Finish = i, e.At, e.Raw, e.Change
			o.Fuzz += e.Fuzz
			o.flag(e.Flags...)
			if int64(o.End-o.Start) > t.rule.missingEnd() {
				o.flag(FlagLong)
			}
			return
		}
		o.flag(FlagMissingEnd)
	} else if paused && e.Kind == TimeWorkEnd {
		return // the pause ended it
	}
	c.at = t.add(Entry{Sort: key.sort, Job: key.job, End: e.At, RawEnd: e.Raw, Finish: e.Change, Device: e.Device}, e, FlagMissingStart)
}

// begins orders entries; one without a beginning stands at its end.
func (e *Entry) begins() model.Instant {
	if e.Start == 0 {
		return e.End
	}
	return e.Start
}

// until is the end of an entry as far as it is known.
func (e *Entry) until(now model.Instant) model.Instant {
	if e.End == 0 {
		return max(now, e.Start)
	}
	return e.End
}

// mark flags what entries are to each other.
func mark(list []Entry, rule Rule, now model.Instant) {
	var shifts, paid []*Entry
	for i := range list {
		e := &list[i]
		if e.End == 0 && int64(now-e.Start) > rule.missingEnd() {
			e.flag(FlagMissingEnd)
		}
		switch {
		case e.Start == 0:
		case e.Sort == SortShift:
			shifts = append(shifts, e)
		case e.Timed():
			paid = append(paid, e)
		}
	}
	slices.SortStableFunc(paid, func(a, b *Entry) int { return cmp.Compare(a.Start, b.Start) })
	for i, a := range paid {
		for _, b := range paid[i+1:] {
			if b.Start >= a.until(now) {
				break
			}
			if a.Start < b.until(now) {
				a.flag(FlagOverlap)
				b.flag(FlagOverlap)
			}
		}
	}
	for i := range list {
		e := &list[i]
		around := func(s *Entry) bool { return s.Start <= e.Start && e.until(now) <= s.until(now) }
		if e.Start != 0 && e.Sort != SortShift && e.Sort != SortManual && !slices.ContainsFunc(shifts, around) {
			e.flag(FlagOutsideShift)
		}
		if e.Has(FlagMissingEnd) {
			e.Suggest = suggest(list, e)
		}
	}
}

// suggest is when an entry that nobody ended may have ended: with the shift around it, or when the worker began something
// else. 0: nobody can tell.
func suggest(list []Entry, e *Entry) (at model.Instant) {
	for i := range list {
		o := &list[i]
		var may model.Instant
		switch {
		case o.Sort == SortShift && o.Start <= e.Start && o.End > e.Start:
			may = o.End
		case o.Start > e.Start:
			may = o.Start
		}
		if may != 0 && (at == 0 || may < at) {
			at = may
		}
	}
	return at
}

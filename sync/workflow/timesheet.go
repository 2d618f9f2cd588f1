package workflow

import (
	"cmp"
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Time is one timesheet event of one worker (domain (e)).
type Time struct {
	Change model.ChangeID
	Kind   string
	Job    model.RecordID // zero: of no job
	At     model.Instant
	Amount int64 // minutes, of a manual entry
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
	FlagOutsideShift = "outside_shift" // job time outside every shift (E11)
	FlagMissingEnd   = "missing_end"   // open for more than 16 hours (E12)
	FlagMissingStart = "missing_start" // an end without a beginning
	FlagDoubleTap    = "double_tap"    // an identical event within 60 s was left out of the count (E13)
	FlagManual       = "manual"        // said, not measured (E30)
)

const (
	doubleTap  = 60_000
	missingEnd = 16 * 3_600_000
)

// Entry is time of one worker that the events amount to. It is half-open: [Start, End) (E9).
type Entry struct {
	Sort  string
	Job   model.RecordID
	Start model.Instant // 0: unknown
	End   model.Instant // 0: open
	Flags []string      // sorted
}

// Paid says whether the entry counts towards what is paid: everything but the shift around it and breaks.
func (e Entry) Paid() bool { return e.Sort == SortTravel || e.Sort == SortWork || e.Sort == SortManual }

func (e *Entry) flag(f string) {
	if i, there := slices.BinarySearch(e.Flags, f); !there {
		e.Flags = slices.Insert(e.Flags, i, f)
	}
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

type timer struct {
	sort string
	job  model.RecordID
}

// Entries is what the events of one worker amount to, by start. The order of the events does not matter. now is the
// committed time, which open entries are measured against; an open entry stays open.
func Entries(events []Time, now model.Instant) []Entry {
	list := slices.Clone(events)
	slices.SortFunc(list, func(a, b Time) int { return cmp.Or(cmp.Compare(a.At, b.At), a.Change.Compare(b.Change)) })
	list = slices.CompactFunc(list, func(a, b Time) bool { return a.Change == b.Change })
	var out []Entry
	running := map[timer]int{}          // index of the open entry
	last := map[timer]Time{}            // the event that counted
	paused := map[model.RecordID]bool{} // an end after a pause ends nothing more
	for _, e := range list {
		if e.Kind == TimeManual {
			out = append(out, Entry{Sort: SortManual, Job: e.Job, Start: e.At - model.Instant(e.Amount*60_000), End: e.At, Flags: []string{FlagManual}})
			continue
		}
		tr, known := transitions[e.Kind]
		if !known {
			continue
		}
		key := timer{tr.sort, e.Job}
		i, open := running[key]
		if was, ok := last[key]; ok && was.Kind == e.Kind && e.At-was.At <= doubleTap {
			if open {
				out[i].flag(FlagDoubleTap)
			}
			continue
		}
		last[key] = e
		switch {
		case tr.begin && !open:
			running[key] = len(out)
			out = append(out, Entry{Sort: tr.sort, Job: e.Job, Start: e.At})
		case tr.end && open:
			out[i].End = e.At
			delete(running, key)
		case tr.end && !(e.Kind == TimeWorkEnd && paused[e.Job]):
			out = append(out, Entry{Sort: tr.sort, Job: e.Job, End: e.At, Flags: []string{FlagMissingStart}})
		}
		if tr.sort == SortWork {
			paused[e.Job] = e.Kind == TimeWorkPause
		}
	}
	mark(out, now)
	slices.SortStableFunc(out, func(a, b Entry) int { return cmp.Compare(a.begins(), b.begins()) })
	return out
}

// begins orders entries; one without a beginning stands at its end.
func (e Entry) begins() model.Instant {
	if e.Start == 0 {
		return e.End
	}
	return e.Start
}

// until is the end of an entry as far as it is known.
func (e Entry) until(now model.Instant) model.Instant {
	if e.End == 0 {
		return max(now, e.Start)
	}
	return e.End
}

func mark(list []Entry, now model.Instant) {
	for i := range list {
		a := &list[i]
		if a.End == 0 && now-a.Start > missingEnd {
			a.flag(FlagMissingEnd)
		}
		if !a.Paid() || a.Start == 0 {
			continue
		}
		inShift := false
		for k := range list {
			b := &list[k]
			if b.Sort == SortShift && b.Start != 0 && b.Start <= a.Start && a.until(now) <= b.until(now) {
				inShift = true
			}
			if k > i && b.Paid() && b.Start != 0 && a.Start < b.until(now) && b.Start < a.until(now) {
				a.flag(FlagOverlap)
				b.flag(FlagOverlap)
			}
		}
		if !inShift && a.Sort != SortManual {
			a.flag(FlagOutsideShift)
		}
	}
}

// PaidTime is the length of the union of the paid entries, in milliseconds: what overlaps is paid once until a person
// has decided (E10). Open entries count up to now.
func PaidTime(list []Entry, now model.Instant) int64 {
	paid := slices.DeleteFunc(slices.Clone(list), func(e Entry) bool { return !e.Paid() || e.Start == 0 })
	slices.SortFunc(paid, func(a, b Entry) int { return cmp.Compare(a.Start, b.Start) })
	var sum int64
	var reached model.Instant
	for _, e := range paid {
		from, to := max(e.Start, reached), e.until(now)
		if to > from {
			sum += int64(to - from)
			reached = to
		}
	}
	return sum
}

package workflow

import (
	"cmp"
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Flags of what corrections do.
const (
	FlagCorrected = "corrected" // the office said something else (E17, E20)
	FlagClaimed   = "claimed"   // the worker did, before it was approved
	FlagDisputed  = "disputed"  // the worker said something else than what is paid (E17)
)

// Correction is one of the layer over the events. The office's is current for pay, the worker's is until there is one of
// the office's or the time is approved, and afterwards shows as a dispute (domain (c), E17).
type Correction struct {
	Change  model.ChangeID
	Of      model.ChangeID // the event, or the correction that told of time, that it is about; zero: time that no event told of
	At      model.Instant  // when it was instead; 0: as it was
	Void    bool           // it does not count
	Minutes int64          // of a manual entry, or of time that no event told of, with its sign; 0: as it was
	Office  bool
	Made    model.Instant
	Late    bool // it came when the time was approved already
}

// SortAdjustment is the sort of time that a correction adds or takes away by itself.
const SortAdjustment = "adjustment"

// Amount is minutes that were said and not measured: of a manual entry, or what a correction adds or takes away, told of by no
// event.
type Amount struct {
	Change  model.ChangeID
	Sort    string
	At      model.Instant
	Minutes int64
	Flags   []string
	Helpers []string // who worked with them so long
}

// Standing is what corrections make of one event.
type Standing struct {
	Current  *Correction // nil: it stands as it was told
	Disputed bool
}

// flags says so.
func (s Standing) flags() (out []string) {
	switch {
	case s.Current == nil:
	case s.Current.Office:
		out = append(out, FlagCorrected)
	default:
		out = append(out, FlagClaimed)
	}
	if s.Disputed {
		out = append(out, FlagDisputed)
	}
	return out
}

// Stands finds what stands of everything that is corrected.
func Stands(corrections []Correction) map[model.ChangeID]Standing {
	list := slices.Clone(corrections)
	slices.SortFunc(list, func(a, b Correction) int { return cmp.Or(cmp.Compare(a.Made, b.Made), a.Change.Compare(b.Change)) })
	out := map[model.ChangeID]Standing{}
	for i := range list {
		c := &list[i]
		if c.Of.IsZero() {
			continue
		}
		s := out[c.Of]
		switch {
		case c.Office:
			s = Standing{Current: c} // whoever disputes it has read it
		case c.Late || s.Current != nil && s.Current.Office:
			s.Disputed = true
		default:
			s.Current = c
		}
		out[c.Of] = s
	}
	return out
}

// Corrected is events as corrections have them, and the time that no event told of. What the office has looked at is not
// excluded as dated in the future any more (E29).
func Corrected(events []Time, corrections []Correction) (times []Time, amounts []Amount) {
	standing := Stands(corrections)
	for _, e := range events {
		s := standing[e.Change]
		if c := s.Current; c != nil {
			if c.Void {
				continue
			}
			if c.At != 0 {
				e.At = c.At
			}
			if c.Minutes != 0 && e.Kind == TimeManual {
				e.Amount = c.Minutes
			}
			if c.Office {
				e.Flags = slices.DeleteFunc(slices.Clone(e.Flags), func(f string) bool { return f == FlagFuture })
			}
		}
		e.Flags = append(slices.Clip(e.Flags), s.flags()...)
		times = append(times, e)
	}
	for i := range corrections {
		if a, ok := amountOf(&corrections[i], standing[corrections[i].Change]); ok {
			amounts = append(amounts, a)
		}
	}
	return times, amounts
}

// amountOf is the time that a correction tells of by itself; the worker's own counts until it is approved.
func amountOf(c *Correction, s Standing) (Amount, bool) {
	if !c.Of.IsZero() {
		return Amount{}, false
	}
	a := Amount{Change: c.Change, Sort: SortAdjustment, At: c.At, Minutes: c.Minutes, Flags: s.flags()}
	if !c.Office {
		a.Flags = append(a.Flags, FlagClaimed)
	}
	counts := !c.Void && (c.Office || !c.Late)
	if over := s.Current; over != nil {
		counts = !over.Void
		if over.At != 0 {
			a.At = over.At
		}
		if over.Minutes != 0 {
			a.Minutes = over.Minutes
		}
	}
	slices.Sort(a.Flags)
	a.Flags = slices.Compact(a.Flags)
	return a, counts
}

// Sheet is what the events of one worker and the corrections over them amount to.
type Sheet struct {
	Entries []Entry
	Amounts []Amount
	Spans   []Span // what is paid, besides the amounts
	Helpers []Helped
}

// Hours derives a worker's sheet. Neither the order of the events nor that of the corrections matters.
func Hours(events []Time, corrections []Correction, rule Rule, now model.Instant) Sheet {
	times, amounts := Corrected(events, corrections)
	entries := Entries(times, rule, now)
	for i := range entries {
		if e := &entries[i]; e.Sort == SortManual && !e.Has(FlagFuture) {
			amounts = append(amounts, Amount{Change: e.Finish, Sort: SortManual, At: e.End, Minutes: int64(e.End-e.Start) / 60_000, Flags: e.Flags, Helpers: e.Helpers})
		}
	}
	slices.SortFunc(amounts, func(a, b Amount) int { return cmp.Or(cmp.Compare(a.At, b.At), a.Change.Compare(b.Change)) })
	return Sheet{Entries: entries, Amounts: amounts, Spans: Pay(entries, rule), Helpers: helpers(entries, rule)}
}

package workflow

import (
	"cmp"
	"slices"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Span is time that is paid, of one sort. The spans of a worker are disjoint and ascending: what overlaps is paid once
// until a person has decided (E10).
type Span struct {
	Start, End model.Instant
	Sort       string
}

// Length is how long it is, in milliseconds.
func (s Span) Length() int64 { return int64(s.End - s.Start) }

// The classes that a moment may be in, the one that it is paid as first.
const (
	asWork = iota
	asTravel
	asBreak // a paid one
	asRest  // an unpaid one, in which no work and no travel is paid
	classes
)

var paidAs = [...]string{asWork: SortWork, asTravel: SortTravel, asBreak: SortBreak}

// edge is where an entry begins or ends to be in a class.
type edge struct {
	at    model.Instant
	class int
	step  int
}

// Pay is the union of what is paid of the measured entries. What has no beginning or no end is not in it, nor what is dated in the
// future and not reviewed (E12, E29): that is paid when somebody has said what it was.
func Pay(list []Entry, rule Rule) []Span {
	edges := make([]edge, 0, 2*len(list))
	for i := range list {
		e := &list[i]
		class, ok := classOf(e, rule)
		if !ok || e.Start == 0 || e.End <= e.Start || e.Has(FlagFuture) {
			continue
		}
		edges = append(edges, edge{e.Start, class, 1}, edge{e.End, class, -1})
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Compare(a.at, b.at) })
	var out []Span
	var in [classes]int
	for i, x := range edges {
		in[x.class] += x.step
		if i+1 == len(edges) || edges[i+1].at == x.at {
			continue
		}
		sort := paid(&in)
		switch n := len(out); {
		case sort == "":
		case n > 0 && out[n-1].End == x.at && out[n-1].Sort == sort:
			out[n-1].End = edges[i+1].at
		default:
			out = append(out, Span{x.at, edges[i+1].at, sort})
		}
	}
	return out
}

func classOf(e *Entry, rule Rule) (class int, ok bool) {
	switch e.Sort {
	case SortWork:
		return asWork, true
	case SortTravel:
		return asTravel, true
	case SortBreak:
		if int64(e.End-e.Start) <= rule.PaidBreak {
			return asBreak, true
		}
		return asRest, true
	default:
		return 0, false
	}
}

// paid is what a moment is paid as; empty: not at all.
func paid(in *[classes]int) string {
	for class, n := range in[:asRest] {
		if n > 0 && in[asRest] == 0 {
			return paidAs[class]
		}
	}
	return ""
}

// PaidTime is the length of spans, in milliseconds.
func PaidTime(spans []Span) (sum int64) {
	for _, s := range spans {
		sum += s.Length()
	}
	return sum
}

// Worked is how long the raw intervals of what is paid last from one moment until before another, each in full, and the manual
// entries told there, in milliseconds: what no office action changes (DESIGN I8).
func Worked(events []Time, rule Rule, from, to, now model.Instant) (sum int64) {
	list := Entries(events, rule, now)
	for i := range list {
		switch e := &list[i]; {
		case e.Sort == SortManual && from <= e.End && e.End < to:
			sum += int64(e.End - e.Start)
		case e.Timed() && e.Start != 0 && e.End != 0:
			sum += max(0, int64(min(e.End, to)-max(e.Start, from)))
		}
	}
	return sum
}

// Within is the parts of spans from one moment until before another.
func Within(spans []Span, from, to model.Instant) (out []Span) {
	for _, s := range spans {
		if s.Start, s.End = max(s.Start, from), min(s.End, to); s.Start < s.End {
			out = append(out, s)
		}
	}
	return out
}

// DaySpan is a span, or a part of one, within one day.
type DaySpan struct {
	Day model.Day
	Span
}

// Days splits spans at the midnights of a zone (nil: UTC), for reports alone: the parts add up to the whole (E8).
func Days(spans []Span, zone *time.Location) (out []DaySpan) {
	var day model.Day
	var from, to model.Instant
	for _, s := range spans {
		for s.Start < s.End {
			if s.Start < from || s.Start >= to {
				day, from, to = model.DayOf(s.Start, zone), s.Start, midnight(s.Start, zone)
			}
			part := Span{s.Start, min(s.End, to), s.Sort}
			out = append(out, DaySpan{day, part})
			s.Start = part.End
		}
	}
	return out
}

// longDay is longer than every day there is: one with a clock put back, or that a zone leaves out.
const longDay = 50 * 3_600_000

// midnight is the first moment after at that is on another day.
func midnight(at model.Instant, zone *time.Location) model.Instant {
	day, low, high := model.DayOf(at, zone), at, at+longDay
	for high-low > 1 {
		if mid := low + (high-low)/2; model.DayOf(mid, zone) == day {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}

// DayStart is the first moment of a day in a zone (nil: UTC).
func DayStart(day model.Day, zone *time.Location) model.Instant {
	const length = 24 * 3_600_000
	noon := model.Instant(day)*length + length/2
	low, high := noon-longDay, noon+longDay // the first is on a day before, the second is not
	for high-low > 1 {
		if mid := low + (high-low)/2; model.DayOf(mid, zone) < day {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}

package payroll

import (
	"cmp"
	"slices"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// Sum is what is paid of one day and sort, in milliseconds. Differences have a sign.
type Sum struct {
	Day    model.Day
	Helper string // whose it is, of somebody without a login; empty: the worker's own
	Sort   string
	Raw    int64
	Paid   int64 // rounded
}

func order(a, b Sum) int {
	return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Helper, b.Helper), cmp.Compare(a.Sort, b.Sort))
}

// Round rounds to the nearest multiple of so many minutes, halves away from zero, so that it averages out and what is taken
// away is rounded as what was added (E16); 0 minutes: not at all.
func Round(ms int64, minutes int64) int64 {
	step := minutes * 60_000
	if step <= 0 {
		return ms
	}
	if ms < 0 {
		return -Round(-ms, minutes)
	}
	return (ms + step/2) / step * step
}

// Sums is what is paid of a sheet from one moment until before another, by day, helper and sort, ascending; days are those of the zone
// (nil: UTC). What comes to nothing is left out.
func Sums(sheet *workflow.Sheet, from, to model.Instant, zone *time.Location, rounding int64) []Sum {
	var out []Sum
	add := func(day model.Day, helper, sort string, ms int64) {
		for i := len(out) - 1; i >= 0; i-- {
			if out[i].Day == day && out[i].Helper == helper && out[i].Sort == sort {
				out[i].Raw += ms
				return
			}
		}
		out = append(out, Sum{Day: day, Helper: helper, Sort: sort, Raw: ms})
	}
	spans := func(helper string, list []workflow.Span) {
		for _, s := range workflow.Days(workflow.Within(list, from, to), zone) {
			add(s.Day, helper, s.Sort, s.Length())
		}
	}
	spans("", sheet.Spans)
	for _, h := range sheet.Helpers {
		spans(h.Name, h.Spans)
	}
	for _, a := range sheet.Amounts {
		if a.At < from || to <= a.At {
			continue
		}
		for _, helper := range append([]string{""}, a.Helpers...) {
			add(model.DayOf(a.At, zone), helper, a.Sort, a.Minutes*60_000)
		}
	}
	out = slices.DeleteFunc(out, func(s Sum) bool { return s.Raw == 0 })
	for i := range out {
		out[i].Paid = Round(out[i].Raw, rounding)
	}
	slices.SortFunc(out, order)
	return out
}

// Difference is what must be added to sums that were exported to make them what they are now. Both are ascending.
func Difference(now, exported []Sum) (out []Sum) {
	for len(now)+len(exported) > 0 {
		var d Sum
		switch c := 0; {
		case len(exported) == 0:
			d, now = now[0], now[1:]
		case len(now) == 0:
			d, exported = negative(exported[0]), exported[1:]
		default:
			if c = order(now[0], exported[0]); c < 0 {
				d, now = now[0], now[1:]
			} else if c > 0 {
				d, exported = negative(exported[0]), exported[1:]
			} else {
				d = now[0]
				d.Raw -= exported[0].Raw
				d.Paid -= exported[0].Paid
				now, exported = now[1:], exported[1:]
			}
		}
		if d.Raw != 0 || d.Paid != 0 {
			out = append(out, d)
		}
	}
	return out
}

func negative(s Sum) Sum {
	s.Raw, s.Paid = -s.Raw, -s.Paid
	return s
}

// Add is sums and a difference together: what is exported once the difference is.
func Add(exported, difference []Sum) (out []Sum) {
	out = slices.Clone(exported)
	for _, d := range difference {
		i, there := slices.BinarySearchFunc(out, d, order)
		if !there {
			out = slices.Insert(out, i, d)
			continue
		}
		out[i].Raw += d.Raw
		out[i].Paid += d.Paid
	}
	return slices.DeleteFunc(out, func(s Sum) bool { return s.Raw == 0 && s.Paid == 0 })
}

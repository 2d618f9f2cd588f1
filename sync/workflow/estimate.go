package workflow

import "github.com/fieldsync/fieldsync/sync/model"

// Uncertainties of an estimate, in milliseconds. A phone's crystal drifts by up to 100 parts in a million; a mark is as
// good as half a slow round trip. A wall clock may have been moved between the event and the upload at which its error
// was measured, so that it is worth no more than the smallest error that is noted (E3).
const (
	markFuzz = 2_000
	wallFuzz = 120_000
	drift    = 10_000 // one part of elapsed time
)

// Thresholds of E3, in milliseconds.
const (
	skewNote   = 2 * 60_000
	skewReview = 15 * 60_000
)

// Flags of times.
const (
	FlagSkew       = "skew"        // the phone's clock was off by more than 2 minutes
	FlagSkewReview = "skew_review" // by more than 15
	FlagMoved      = "clock_moved" // between two events of one boot (E3)
	FlagFuture     = "future"      // the phone said later than the server knew; not exported before a review (E29)
)

// Estimate is when something happened, and how far off that may be, in milliseconds (domain E2).
//
// received is when the server got it. previous is the estimate of the event before it of the same boot, 0 for none;
// skew is what the phone's clock was ahead of the server's when it was uploaded. The estimate is never later than
// received and never, unless received is, earlier than previous. Nothing is refused: an odd clock makes a wide fuzz.
func Estimate(o model.Occurrence, received, previous model.Instant, skew int64) (at model.Instant, fuzz int64) {
	at, fuzz = raw(o, received, skew)
	if at < previous {
		at, fuzz = previous, fuzz+apart(previous, at)
	}
	if at > received {
		at, fuzz = received, fuzz+apart(at, received)
	}
	return at, fuzz
}

// raw is the estimate before it is held between previous and received.
func raw(o model.Occurrence, received model.Instant, skew int64) (model.Instant, int64) {
	switch {
	case o.Clock.Mark > 0 && o.Clock.Mark < farthest && o.Elapsed >= 0 && o.Elapsed <= lifetime:
		return o.Clock.Mark + model.Instant(o.Elapsed), markFuzz + o.Elapsed/drift
	case o.Wall > 0 && o.Wall < farthest:
		return o.Wall - model.Instant(min(max(skew, -lifetime), lifetime)), wallFuzz
	default:
		return received, wallFuzz
	}
}

// Told is what is remembered of the last event of a boot, so that the next one can be held against it.
type Told struct {
	Boot    uint64
	Mark    model.Instant
	Elapsed int64
	Wall    model.Instant
	At      model.Instant // its estimate
}

// Before says whether it precedes an event on the same boot. Elapsed time counts from the mark, and a later mark is
// heard later; what came late from before it does not follow it.
func (t Told) Before(o model.Occurrence) bool {
	return t.Boot != 0 && t.Boot == o.Clock.Boot && (t.Mark < o.Clock.Mark || t.Mark == o.Clock.Mark && t.Elapsed <= o.Elapsed)
}

// Moved says whether somebody moved the phone's clock between two events of one boot and mark: it went another way than
// the monotonic time beside it, by more than a tenth and by more than is noted of a clock (E3).
func (t Told) Moved(o model.Occurrence) bool {
	if !t.Before(o) || t.Mark != o.Clock.Mark || t.Wall <= 0 || t.Wall >= farthest || o.Wall <= 0 || o.Wall >= farthest {
		return false
	}
	wall, real := apart(o.Wall, t.Wall), o.Elapsed-t.Elapsed
	off := wall - real
	if off < 0 {
		off = -off
	}
	return off > skewNote && off > real/10
}

// Bounds that keep sums from overflowing: no boot lasts 100 years, no clock says the year 9999.
const (
	lifetime = 100 * 366 * 24 * 3_600_000
	farthest = model.Instant(253_370_764_800_000)
)

func apart(later, earlier model.Instant) int64 { return int64(later - earlier) }

// ClockFlags is what is odd about the clock that told an event whose estimate is at (domain E3, E29). They mark, and
// never drop.
func ClockFlags(o model.Occurrence, received, at model.Instant) []string {
	var out []string
	off := apart(o.Wall, at)
	if off < 0 {
		off = -off
	}
	switch {
	case o.Wall <= 0 || o.Wall >= farthest || off > skewReview:
		out = append(out, FlagSkewReview)
	case off > skewNote:
		out = append(out, FlagSkew)
	}
	if guess, _ := raw(o, received, 0); guess > received+skewNote {
		out = append(out, FlagFuture)
	}
	return out
}

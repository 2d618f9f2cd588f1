package reading

import "github.com/fieldsync/fieldsync/sync/simtest/history"

// Shrink leaves out steps of a failing history as long as it fails in the same way, playing it at most so many times.
// It gives the places of the steps that are left, and how the short history fails.
func Shrink(seed uint64, steps history.Steps, opt Options, failure *Failure, runs int) ([]int, *Failure) {
	opt.Trace = nil
	at := history.Shrink(min(failure.Step, len(steps)), runs, func(at []int) (int, bool) {
		f := Run(seed, steps.Only(at), opt, Stats{})
		if f == nil || f.Kind != failure.Kind {
			return 0, false
		}
		failure = f
		return f.Step, true
	})
	return at, failure
}

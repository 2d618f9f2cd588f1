package reading

import "slices"

// Only is the steps of a history at some places.
func (s Steps) Only(at []int) Steps {
	out := make(Steps, 0, len(at))
	for _, i := range at {
		out = append(out, s[i])
	}
	return out
}

// Shrink leaves out steps of a failing history as long as it fails in the same way, playing it at most so many times.
// It gives the places of the steps that are left, and how the short history fails.
func Shrink(seed uint64, steps Steps, opt Options, failure *Failure, runs int) ([]int, *Failure) {
	opt.Trace = nil
	at := make([]int, min(failure.Step, len(steps)))
	for i := range at {
		at[i] = i
	}
	for size := (len(at) + 1) / 2; runs > 0; size = max(size/2, 1) {
		smaller := false
		for from := 0; from < len(at) && runs > 0; {
			try := slices.Delete(slices.Clone(at), from, min(from+size, len(at)))
			runs--
			if f := Run(seed, steps.Only(try), opt, Stats{}); f != nil && f.Kind == failure.Kind {
				at, failure, smaller = try[:min(f.Step, len(try))], f, true
			} else {
				from += size
			}
		}
		if size <= 1 && !smaller {
			break
		}
	}
	return at, failure
}

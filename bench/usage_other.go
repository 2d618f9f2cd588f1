//go:build !linux

package bench

import "time"

// usageOf is not known here.
func usageOf(int) (Usage, error) { return Usage{}, errUnknown }

// machineCPU is not known here: 0.
func machineCPU() time.Duration { return 0 }

// openFiles is not known here: 0.
func openFiles() int { return 0 }

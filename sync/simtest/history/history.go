// Package history is what the simulations share: random histories that a seed determines, and how a failing one is made
// short. It knows nothing of what a step does.
//
// Every step draws from a stream of its own, so that leaving one out leaves the others as they are.
package history

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"slices"
)

// Stream is a random stream that a seed and a label determine.
func Stream(seed uint64, label string) *rand.ChaCha8 {
	return rand.NewChaCha8(sha256.Sum256(append(binary.BigEndian.AppendUint64(nil, seed), label...)))
}

// Dice is a generator for one step, or for a world.
func Dice(seed uint64, label string) *rand.Rand { return rand.New(Stream(seed, label)) }

// Steps is a history: the number each step draws from.
type Steps []uint64

// Of is the first n steps of a seed's history.
func Of(seed uint64, n int) Steps {
	rnd := Dice(seed, "steps")
	out := make(Steps, n)
	for i := range out {
		out[i] = rnd.Uint64()
	}
	return out
}

// Only is the steps of a history at some places.
func (s Steps) Only(at []int) Steps {
	out := make(Steps, 0, len(at))
	for _, i := range at {
		out = append(out, s[i])
	}
	return out
}

// Shrink leaves out steps of a history of n that fails, as long as it fails in the same way, playing it at most so many
// times; it gives the places of the steps that are left. fails plays the steps at some places, and says whether they fail
// in that way and how many of them that takes.
func Shrink(n, runs int, fails func(at []int) (takes int, same bool)) []int {
	at := make([]int, n)
	for i := range at {
		at[i] = i
	}
	for size := (n + 1) / 2; runs > 0; size = max(size/2, 1) {
		smaller := false
		for from := 0; from < len(at) && runs > 0; {
			try := slices.Delete(slices.Clone(at), from, min(from+size, len(at)))
			runs--
			if takes, same := fails(try); same {
				at, smaller = try[:min(takes, len(try))], true
			} else {
				from += size
			}
		}
		if size <= 1 && !smaller {
			break
		}
	}
	return at
}

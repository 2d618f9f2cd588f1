package model

import (
	"iter"
	"slices"
)

// View is what a principal may see: the audiences it is in, and the classes it sees in each collection. It is a pure
// function of who the user is, computed in sync/access. Unknown rights are no View at all, never an empty one
// (DESIGN §5).
type View struct {
	Audiences []Audience // ascending, without repeats
	Classes   Reach
}

// Reach is the classes that are seen of each collection, at its number. Of a collection of which none is seen nothing
// is; structure is in every set that is not empty.
type Reach [64]Classes

// Of is the classes seen of a collection; none of one that has no place.
func (r *Reach) Of(c Collection) Classes {
	if int(c) >= len(r) {
		return 0
	}
	return r[c]
}

// All walks the collections of which something is seen.
func (r *Reach) All() iter.Seq2[Collection, Classes] {
	return func(yield func(Collection, Classes) bool) {
		for c, set := range r {
			if set != 0 && !yield(Collection(c), set) {
				return
			}
		}
	}
}

// And is what both reach.
func (r Reach) And(s Reach) Reach {
	for c := range r {
		r[c] &= s[c]
	}
	return r
}

// Sees says whether the view shows fields of this class in this collection.
func (v *View) Sees(c Collection, class Class) bool { return v.Classes.Of(c).Has(class) }

// In says whether the view is in the audience.
func (v *View) In(a Audience) bool {
	_, ok := slices.BinarySearch(v.Audiences, a)
	return ok
}

// And is what both views show.
func (v View) And(w View) View {
	out := View{Classes: v.Classes.And(w.Classes)}
	for _, a := range v.Audiences {
		if w.In(a) {
			out.Audiences = append(out.Audiences, a)
		}
	}
	return out
}

// Equal says whether two views show the same.
func (v View) Equal(w View) bool {
	return v.Classes == w.Classes && slices.Equal(v.Audiences, w.Audiences)
}

package model

import "slices"

// View is what a principal may see: the audiences it is in, and the classes it sees in each collection. It is a pure
// function of who the user is, computed in sync/access. Unknown rights are no View at all, never an empty one
// (DESIGN §5).
type View struct {
	Audiences []Audience             // ascending, without repeats
	Classes   map[Collection]Classes // a collection that is absent shows nothing; structure is in every set
}

// Sees says whether the view shows fields of this class in this collection.
func (v View) Sees(c Collection, class Class) bool { return v.Classes[c].Has(class) }

// In says whether the view is in the audience.
func (v View) In(a Audience) bool {
	_, ok := slices.BinarySearch(v.Audiences, a)
	return ok
}

// And is what both views show.
func (v View) And(w View) View {
	out := View{Classes: map[Collection]Classes{}}
	for _, a := range v.Audiences {
		if w.In(a) {
			out.Audiences = append(out.Audiences, a)
		}
	}
	for c, set := range v.Classes {
		if both := set & w.Classes[c]; both != 0 {
			out.Classes[c] = both
		}
	}
	return out
}

// Equal says whether two views show the same.
func (v View) Equal(w View) bool {
	if !slices.Equal(v.Audiences, w.Audiences) || len(v.Classes) != len(w.Classes) {
		return false
	}
	for c, set := range v.Classes {
		if w.Classes[c] != set {
			return false
		}
	}
	return true
}

// Clone is a copy that shares nothing with v.
func (v View) Clone() View {
	out := View{Audiences: slices.Clone(v.Audiences), Classes: make(map[Collection]Classes, len(v.Classes))}
	for c, set := range v.Classes {
		out.Classes[c] = set
	}
	return out
}

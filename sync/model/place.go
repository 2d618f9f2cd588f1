package model

import "errors"

// Place is where a record stands among those of its collection: by the record that it hangs on, then by its own id, as bytes.
// What hangs on nothing stands by its id alone.
type Place struct {
	Parent, ID RecordID
}

// ErrPlace says that a text is not a place.
var ErrPlace = errors.New("not a place: want 32 or 64 hexadecimal digits")

// Place is where the record stands.
func (r *Record) Place() Place { return Place{r.Parent(), r.ID} }

// IsZero says whether it is before every record.
func (p Place) IsZero() bool { return p == Place{} }

// Compare orders places.
func (p Place) Compare(other Place) int {
	if c := p.Parent.Compare(other.Parent); c != 0 {
		return c
	}
	return p.ID.Compare(other.ID)
}

// String is the hexadecimal digits of the parent, if there is one, and of the record.
func (p Place) String() string {
	if p.Parent.IsZero() {
		return p.ID.String()
	}
	return p.Parent.String() + p.ID.String()
}

// ParsePlace is the inverse of [Place.String].
func ParsePlace(s string) (p Place, err error) {
	if own := len(s) - 2*len(p.ID); own > 0 {
		if p.Parent.UnmarshalText([]byte(s[:own])) != nil || p.Parent.IsZero() {
			return Place{}, ErrPlace
		}
		s = s[own:]
	}
	if p.ID.UnmarshalText([]byte(s)) != nil {
		return Place{}, ErrPlace
	}
	return p, nil
}

package model

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits of types whose fields name none.
const (
	DefaultText = 256      // bytes of a line
	DefaultLong = 8 << 10  // bytes of many lines
	DefaultData = 32 << 10 // bytes of data and of any value: half of what a change may be
	maxAmount   = 1e15     // minor units or thousandths: sums of a thousand of them do not overflow
	maxMinutes  = 366 * 24 * 60
	maxInstant  = 253_402_300_799_999 // the last millisecond of the year 9999
)

// Check says whether the field can hold v: a value of its type, within its bounds. Null erases and is a value of every
// field but a required one.
func (f *Field) Check(v Value) bool {
	if v.IsNull() {
		return !f.Required
	}
	switch f.Type {
	case TypeText, TypeLong, TypeEnum, TypeDate, TypeGeo:
		return v.Kind() == KindText && f.checkText(v.Text())
	case TypeBool:
		return v.Kind() == KindBool
	case TypeInt, TypeMoney, TypeQuantity, TypeMinutes, TypeInstant:
		lo, hi := f.bounds()
		return v.Kind() == KindInt && lo <= v.Int() && v.Int() <= hi
	case TypeRef, TypeUser:
		id, ok := AsRef[recordKind](v)
		return ok && !id.IsZero() && (f.No != FieldParent || f.Ref != 0)
	case TypeHash:
		return v.Kind() == KindBytes && len(v.Raw()) == 32
	case TypeData:
		return v.Kind() == KindBytes && len(v.Raw()) <= f.limit(DefaultData)
	case TypeAny:
		return len(v.Raw()) <= f.limit(DefaultData)
	default:
		return false
	}
}

// limit is the bytes a text or data may have.
func (f *Field) limit(byDefault int) int {
	if f.Max > 0 {
		return int(f.Max)
	}
	return byDefault
}

// bounds is the smallest and the largest number.
func (f *Field) bounds() (lo, hi int64) {
	if f.Min != 0 || f.Max != 0 {
		return f.Min, f.Max
	}
	switch f.Type {
	case TypeMoney, TypeQuantity:
		return -maxAmount, maxAmount
	case TypeMinutes:
		return -maxMinutes, maxMinutes
	case TypeInstant:
		return 0, maxInstant
	default:
		return -1 << 63, 1<<63 - 1
	}
}

func (f *Field) checkText(s string) bool {
	switch f.Type {
	case TypeText:
		return len(s) <= f.limit(DefaultText) && utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
	case TypeLong:
		return len(s) <= f.limit(DefaultLong) && utf8.ValidString(s) && strings.IndexFunc(s, notInLong) < 0
	case TypeEnum:
		return slices.Contains(f.Options, s)
	case TypeDate:
		_, err := time.Parse(time.DateOnly, s)
		return err == nil
	default:
		return checkGeo(s)
	}
}

// notInLong: text of many lines has ends of lines and tabs; other control characters, zero bytes above all, no store
// and no screen wants.
func notInLong(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }

// checkGeo: "lat,lon" in plain decimal degrees.
func checkGeo(s string) bool {
	lat, lon, ok := strings.Cut(s, ",")
	return ok && checkDegrees(lat, 90) && checkDegrees(lon, 180)
}

func checkDegrees(s string, most float64) bool {
	if len(s) > 20 || strings.Trim(s, "-.0123456789") != "" {
		return false
	}
	d, err := strconv.ParseFloat(s, 64)
	return err == nil && -most <= d && d <= most
}

// Lacks is a required field that a creation with these fields does not give; of those of which one is required, the first.
func (s *Spec) Lacks(given []Assign) (*Field, bool) {
	gives := func(no FieldNo) bool {
		return slices.ContainsFunc(given, func(a Assign) bool { return a.Field == no && !a.Value.IsNull() })
	}
	for i := range s.Fields {
		if f := &s.Fields[i]; f.Required && !gives(f.No) {
			return f, true
		}
	}
	if len(s.OneOf) > 0 && !slices.ContainsFunc(s.OneOf, gives) {
		return s.Field(s.OneOf[0])
	}
	return nil, false
}

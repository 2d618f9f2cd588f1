package main

import (
	"fmt"
	"strings"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/document"
)

// priorities in words; 1 is the most urgent.
var priorities = map[string]int64{"urgent": 1, "high": 2, "normal": 3, "low": 4, "lowest": 5}

// recordOf is what one record of a collection is called.
func recordOf(spec *model.Spec) string {
	return strings.ReplaceAll(document.Singular(spec.Name), "_", " ")
}

// cannot says why a field cannot hold a value.
func cannot(f *model.Field, v model.Value) string {
	switch {
	case f.Type == model.TypeEnum:
		return fmt.Sprintf("%q is none of %s", v.Text(), strings.Join(f.Options, ", "))
	case v.Kind() == model.KindText && f.Max > 0 && int64(len(v.Text())) > f.Max:
		return fmt.Sprintf("is too long: %d bytes, at most %d", len(v.Text()), f.Max)
	case f.Type == model.TypeGeo:
		return fmt.Sprintf("%q is no position; write latitude,longitude in decimal degrees", v.Text())
	case f.Type == model.TypeInt:
		return fmt.Sprintf("%d is not between %d and %d", v.Int(), f.Min, f.Max)
	default:
		return "is no value of " + f.Name + ": line breaks and control characters are not taken in one line of text"
	}
}

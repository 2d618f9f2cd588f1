package model_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
)

func TestPlace(t *testing.T) {
	a, b := model.RecordID{1}, model.RecordID{2}
	places := []model.Place{{}, {ID: a}, {ID: b}, {Parent: a, ID: a}, {Parent: a, ID: b}, {Parent: b, ID: a}}
	if !slices.IsSortedFunc(places, model.Place.Compare) {
		t.Errorf("%s are not in their order", places)
	}
	for _, p := range places {
		if got, err := model.ParsePlace(p.String()); err != nil || got != p {
			t.Errorf("ParsePlace(%s) = %s, %v", p, got, err)
		}
	}
	for _, s := range []string{"", "1", a.String()[1:], "z" + a.String()[1:], model.RecordID{}.String() + a.String(), strings.Repeat(a.String(), 3)} {
		if p, err := model.ParsePlace(s); err == nil {
			t.Errorf("ParsePlace(%q) = %s", s, p)
		}
	}
}

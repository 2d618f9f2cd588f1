package races

import (
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
)

// TestOrder: the order of commits is looked at by what a fact may have come by, and no further.
func TestOrder(t *testing.T) {
	fact := func(n byte, first, last uint64) Fact { return Fact{ID: model.ChangeID{n}, First: first, Epoch: last} }
	for name, c := range map[string]struct {
		facts []Fact
		order []byte
		wrong string
	}{
		"one after the other":     {[]Fact{fact(1, 1, 1), fact(2, 2, 2)}, []byte{1, 2}, ""},
		"an old one afterwards":   {[]Fact{fact(1, 1, 1), fact(2, 2, 2)}, []byte{2, 1}, "committed live after"},
		"an answer that was lost": {[]Fact{fact(1, 1, 2), fact(2, 1, 1)}, []byte{1, 2}, ""},
		"handed in afterwards":    {[]Fact{fact(1, 1, 0), fact(2, 2, 2)}, []byte{2, 1}, ""},
		"nobody's":                {[]Fact{fact(1, 1, 1)}, []byte{3, 1}, ""},
		"twice":                   {[]Fact{fact(1, 1, 1)}, []byte{1, 1}, "twice"},
		"lost":                    {[]Fact{fact(1, 1, 1), fact(2, 1, 1)}, []byte{2}, "1 acknowledged"},
	} {
		var committed []model.ChangeID
		for _, n := range c.order {
			committed = append(committed, model.ChangeID{n})
		}
		if got := Order(c.facts, committed); !strings.Contains(got, c.wrong) || (got == "") != (c.wrong == "") {
			t.Errorf("%s: %q, want %q", name, got, c.wrong)
		}
	}
}

package search_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/search"
)

// customer is a row with a name, a telephone number and an address.
func customer(name, phone, address string) model.Row {
	return model.Row{Collection: model.Customers, Fields: []model.FieldValue{
		{Field: model.FieldParent, Value: model.Null()},
		{Field: 2, Value: model.Text(name)},
		{Field: 4, Value: model.Text(phone)},
		{Field: 6, Value: model.Text(address)},
	}}
}

func TestRank_WhatIsTypedFinds(t *testing.T) {
	cases := []struct {
		typed, name, phone, address string
		want                        bool
		why                         string
	}{
		{"mill", "Miller & Sons", "", "", true, "the beginning of a word"},
		{"iller", "Miller & Sons", "", "", false, "not its middle"},
		{"MÜLLER", "Muller Ltd", "", "", true, "neither case nor accent"},
		{"muller", "Müller GmbH", "", "", true, "nor the other way round"},
		{"mu\u0308ller", "M\u00fcller", "", "", true, "an accent in a letter is one behind it"},
		{"strasse", "", "", "Lange Straße 3", true, "ß is typed as ss"},
		{"ørsted", "Orsted", "", "", true, "letters that Unicode does not take apart"},
		{"οδος", "Η ΟΔΟΣ", "", "", true, "both small sigmas are one"},
		{"ﬁrst", "First Avenue", "", "", true, "a ligature is its letters"},
		{"o'brien", "O'Brien", "", "", true, "signs are no part of words"},
		{"o’brien", "O'Brien", "", "", true, "whichever sign it is"},
		{"sons miller", "Miller & Sons", "", "", true, "words in any order"},
		{"miller lane", "Miller", "", "3 Mill Lane", true, "in different fields"},
		{"miller road", "Miller", "", "3 Mill Lane", false, "every word must be found"},
		{"  ", "Miller", "", "", false, "nothing typed finds nothing"},
		{"&", "Miller & Sons", "", "", false, "signs alone are nothing"},
		{"020 7946 0958", "", "(020) 7946-0958", "", true, "a number, however it is written"},
		{"02079460958", "", "+44 20 7946 0958", "", true, "without its leading zero"},
		{"79460958", "", "+44 20 7946 0958", "", true, "the end of it"},
		{"0958", "", "+44 20 7946 0958", "", true, "the last digits"},
		{"095", "", "+44 20 7946 0958", "", true, "three digits that begin a group"},
		{"958", "", "+44 20 7946 0958", "", false, "three digits inside are too little"},
		{"miller 60958", "Miller", "+44 20 7946 0958", "", true, "a name and some digits"},
		{"0000000", "", "+44 20 7946 0958", "", false, "no number"},
		{"3 12", "", "", "Flat 3, 12 Mill Lane", true, "house numbers are words"},
		{"31200", "", "", "Flat 3, 12 Mill Lane", false, "and no telephone number"},
		{strings.Repeat("mill ", search.MaxWords) + "nowhere", "Miller", "", "", true, "words behind the eighth are passed over"},
	}
	for _, c := range cases {
		text := search.Text(nil, customer(c.name, c.phone, c.address))
		q, _ := search.Ask(c.typed)
		_, got := q.Rank(text)
		if got != c.want {
			t.Errorf("%q in %q: found %v, want %v: %s", c.typed, text, got, c.want, c.why)
		}
		if got && !bytes.Contains(text, q.Needle()) {
			t.Errorf("%q finds %q, which lacks its needle %q", c.typed, text, q.Needle())
		}
	}
}

// TestRank_Order: whole words first, then beginnings; of equals, the earlier field.
func TestRank_Order(t *testing.T) {
	rows := []model.Row{ // best first
		customer("Mill", "", ""),
		customer("Old Mill", "", "x"),
		customer("Other", "", "The Mill"),
		customer("Miller", "", ""),
		customer("Other", "", "Millers Lane"),
	}
	q, _ := search.Ask("mill")
	var ranks []search.Rank
	for _, r := range rows {
		rank, ok := q.Rank(search.Text(nil, r))
		if !ok {
			t.Fatalf("%v is not found", r)
		}
		ranks = append(ranks, rank)
	}
	if !slices.IsSorted(ranks) || ranks[0] != ranks[1] || ranks[1] == ranks[2] || ranks[2] == ranks[3] {
		t.Errorf("ranks %v", ranks)
	}
	a, b := search.Hit{Record: model.RecordID{1}}, search.Hit{Record: model.RecordID{2}}
	if a.Compare(b) >= 0 || b.Compare(a) <= 0 || a.Compare(a) != 0 {
		t.Error("equals go by id")
	}
	if a.Rank = 1; a.Compare(b) <= 0 {
		t.Error("the rank comes first")
	}
}

// TestText_OnlyWhatPeopleWrite: what is chosen or measured is not looked through, nor collections that nobody searches.
func TestText_OnlyWhatPeopleWrite(t *testing.T) {
	row := model.Row{Collection: model.Customers, Fields: []model.FieldValue{
		{Field: 2, Value: model.Text("Name")},
		{Field: 10, Value: model.Text("active")},
		{Field: 77, Value: model.Text("unknown")},
		{Field: model.FirstCustomField + 5, Value: model.Text("own")},
		{Field: model.FirstCustomField + 6, Value: model.Int(3)},
	}}
	for typed, want := range map[string]bool{"name": true, "active": false, "unknown": false, "own": true, "3": false} {
		q, _ := search.Ask(typed)
		if _, got := q.Rank(search.Text(nil, row)); got != want {
			t.Errorf("%s: found %v, want %v", typed, got, want)
		}
	}
	row.Collection = model.VisitEvents
	if text := search.Text(nil, row); len(text) > 0 {
		t.Errorf("of a visit's event: %q", text)
	}
	if got := search.Collections([]model.Collection{model.Sites, 77, model.VisitEvents, model.Customers, model.Sites}); !slices.Equal(got, []model.Collection{model.Customers, model.Sites}) {
		t.Errorf("Collections = %v", got)
	}
	if all := search.Collections(nil); !slices.Contains(all, model.Notes) || slices.Contains(all, model.VisitEvents) {
		t.Errorf("all collections: %v", all)
	}
}

// FuzzRank: whatever is typed, what is found has its needle, and a name finds itself.
func FuzzRank(f *testing.F) {
	for _, s := range []string{"Miller", "+44 20 7946 0958", "Straße", "a b c d e f g h i", "İıſςΣ", "ﬁ½²", "\xff\x00"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, typed, written string) {
		text := search.Text(nil, customer(written, written, ""))
		if q, ok := search.Ask(typed); ok {
			if _, found := q.Rank(text); found && !bytes.Contains(text, q.Needle()) {
				t.Errorf("%q finds %q, which lacks its needle %q", typed, text, q.Needle())
			}
		}
		if q, ok := search.Ask(written); ok {
			if _, found := q.Rank(text); !found {
				t.Errorf("%q does not find itself in %q", written, text)
			}
		}
	})
}

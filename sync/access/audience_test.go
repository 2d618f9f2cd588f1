package access_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

func table(tb testing.TB) *model.Table {
	tb.Helper()
	out, err := model.NewTable(model.Builtin(), nil)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

func spec(tb testing.TB, c model.Collection) *model.Spec {
	tb.Helper()
	s, ok := table(tb).Spec(c)
	if !ok {
		tb.Fatalf("no collection %d", c)
	}
	return s
}

func work(n byte) model.AudienceName {
	return model.AudienceName{Kind: model.AudienceWork, Of: model.RecordID(user(n))}
}

// rights is who has two rights of the office.
func rights(a, b model.AudienceKind) model.AudienceName {
	return of(model.AudienceInbox, model.RecordID{byte(a), byte(b)})
}

func of(kind model.AudienceKind, id model.RecordID) model.AudienceName {
	return model.AudienceName{Kind: kind, Of: id}
}

func TestB2_Audiences(t *testing.T) {
	office, both := of(model.AudienceOffice, model.RecordID{}), []model.UserID{user(2), user(1)}
	staff := of(model.AudienceStaff, model.RecordID{})
	for _, test := range []struct {
		c    model.Collection
		of   access.Circle
		want []model.AudienceName
		why  string
	}{
		{model.Jobs, access.Circle{Assignees: both}, []model.AudienceName{office, work(1), work(2)}, "W11: the assigned; sorted"},
		{model.Jobs, access.Circle{Author: user(3)}, []model.AudienceName{office, work(3)}, "H4: nobody's job stays with who made it"},
		{model.Jobs, access.Circle{Author: user(3), Assignees: both}, []model.AudienceName{office, work(1), work(2)}, "W11: given to others"},
		{model.JobCards, access.Circle{Author: user(3)}, []model.AudienceName{office}, "the office's words on it are not the creator's"},
		{model.JobCards, access.Circle{Assignees: both[1:], Crew: []model.RecordID{company(8)}}, []model.AudienceName{office, of(model.AudienceCrew, company(8)), of(model.AudienceCards, model.RecordID(user(1)))}, "H3: before they set out"},
		{model.JobCards, access.Circle{Assignees: both, Travelled: both[:1]}, []model.AudienceName{office, of(model.AudienceCards, model.RecordID(user(1))), of(model.AudienceCards, model.RecordID(user(2))), of(model.AudienceTravel, model.RecordID(user(2)))}, "H3: one is on the way"},
		{model.Jobs, access.Circle{Assignees: both[1:], Crew: []model.RecordID{company(8)}, Companies: []model.RecordID{company(9)}}, []model.AudienceName{office, work(1), of(model.AudienceCompany, company(9)), of(model.AudienceCrew, company(8))}, "W21, W24"},
		{model.Tasks, access.Circle{Assignees: both[1:], Companies: []model.RecordID{company(9)}}, []model.AudienceName{office, work(1)}, "b.2: a portal sees no tasks"},
		{model.JobContacts, access.Circle{Assignees: both[1:]}, []model.AudienceName{office, of(model.AudienceContacts, model.RecordID(user(1)))}, "H3"},
		{model.JobCommercials, access.Circle{Assignees: both[1:]}, []model.AudienceName{of(model.AudienceMoney, model.RecordID{}), of(model.AudienceBills, model.RecordID(user(1)))}, "b.2"},
		{model.Assignments, access.Circle{Assignees: both, Named: user(1)}, []model.AudienceName{office, work(1)}, "b.2: one's own"},
		{model.Assignments, access.Circle{Assignees: both}, []model.AudienceName{office}, "no longer theirs"},
		{model.Notes, access.Circle{Assignees: both, Author: user(1), NoteAudience: "internal"}, []model.AudienceName{office, work(1), of(model.AudienceTeam, model.RecordID(user(1))), of(model.AudienceTeam, model.RecordID(user(2)))}, "S10; H5: own text; b.2: the own team"},
		{model.Notes, access.Circle{Assignees: both, NoteAudience: "internal"}, []model.AudienceName{office}, "S10"},
		{model.Notes, access.Circle{Assignees: both}, []model.AudienceName{office}, "no label: internal"},
		{model.Notes, access.Circle{Assignees: both, Author: user(9), NoteAudience: "field"}, []model.AudienceName{office, work(1), work(2)}, "b.2; an author who is off the job reads nothing"},
		{model.Notes, access.Circle{Assignees: both, NoteAudience: "client", Companies: []model.RecordID{company(9)}}, []model.AudienceName{office, of(model.AudienceCompany, company(9))}, "S10: only audience-field notes go to the assigned"},
		{model.Notes, access.Circle{Author: user(3), Creator: user(3), NoteAudience: "internal"}, []model.AudienceName{office, work(3)}, "H5: on a job of one's own"},
		{model.Notes, access.Circle{NoteAudience: "internal"}, []model.AudienceName{office}, "the office's, on the office's job"},
		{model.Files, access.Circle{Assignees: both[1:], NoteAudience: "field", Bearing: true}, []model.AudienceName{office, of(model.AudienceRefs, model.RecordID(user(1)))}, "S11: not to Hidden"},
		{model.Files, access.Circle{Assignees: both[1:], NoteAudience: "field", Bearing: true, Crew: []model.RecordID{company(8)}}, []model.AudienceName{office, of(model.AudienceRefs, model.RecordID(user(1)))}, "S11: nor to a dispatcher, whose customers may be Hidden"},
		{model.Customers, access.Circle{Assignees: both}, []model.AudienceName{of(model.AudienceDirectory, model.RecordID{})}, "b.4"},
		{model.TimesheetEvents, access.Circle{Named: user(1), Author: user(1)}, []model.AudienceName{of(model.AudiencePay, model.RecordID{}), of(model.AudienceHours, model.RecordID(user(1)))}, "E25"},
		{model.FormDrafts, access.Circle{Author: user(1)}, []model.AudienceName{office, of(model.AudienceOwn, model.RecordID(user(1)))}, "b.2: one's own"},
		{model.People, access.Circle{Named: user(1), Author: user(5)}, []model.AudienceName{office, of(model.AudienceOwn, model.RecordID(user(1))), staff}, "who added a person does not own them"},
		{model.People, access.Circle{Named: user(1), Crew: []model.RecordID{company(8)}}, []model.AudienceName{office, of(model.AudienceOwn, model.RecordID(user(1))), of(model.AudienceCrew, company(8)), staff}, "W24: a dispatcher knows their people"},
		{model.Optimizations, access.Circle{Author: user(5)}, []model.AudienceName{of(model.AudienceRoutes, model.RecordID{})}, "V6, V5: whoever has the function"},
		{model.Quotes, access.Circle{Assignees: both[1:]}, []model.AudienceName{of(model.AudienceBills, model.RecordID(user(1))), of(model.AudienceQuotes, model.RecordID{})}, "b.2, V5"},
		{model.Assets, access.Circle{}, []model.AudienceName{of(model.AudienceEquipment, model.RecordID{})}, "b.2, V5"},
		{model.Assignments, access.Circle{Crew: []model.RecordID{company(8)}}, []model.AudienceName{office, of(model.AudienceCrew, company(8))}, "W24: the company's, with nobody of it yet"},
		{model.Messages, access.Circle{Named: user(1), Author: user(5)}, []model.AudienceName{of(model.AudienceOwn, model.RecordID(user(1))), of(model.AudienceOwn, model.RecordID(user(5))), of(model.AudienceMessages, model.RecordID{})}, "both ends"},
		{model.FormTemplates, access.Circle{}, []model.AudienceName{of(model.AudienceReference, model.RecordID{})}, "everybody"},
		{model.FieldDefinitions, access.Circle{Describes: model.ClassWork}, []model.AudienceName{of(model.AudienceReference, model.RecordID{})}, "everybody"},
		{model.FieldDefinitions, access.Circle{Describes: model.ClassCustomer}, []model.AudienceName{of(model.AudienceCustomers, model.RecordID{})}, "R9: not to Hidden"},
		{model.FieldDefinitions, access.Circle{Describes: model.ClassInternal}, []model.AudienceName{office}, "R9"},
		{model.ReviewItems, access.Circle{Assignees: both, Author: user(1)}, []model.AudienceName{office}, "the office's inbox"},
		{model.ReviewItems, access.Circle{Subject: model.ScopeJob, Disputed: model.ClassInternal}, []model.AudienceName{office}, "whoever sees jobs"},
		{model.ReviewItems, access.Circle{Subject: model.ScopeDirectory, Disputed: model.ClassCustomer}, []model.AudienceName{rights(model.AudienceDirectory, model.AudienceDirectory)}, "H1: a dispute about a customer"},
		{model.ReviewItems, access.Circle{Subject: model.ScopeJob, Disputed: model.ClassCustomer}, []model.AudienceName{rights(model.AudienceOffice, model.AudienceDirectory)}, "S4: whose a job is"},
		{model.ReviewItems, access.Circle{Subject: model.ScopeDirectory, Disputed: model.ClassPrice}, []model.AudienceName{rights(model.AudienceDirectory, model.AudienceMoney)}, "S8: a customer's credit"},
		{model.ReviewItems, access.Circle{Subject: model.ScopePay}, []model.AudienceName{rights(model.AudiencePay, model.AudienceOffice)}, "E25"},
	} {
		if got := access.Audiences(spec(t, test.c), test.of); !slices.Equal(got, test.want) {
			t.Errorf("collection %d: %v, want %v: %s", test.c, got, test.want, test.why)
		}
	}
}

// TestAudiencesAreReachable: whatever audience a record can be in, a view of that audience has the collection.
func TestAudiencesAreReachable(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	some := func() (list []model.UserID) {
		for range r.IntN(3) {
			list = append(list, user(byte(1+r.IntN(3))))
		}
		return list
	}
	labels := []string{"", "internal", "field", "client", "nonsense"}
	for range 3000 {
		c := model.Collection(1 + r.IntN(30))
		n := numbering{}
		circle := access.Circle{
			Assignees: some(), Travelled: some(), Author: user(byte(r.IntN(3))), Named: user(byte(r.IntN(3))), Creator: user(byte(r.IntN(3))),
			NoteAudience: labels[r.IntN(5)], Bearing: r.IntN(2) == 0, Describes: model.Class(r.IntN(7)),
			Companies: []model.RecordID{company(9)}, Crew: []model.RecordID{company(8)},
		}
		p := []access.Principal{
			principal(model.Desktop, nil),
			principal(model.Mobile, map[access.Permission]access.Level{access.MobileCreateJob: access.On, access.MobileInvoices: access.Full}),
			{User: user(7), Kind: model.Portal, Company: company(9)},
		}[r.IntN(3)]
		p.User = user(1)
		v := view(t, n, p)
		names := access.Audiences(spec(t, c), circle)
		if !slices.IsSortedFunc(names, func(a, b model.AudienceName) int {
			if a.Kind != b.Kind {
				return int(a.Kind) - int(b.Kind)
			}
			return a.Of.Compare(b.Of)
		}) {
			t.Fatalf("collection %d: %v is not sorted", c, names)
		}
		for _, name := range names {
			if n.has(v, name.Kind, name.Of) && v.Classes.Of(c) == 0 {
				t.Fatalf("collection %d reaches %s through %v, and their view lacks it", c, p.Kind, name)
			}
		}
	}
}

// TestS11_WhatTellsOfTheCustomer goes to nobody but the assigned with customers, whatever its label and whoever has the job.
func TestS11_WhatTellsOfTheCustomer(t *testing.T) {
	if wrong := bearingTable(t); wrong != "" {
		t.Error(wrong)
	}
}

func bearingTable(t *testing.T) string {
	t.Helper()
	spec, _ := table(t).Spec(model.Files)
	for _, label := range []string{"internal", "field", "client", ""} {
		c := access.Circle{Assignees: []model.UserID{user(1)}, Crew: []model.RecordID{company(8)}, NoteAudience: label, Bearing: true}
		for _, n := range access.Audiences(spec, c) {
			if n.Kind != model.AudienceOffice && n.Kind != model.AudienceRefs {
				return fmt.Sprintf("labelled %q it goes to %v", label, n)
			}
		}
	}
	return ""
}

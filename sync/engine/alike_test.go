package engine_test

import (
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestS1_PossibleDuplicates: a customer who looks like one that was there is made like any other, and the office is told.
func TestS1_PossibleDuplicates(t *testing.T) {
	if wrong := alike(t); wrong != "" {
		t.Error(wrong)
	}
}

func alike(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	c.level(c.ben, model.Mobile, map[access.Permission]access.Level{access.MobileCreateJob: access.On})
	ben := c.phone(c.ben, model.Mobile)
	c.sync(ben, nil, map[model.RecordID]map[model.FieldNo]model.Value{})
	customer := func(name, phone, address string) (model.Change, model.Answer) {
		ch := c.change(c.ben, model.OpCreate, model.Customers, model.RecordID(newChange(t)), set(model.CustomerName, model.Text(name)), set(model.CustomerPhone, model.Text(phone)), set(model.CustomerAddress, model.Text(address)))
		return ch, c.push(ben, ch)[0]
	}
	acme := c.made(model.Customers, set(model.CustomerName, model.Text("ACME Ltd")), set(model.CustomerPhone, model.Text("+44 20 7946 0018")), set(model.CustomerAddress, model.Text("5 Mill Lane, London N1 9GU")))
	for _, one := range []struct {
		name, phone, address string
		alike                bool
	}{
		{"acme ltd.", "", "5 Mill Lane, N1 9GU", true},
		{"ACME Ltd", "", "1 High Street, Leeds LS1 4AP", false},
		{"Acme, Ltd", "", "", true}, // the field often knows no more
		{"Bakery", "020 7946 0018", "", true},
		{"Zeta Makers", "020 7946 0019", "5 Mill Lane, London N1 9GU", false},
		{"Yeti", "18", "", false},
	} {
		before := c.inbox(model.InboxDuplicate, "open")
		ch, a := customer(one.name, one.phone, one.address)
		if a.Outcome != model.OutcomeApplied || a.Reason != model.ReasonNone {
			return fmt.Sprintf("%s: the field is answered %+v", one.name, a)
		}
		items := c.inbox(model.InboxDuplicate, "open")
		if told := len(items) > len(before); told != one.alike {
			return fmt.Sprintf("%s: told of a duplicate: %t, want %t", one.name, told, one.alike)
		}
		for _, r := range items {
			if one.alike && model.RefOf(said(r, model.ReviewSubject)) != ch.Record {
				return fmt.Sprintf("%s: told of %+v", one.name, r)
			}
			c.resolved(r.ID)
		}
	}
	c.applied(c.office(), c.rename(acme, model.Customers, model.CustomerName, "Quite another"))
	if customer("Quite, another", "", ""); len(c.inbox(model.InboxDuplicate, "open")) != 1 {
		return "a name that was changed is not found"
	}
	for range 50 {
		customer("Quite, another", "", "")
	}
	if items := c.inbox(model.InboxDuplicate, "open"); len(items) != 1 {
		return fmt.Sprintf("%d items of one name", len(items))
	}
	return ""
}

// TestScenario15_WhatWasTypedOfACustomer: whose a job may be of which somebody typed the customer is asked of the office, whichever
// came first; the link answers it, and nobody else is told.
func TestScenario15_WhatWasTypedOfACustomer(t *testing.T) {
	if wrong := typed(t); wrong != "" {
		t.Error(wrong)
	}
}

func typed(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	c.level(c.sue, model.Subcontractor, map[access.Permission]access.Level{access.MobileCreateJob: access.On})
	sue := c.phone(c.sue, model.Subcontractor)
	c.sync(sue, nil, map[model.RecordID]map[model.FieldNo]model.Value{})
	acme := c.made(model.Customers, set(model.CustomerName, model.Text("ACME Ltd")), set(model.CustomerPhone, model.Text("+44 20 7946 0018")), set(model.CustomerAddress, model.Text("5 Mill Lane, London N1 9GU")))
	types := func(fields ...model.Assign) (job, origin model.RecordID) {
		made := c.change(c.sue, model.OpCreate, model.Jobs, model.RecordID(newChange(t)), set(model.JobTitle, model.Text("Leak")))
		says := c.change(c.sue, model.OpCreate, model.JobOrigins, model.RecordID(newChange(t)), append([]model.Assign{set(model.FieldParent, model.Ref(made.Record))}, fields...)...)
		says.After = []model.ChangeID{made.ID}
		for _, a := range c.push(sue, made, says) {
			if a.Outcome != model.OutcomeApplied || a.Reason != model.ReasonNone {
				t.Fatalf("the field is answered %+v", a)
			}
		}
		return made.Record, says.Record
	}
	site := func(text string) model.Assign { return set(model.OriginSite, model.Text(text)) }
	name := func(text string) model.Assign { return set(model.OriginCustomer, model.Text(text)) }
	for what, one := range map[string]struct {
		fields []model.Assign
		alike  bool
	}{
		"a name":                       {[]model.Assign{name("acme ltd.")}, true},
		"a name and a place in one":    {[]model.Assign{site("ACME Ltd, 5 Mill Lane")}, true},
		"a name, a line and a place":   {[]model.Assign{site("ACME Ltd\n5 Mill Lane, N1 9GU")}, true},
		"the place of another":         {[]model.Assign{name("ACME Ltd"), site("1 High Street, Leeds LS1 4AP")}, false},
		"a name without its accents":   {[]model.Assign{name("ACMÉ Ltd")}, true},
		"the second of two telephones": {[]model.Assign{site("ring 0123 456789 / 020 7946 0018")}, true},
		"the first of two telephones":  {[]model.Assign{site("ring 020 7946 0018 / 0123 456789")}, true},
		"a telephone":                  {[]model.Assign{site("the bakery, ring 020 7946 0018 first")}, true},
		"another name":                 {[]model.Assign{name("Zeta Makers"), site("5 Mill Lane")}, false},
		"no more than a house number":  {[]model.Assign{site("5")}, false},
	} {
		job, _ := types(one.fields...)
		items := c.inbox(model.InboxDuplicate, "open")
		if (len(items) == 1) != one.alike {
			return fmt.Sprintf("%s: %d items", what, len(items))
		}
		for _, r := range items {
			if model.RefOf(said(r, model.ReviewSubject)) != job || model.RefOf(said(r, model.ReviewOther)) != acme || model.Collection(said(r, model.ReviewOf).Int()) != model.Jobs {
				return fmt.Sprintf("%s: told of %+v", what, r)
			}
		}
		if c.applied(c.office(), c.rename2(job, model.JobCustomer, model.Ref(acme))); len(c.inbox(model.InboxDuplicate, "open")) != 0 {
			return what + ": asks whose job it is when the office has said so"
		}
	}
	job, _ := types(name("Later, but soon"))
	if n := len(c.inbox(model.InboxDuplicate, "open")); n != 0 {
		return fmt.Sprintf("%d items before there is such a customer", n)
	}
	later := c.made(model.Customers, set(model.CustomerName, model.Text("Later but soon")))
	if items := c.inbox(model.InboxDuplicate, "open"); len(items) != 1 || model.RefOf(said(items[0], model.ReviewSubject)) != job || model.RefOf(said(items[0], model.ReviewOther)) != later {
		return fmt.Sprintf("a customer who is made later: %+v", items)
	}
	return ""
}

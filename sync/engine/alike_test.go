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

package main

import (
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
)

// TestAcceptDecidedIsToldAtOnce: a phone that is connected hears what the office decides of what waits, whichever way.
func TestAcceptDecidedIsToldAtOnce(t *testing.T) {
	t.Parallel()
	s := openStage(t, brisk)
	s.newJobOf("ben", "acme", "Boiler")
	phone := s.terminal("acme", "ben", "phone", "", nil)
	admin := s.clerk("acme", "amy")
	for verb, want := range map[string]model.Outcome{"release": model.OutcomeApplied, "dismiss": model.OutcomeDismissed} {
		saved, err := phone.Save(create(model.Customers, val(model.CustomerName, model.Text("Bakery "+verb)))) // he may make none
		check(t, err)
		is := func(outcome model.Outcome) func() (bool, error) {
			return func() (bool, error) {
				for _, e := range phone.Outbox() {
					if e.Change == saved[0].Change {
						return e.Outcome == outcome, nil
					}
				}
				return outcome == model.OutcomeApplied, nil // confirmed, and let go
			}
		}
		s.comes(phone, "it waits", is(model.OutcomeHeld))
		admin.want(204, "", "POST", "/v1/held/"+saved[0].Change.String()+"/"+verb, fields{}, nil)
		s.comes(phone, "it hears of "+verb, is(want))
	}
}

package main

import (
	"fmt"
	"maps"
	"strings"

	"github.com/fieldsync/fieldsync/sync/model"
)

// revoked: a right that is given shows at once what it shows, and what it showed is taken back with it.
func (s *story) revoked() error {
	if err := s.stillHidden(); err != nil {
		return err
	}
	login := s.sue.set.login
	if err := s.levels(login, "customers", "full"); err != nil {
		return err
	}
	customers := 0
	shown := func() (bool, error) {
		all, err := s.sue.named(model.Customers)
		customers = len(all)
		return customers > 0, err
	}
	if err := s.await(s.sue, "the customers of her jobs on Sue's phone", shown); err != nil {
		return err
	}
	if err := s.settle(s.sue); err != nil {
		return err
	}
	if _, err := shown(); err != nil {
		return err
	}
	s.tell(s.sue, "customers full: %d customers", customers)
	heard := s.sue.tape.length()
	if err := s.levels(login, "customers", "hidden"); err != nil {
		return err
	}
	secrets, err := s.secrets()
	if err != nil {
		return err
	}
	// A retraction names the records to be dropped: their ids are the one thing of them that must still come.
	maps.DeleteFunc(secrets, func(what string, _ []byte) bool { return strings.HasPrefix(what, "the id of") })
	left := ""
	err = s.await(s.sue, "nothing of customers left on Sue's phone", func() (bool, error) {
		var err error
		left, err = s.holds(s.sue, secrets)
		return left == "" && s.sue.tape.length() > heard, err
	})
	if err != nil {
		return fmt.Errorf("%w; there is still %s", err, left)
	}
	if found := leak(s.sue.tape.from(heard), secrets); found != "" {
		return fmt.Errorf("LEAK: after the right was gone, Sue's phone was sent %s", found)
	}
	s.after = func() string { return leak(s.sue.tape.from(heard), secrets) }
	s.tell(s.sue, "customers hidden: 0 customers")
	return s.must(customers > 0, "all %d are gone from her phone, with their sites and contacts, and nothing of them came after", customers)
}

// holds finds one of the secrets in what a device shows; "" when there is none.
func (s *story) holds(a *actor, secrets map[string][]byte) (string, error) {
	for _, spec := range builtin().Specs() {
		all, err := a.List(spec.No, model.RecordID{})
		if err != nil {
			return "", err
		}
		for _, r := range all {
			for _, f := range r.Fields {
				for what, secret := range secrets {
					if strings.Contains(f.Value.Raw(), string(secret)) {
						return what, nil
					}
				}
			}
		}
	}
	return "", nil
}

// allAgree: the theorem at the end of the day, and everybody signs out.
func (s *story) allAgree() error {
	for _, a := range []*actor{s.spare, s.sue} {
		if err := s.settle(a); err != nil {
			return err
		}
		if err := s.agrees(a); err != nil {
			return err
		}
		jobs, err := a.jobs()
		if err != nil {
			return err
		}
		if err := s.must(len(jobs) > 0, "%s: %d jobs, field for field as the office has them, nothing unsent", a.name, len(jobs)); err != nil {
			return err
		}
	}
	if found := s.after(); found != "" { // all that was under way has come by now
		return fmt.Errorf("LEAK: after the right was gone, Sue's phone was sent %s", found)
	}
	for _, a := range []*actor{s.spare, s.sue, s.sid, s.amy} {
		if err := a.SignOut(false); err != nil {
			return fmt.Errorf("%s signs out: %w", a.name, err)
		}
		err := s.await(a, a.name+" is signed out", func() (bool, error) {
			_, running := a.ended()
			return !running, nil
		})
		if err != nil {
			return err
		}
	}
	return s.must(s.ben.dials.Load() == s.calls, "everybody signed out; Ben's first phone has stayed away")
}

package main

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	device "github.com/fieldsync/fieldsync/client"
	script "github.com/fieldsync/fieldsync/story"
)

// Races: somebody signs in on two phones in the same moment.

// heat is how one race ended.
type heat struct {
	let   int  // how many phones were let in
	asked bool // the other one was asked about the one that was let in
}

// races lets both phones sign in at once, as often as the sentence says. Each knows the session that was live before, as who
// was asked does. The one that was let in last is in use afterwards.
func (p *play) races(s *script.Step) (string, error) {
	who := p.members[s.Arg(script.Person, 0).Person]
	var pair [2]*mobile
	for i := range pair {
		m, err := p.equipped(who, i+1)
		if err != nil {
			return "", err
		}
		pair[i] = m
	}
	p.heats = nil
	epoch := ""
	for range s.Arg(script.Number, 0).Number {
		var both sync.WaitGroup
		var errs [2]error
		for i, m := range pair {
			both.Go(func() {
				p.restart(m.actor, func() error { return m.signIn(p.ctx, who.password, epoch) }, &errs[i])
			})
		}
		both.Wait()
		h := heat{}
		for i, m := range pair {
			active, asked := errors.AsType[*device.ActiveError](errs[i])
			switch {
			case errs[i] == nil:
				h.let++
				who.used, m.asked, m.id = i+1, nil, m.Who().Device
			case asked:
				h.asked = active.Device == pair[1-i].name
				m.asked, epoch = active, active.Epoch
			default:
				return "", errs[i]
			}
		}
		p.heats = append(p.heats, h)
	}
	m := p.phoneOf(who.Name, 0)
	if slices.ContainsFunc(p.heats, func(h heat) bool { return h.let != 1 }) {
		return p.seen(m), nil // which of them is connected nobody knows, and the story says what must be so
	}
	err := p.must(m.name+" is connected", func() (bool, error) { return m.Status().State == device.StateConnected, nil })
	return p.seen(m), err
}

// signedInOnce counts somebody's live sessions.
func (p *play) signedInOnce(s *script.Step) (string, bool, error) {
	all, err := p.sessions()
	_, by := p.ofWho(s)
	n := 0
	for _, x := range all {
		if x.User.String() == by {
			n++
		}
	}
	return counted(n, "session"), n == 1, err
}

// raced looks whether every race had one winner, about which the loser was asked.
func (p *play) raced(*script.Step) (string, bool, error) {
	good := 0
	for _, h := range p.heats {
		if h.let == 1 && h.asked {
			good++
		}
	}
	return fmt.Sprintf("one let in and the other asked in %d of %s", good, counted(len(p.heats), "race")), good > 0 && good == len(p.heats), nil
}

package lab

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/fieldsync/fieldsync/lab/tunnel"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Where a key does something.
const (
	onPhone  = 1 << iota // with a phone in front
	inOffice             // with the office in front
	anywhere = onPhone | inOffice
)

// Key is a key of the lab.
type Key struct {
	Press string // as help names it
	Does  string // in a word or two
	Shows string // what is seen when it is pressed
	where int
	also  []string // what the terminal calls it, when that is not Press
	do    func(s *screen)
}

// Keys is every key of the lab, in the order of help.
func Keys() []Key {
	return []Key{
		{Press: "tab", Does: "next pane", Shows: "the next of the two phones and the office is in front; its title begins with >", where: anywhere, also: []string{"tab", "right"}, do: func(s *screen) { s.focus = (s.focus + 1) % 3 }},
		{Press: "1 2 3", Does: "pane", Shows: "the first phone, the second, or the office is in front", where: anywhere, also: []string{"1", "2", "3"}},
		{Press: "up down", Does: "job", Shows: "another job is chosen; its notes are below the list", where: anywhere, also: []string{"up", "down"}},
		{Press: "a", Does: "airplane", Shows: "the phone loses its network, and gets it back: \"Offline. 1 change saved on this phone\" becomes \"With the office\"", where: onPhone, do: toggle(tunnel.Airplane)},
		{Press: "t", Does: "tunnel", Shows: "the network is bad, and good again: what is sent takes seconds, and arrives once", where: onPhone, do: toggle(tunnel.Bad)},
		{Press: "h", Does: "hush", Shows: "connections stand and nothing gets through: after about ten seconds the phone notices by itself", where: onPhone, do: toggle(tunnel.Silent)},
		{Press: "x", Does: "kill app", Shows: "the app is killed in the middle of its work and opened again: all that was saved is there", where: onPhone, do: killApp},
		{Press: "c", Does: "clock", Shows: "the phone's clock is 3 hours fast, 24 hours slow, right again; what it saves still has the office's time", where: onPhone, do: turnClock},
		{Press: "s", Does: "2nd sign-in", Shows: "the person signs in on a spare phone: a question names the first one and what is unsent there; after it the first one stops and hands in its work", where: onPhone, do: secondSignIn},
		{Press: "i", Does: "sign in", Shows: "signs in here (again): after a kick, or back on the first phone", where: anywhere, do: signInHere},
		{Press: "d", Does: "other phone", Shows: "the person's other phone, when there is one", where: onPhone, do: otherPhone},
		{Press: "k", Does: "kick", Shows: "the office ends the session: the phone says who did it, and that nothing is lost", where: anywhere, do: kickSomebody},
		{Press: "n", Does: "note", Shows: "a note on the chosen job: \"Saved on this phone\", then \"With the office\", and on the other phone", where: anywhere, do: writeNote},
		{Press: "j", Does: "next step", Shows: "the next step of the chosen job: accept, travel, start, done", where: onPhone, do: nextStep},
		{Press: "e", Does: "edit title", Shows: "another title for the chosen job; done on both sides of an airplane it is a conflict, and the office reviews it", where: anywhere, do: editTitle},
		{Press: "p", Does: "priority", Shows: "in the office: the next priority for the chosen job, on both phones at once", where: inOffice, do: nextPriority},
		{Press: "r", Does: "review", Shows: "in the office: conflicts with the value that lost, to restore, and held work, to let in; on a phone: what did not simply go through, and what to do", where: anywhere, do: review},
		{Press: "l", Does: "log", Shows: "everything that happened, the latest first", where: anywhere, do: func(s *screen) { s.page, s.scroll = logPage, 0 }},
		{Press: "?", Does: "help", Shows: "this list", where: anywhere, do: func(s *screen) { s.page, s.scroll = helpPage, 0 }},
		{Press: "q", Does: "quit", Shows: "the terminal as it was; what is unsent stays on the phones until the next time", where: anywhere, also: []string{"q", "ctrl+c"}},
	}
}

// key finds what a key press does.
func key(press string) (k Key, ok bool) {
	for _, k := range Keys() {
		if k.Press == press || slices.Contains(k.also, press) {
			return k, true
		}
	}
	return k, false
}

// press does what a key does in the panes.
func (s *screen) press(name string) tea.Cmd {
	switch name {
	case "q", "ctrl+c":
		return tea.Quit
	case "1", "2", "3":
		s.focus = int(name[0] - '1')
		return nil
	case "up":
		s.choose(-1)
		return nil
	case "down":
		s.choose(1)
		return nil
	case "shift+tab", "left":
		s.focus = (s.focus + 2) % 3
		return nil
	}
	k, ok := key(name)
	switch {
	case !ok:
		s.tell(name+" does nothing here; ? shows the keys", true)
	case k.where&onPhone == 0 && s.focus != office:
		s.tell(k.Press+" ("+k.Does+") is the office's; press 3 first", true)
	case k.where&inOffice == 0 && s.focus == office:
		s.tell(k.Press+" ("+k.Does+") is for a phone; press 1 or 2 first", true)
	default:
		k.do(s)
	}
	return nil
}

// toggle turns a weather on, or the clear one when it is there already.
func toggle(mode tunnel.Mode) func(s *screen) {
	return func(s *screen) {
		d, place := s.front(), s.focus
		w := tunnel.Weather{Mode: mode}
		if mode == tunnel.Bad {
			w = s.lab.cfg.Bad
		}
		if d.tunnel.Weather().Mode == mode {
			w = tunnel.Weather{}
		}
		s.settle(d.setWeather(place, w))
	}
}

func killApp(s *screen) {
	d, place := s.front(), s.focus
	s.work(func(work) tea.Msg { return d.killed(place) })
}

func turnClock(s *screen) {
	d := s.front()
	fast := d.clock.turn()
	d.Ring()
	s.settle(saidMsg{place: s.focus, text: fmt.Sprintf("The clock of the %s is %s; the server reckons with its own.", d.label, wrongness(fast))})
}

// secondSignIn signs in on the phone of the two that is not in front.
func secondSignIn(s *screen) { s.signIn(s.focus, 1-s.shown[s.focus]) }

func signInHere(s *screen) {
	n := 0
	if s.focus != office {
		n = s.shown[s.focus]
	}
	s.signIn(s.focus, n)
}

func (s *screen) signIn(place, n int) {
	s.tell("Signing in on the "+s.lab.device(place, n).label+" …", false)
	s.work(func(ctx work) tea.Msg { return s.lab.signIn(ctx, place, n, "") })
}

func otherPhone(s *screen) {
	other := 1 - s.shown[s.focus]
	if v := s.views[s.focus][other]; v == nil || v.name == "" {
		s.tell("There is no other phone yet; s signs in on one.", true)
		return
	}
	s.shown[s.focus] = other
}

// kickSomebody asks about the session of the phone in front; from the office, whose it is to be.
func kickSomebody(s *screen) {
	if s.desk == nil || len(s.desk.sessions) == 0 {
		s.tell("the office has no list of the sessions: "+or(s.silence(), "wait for it"), true)
		return
	}
	var all []Session
	for _, one := range s.desk.sessions {
		if one.Login == s.lab.desk.login {
			continue
		}
		if s.focus == office || one.Login == s.lab.phones[s.focus].login {
			all = append(all, one)
		}
	}
	switch {
	case len(all) == 0:
		s.tell("nobody is signed in there", true)
	case len(all) == 1:
		s.ask(s.kickQuestion(all[0]))
	default:
		d := &dialog{title: "Whose session is to end?"}
		for _, one := range all {
			d.choices = append(d.choices, sessionLine(one))
		}
		d.enter = func() { s.ask(s.kickQuestion(all[d.at])) }
		s.ask(d)
	}
}

func (s *screen) silence() string {
	if s.desk == nil {
		return ""
	}
	return s.desk.silence
}

func (s *screen) kickQuestion(one Session) *dialog {
	return &dialog{
		title: fmt.Sprintf("End the session of %s on the %s?", plain(one.Name), plain(one.Label)),
		lines: []string{fmt.Sprintf("Unsent there when it was last heard: %d. A phone that can be reached sends it first; otherwise it stays on the phone and still comes in.", one.Unsent)},
		yes:   "end it",
		enter: func() { s.work(func(ctx work) tea.Msg { return s.lab.kick(ctx, one) }) },
	}
}

func writeNote(s *screen) {
	job, ok := s.chosen()
	if !ok {
		return
	}
	d, place := s.front(), s.focus
	s.ask(typed("Note on "+job.name+":", "", func(words string) {
		s.settle(d.saving(place, "The note", noteOn(job.id, words)))
	}))
}

func nextStep(s *screen) {
	if job, ok := s.chosen(); ok {
		s.settle(s.front().step(s.focus, job.id))
	}
}

func editTitle(s *screen) {
	job, ok := s.chosen()
	if !ok {
		return
	}
	d, place := s.front(), s.focus
	s.ask(typed("Title of "+job.name+":", job.title, func(words string) {
		s.settle(d.change(place, job.id, "The title", val(model.JobTitle, model.Text(words))))
	}))
}

func nextPriority(s *screen) {
	job, ok := s.chosen()
	if !ok {
		return
	}
	next := job.urgency%5 + 1
	s.settle(s.lab.desk.change(office, job.id, fmt.Sprintf("Priority %d of %s", next, job.name), val(model.JobPriority, model.Int(next))))
}

// review shows what is to be decided in the office, or to be read on a phone.
func review(s *screen) {
	if s.focus == office {
		s.reviewItems()
		return
	}
	v := s.shownView(s.focus)
	if v == nil || len(v.trouble) == 0 {
		s.tell(untroubled(v), false)
		return
	}
	d, place, all := s.front(), s.focus, v.trouble
	q := &dialog{title: "What did not simply go through", yes: "put it away"}
	for _, t := range all {
		q.choices = append(q.choices, t.what+": "+t.why+". What you can do: "+t.next)
	}
	q.enter = func() { s.settle(d.putAway(place, all[q.at])) }
	s.ask(q)
}

// untroubled is what a phone says on which there is nothing to decide. A value that lost is the office's to review.
func untroubled(v *phoneView) string {
	if v != nil && slices.ContainsFunc(v.outbox, func(c changeView) bool { return c.more != "" }) {
		return "There is nothing for you to do: what lost against something newer is kept, and the office reviews it."
	}
	return "Everything went through: there is nothing to look at."
}

func (s *screen) reviewItems() {
	if s.desk == nil || len(s.desk.items) == 0 {
		s.tell("There is nothing to review.", false)
		return
	}
	all := s.desk.items
	q := &dialog{title: "To review", yes: "restore what lost, or let held work in", other: "put it away, or dismiss held work", otherKey: "w"}
	for _, v := range all {
		q.choices = append(q.choices, itemLine(v))
	}
	q.enter = func() { s.work(func(ctx work) tea.Msg { return s.lab.decide(ctx, all[q.at], true) }) }
	q.otherwise = func() { s.work(func(ctx work) tea.Msg { return s.lab.decide(ctx, all[q.at], false) }) }
	s.ask(q)
}

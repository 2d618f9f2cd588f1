package main

import (
	"errors"
	"fmt"
	"sync"
	"time"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/protocol"
	script "github.com/fieldsync/fieldsync/story"
	"github.com/fieldsync/fieldsync/sync/model"
)

// mobile is a phone in a story.
type mobile struct {
	*actor

	set    stationSettings
	of     *member
	id     model.DeviceID // as of its last sign-in; a wiped phone knows it no more
	clock  *pocketClock
	cut    *scissors
	asked  *device.ActiveError // the question at its last sign-in; nil: there was none
	sent   *device.SignInError // away, at its last sign-in; nil: it was not
	marked int                 // frames that it had heard before the last When
	news   *news               // since the last When
	told   []string            // of it
}

// pocketClock is the clock of a phone in a story: it may be wrong, and say when something happened that is told of later.
type pocketClock struct {
	mu     sync.Mutex           // guards the fields below
	system func() device.Moment // since the phone was started
	wrong  time.Duration        // what it shows too much
	ago    time.Duration        // how long before now; negative: after it
}

func (c *pocketClock) set(f func(c *pocketClock)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(c)
}

// moment is what the clocks say. What was long ago was before the phone was last started, so that its steady clock says
// nothing about it; what is a minute later is under the same start.
func (c *pocketClock) moment() device.Moment {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.system()
	m.Wall += model.Instant((c.wrong - c.ago).Milliseconds())
	if c.ago > 0 {
		m.Boot++
	} else {
		m.Mono -= c.ago.Milliseconds()
	}
	return m
}

// scissors cuts the connections of a phone.
type scissors struct {
	mu     sync.Mutex // guards the fields below
	conn   protocol.Conn
	always bool // after every answer
	slow   bool // what is pushed on this connection does not get through
}

func (c *scissors) set(f func(c *scissors)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(c)
}

func (c *scissors) over(conn protocol.Conn) protocol.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conn, c.slow = &cutConn{Conn: conn, by: c}, false
	return c.conn
}

// drop cuts the connection there is.
func (c *scissors) drop() {
	c.mu.Lock()
	conn := c.conn
	c.mu.Unlock()
	if conn != nil {
		_ = conn.Close(protocol.CodeNone, "") // it is cut, whatever it says
	}
}

func (c *scissors) breaking() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.always
}

// lagging says whether what is pushed does not get through.
func (c *scissors) lagging() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.slow
}

// phone is the n-th phone that a sentence speaks of.
func (p *play) phone(s *script.Step, n int) *mobile {
	a := s.Arg(script.Phone, n)
	return p.phoneOf(a.Person, a.Number)
}

// phoneOf is somebody's phone; 0 is the one they use. nil: there is none yet.
func (p *play) phoneOf(person string, n int) *mobile {
	who := p.members[person]
	if n == 0 {
		n = who.used
	}
	return who.phones[max(n, 1)-1]
}

// ready is a phone that somebody has signed in on; one that nobody spoke of before is taken up and signed in on.
func (p *play) ready(person string, n int) (*mobile, error) {
	who := p.members[person]
	if m := p.phoneOf(person, n); m != nil {
		return m, nil
	}
	if n > 1 || who.used > 1 {
		return nil, fmt.Errorf("%s has no such phone yet; let them sign in on it", person)
	}
	m, err := p.enters(who, 1)
	if err != nil {
		return nil, err
	}
	if m.asked != nil {
		return nil, m.asked
	}
	if m.sent != nil {
		return nil, m.sent
	}
	return m, nil
}

// enters signs somebody in on one of their phones, and makes it when it is new. When another one is active, the question
// is kept and nothing else has happened.
func (p *play) enters(who *member, n int) (*mobile, error) {
	who.used = n
	m, err := p.equipped(who, n)
	if err != nil {
		return nil, err
	}
	return m, p.admit(m, "")
}

// reportEvery is how often phones in stories say how much they have unsent: a story is shorter than a day.
const reportEvery = 2 * time.Second

// equipped is one of somebody's phones, which is made when it is new; nobody is signed in on it by that.
func (p *play) equipped(who *member, n int) (*mobile, error) {
	m := who.phones[n-1]
	if m == nil {
		m = &mobile{of: who, clock: &pocketClock{system: p.systemClock()}, cut: &scissors{}}
		label := fmt.Sprintf("%s's %s phone", who.Name, []string{"first", "second", "third"}[n-1])
		m.actor = &actor{name: label, tape: &tape{}, stop: func() {}}
		m.set = stationSettings{login: who.login, label: label, platform: "android", clock: m.clock.moment, tap: m.cut.over, ping: reportEvery}
		if err := p.equip(m.actor, m.set); err != nil {
			return nil, err
		}
		p.follow(m.actor)
		who.phones[n-1] = m
	}
	return m, nil
}

// admit signs in, as taking over from the session of an epoch where that is given, and waits for the first download.
func (p *play) admit(m *mobile, epoch string) (err error) {
	p.restart(m.actor, func() error { return m.signIn(p.ctx, m.of.password, epoch) }, &err)
	m.asked, m.sent = nil, nil
	if active, ok := errors.AsType[*device.ActiveError](err); ok {
		m.asked = active
		return nil
	}
	if away, ok := errors.AsType[*device.SignInError](err); ok && away.Code == "release_first" {
		m.sent = away
		return nil
	}
	if err != nil {
		return err
	}
	m.id = m.Who().Device
	err = p.must(m.name+" has downloaded", func() (bool, error) {
		_, ok, err := m.Show(model.RecordID(m.Who().User))
		return ok, err
	})
	if err == nil && m.news == nil {
		m.listen()
	}
	return err
}

// listen begins to hear what a phone tells its user by itself. One that was away for too long shows nothing, and tells nothing.
func (m *mobile) listen() {
	m.news, m.told = nil, nil
	if n, err := newNews(m.station, phoneTopics(m.station)); err == nil {
		m.news = n
	}
}

// settle waits until a phone has sent all it has, and it is answered and confirmed; or nothing more is done on it until a
// person acts. What a slow connection keeps back is not waited for.
func (p *play) settle(m *mobile) error {
	return p.must(fmt.Sprintf("everything of %s is sent and confirmed", m.name), func() (bool, error) {
		if m.cut.breaking() {
			m.Wake()
		}
		if m.cut.lagging() {
			return true, nil
		}
		if _, running := m.ended(); !running {
			return true, nil
		}
		return m.settled()
	})
}

// live says whether a phone has a session and a connection.
func (m *mobile) live() bool {
	st := m.Status()
	_, running := m.ended()
	return running && !st.Ended && st.State != device.StateHandIn
}

// hears waits until a phone that has signal has heard all that the office had said before: the office sends it a message,
// and what comes with or after the message is as the office has it.
func (p *play) hears(m *mobile) error {
	if m == nil || !m.live() || m.cut.breaking() {
		return nil
	}
	p.echoes++
	text := fmt.Sprintf("%s%d", echo, p.echoes)
	if _, err := p.bulk(p.chief, false, creation("messages", doc{"to": m.of.id, "text": text})); err != nil {
		return err
	}
	return p.must(m.name+" hears what the office has said", func() (bool, error) {
		if !m.live() {
			return true, nil
		}
		all, err := m.List(model.Messages, model.RecordID{})
		for _, r := range all {
			if r.Value(messageText).Text() == text {
				return true, err
			}
		}
		return false, err
	})
}

// echo begins the messages by which a story knows that a phone has heard everything.
const echo = "story: heard? "

// messageText is a message's text.
const messageText model.FieldNo = 3

func (p *play) signsIn(s *script.Step) (string, error) {
	who := p.members[s.Arg(script.Person, 0).Person]
	n := s.Arg(script.Ordinal, 0).Number
	if n == 0 {
		n = max(who.used, 1)
	}
	m, err := p.enters(who, n)
	if err != nil {
		return "", err
	}
	if question, waits := m.question(); waits {
		return question, nil
	}
	return p.seen(m), p.hears(m)
}

// question is what a sign-in was asked that waits for its answer, or why it was refused.
func (m *mobile) question() (text string, waits bool) {
	if m.sent != nil {
		return fmt.Sprintf("%s: %v", m.name, m.sent), true
	}
	if m.asked == nil {
		return "", false
	}
	return fmt.Sprintf("%s: active on %s, %s unsent as it last said. Take over?", m.name, m.asked.Device, unsentText(m.asked.Unsent)), true
}

func (p *play) takesOver(s *script.Step) (string, error) {
	who := p.members[s.Arg(script.Person, 0).Person]
	m := p.phoneOf(who.Name, 0)
	if m == nil || m.asked == nil {
		return "", fmt.Errorf("%s was not asked about another phone; let them sign in on a second one first", who.Name)
	}
	if err := p.admit(m, m.asked.Epoch); err != nil {
		return "", err
	}
	if m.asked != nil {
		return "", m.asked
	}
	return p.seen(m), p.hears(m)
}

func (p *play) takesUp(s *script.Step) (string, error) {
	who, n := p.members[s.Arg(script.Person, 0).Person], s.Arg(script.Ordinal, 0).Number
	if who.phones[n-1] == nil {
		return "", fmt.Errorf("%s has no such phone yet; let them sign in on it", who.Name)
	}
	who.used = n
	return p.seen(who.phones[n-1]), nil
}

func (p *play) signsOut(s *script.Step) (string, error) {
	m, err := p.ready(s.Arg(script.Person, 0).Person, 0)
	if err != nil {
		return "", err
	}
	if err := m.SignOut(true); err != nil {
		return "", err
	}
	err = p.must(m.name+" stops", func() (bool, error) { _, running := m.ended(); return !running, nil })
	return p.seen(m), err
}

func (p *play) syncs(s *script.Step) (string, error) {
	a := s.Arg(script.Phone, 0)
	m, err := p.ready(a.Person, a.Number)
	if err != nil {
		return "", err
	}
	m.online()
	if err := p.settle(m); err != nil {
		return "", err
	}
	if !m.live() {
		return "", fmt.Errorf("%s does not sync: %s", m.name, p.seen(m))
	}
	return p.seen(m), p.hears(m)
}

func (p *play) goesOffline(s *script.Step) (string, error) {
	a := s.Arg(script.Phone, 0)
	m, err := p.ready(a.Person, a.Number)
	if err != nil {
		return "", err
	}
	if err := p.hears(m); err != nil { // it had signal until now
		return "", err
	}
	m.offline()
	m.cut.set(func(c *scissors) { c.slow = false })
	return p.seen(m), nil
}

func (p *play) comesBack(s *script.Step) (string, error) {
	a := s.Arg(script.Phone, 0)
	m, err := p.ready(a.Person, a.Number)
	if err != nil {
		return "", err
	}
	m.online()
	if err := p.settle(m); err != nil {
		return "", err
	}
	if err := p.hears(m); err != nil {
		return "", err
	}
	return p.seen(m), nil
}

func (p *play) drops(s *script.Step) (string, error) {
	a := s.Arg(script.Phone, 0)
	m, err := p.ready(a.Person, a.Number)
	if err != nil {
		return "", err
	}
	n := s.Arg(script.Number, 0).Number
	for i := range n {
		m.cut.drop()
		dials := m.dials.Load()
		err := p.must(fmt.Sprintf("%s comes back after drop %d", m.name, i+1), func() (bool, error) {
			m.Wake()
			if _, running := m.ended(); !running {
				return false, fmt.Errorf("it stopped: %s", p.seen(m))
			}
			return m.dials.Load() > dials && m.Status().State == device.StateConnected, nil
		})
		if err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%s, after %d drops", p.seen(m), n), nil
}

func (p *play) breaks(s *script.Step) (string, error) {
	a := s.Arg(script.Phone, 0)
	m, err := p.ready(a.Person, a.Number)
	if err != nil {
		return "", err
	}
	m.cut.set(func(c *scissors) { c.always = true })
	return "", nil
}

func (p *play) slows(s *script.Step) (string, error) {
	a := s.Arg(script.Phone, 0)
	m, err := p.ready(a.Person, a.Number)
	if err == nil {
		m.cut.set(func(c *scissors) { c.slow = true })
	}
	return "", err
}

// killed ends the app in the middle of whatever it does, and opens it again. What a station has in memory is gone; it has
// not been asked to save anything.
func (p *play) killed(s *script.Step) (string, error) {
	a := s.Arg(script.Phone, 0)
	m, err := p.ready(a.Person, a.Number)
	if err != nil {
		return "", err
	}
	_, running := m.ended()
	m.stop()
	if err := m.close(); err != nil {
		return "", err
	}
	if err := p.equip(m.actor, m.set); err != nil {
		return "", err
	}
	p.follow(m.actor)
	if running {
		m.online()
	}
	return p.seen(m), nil
}

func (p *play) reboots(s *script.Step) (string, error) {
	if _, err := p.killed(s); err != nil {
		return "", err
	}
	m := p.phone(s, 0)
	m.clock.set(func(c *pocketClock) { c.system = p.systemClock() })
	return p.seen(m), nil
}

func (p *play) setsClock(s *script.Step) (string, error) {
	a := s.Arg(script.Phone, 0)
	m, err := p.ready(a.Person, a.Number)
	if err != nil {
		return "", err
	}
	wrong := time.Duration(s.Arg(script.Number, 0).Number) * time.Minute
	if s.Arg(script.Choice, 0).Text == "slow" {
		wrong = -wrong
	}
	m.clock.set(func(c *pocketClock) { c.wrong = wrong })
	return "it shows " + p.onClock(m), nil
}

// seen is how things stand on a phone, as its user sees them.
func (p *play) seen(m *mobile) string {
	st := m.Status()
	text := m.name + ": " + or(string(st.State), "offline")
	jobs, err := m.List(model.Jobs, model.RecordID{})
	if err == nil && st.State != device.StateWiped {
		text += fmt.Sprintf(", %d jobs", len(jobs))
	}
	text += ", " + unsentText(st.Unsent) + " unsent"
	if st.Problems > 0 {
		text += fmt.Sprintf(", %d that did not simply go through", st.Problems)
	}
	if st.Ended {
		text += "; " + endLine(st)
	}
	return text
}

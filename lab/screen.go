package lab

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/sync/model"
)

// work is the context of what a key starts: it ends with the lab.
type work = context.Context

// page is what fills the screen.
type page uint8

const (
	panesPage page = iota
	helpPage
	logPage
)

// screen is what is seen, and what the keys act on. It belongs to the goroutine of the program. It implements tea.Model.
type screen struct {
	lab *Lab
	run func(func(context.Context) tea.Msg) // starts something that takes time; its message comes back

	width, height int
	focus         int               // the place in front
	shown         [2]int            // which phone of each person is looked at
	moved         [2]bool           // that was chosen, by a key or by what is live
	views         [2][2]*phoneView  // nil: not looked at yet
	desk          *deskView         // nil: not looked at yet
	pick          [3]model.RecordID // the chosen job of each place
	questions     []*dialog         // the first is asked
	page          page
	scroll        int
	said          saidMsg
	working       int
	log           []event // oldest first
}

// event is a line of the log.
type event struct {
	at    time.Time
	place int
	who   string
	text  string
}

// maxLog bounds the log; the oldest goes.
const maxLog = 500

func newScreen(l *Lab) *screen {
	return &screen{lab: l, said: saidMsg{text: "Starting. ? shows the keys."}}
}

// Init implements tea.Model.
func (s *screen) Init() tea.Cmd { return nil }

// Update implements tea.Model.
func (s *screen) Update(m tea.Msg) (tea.Model, tea.Cmd) {
	cmd := s.hear(m)
	if s.lab.cfg.Watch != nil && s.width > 0 {
		s.lab.cfg.Watch(s.text())
	}
	return s, cmd
}

func (s *screen) hear(m tea.Msg) tea.Cmd {
	switch m := m.(type) {
	case tea.WindowSizeMsg:
		s.width, s.height = m.Width, m.Height
	case tea.KeyPressMsg:
		return s.typed(m)
	case tea.PasteMsg:
		if len(s.questions) > 0 && s.questions[0].typing {
			s.questions[0].edit("", plain(m.Content))
		}
	case phoneMsg:
		s.phone(m)
	case deskMsg:
		s.news(office, "office", deskNews(s.desk, m.view))
		s.desk = m.view
	case sharedMsg:
		for i, chosen := range s.pick {
			if chosen.IsZero() { // else somebody was faster
				s.pick[i] = m.job
			}
		}
		s.settle(saidMsg{place: office, text: "Both phones have " + m.name + ": what one does on it, the other sees."})
	case doneMsg:
		s.working--
		return s.hear(m.what)
	case saidMsg:
		s.settle(m)
	case activeMsg:
		s.questions = append(s.questions, s.takeover(m))
	}
	return nil
}

// doneMsg is what came of something that took time.
type doneMsg struct{ what tea.Msg }

// work starts something that takes time.
func (s *screen) work(f func(ctx work) tea.Msg) {
	s.working++
	s.run(func(ctx context.Context) tea.Msg { return doneMsg{f(ctx)} })
}

// typed takes a key press.
func (s *screen) typed(m tea.KeyPressMsg) tea.Cmd {
	name := m.String()
	switch {
	case name == "ctrl+c":
		return tea.Quit
	case !s.fits(): // nobody sees what a key would do
		return nil
	case len(s.questions) > 0:
		q := s.questions[0]
		if q.press(name, m.Text) {
			s.questions = slices.DeleteFunc(s.questions, func(o *dialog) bool { return o == q })
		}
		return nil
	case s.page != panesPage:
		s.turn(name)
		return nil
	}
	return s.press(name)
}

// turn takes a key on a page that is only read.
func (s *screen) turn(name string) {
	switch name {
	case "up":
		s.scroll = max(0, s.scroll-1)
	case "down":
		s.scroll++ // drawing bounds it
	case "pgup":
		s.scroll = max(0, s.scroll-s.height)
	case "pgdown", "space":
		s.scroll += s.height
	default:
		s.page = panesPage
	}
}

// ask puts a question. What a question asks next comes first.
func (s *screen) ask(d *dialog) {
	s.questions = slices.Insert(s.questions, min(1, len(s.questions)), d)
}

// tell shows a line.
func (s *screen) tell(text string, bad bool) { s.said = saidMsg{place: s.focus, text: text, bad: bad} }

// settle shows what came of something, and keeps it in the log.
func (s *screen) settle(m saidMsg) {
	s.said = m
	if m.show > 0 && m.place != office {
		s.shown[m.place], s.moved[m.place] = m.show-1, true
	}
	s.news(m.place, s.name(m.place), []string{m.text})
}

// news adds to the log.
func (s *screen) news(place int, who string, lines []string) {
	for _, line := range lines {
		s.log = append(s.log, event{time.Now(), place, who, line})
	}
	if n := len(s.log) - maxLog; n > 0 {
		s.log = slices.Delete(s.log, 0, n)
	}
}

// phone takes a new picture of a phone. The first time that one of two is seen to be in use, it is the one looked at.
func (s *screen) phone(m phoneMsg) {
	s.news(m.person, s.phoneName(m), phoneNews(s.views[m.person][m.device], m.view))
	s.views[m.person][m.device] = m.view
	if !s.moved[m.person] && m.view.name != "" && !m.view.status.Ended {
		s.shown[m.person], s.moved[m.person] = m.device, true
	}
}

func (s *screen) phoneName(m phoneMsg) string {
	if m.device == 0 {
		return s.name(m.person)
	}
	return s.name(m.person) + ", " + m.view.label
}

// name is who sits at a place.
func (s *screen) name(place int) string {
	if place == office {
		return "office"
	}
	for _, v := range s.views[place] {
		if v != nil && v.name != "" {
			return v.name
		}
	}
	return s.lab.phones[place].login
}

// front is the device in front.
func (s *screen) front() *device {
	if s.focus == office {
		return s.lab.desk
	}
	return s.lab.device(s.focus, s.shown[s.focus])
}

// shownView is the picture of the phone of a person that is looked at; nil: there is none yet.
func (s *screen) shownView(place int) *phoneView { return s.views[place][s.shown[place]] }

// jobs is the jobs of a place.
func (s *screen) jobs(place int) []jobView {
	if place == office {
		if s.desk == nil {
			return nil
		}
		return s.desk.jobs
	}
	if v := s.shownView(place); v != nil {
		return v.jobs
	}
	return nil
}

// at is where the chosen job is in a place's list; the first one, when the chosen one is not there.
func (s *screen) at(place int) int {
	return max(0, slices.IndexFunc(s.jobs(place), func(j jobView) bool { return j.id == s.pick[place] }))
}

// choose moves the choice of the place in front.
func (s *screen) choose(by int) {
	if all := s.jobs(s.focus); len(all) > 0 {
		s.pick[s.focus] = all[min(max(s.at(s.focus)+by, 0), len(all)-1)].id
	}
}

// chosen is the chosen job of the place in front; it says so when there is none.
func (s *screen) chosen() (jobView, bool) {
	all := s.jobs(s.focus)
	if len(all) == 0 {
		s.tell("there is no job here", true)
		return jobView{}, false
	}
	return all[s.at(s.focus)], true
}

// change edits a field of a record.
func (d *device) change(place int, id model.RecordID, what string, f model.FieldValue) saidMsg {
	var r client.Record
	err := d.use(func(c *client.Client) (err error) {
		r, _, err = c.Show(id)
		return err
	})
	if err != nil {
		return saidMsg{place: place, text: err.Error(), bad: true}
	}
	return d.saving(place, what, edit(r, f))
}

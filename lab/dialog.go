package lab

import (
	"fmt"
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"
)

// dialog is a question below the panes. It has what its fields give it: something to read, a list to choose from, a line
// to type.
type dialog struct {
	title     string
	lines     []string
	choices   []string
	at        int // the chosen one
	typing    bool
	text      []rune
	yes       string // what enter does
	enter     func()
	other     string // what otherKey does; empty: there is none
	otherKey  string
	otherwise func()
	leave     func() // after esc; may be nil
}

// maxTyped bounds what is typed, in runes; a title has at most 200 bytes.
const maxTyped = 160

// typed asks for a line.
func typed(title, begin string, enter func(words string)) *dialog {
	d := &dialog{title: title, typing: true, text: []rune(plain(begin)), yes: "save it"}
	d.enter = func() {
		if words := strings.TrimSpace(string(d.text)); words != "" {
			enter(words)
		}
	}
	return d
}

// press takes a key; over says that the question is answered, or given up.
func (d *dialog) press(name, text string) (over bool) {
	switch {
	case name == "esc":
		if d.leave != nil {
			d.leave()
		}
		return true
	case name == "enter":
		d.enter()
		return true
	case d.typing:
		d.edit(name, text)
	case d.otherKey != "" && name == d.otherKey:
		d.otherwise()
		return true
	case name == "up" && d.at > 0:
		d.at--
	case name == "down" && d.at < len(d.choices)-1:
		d.at++
	}
	return false
}

func (d *dialog) edit(name, text string) {
	switch name {
	case "backspace":
		d.text = d.text[:max(0, len(d.text)-1)]
		return
	case "ctrl+u":
		d.text = nil
		return
	}
	for _, r := range text {
		if len(d.text) < maxTyped && unicode.IsPrint(r) {
			d.text = append(d.text, r)
		}
	}
}

// hint says which keys answer.
func (d *dialog) hint() string {
	parts := []string{"enter: " + or(d.yes, "choose")}
	if len(d.choices) > 1 {
		parts = append([]string{"up down: choose"}, parts...)
	}
	if d.other != "" {
		parts = append(parts, d.otherKey+": "+d.other)
	}
	if d.typing {
		parts = append(parts, "ctrl+u: begin anew")
	}
	return strings.Join(append(parts, "esc: leave it"), " · ")
}

// takeover is the question of a sign-in while the person is signed in elsewhere.
func (s *screen) takeover(m activeMsg) *dialog {
	d := s.lab.device(m.place, m.device)
	return &dialog{
		title: fmt.Sprintf("%s is active on the %s. Sign in on the %s instead?", s.name(m.place), plain(m.err.Device), d.label),
		lines: []string{fmt.Sprintf("It was last heard at %s, with %d unsent as it last said. That work still comes in.", moment(m.err.LastSeen), m.err.Unsent)},
		yes:   "sign in here, the other one ends",
		enter: func() {
			s.tell("Signing in on the "+d.label+"; the other one has a moment to send what it has …", false)
			s.work(func(ctx work) tea.Msg { return s.lab.signIn(ctx, m.place, m.device, m.err.Epoch) })
		},
		leave: func() { s.tell("Nothing was changed.", false) },
	}
}

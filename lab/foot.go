package lab

import (
	"strings"

	"charm.land/lipgloss/v2"
)

// foot is the lines below the panes: what was said last, or a question, and the keys that answer.
func (s *screen) foot() []string {
	lines := []string{strings.Repeat("─", s.width)}
	for _, r := range s.footRows() {
		lines = append(lines, fit(r, s.width))
	}
	return lines
}

// maxChoices is how many lines a list to choose from takes.
const maxChoices = 6

// maxChosen is how many lines the chosen one of a list takes.
const maxChosen = 4

func (s *screen) footRows() []row {
	if len(s.questions) > 0 {
		return s.questions[0].rows(s.width)
	}
	style := lipgloss.NewStyle()
	if s.said.bad {
		style = colours[stopped]
	}
	text := s.said.text
	if s.working > 0 {
		text = "… " + text
	}
	rows := append(wrap(text, s.width, 2, style), row{}) // as high as ever, so that nothing above moves
	switch s.page {
	case panesPage:
		return append(rows[:2], s.bar()...)
	default:
		return append(rows[:2], row{"up down pgup pgdown: read on · any other key: back", faint})
	}
}

// bar is the keys that do something with what is in front, in as many lines as the width needs for the most of them.
func (s *screen) bar() []row {
	place := onPhone
	if s.focus == office {
		place = inOffice
	}
	rows := make([]row, 2)
	if s.width < wideEnough {
		rows = make([]row, 3)
	}
	at := 0
	for _, k := range Keys() {
		if k.where&place == 0 || k.Press == "1 2 3" || k.Press == "up down" {
			continue
		}
		part := k.Press + " " + k.Does
		switch line := rows[at].text; {
		case line == "":
			rows[at] = row{part, faint}
		case lipgloss.Width(line)+3+lipgloss.Width(part) > s.width && at < len(rows)-1:
			at++
			rows[at] = row{part, faint}
		default:
			rows[at].text += " · " + part
		}
	}
	return rows
}

// rows is a question.
func (d *dialog) rows(width int) []row {
	rows := wrap(d.title, width, 2, bold)
	for _, line := range d.lines {
		rows = append(rows, wrap(line, width, 2, lipgloss.NewStyle())...)
	}
	if d.typing {
		rows = append(rows, row{text: "  " + tail(string(d.text), width-4)})
	}
	list := section{at: d.at}
	for i, c := range d.choices {
		mark := "  "
		if i == d.at {
			mark = "> "
		}
		list.rows = append(list.rows, row{text: mark + c})
	}
	for _, r := range list.window(min(len(d.choices), maxChoices)) {
		if words, chosen := strings.CutPrefix(r.text, "> "); chosen { // what is decided on is seen in full
			full := entry(words, width, maxChosen, lipgloss.NewStyle())
			full[0].text = "> " + strings.TrimPrefix(full[0].text, "  ")
			rows = append(rows, full...)
			continue
		}
		rows = append(rows, r)
	}
	return append(rows, wrap(d.hint(), width, 2, faint)...)
}

// tail is the end of a text that has a width: where somebody types.
func tail(text string, width int) string {
	runes := []rune(text)
	for lipgloss.Width(string(runes)) > width {
		runes = runes[1:]
	}
	return string(runes)
}

// cursor is where somebody types.
func (s *screen) cursor() (x, y int, ok bool) {
	if len(s.questions) == 0 || !s.questions[0].typing || !s.fits() {
		return 0, 0, false
	}
	d := s.questions[0]
	rows := len(d.rows(s.width))
	hint := len(wrap(d.hint(), s.width, 2, faint))
	return 2 + lipgloss.Width(tail(string(d.text), s.width-4)), s.height - rows + (rows - hint - 1), true
}

package lab

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"github.com/fieldsync/fieldsync/client"
)

// The sizes of a terminal.
const (
	leastWidth  = 80
	leastHeight = 24
	wideEnough  = 110 // for three panes side by side
)

// View implements tea.Model.
func (s *screen) View() tea.View {
	v := tea.NewView(strings.Join(s.lines(), "\n"))
	v.AltScreen, v.WindowTitle = true, "fieldsync lab"
	if x, y, ok := s.cursor(); ok {
		v.Cursor = tea.NewCursor(x, y)
	}
	return v
}

// text is the screen without styles, for whoever watches.
func (s *screen) text() string {
	return styling.ReplaceAllString(strings.Join(s.lines(), "\n"), "")
}

// styling is what lipgloss puts into a text; what people typed has no such thing.
var styling = regexp.MustCompile(`\x1b\[[0-9;:]*m`)

// lines is the whole screen.
func (s *screen) lines() []string {
	switch {
	case s.width == 0:
		return []string{"Starting."}
	case !s.fits():
		return s.tooSmall()
	}
	foot := s.foot()
	height := s.height - len(foot)
	switch s.page {
	case helpPage:
		return append(s.read("Keys", helpRows(s.width), height), foot...)
	case logPage:
		return append(s.read("What happened, the latest first", s.logRows(), height), foot...)
	}
	return append(s.panes(height), foot...)
}

// read is a page that is only read.
func (s *screen) read(title string, rows []row, height int) []string {
	s.scroll = min(s.scroll, max(0, len(rows)-(height-1)))
	rows = rows[s.scroll:]
	return render([]section{{title: title, rows: rows[:min(len(rows), height-1)], least: height}}, s.width, height)
}

// fits says whether there is room for the lab.
func (s *screen) fits() bool { return s.width >= leastWidth && s.height >= leastHeight }

// tooSmall says what is wrong with the terminal, in as much room as it has.
func (s *screen) tooSmall() (lines []string) {
	text := fmt.Sprintf("The lab needs %d by %d; this terminal has %d by %d. Make it larger, or press ctrl+c to leave.",
		leastWidth, leastHeight, s.width, s.height)
	for _, r := range wrap(text, s.width, max(1, s.height), lipgloss.NewStyle()) {
		lines = append(lines, cut(r.text, s.width))
	}
	return lines
}

// panes is the three places: side by side, or the one in front below a line of all.
func (s *screen) panes(height int) []string {
	if s.width < wideEnough {
		lines := []string{fit(row{s.tabs(), bold}, s.width)}
		return append(lines, render(s.place(s.focus, s.width), s.width, height-1)...)
	}
	left := s.width - 2
	widths := [3]int{left / 3, left / 3, left - 2*(left/3)}
	var columns [3][]string
	for i, w := range widths {
		columns[i] = render(append([]section{{rows: []row{s.title(i)}, least: 1}}, s.place(i, w)...), w, height)
	}
	return beside(columns[:]...)
}

// place is what is seen of one.
func (s *screen) place(i, width int) []section {
	if i == office {
		return s.officePane(width)
	}
	return s.phonePane(i, width)
}

// title is who a pane is of; the one in front begins with >.
func (s *screen) title(i int) row {
	text := fmt.Sprintf("%d %s", i+1, s.name(i))
	if i != office {
		text += ", " + labels[s.shown[i]]
	} else if s.desk != nil && s.desk.name != "" {
		text += ", " + s.desk.name
	}
	if i == s.focus {
		return row{"> " + text, bold.Reverse(true)}
	}
	return row{"  " + text, bold}
}

// tabs is all places in one line, each with how it stands.
func (s *screen) tabs() string {
	var parts []string
	for i := range 3 {
		mark, state := " ", ""
		if i == s.focus {
			mark = ">"
		}
		if v := s.brief(i); v != "" {
			state = ": " + v
		}
		parts = append(parts, fmt.Sprintf("%s%d %s%s", mark, i+1, s.name(i), state))
	}
	return strings.Join(parts, " │ ")
}

// brief is how a place stands, in a word or two.
func (s *screen) brief(i int) string {
	if i == office {
		if s.desk == nil {
			return ""
		}
		return counted(len(s.desk.items), "review")
	}
	v := s.shownView(i)
	if v == nil {
		return ""
	}
	l, _ := headline(v)
	word := map[level]string{ready: "ready", syncing: "syncing", offline: "offline", attention: "look", stopped: "stopped"}[l]
	if v.status.Unsent > 0 {
		word += fmt.Sprintf(", %d unsent", v.status.Unsent)
	}
	return word
}

// clockRows is what the phone's clock says.
func clockRows(v *phoneView, width int) []row {
	wall := time.Now().Add(v.fast).Format("15:04")
	if v.fast.Abs() >= 24*time.Hour {
		wall = time.Now().Add(v.fast).Format("2 Jan 15:04")
	}
	if v.fast == 0 {
		return labelled("Clock", wall+", right", width, lipgloss.NewStyle())
	}
	text := wall + ", " + wrongness(v.fast) + "; the server reckons " + time.Now().Format("15:04")
	return labelled("Clock", text, width, colours[offline])
}

// connection is how the client stands with the gateway.
func connection(st client.Status, now time.Time) string {
	switch st.State {
	case client.StateConnected:
		return "connected"
	case client.StateConnecting:
		return "connecting"
	case client.StateHandIn:
		return "handing in"
	case client.StateWaiting:
		text := "no connection"
		if d := st.Retry.Sub(now); d > 0 {
			text += fmt.Sprintf(", again in %d s", int(d/time.Second)+1)
		}
		return text
	case client.StateStopped:
		return "stopped"
	case client.StateWiped:
		return "erased"
	case client.StateOff:
	}
	return "off"
}

// phonePane is a phone.
func (s *screen) phonePane(place, width int) []section {
	v := s.shownView(place)
	if v == nil {
		return []section{{rows: []row{{text: "Opening."}}, least: 1}}
	}
	l, head := headline(v)
	plainly := lipgloss.NewStyle()
	top := section{least: 12, rows: slices.Concat(
		wrap("["+levelWord(l)+"] "+head, width, 4, colours[l]),
		labelled("Network", network(v.weather), width, plainly),
		labelled("Gateway", connection(v.status, time.Now())+lossText(v), width, plainly),
		clockRows(v, width),
		labelled("Unsent", unsentText(v.status), width, plainly),
	)}
	if other := s.views[place][1-s.shown[place]]; other != nil && other.name != "" {
		top.rows = append(top.rows, labelled("Other", other.label+": "+otherText(other), width, faint)...)
	}
	out := []section{top, s.jobSection(place)}
	out = append(out, s.noteSection(place, width)...)
	if len(v.trouble) > 0 {
		c := section{title: fmt.Sprintf("To look at: %d (r)", len(v.trouble)), least: 2}
		for _, t := range v.trouble {
			c.rows = append(c.rows, entry(t.what+": "+t.why+". "+t.next, width, 3, colours[attention])...)
		}
		out = append(out, c)
	}
	return append(out, outboxSection(v, width))
}

func levelWord(l level) string {
	return [...]string{ready: "ready", syncing: "syncing", offline: "offline", attention: "attention", stopped: "stopped"}[l]
}

func lossText(v *phoneView) string {
	if v.stats.Lost == 0 && v.stats.Broken == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s lost, %s broken)", counted(int(v.stats.Lost), "packet"), counted(int(v.stats.Broken), "connection"))
}

func unsentText(st client.Status) string {
	if st.Unsent == 0 {
		return "0"
	}
	return fmt.Sprintf("%d, the oldest of %s", st.Unsent, moment(st.Oldest))
}

// otherText is how a person's other phone stands.
func otherText(v *phoneView) string {
	text := "in use, " + connection(v.status, time.Now())
	if v.status.Ended {
		text = "session over"
	}
	return text + fmt.Sprintf(", %d unsent (d shows it)", v.status.Unsent)
}

// mostJobs leaves room for what one looks at the lab for.
const mostJobs = 10

// jobSection is the jobs of a place.
func (s *screen) jobSection(place int) section {
	all := s.jobs(place)
	today := 0
	for _, j := range all {
		today += fromBool(j.today)
	}
	c := section{title: fmt.Sprintf("Jobs: %d, %d today", len(all), today), least: 5, most: mostJobs, at: s.at(place), lines: true}
	for i, j := range all {
		c.rows = append(c.rows, s.jobRow(place, j, i == c.at))
	}
	return c
}

func (s *screen) jobRow(place int, j jobView, here bool) row {
	mark, style := " ", lipgloss.NewStyle()
	if here {
		mark = ">"
		if place == s.focus {
			style = bold
		}
	}
	when := "–"
	if j.start != 0 {
		when = time.UnixMilli(int64(j.start)).Format("2 Jan")
		if j.today {
			when = time.UnixMilli(int64(j.start)).Format("15:04")
		}
	}
	status := or(j.mine, j.status)
	if place == office {
		status = j.status
	}
	if j.unsent {
		status += "*"
	}
	urgency := ""
	if j.urgency > 0 {
		urgency = fmt.Sprintf("P%d ", j.urgency)
	}
	text := fmt.Sprintf("%s%6s %-11s %s%s", mark, when, or(status, "(new)"), urgency, plain(j.title))
	if place == office && j.workers != "" {
		text += " (" + j.workers + ")"
	}
	return row{text, style}
}

// noteSection is the notes of the chosen job, the latest first.
func (s *screen) noteSection(place, width int) []section {
	all := s.jobs(place)
	if len(all) == 0 {
		return nil
	}
	j := all[s.at(place)]
	c := section{title: "Notes on " + j.name, least: 2}
	for i := len(j.notes) - 1; i >= 0; i-- {
		n := j.notes[i]
		when := moment(n.at)
		if n.guess {
			when += " by this phone"
		}
		// The tick first: it is what must not be cut off.
		text := fmt.Sprintf("%s %s: %s", when, n.author, n.text)
		if n.tick != "" {
			text = "[" + n.tick + "] " + when + ": " + n.text
		}
		c.rows = append(c.rows, entry(text, width, 3, lipgloss.NewStyle())...)
	}
	if len(c.rows) == 0 {
		c.rows = []row{{"  none; n writes one", faint}}
	}
	return []section{c}
}

// outboxSection is what the person did and what became of it.
func outboxSection(v *phoneView, width int) section {
	c := section{title: "Outbox", least: 3}
	for _, e := range v.outbox {
		text := "[" + e.tick + because(e.more) + "] " + e.what
		if d := time.Duration(e.at-e.saved) * time.Millisecond; e.at != 0 && d.Abs() > time.Minute {
			text = fmt.Sprintf("[%s%s, their time %s] %s", e.tick, because(e.more), moment(e.at), e.what)
		}
		c.rows = append(c.rows, entry(text, width, 2, lipgloss.NewStyle())...)
	}
	if len(c.rows) == 0 {
		c.rows = []row{{"  nothing was done here yet", faint}}
	}
	return c
}

// logRows is the log, the latest first.
func (s *screen) logRows() (rows []row) {
	const column = 27
	for i := len(s.log) - 1; i >= 0; i-- {
		e := s.log[i]
		lead := fmt.Sprintf("%s  %-16s ", e.at.Format("15:04:05"), cut(e.who, 16))
		for _, r := range wrap(e.text, s.width-column, 4, lipgloss.NewStyle()) {
			rows = append(rows, row{text: fmt.Sprintf("%-*s%s", column, lead, r.text)})
			lead = ""
		}
	}
	return rows
}

// helpRows is every key.
func helpRows(width int) (rows []row) {
	const column = 24
	for _, k := range Keys() {
		text := wrap(k.Shows, width-column, 4, lipgloss.NewStyle())
		for i, r := range text {
			lead := ""
			if i == 0 {
				lead = fmt.Sprintf("  %-8s %-12s", k.Press, k.Does)
			}
			rows = append(rows, row{text: fmt.Sprintf("%-*s%s", column, lead, r.text)})
		}
	}
	return append(rows, row{}, row{text: "  A * behind a job's state: not all of it is confirmed by the office yet."})
}

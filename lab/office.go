package lab

import (
	"fmt"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/fieldsync/fieldsync/client"
)

// deskLine is how the office stands with its gateway.
func deskLine(v *deskView) string {
	switch {
	case v.name == "":
		return "Nobody is signed in here. i signs in."
	case v.status.Ended:
		return "This desk's session has ended: " + or(plain(v.status.End.Text), "somebody signed in elsewhere") + ". i signs in again."
	case v.stopped != "":
		return "Stopped: " + v.stopped
	case v.status.State == client.StateConnected && v.status.Downloading:
		return "Getting the company."
	case v.status.State == client.StateConnected:
		return "Connected: field work arrives as it is sent."
	}
	return "No connection to the gateway."
}

// officePane is the office.
func (s *screen) officePane(width int) []section {
	v := s.desk
	if v == nil {
		return []section{{rows: []row{{text: "Opening."}}, least: 1}}
	}
	top := section{rows: wrap(deskLine(v), width, 3, lipgloss.NewStyle()), least: 3}
	out := []section{top, s.jobSection(office)}
	out = append(out, s.noteSection(office, width)...)
	return append(out, sessionSection(v, width), itemSection(v, width), s.happened(width))
}

func sessionSection(v *deskView, width int) section {
	c := section{title: fmt.Sprintf("Signed in: %d (k ends a session)", len(v.sessions)), least: 3}
	for _, one := range v.sessions {
		c.rows = append(c.rows, entry(sessionLine(one), width, 2, lipgloss.NewStyle())...)
	}
	if v.silence != "" {
		c.rows = entry(v.silence, width, 2, colours[stopped])
	}
	return c
}

// sessionLine is a session in a line.
func sessionLine(one Session) string {
	text := fmt.Sprintf("%s, %s: %d unsent, seen %s", plain(one.Name), plain(one.Label), one.Unsent, moment(one.Seen))
	if one.Skew.Abs() > time.Minute {
		text += ", clock " + wrongness(one.Skew.Round(time.Minute))
	}
	return text
}

func itemSection(v *deskView, width int) section {
	c := section{title: fmt.Sprintf("To review: %d (r)", len(v.items)), least: 2}
	for _, one := range v.items {
		c.rows = append(c.rows, entry(itemLine(one), width, 4, colours[attention])...)
	}
	if len(c.rows) == 0 {
		c.rows = []row{{"  nothing", faint}}
	}
	return c
}

// itemLine is an item of review in a line.
func itemLine(v itemView) string {
	text := v.kind + ": " + v.what
	if v.restore {
		text += fmt.Sprintf("; lost: %q, stands: %q", v.lost, v.stands)
	}
	return text
}

// happened is the latest of the office's news.
func (s *screen) happened(width int) section {
	c := section{title: "Happened", least: 3}
	for i := len(s.log) - 1; i >= 0 && len(c.rows) < 20; i-- {
		if e := s.log[i]; e.place == office {
			c.rows = append(c.rows, entry(e.at.Format("15:04")+" "+e.text, width, 2, lipgloss.NewStyle())...)
		}
	}
	return c
}

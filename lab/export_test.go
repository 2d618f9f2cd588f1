package lab

import (
	"io"

	tea "charm.land/bubbletea/v2"
)

// Crash leaves the database of a folder as a killed process does.
func Crash(dir string, open io.Closer) error { return Folder(dir).crash(open) }

// Database is where a folder's replica is.
func Database(dir string) string { return Folder(dir).Database() }

// Plain, Wrongness and Moment are words.
var (
	Plain     = plain
	Wrongness = wrongness
	Moment    = moment
)

// Drawn is sections of a height, each of a title and lines, all of which it would rather show.
func Drawn(height int, titles []string, lines int) []string {
	var all []section
	for _, t := range titles {
		c := section{title: t, least: lines}
		for range lines {
			c.rows = append(c.rows, row{text: "  a line"})
		}
		all = append(all, c)
	}
	return render(all, 20, height)
}

// Asked is a list to choose from, with the last one chosen.
func Asked(width int, choices ...string) (lines []string) {
	d := &dialog{title: "Which?", choices: choices, at: len(choices) - 1}
	for _, r := range d.rows(width) {
		lines = append(lines, fit(r, width))
	}
	return lines
}

// Small is what a terminal of a size shows, and whether it takes a key.
func Small(width, height int, key rune) (lines []string, taken bool) {
	s := newScreen(&Lab{})
	s.width, s.height = width, height
	cmd := s.typed(tea.KeyPressMsg{Code: key, Text: string(key)})
	return s.lines(), cmd != nil
}

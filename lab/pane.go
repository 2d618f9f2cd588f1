package lab

import (
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"
)

// Styles only stress what the words say: without colours nothing is missing.
var (
	bold    = lipgloss.NewStyle().Bold(true)
	faint   = lipgloss.NewStyle().Faint(true)
	colours = map[level]lipgloss.Style{
		ready:     lipgloss.NewStyle().Foreground(lipgloss.Green),
		syncing:   lipgloss.NewStyle().Foreground(lipgloss.Cyan),
		offline:   lipgloss.NewStyle().Foreground(lipgloss.Yellow),
		attention: lipgloss.NewStyle().Foreground(lipgloss.Magenta),
		stopped:   lipgloss.NewStyle().Foreground(lipgloss.Red),
	}
)

// row is a line of a pane: plain text, which is cut to fit, and how it is stressed.
type row struct {
	text  string
	style lipgloss.Style
}

// section is a part of a pane: a title and rows, of which as many are shown as there is room for.
type section struct {
	title string // empty: none
	rows  []row
	least int  // rows that are shown before any other section gets more than its least
	most  int  // rows that are shown however much room there is; 0: all
	at    int  // the row that must be seen
	lines bool // its rows are things of one line each, so that they can be counted
}

// size is how many lines n of a section's rows take.
func (c section) size(n int) int {
	if c.title != "" {
		n++
	}
	return n
}

// layout gives each section its rows: all get their least, then one more in turn, until there is no room. Where there is
// none even for the least, the longest below the first are shortened, so that no title stands alone.
func layout(all []section, height int) []int {
	given := make([]int, len(all))
	left := height
	for i, c := range all {
		given[i] = min(len(c.rows), c.least)
		left -= c.size(given[i])
	}
	for left < 0 && shorten(given) {
		left++
	}
	for more := true; left > 0 && more; {
		more = false
		for i, c := range all {
			if left > 0 && given[i] < len(c.rows) && (c.most == 0 || given[i] < c.most) {
				given[i]++
				left--
				more = true
			}
		}
	}
	return given
}

// shorten takes a row from whichever section below the first has the most; false when each has one row at most.
func shorten(given []int) bool {
	most := 0
	for i := 1; i < len(given); i++ {
		if most == 0 || given[i] > given[most] {
			most = i
		}
	}
	if most == 0 || given[most] < 2 {
		return false
	}
	given[most]--
	return true
}

// render draws sections into lines of a width, exactly height of them.
func render(all []section, width, height int) []string {
	given := layout(all, height)
	used := 0
	for i, c := range all {
		used += c.size(given[i])
	}
	airy := height-used >= len(all) // an empty line before each title, where there is room for all of them
	lines := make([]string, 0, height)
	for i, c := range all {
		if c.title != "" && airy && len(lines) > 0 {
			lines = append(lines, strings.Repeat(" ", width))
		}
		if c.title != "" {
			lines = append(lines, fit(row{c.title, bold}, width))
		}
		for _, r := range c.window(given[i]) {
			lines = append(lines, fit(r, width))
		}
	}
	for len(lines) < height {
		lines = append(lines, strings.Repeat(" ", width))
	}
	return lines[:height]
}

// window is n of a section's rows, the one that must be seen among them; the last says how many more there are.
func (c section) window(n int) []row {
	if n >= len(c.rows) {
		return c.rows
	}
	from := min(max(0, c.at-n/2), len(c.rows)-n)
	out := append([]row(nil), c.rows[from:from+n]...)
	if rest := len(c.rows) - from - n; rest > 0 && n > 1 && c.at != from+n-1 {
		out[n-1] = row{"  …", faint}
		if c.lines {
			out[n-1].text = fmt.Sprintf("  … %d more", rest+1)
		}
	}
	return out
}

// fit cuts or fills a row to a width.
func fit(r row, width int) string {
	text := cut(r.text, width)
	return r.style.Render(text) + strings.Repeat(" ", max(0, width-lipgloss.Width(text)))
}

// cut is the beginning of a text that has a width.
func cut(text string, width int) string {
	if lipgloss.Width(text) <= width {
		return text
	}
	if width < 1 {
		return ""
	}
	return lipgloss.NewStyle().Inline(true).MaxWidth(width-1).Render(text) + "…"
}

// wrap breaks a text at spaces into rows of a width, at most n; what does not fit is cut off the last.
func wrap(text string, width, n int, style lipgloss.Style) (rows []row) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case lipgloss.Width(line)+1+lipgloss.Width(word) <= width || len(rows) == n-1:
			line += " " + word
		default:
			rows = append(rows, row{line, style})
			line = word
		}
	}
	return append(rows, row{line, style})
}

// entry is a text of a list, in lines of a width, at most n: the first begins two columns in, the others four.
func entry(text string, width, n int, style lipgloss.Style) []row {
	rows := wrap(text, width-4, n, style)
	for i := range rows {
		lead := "    "
		if i == 0 {
			lead = "  "
		}
		rows[i].text = lead + rows[i].text
	}
	return rows
}

// labelled is a line with a name before it, broken into at most two lines of a width.
func labelled(name, text string, width int, style lipgloss.Style) []row {
	const column = 9
	rows := wrap(text, width-column, 2, style)
	for i := range rows {
		rows[i].text = fmt.Sprintf("%-*s%s", column, name, rows[i].text)
		name = ""
	}
	return rows
}

// beside joins columns of as many lines.
func beside(columns ...[]string) []string {
	out := make([]string, len(columns[0]))
	for i := range out {
		parts := make([]string, len(columns))
		for j, c := range columns {
			parts[j] = c[i]
		}
		out[i] = strings.Join(parts, "│")
	}
	return out
}

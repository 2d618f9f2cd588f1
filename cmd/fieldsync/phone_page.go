package main

import (
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// page writes lines that are no wider than the terminal, broken at spaces: a terminal itself breaks within words.
type page struct {
	w     io.Writer
	width func() int // of the terminal at the moment, which may be resized
}

// fitting is a writer whose lines fit a terminal; one that is none is returned as it is, for programs read it.
func fitting(w io.Writer) io.Writer {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return w
	}
	return &page{w, func() int {
		width, _, err := term.GetSize(int(file.Fd()))
		if err != nil {
			return 0
		}
		return width
	}}
}

// leastPage is the least width that is worth breaking lines for.
const leastPage = 40

// Write implements io.Writer. A line must come in one piece.
func (p *page) Write(b []byte) (int, error) {
	width := p.width()
	if width < leastPage {
		return p.w.Write(b)
	}
	var out strings.Builder
	for line := range strings.Lines(string(b)) {
		breakLine(&out, line, width)
	}
	if _, err := io.WriteString(p.w, out.String()); err != nil {
		return 0, err
	}
	return len(b), nil
}

// breakLine writes a line in as many as it needs; those after the first begin below its text.
func breakLine(out *strings.Builder, line string, width int) {
	indent := strings.Repeat(" ", len(line)-len(strings.TrimLeft(line, " "))+2)
	for utf8.RuneCountInString(strings.TrimRight(line, "\n")) > width {
		at, n := 0, 0 // the last space that is not too far right
		for i, r := range line {
			if n > width {
				break
			}
			if r == ' ' && strings.TrimSpace(line[:i]) != "" {
				at = i
			}
			n++
		}
		if at == 0 {
			break // a word as wide as the terminal stays whole, so that it can be copied
		}
		out.WriteString(strings.TrimRight(line[:at], " ") + "\n")
		line = indent + strings.TrimLeft(line[at:], " ")
	}
	out.WriteString(line)
}

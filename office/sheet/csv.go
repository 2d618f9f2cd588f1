package sheet

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
	"strings"
	"unicode/utf8"
)

// sample is how much of a CSV is looked at to find out its separator, in bytes.
const sample = 256 << 10

// openCSV finds out a CSV's dialect.
func (t *Table) openCSV(r io.ReaderAt, size int64) error {
	t.Dialect = Dialect{Format: CSV, Comma: ','}
	d := &t.Dialect
	var err error
	if d.Encoding, d.BOM, err = detect(r, size); err != nil {
		return err
	}
	start := make([]byte, sample)
	n, err := io.ReadFull(decoded(r, size, *d), start)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	start = start[:n]
	first, _, _ := bytes.Cut(start, []byte("\n"))
	d.CRLF = bytes.HasSuffix(first, []byte("\r"))
	told, comma := saysSep(start)
	if d.Comma = comma; !told {
		d.Comma = sniff(start, n == sample)
	}
	t.usual = usual(start, d.Comma, n == sample)
	t.width = t.usual
	t.lines = func() iter.Seq2[Row, error] {
		return func(yield func(Row, error) bool) {
			p := newParser(decoded(r, size, *d), d.Comma)
			if told {
				_, _ = p.record() // it is the line that says so
			}
			for {
				row, err := p.record()
				if errors.Is(err, io.EOF) {
					return
				}
				if err == nil && blank(row.Cells) && row.Fault == "" {
					continue
				}
				if !yield(row, err) || err != nil {
					return
				}
			}
		}
	}
	return nil
}

// saysSep reads a first line "sep=;", which Excel understands.
func saysSep(text []byte) (bool, byte) {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	line = bytes.TrimRight(line, "\r")
	rest, ok := bytes.CutPrefix(line, []byte("sep="))
	if ok && len(rest) == 1 && commas[rest[0]] != "" {
		return true, rest[0]
	}
	return false, ','
}

// sniff finds the separator that makes the most even columns of the first rows. cut says that the text goes on.
func sniff(text []byte, cut bool) byte {
	best, bestEven, bestWide := byte(','), 0.0, 1
	for _, comma := range []byte{',', ';', '\t', '|'} {
		even, wide := columnsBy(text, comma, cut)
		if wide > 1 && (even > bestEven || even == bestEven && wide > bestWide) {
			best, bestEven, bestWide = comma, even, wide
		}
	}
	return best
}

// usual is how many cells most of the first rows have: some programs end every row but the first with a separator.
func usual(text []byte, comma byte, cut bool) (width int) {
	counts := map[int]int{}
	for row := range firstRows(text, comma, cut) {
		counts[len(row.Cells)]++
	}
	for w, n := range counts {
		if n > counts[width] || n == counts[width] && w < width {
			width = w
		}
	}
	return width
}

// firstRows gives the first rows of a text that are not empty. cut says that the text goes on.
func firstRows(text []byte, comma byte, cut bool) iter.Seq[Row] {
	const most = 50
	return func(yield func(Row) bool) {
		p := newParser(bytes.NewReader(text), comma)
		for n := 0; n < most; {
			row, err := p.record()
			if err != nil || cut && p.at == int64(len(text)) {
				return
			}
			if blank(row.Cells) {
				continue
			}
			if n++; !yield(row) {
				return
			}
		}
	}
}

// columnsBy says how many columns the first row has with a separator, and which part of the next rows has as many.
func columnsBy(text []byte, comma byte, cut bool) (even float64, wide int) {
	same, rows := 0, 0
	for row := range firstRows(text, comma, cut) {
		if wide == 0 {
			wide = len(row.Cells)
		}
		if rows++; len(row.Cells) == wide && row.Fault == "" {
			same++
		}
	}
	if rows == 0 {
		return 0, 0
	}
	return float64(same) / float64(rows), wide
}

// parser takes a CSV apart. It forgives what offices do: quotes inside a cell that does not begin with one, lines of
// different lengths, line ends of any kind.
type parser struct {
	r     *bufio.Reader
	comma byte
	line  int   // where the next byte is
	at    int64 // bytes read
	cell  []byte
	row   Row
}

func newParser(r io.Reader, comma byte) *parser {
	return &parser{r: bufio.NewReaderSize(r, 64<<10), comma: comma, line: 1}
}

// next is the next byte, with any end of a line as '\n'; raw keeps them as they are.
func (p *parser) next(raw bool) (byte, error) {
	b, err := p.r.ReadByte()
	if err != nil {
		return 0, err
	}
	p.at++
	switch {
	case b == '\n':
		p.line++
	case b == '\r' && raw:
		if after, err := p.r.Peek(1); err != nil || after[0] != '\n' {
			p.line++
		}
	case b == '\r':
		if after, err := p.r.Peek(1); err == nil && after[0] == '\n' {
			_, _ = p.r.Discard(1) // it was just seen
			p.at++
		}
		p.line++
		b = '\n'
	}
	return b, nil
}

// record reads the next row; io.EOF when there is none.
func (p *parser) record() (Row, error) {
	p.row = Row{Line: p.line}
	if _, err := p.r.Peek(1); err != nil {
		return Row{}, err
	}
	for {
		end, err := p.one()
		if errors.Is(err, io.EOF) {
			end, err, p.row.unended = '\n', nil, true
		}
		if err != nil || end == '\n' {
			return p.row, err
		}
	}
}

// one reads a cell, and the separator or the end of the line behind it; io.EOF when it ended with the file.
func (p *parser) one() (end byte, err error) {
	p.cell = p.cell[:0]
	b, err := p.next(false)
	if err == nil && b == '"' {
		b, err = p.quoted()
	}
	for err == nil && b != p.comma && b != '\n' {
		if err = p.add(b); err == nil {
			b, err = p.next(false)
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	if kept := p.keep(); kept != nil {
		return 0, kept
	}
	return b, err
}

// quoted reads a cell from behind its first quote to behind its last, and returns the byte that follows: a separator, the
// end of the line, or, in a row that is at fault, anything.
func (p *parser) quoted() (byte, error) {
	from := p.line
	for {
		b, err := p.next(true)
		if errors.Is(err, io.EOF) {
			return 0, faultf(from, "a quote is opened in this line and never closed")
		}
		if err != nil {
			return 0, err
		}
		if b == '"' {
			if b, err = p.next(false); err != nil || b == p.comma || b == '\n' {
				return b, err
			}
			if b != '"' {
				return p.stray(b)
			}
		}
		if len(p.cell) == MaxCell {
			return 0, faultf(from, "a cell is larger than %d KiB; is a quote not closed in this line?", MaxCell>>10)
		}
		p.cell = append(p.cell, b)
	}
}

// stray goes on behind a quote that closes a cell and is followed by something: spaces do no harm.
func (p *parser) stray(b byte) (byte, error) {
	var err error
	for err == nil && b == ' ' {
		b, err = p.next(false)
	}
	if err == nil && b != p.comma && b != '\n' {
		p.row.Fault = "has text behind a closing quote; quotes inside a cell are doubled"
	}
	return b, err
}

// add adds a byte to the cell.
func (p *parser) add(b byte) error {
	if len(p.cell) == MaxCell {
		return faultf(p.row.Line, "a cell is larger than %d KiB", MaxCell>>10)
	}
	p.cell = append(p.cell, b)
	return nil
}

// keep adds the cell to the row.
func (p *parser) keep() error {
	if len(p.row.Cells) == MaxColumns {
		return faultf(p.row.Line, "has more than %d columns", MaxColumns)
	}
	text := string(p.cell)
	if !utf8.ValidString(text) {
		text, p.row.Fault = strings.ToValidUTF8(text, "\uFFFD"), "has characters that are not UTF-8, as the file is"
	}
	c := Cell{Text: bare(text)}
	if isError(text) {
		c.Kind = Error
	}
	p.row.Cells = append(p.row.Cells, c)
	return nil
}

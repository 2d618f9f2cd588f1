package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode"
)

// Limits of a file.
const (
	MaxFile    = 1 << 30   // bytes, packed and unpacked
	MaxRows    = 2_000_000 // what is known of each row fits in memory
	MaxColumns = 500
	MaxCell    = 64 << 10 // bytes, as UTF-8
)

// Kind says what is known of a cell's content.
type Kind uint8

// The kinds. In a CSV everything is text.
const (
	Text   Kind = iota
	Number      // "1234.5", with a point
	Date        // "2006-01-02" or "2006-01-02 15:04:05", with milliseconds where there are any; without a zone
	Time        // "15:04:05", also of a duration, whose hours may be above 23
	Bool        // "true" or "false"
	Error       // of a formula: "#N/A", or NoResult
)

// NoResult is the text of a cell with a formula that was never worked out, as some programs write them.
const NoResult = "a formula that was never worked out; open the file in a spreadsheet and save it"

// Cell is one cell. A null cell is the empty text.
type Cell struct {
	Text string
	Kind Kind
}

// Row is one row of a table. The caller may keep its cells.
type Row struct {
	Line  int    // of the file, where the row begins; counted from 1
	Cells []Cell // as many as there are columns, or more when Fault says so
	Fault string // what is wrong with its form; empty: nothing

	unended bool // the file ends where it does, without the end of a line
}

// Format is how a file is built.
type Format uint8

// The formats.
const (
	CSV Format = iota + 1
	XLSX
)

// String is the ending of such a file's name.
func (f Format) String() string {
	if f == XLSX {
		return "xlsx"
	}
	return "csv"
}

// Dialect is how a file is written, so that another can be written alike.
type Dialect struct {
	Format   Format
	Encoding Encoding // of a CSV
	BOM      bool     // of a CSV: it begins with a byte order mark
	Comma    byte     // of a CSV: what separates cells
	CRLF     bool     // of a CSV: lines end with both
	Sheet    string   // of a workbook: the sheet's name
}

// String says it in a few words, for a person.
func (d Dialect) String() string {
	if d.Format == XLSX {
		return fmt.Sprintf("XLSX, sheet %q", d.Sheet)
	}
	return fmt.Sprintf("CSV in %s, separated by %s", d.Encoding, commas[d.Comma])
}

// commas are the separators there are, in words.
var commas = map[byte]string{',': "commas", ';': "semicolons", '\t': "tabs", '|': "bars"}

// Options say what of a file is wanted.
type Options struct {
	Sheet  string // of a workbook; empty: the first one that is not hidden
	Header int    // the line that names the columns; 0: the first that is not empty
}

// Table is a file with columns. It is safe for one goroutine at a time.
type Table struct {
	Name    string // of the file, for people
	Dialect Dialect
	Columns []string // as the file names them; the empty name where it names none
	Line    int      // that names them

	lines func() iter.Seq2[Row, error] // every row, the columns' names too
	width int                          // cells of the widest row that is in order, of a CSV; 0: any
	usual int                          // cells that most of its first rows have, of a CSV
}

// Problem is what is wrong with a file as a whole.
type Problem struct {
	File   string
	Line   int // 0: not a certain one
	Reason string
}

// Error says where and what.
func (p *Problem) Error() string {
	if p.Line == 0 {
		return p.File + ": " + p.Reason
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Reason)
}

// fault is a problem before the file's name is known.
type fault struct {
	line   int
	reason string
}

func (f *fault) Error() string { return f.reason }

func faultf(line int, format string, args ...any) error {
	return &fault{line, fmt.Sprintf(format, args...)}
}

// Open looks at a file of size bytes. The reader is used until the table is not needed any more. An error that is a
// *[Problem] is of the file's content; others are of reading it.
func Open(name string, r io.ReaderAt, size int64, o Options) (*Table, error) {
	t := &Table{Name: name}
	err := t.open(r, size, o)
	return t, t.named(err)
}

func (t *Table) open(r io.ReaderAt, size int64, o Options) error {
	if size > MaxFile {
		return faultf(0, "is larger than %d MiB; split it", MaxFile>>20)
	}
	start := make([]byte, min(size, 8))
	if _, err := r.ReadAt(start, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	var err error
	switch {
	case bytes.HasPrefix(start, []byte("PK\x03\x04")):
		err = t.openWorkbook(r, size, o)
	case bytes.HasPrefix(start, []byte("\xd0\xcf\x11\xe0")):
		return faultf(0, "is an old .xls workbook, or one with a password; save it as .xlsx without one, or as CSV")
	case o.Sheet != "":
		return faultf(0, "is not a workbook and has no sheets")
	default:
		err = t.openCSV(r, size)
	}
	if err != nil {
		return err
	}
	return t.header(o.Header)
}

// named gives a problem its file.
func (t *Table) named(err error) error {
	var f *fault
	if errors.As(err, &f) {
		return &Problem{File: t.Name, Line: f.line, Reason: f.reason}
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", t.Name, err)
	}
	return nil
}

// header finds the row with the columns' names.
func (t *Table) header(line int) error {
	for row, err := range t.lines() {
		switch {
		case err != nil:
			return err
		case row.Line < line:
			continue
		case row.Fault != "":
			return faultf(row.Line, "names the columns, and %s", row.Fault)
		case line > 0 && row.Line > line:
			return faultf(line, "is to name the columns, and is empty")
		}
		for _, c := range row.Cells {
			t.Columns = append(t.Columns, c.Text)
		}
		if t.width > 0 {
			t.width = max(t.width, len(t.Columns))
		}
		for len(t.Columns) > 0 && t.Columns[len(t.Columns)-1] == "" {
			t.Columns = t.Columns[:len(t.Columns)-1]
		}
		t.Line = row.Line
		return nil
	}
	return faultf(0, "is empty; its first line must name the columns")
}

// Rows gives the rows below the columns' names, without empty ones. An error ends it. It may be called again, after the
// last time has ended.
func (t *Table) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		n := 0
		for row, err := range t.lines() {
			if err != nil {
				yield(Row{}, t.named(err))
				return
			}
			if row.Line <= t.Line {
				continue
			}
			if n++; n > MaxRows {
				yield(Row{}, t.named(faultf(row.Line, "has more than %d rows; split it", MaxRows)))
				return
			}
			t.fit(&row)
			if !yield(row, nil) {
				return
			}
		}
	}
}

// fit gives a row as many cells as there are columns. One with a separator more than the others has a text in the wrong
// column, also when nothing is behind it.
func (t *Table) fit(row *Row) {
	n := len(row.Cells)
	for len(row.Cells) > len(t.Columns) && row.Cells[len(row.Cells)-1].Text == "" {
		row.Cells = row.Cells[:len(row.Cells)-1]
	}
	if (len(row.Cells) > len(t.Columns) || t.width > 0 && n > t.width) && row.Fault == "" {
		row.Fault = fmt.Sprintf("has %d cells, and line %d names %d; is a separator not in quotes?", n, t.Line, len(t.Columns))
	}
	if row.unended && n < min(t.usual, len(t.Columns)) && row.Fault == "" {
		row.Fault = fmt.Sprintf("has %d cells, and line %d names %d, and the file ends in the middle of it; was the file cut? If not, end the line", n, t.Line, len(t.Columns))
	}
	for len(row.Cells) < len(t.Columns) {
		row.Cells = append(row.Cells, Cell{})
	}
}

// blank says that there is nothing in a row.
func blank(cells []Cell) bool {
	for _, c := range cells {
		if c.Text != "" {
			return false
		}
	}
	return true
}

// Escape writes a text into one short line, for messages.
func Escape(text string) string {
	const most = 60
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return OneLine(text)
}

// OneLine writes a text into one line: a cell may have many, and characters besides that move a terminal's cursor, change its
// colours or turn letters round.
func OneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return unicode.ReplacementChar
		}
		return r
	}, lines.Replace(text))
}

var lines = strings.NewReplacer("\r\n", "⏎", "\n", "⏎", "\r", "⏎", "\t", "⇥", "\u2028", "⏎", "\u2029", "⏎")

package sheet

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"
)

// Writer writes a table, a row after the other. Close ends it.
type Writer struct {
	guard bool
	rows  int
	csv   *csvWriter
	book  *bookWriter
}

// ErrLong says that a text is too long for a workbook's cell.
var ErrLong = errors.New("a text is longer than a cell of a workbook takes; write CSV instead")

// ErrRows says that a table has more rows than a workbook takes.
var ErrRows = errors.New("there are more rows than a sheet of a workbook takes; write CSV instead")

// NewWriter begins a table in a dialect. guard: a CSV is for people, who open it in a spreadsheet; see the package's
// comment. A workbook is written to w by Close.
func NewWriter(w io.Writer, d Dialect, guard bool) (*Writer, error) {
	out := &Writer{guard: guard}
	var err error
	if d.Format == XLSX {
		out.book, err = newBook(w, d.Sheet)
	} else {
		out.csv, err = newCSV(w, d)
	}
	return out, err
}

// Names writes the row that names the columns.
func (w *Writer) Names(names []string) error {
	cells := make([]Cell, len(names))
	for i, name := range names {
		cells[i].Text = name
	}
	return w.write(cells, true)
}

// Write writes a row.
func (w *Writer) Write(cells []Cell) error { return w.write(cells, false) }

func (w *Writer) write(cells []Cell, names bool) error {
	w.rows++
	if w.book != nil {
		return w.book.write(w.rows, cells, names)
	}
	return w.csv.write(cells, w.guard)
}

// Close writes what is left. It does not close what the writer writes to.
func (w *Writer) Close() error {
	if w.book != nil {
		return w.book.close()
	}
	return w.csv.close()
}

// csvWriter writes a CSV.
type csvWriter struct {
	w     *bufio.Writer
	coder io.Closer // nil for UTF-8
	comma byte
	end   string
}

func newCSV(w io.Writer, d Dialect) (*csvWriter, error) {
	c := &csvWriter{comma: d.Comma, end: "\n"}
	if d.Comma == 0 {
		c.comma = ','
	}
	if d.CRLF {
		c.end = "\r\n"
	}
	if d.BOM {
		if _, err := io.WriteString(w, marks[d.Encoding]); err != nil {
			return nil, err
		}
	}
	if codec := d.Encoding.codec(); codec != nil {
		coder := transform.NewWriter(w, encoding.ReplaceUnsupported(codec.NewEncoder()))
		c.coder, w = coder, coder
	}
	c.w = bufio.NewWriterSize(w, 64<<10)
	return c, nil
}

func (c *csvWriter) write(cells []Cell, guard bool) error {
	for i, cell := range cells {
		if i > 0 {
			_ = c.w.WriteByte(c.comma) // a buffer remembers its first error
		}
		text := cell.Text
		if guard && cell.Kind == Text && guarded(text) {
			text = "'" + text
		}
		// A row of one empty cell would be an empty line, which is no row.
		if strings.ContainsAny(text, "\"\r\n"+string(rune(c.comma))) || len(cells) == 1 && text == "" {
			text = `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
		}
		_, _ = c.w.WriteString(text)
	}
	_, err := c.w.WriteString(c.end)
	return err
}

func (c *csvWriter) close() error {
	err := c.w.Flush()
	if c.coder != nil {
		err = errors.Join(err, c.coder.Close())
	}
	return err
}

// bookWriter writes a workbook of one sheet.
type bookWriter struct {
	w                io.Writer
	f                *excelize.File
	s                *excelize.StreamWriter
	bold, day, clock int // styles
}

func newBook(w io.Writer, sheet string) (*bookWriter, error) {
	b := &bookWriter{w: w, f: excelize.NewFile()}
	if sheet == "" {
		sheet = "Sheet1"
	}
	err := b.f.SetSheetName("Sheet1", sheet)
	if err != nil {
		return nil, err
	}
	if b.s, err = b.f.NewStreamWriter(sheet); err != nil {
		return nil, err
	}
	for style, into := range map[*excelize.Style]*int{
		{Font: &excelize.Font{Bold: true}}:             &b.bold,
		{CustomNumFmt: new("yyyy-mm-dd")}:              &b.day,
		{CustomNumFmt: new("yyyy-mm-dd hh:mm:ss.000")}: &b.clock,
	} {
		if *into, err = b.f.NewStyle(style); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (b *bookWriter) write(row int, cells []Cell, bold bool) error {
	if row > excelize.TotalRows {
		return ErrRows
	}
	values := make([]any, len(cells))
	for i, c := range cells {
		v, err := b.value(c)
		if err != nil {
			return err
		}
		if bold {
			v = excelize.Cell{StyleID: b.bold, Value: c.Text}
		}
		values[i] = v
	}
	return b.s.SetRow("A"+strconv.Itoa(row), values)
}

// value is a cell as excelize takes it; what a workbook's number does not hold exactly is a text.
func (b *bookWriter) value(c Cell) (any, error) {
	if c.Text == "" {
		return nil, nil
	}
	switch c.Kind {
	case Number:
		if f, err := strconv.ParseFloat(c.Text, 64); err == nil && strings.Trim(c.Text, "-0123456789.") == "" && len(strings.Trim(c.Text, "-.")) <= exact {
			return f, nil
		}
	case Bool:
		return c.Text == "true", nil
	case Date:
		if at, err := time.Parse(time.DateOnly, c.Text); err == nil && at.Year() >= 1901 {
			return excelize.Cell{StyleID: b.day, Value: serial(at)}, nil
		}
		if at, err := time.Parse(time.DateTime, c.Text); err == nil && at.Year() >= 1901 {
			return excelize.Cell{StyleID: b.clock, Value: serial(at)}, nil
		}
	}
	if len(c.Text) > excelize.TotalCellChars/2 && len(utf16.Encode([]rune(c.Text))) > excelize.TotalCellChars {
		return nil, ErrLong
	}
	return c.Text, nil
}

// serial is the number of a day and its time, after February 1900.
func serial(at time.Time) float64 {
	return float64(at.UnixMilli())/86_400_000 + 25_569
}

func (b *bookWriter) close() error {
	if err := b.s.Flush(); err != nil {
		return fmt.Errorf("write a workbook: %w", err)
	}
	return errors.Join(b.f.Write(b.w), b.f.Close())
}

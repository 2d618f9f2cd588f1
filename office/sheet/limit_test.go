package sheet_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/office/sheet"
)

// problemOf reads a whole file and returns what is wrong with it.
func problemOf(t testing.TB, content []byte, o sheet.Options) string {
	t.Helper()
	table, err := open(t, "list", content, o)
	if err == nil {
		for _, e := range table.Rows() {
			if e != nil {
				err = e
			}
		}
	}
	if err == nil {
		return ""
	}
	var p *sheet.Problem
	if !errors.As(err, &p) {
		t.Errorf("%v is no problem of the file", err)
	}
	return err.Error()
}

func TestBadFiles(t *testing.T) {
	for _, c := range []struct {
		why, content string
		o            sheet.Options
		want         string
	}{
		{"nothing", "", sheet.Options{}, "list: is empty"},
		{"only empty lines", "\n,,\n\r\n", sheet.Options{}, "list: is empty"},
		{"an old workbook", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", sheet.Options{}, "list: is an old .xls workbook"},
		{"a picture", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", sheet.Options{}, "list: is not a text"},
		{"a sheet of a CSV", "a,b\n", sheet.Options{Sheet: "Jobs"}, "list: is not a workbook"},
		{"an open quote", "a,b\n1,2\n\"3,4\n5,6\n", sheet.Options{}, "list:3: a quote is opened in this line and never closed"},
		{"a cell too large", "a,b\n1," + strings.Repeat("x", sheet.MaxCell+1) + "\n", sheet.Options{}, "list:2: a cell is larger than 64 KiB"},
		{"and in quotes", "a,b\n1,\"" + strings.Repeat("x", sheet.MaxCell+1) + "\"\n", sheet.Options{}, "list:2: a cell is larger than 64 KiB"},
		{"too many columns", strings.Repeat("a,", sheet.MaxColumns) + "a\n", sheet.Options{}, "list:1: has more than 500 columns"},
		{"another header line", "Customers of ACME\n\na,b\n1,2\n", sheet.Options{Header: 3}, ""},
		{"an empty header line", "Customers of ACME\n\na,b\n1,2\n", sheet.Options{Header: 2}, "list:2: is to name the columns, and is empty"},
		{"no header line", "a\n", sheet.Options{Header: 9}, "list: is empty"},
		{"half a workbook", "PK\x03\x04xxxx", sheet.Options{}, "list: is a damaged workbook"},
	} {
		if got := problemOf(t, []byte(c.content), c.o); (c.want == "") != (got == "") || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q", c.why, got, c.want)
		}
	}
}

func TestTooManyRows(t *testing.T) {
	if got := problemOf(t, append([]byte("a\n"), bytes.Repeat([]byte("1\n"), sheet.MaxRows+1)...), sheet.Options{}); !strings.Contains(got, "has more than 2000000 rows") {
		t.Errorf("%q", got)
	}
}

type endless struct{}

func (endless) ReadAt(p []byte, _ int64) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestFileTooLarge(t *testing.T) {
	_, err := sheet.Open("list", endless{}, sheet.MaxFile+1, sheet.Options{})
	if err == nil || !strings.Contains(err.Error(), "is larger than 1024 MiB") {
		t.Errorf("%v", err)
	}
}

// TestEndlessCell: a file of one cell of 1 GiB is refused without being held.
func TestEndlessCell(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := sheet.Open("list", endless{}, 256<<20, sheet.Options{})
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "a cell is larger") {
		t.Errorf("%v", err)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 16<<20 {
		t.Errorf("it took %d bytes to say so", grown)
	}
}

// altered is a workbook of testdata with parts replaced.
func altered(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "kinds-of-cells.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	old, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	w.RegisterCompressor(zip.Deflate, func(to io.Writer) (io.WriteCloser, error) { return flate.NewWriter(to, 9) })
	for _, f := range old.File {
		text, ok := parts[f.Name]
		if !ok {
			in, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			raw, err := io.ReadAll(in)
			if err != nil {
				t.Fatal(err)
			}
			text = string(raw)
		}
		if text == "-" {
			continue
		}
		to, err := w.Create(f.Name)
		if err == nil {
			_, err = io.WriteString(to, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestBadWorkbooks(t *testing.T) {
	const cells = "xl/worksheets/sheet2.xml"
	row := func(cells string) string {
		return "<worksheet><sheetData><row r=\"1\"><c t=\"inlineStr\"><is><t>a</t></is></c></row><row r=\"2\">" + cells + "</row></sheetData></worksheet>"
	}
	var noise strings.Builder // elements that pack badly, each inside the last
	for i := range 200 {
		fmt.Fprintf(&noise, "<n%d>", i)
	}
	for _, c := range []struct {
		why   string
		parts map[string]string
		o     sheet.Options
		want  string
	}{
		{"as it is", nil, sheet.Options{}, ""},
		{"another sheet", nil, sheet.Options{Sheet: "Jobs"}, `has no sheet "Jobs"; there is "Secret", "Customers"`},
		{"the hidden sheet", nil, sheet.Options{Sheet: "Secret"}, ""},
		{"cut in the middle", map[string]string{cells: row("<c><v>1</v></c>")[:90]}, sheet.Options{}, "is a damaged workbook: xl/worksheets/sheet2.xml"},
		{"no cells", map[string]string{cells: "-"}, sheet.Options{}, "is no XLSX workbook: it lacks xl/worksheets/sheet2.xml"},
		{"no list of sheets", map[string]string{"xl/workbook.xml": "-"}, sheet.Options{}, "is no XLSX workbook: it lacks xl/workbook.xml"},
		{"a bomb", map[string]string{"xl/worksheets/sheet1.xml": strings.Repeat(" ", 64<<20)}, sheet.Options{}, "is packed more densely than a workbook ever is"},
		{"a bomb of depth", map[string]string{cells: noise.String()}, sheet.Options{}, "more than 64 deep"},
		{"a huge token", map[string]string{cells: row("<c t=\"" + strings.Repeat("9", 2<<20) + "\"><v>1</v></c>")}, sheet.Options{}, "is larger than 1024 KiB"},
		{"a huge cell", map[string]string{cells: row("<c t=\"inlineStr\"><is><t>" + strings.Repeat("9", sheet.MaxCell+1) + "</t></is></c>")}, sheet.Options{}, "list:2: a cell is larger than 64 KiB"},
		{"a huge cell in many pieces", map[string]string{cells: row("<c t=\"inlineStr\"><is>" + strings.Repeat("<t>99999999</t>", 20_000) + "</is></c>")}, sheet.Options{}, "a cell is larger than 64 KiB"},
		{"a cell far to the right", map[string]string{cells: row("<c r=\"XFD2\"><v>1</v></c>")}, sheet.Options{}, "list:2: has more than 500 columns"},
		{"entities", map[string]string{cells: `<!DOCTYPE x [<!ENTITY a "aaaa">]>` + row("<c t=\"str\"><v>&a;</v></c>")}, sheet.Options{}, "is a damaged workbook"},
	} {
		if got := problemOf(t, altered(t, c.parts), c.o); (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.why, got, c.want)
		}
	}
}

// TestLyingBomb: a part that is larger than the list of parts says is not read further than that.
func TestLyingBomb(t *testing.T) {
	content := altered(t, map[string]string{"xl/worksheets/sheet2.xml": "<worksheet><sheetData>" + strings.Repeat("<row><c><v>1</v></c></row>", 100_000)})
	at := bytes.LastIndex(content, []byte("xl/worksheets/sheet2.xml"))
	size := content[at-46+24 : at-46+28] // of the central directory's entry
	copy(size, []byte{100, 0, 0, 0})
	if got := problemOf(t, content, sheet.Options{}); !strings.Contains(got, "damaged workbook") {
		t.Errorf("%q", got)
	}
}

// FuzzCSV: whatever the bytes, nothing panics, nothing is unbounded, and what is read is written and read again as it was.
func FuzzCSV(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.*")
	for _, file := range files {
		if content, err := os.ReadFile(file); err == nil && !strings.HasSuffix(file, ".golden") {
			f.Add(content)
		}
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		table, err := open(t, "list", content, sheet.Options{})
		if err != nil {
			return
		}
		var rows [][]sheet.Cell
		for row, err := range table.Rows() {
			if err != nil {
				return
			}
			if len(row.Cells) > sheet.MaxColumns {
				t.Fatalf("%d cells", len(row.Cells))
			}
			if row.Fault != "" {
				return
			}
			rows = append(rows, row.Cells)
		}
		if len(table.Columns) < 2 || table.Dialect.Format == sheet.XLSX || table.Columns[0] == "" {
			return // one column tells no separator, and a workbook loses what its cells are too small for
		}
		d := table.Dialect
		d.Encoding, d.BOM = sheet.UTF8, true
		again, err := open(t, "again", written(t, d, true, table.Columns, rows...), sheet.Options{Header: 1})
		if again.Dialect.Comma != d.Comma {
			return // a text with other separators in it looks like another dialect
		}
		if err != nil {
			t.Fatalf("cannot read what was written: %v", err)
		}
		if got, want := fmt.Sprintf("%q", cellsOf(t, again)), fmt.Sprintf("%q", rows); got != want {
			t.Fatalf("written and read again: %s, want %s", got, want)
		}
	})
}

func cellsOf(t testing.TB, table *sheet.Table) (out [][]sheet.Cell) {
	t.Helper()
	for _, row := range rowsOf(t, table) {
		out = append(out, row.Cells)
	}
	return out
}

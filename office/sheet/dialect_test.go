package sheet_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/fieldsync/fieldsync/office/sheet"
)

// dialects are all there are.
func dialects() (out []sheet.Dialect) {
	for _, comma := range []byte{',', ';', '\t', '|'} {
		for _, crlf := range []bool{false, true} {
			for _, e := range []sheet.Encoding{sheet.UTF8, sheet.UTF16LE, sheet.UTF16BE, sheet.Windows1252} {
				out = append(out, sheet.Dialect{Format: sheet.CSV, Encoding: e, BOM: e == sheet.UTF16LE || e == sheet.UTF16BE, Comma: comma, CRLF: crlf})
			}
			out = append(out, sheet.Dialect{Format: sheet.CSV, BOM: true, Comma: comma, CRLF: crlf})
		}
	}
	return append(out, sheet.Dialect{Format: sheet.XLSX, Sheet: "Customers"})
}

func written(t testing.TB, d sheet.Dialect, guard bool, names []string, rows ...[]sheet.Cell) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := sheet.NewWriter(&out, d, guard)
	if err == nil {
		err = w.Names(names)
	}
	for _, row := range rows {
		err = errors.Join(err, w.Write(row))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func rowsOf(t testing.TB, table *sheet.Table) (out []sheet.Row) {
	t.Helper()
	for row, err := range table.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, row)
	}
	return out
}

// TestDialects writes a table in every dialect and reads it back as it was, dialect and all.
func TestDialects(t *testing.T) {
	names := []string{"Number", "Näme", "Note"}
	texts := [][]string{
		{"1", "Müller, Sons; Daughters | Co", "tab\tinside"},
		{"2", `The "Best"`, "two\nlines"},
		{"3", "=1+1", "+44 28 9000 1001"},
		{"4", "-", "@home"},
		{"5", "'=x", "'''-x"},
		{"6", "", "'tis"},
		{"7", "£ € ß é", strings.Repeat("long ", 5000) + "."},
	}
	for _, d := range dialects() {
		t.Run(fmt.Sprintf("%s bom=%t crlf=%t", d, d.BOM, d.CRLF), func(t *testing.T) {
			var rows [][]sheet.Cell
			for _, row := range texts {
				rows = append(rows, []sheet.Cell{{Text: row[0]}, {Text: row[1]}, {Text: row[2]}})
			}
			table, err := open(t, "t", written(t, d, true, names, rows...), sheet.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if table.Dialect != d {
				t.Errorf("dialect = %+v, want %+v", table.Dialect, d)
			}
			if !slices.Equal(table.Columns, names) {
				t.Errorf("columns = %q, want %q", table.Columns, names)
			}
			for i, row := range rowsOf(t, table) {
				if row.Fault != "" || !slices.Equal(row.Cells, rows[i]) {
					t.Errorf("row %d = %.200q %s, want %.200q", i, row.Cells, row.Fault, rows[i])
				}
			}
		})
	}
}

func TestGuard(t *testing.T) {
	for _, c := range []struct{ text, guarded, plain, why string }{
		{"=1+1", "'=1+1", "=1+1", "a formula"},
		{"+44 28", "'+44 28", "+44 28", "a telephone"},
		{"-x", "'-x", "-x", "a minus"},
		{"@SUM(A1)", "'@SUM(A1)", "@SUM(A1)", "an old formula"},
		{"\tx", "'\tx", "\tx", "a tab, which Excel skips"},
		{"\r=x", "\"'\r=x\"", "\"\r=x\"", "a carriage return, which Excel skips"},
		{" x", "' x", " x", "a space at the beginning would be lost"},
		{"x ", "'x ", "x ", "and at the end"},
		{"'=x", "''=x", "'=x", "what looks guarded would lose its apostrophe"},
		{"'tis", "'tis", "'tis", "an apostrophe of its own"},
		{"x=1", "x=1", "x=1", "no formula"},
	} {
		for guard, want := range map[bool]string{true: c.guarded, false: c.plain} {
			got := string(written(t, sheet.Dialect{}, guard, []string{"A", "B"}, []sheet.Cell{{Text: c.text}, {Text: "-5", Kind: sheet.Number}}))
			if got != "A,B\n"+want+",-5\n" {
				t.Errorf("%q (%s) guarded %t = %q, want %q, and the number as it is", c.text, c.why, guard, got, want)
			}
		}
	}
}

// TestWorkbookKinds: what a workbook knows of its cells comes back, and Excel's own library sees the same.
func TestWorkbookKinds(t *testing.T) {
	cells := []sheet.Cell{
		{Text: "00123"},
		{Text: "1234.5", Kind: sheet.Number},
		{Text: "2026-03-01", Kind: sheet.Date},
		{Text: "2026-03-01 08:30:15", Kind: sheet.Date},
		{Text: "true", Kind: sheet.Bool},
		{Text: "=1+1"},
		{Text: "-12345678901234567", Kind: sheet.Number},
		{Text: "1899-01-01", Kind: sheet.Date},
	}
	names := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	content := written(t, sheet.Dialect{Format: sheet.XLSX, Sheet: "Jobs"}, true, names, cells)
	table, err := open(t, "t.xlsx", content, sheet.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(cells)
	want[6].Kind, want[7].Kind = sheet.Text, sheet.Text // a number does not hold them
	if got := rowsOf(t, table)[0].Cells; !slices.Equal(got, want) {
		t.Errorf("read %q, want %q", got, want)
	}
	f, err := excelize.OpenReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows("Jobs")
	if err != nil || fmt.Sprint(rows[1]) != "[00123 1234.5 2026-03-01 2026-03-01 08:30:15.000 TRUE =1+1 -12345678901234567 1899-01-01]" {
		t.Errorf("excelize reads %q, %v", rows, err)
	}
	if formula, err := f.GetCellFormula("Jobs", "F2"); err != nil || formula != "" {
		t.Errorf("a text became the formula %q, %v", formula, err)
	}
}

// TestWorkbookOfExcelize reads what another program wrote with styles of its own.
func TestWorkbookOfExcelize(t *testing.T) {
	f := excelize.NewFile()
	defer f.Close()
	day, err := f.NewStyle(&excelize.Style{CustomNumFmt: new("dd\\.mm\\.yyyy")})
	if err != nil {
		t.Fatal(err)
	}
	for cell, v := range map[string]any{"A1": "Name", "B1": "When", "A2": "Zoë & Co <x>", "B2": 46082, "A4": "last"} {
		if err := f.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.SetCellStyle("Sheet1", "B2", "B2", day); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	table, err := open(t, "t.xlsx", out.Bytes(), sheet.Options{Sheet: "Sheet1"})
	if err != nil {
		t.Fatal(err)
	}
	want := "XLSX, sheet \"Sheet1\"\nbom false, crlf false\n1 [\"Name\" \"When\"]\n2 \"Zoë & Co <x>\" date \"2026-03-01\"\n4 \"last\" \"\"\n"
	if got := dump(table); got != want {
		t.Errorf("read %s, want %s", got, want)
	}
}

func TestTooLongForAWorkbook(t *testing.T) {
	w, err := sheet.NewWriter(io.Discard, sheet.Dialect{Format: sheet.XLSX}, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write([]sheet.Cell{{Text: strings.Repeat("x", 40_000)}}); !errors.Is(err, sheet.ErrLong) {
		t.Errorf("a text of 40,000 letters: %v, want ErrLong: Excel would cut it", err)
	}
}

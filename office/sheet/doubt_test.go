package sheet_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/office/sheet"
)

// sheetOf is a workbook of testdata with these rows below one that names the columns a, b and c.
func sheetOf(t *testing.T, rows string) []sheet.Row {
	t.Helper()
	text := func(s string) string { return `<c t="inlineStr"><is><t>` + s + `</t></is></c>` }
	content := altered(t, map[string]string{"xl/worksheets/sheet2.xml": "<worksheet><sheetData><row>" + text("a") + text("b") + text("c") + "</row>" + rows + "</sheetData></worksheet>"})
	table, err := open(t, "list", content, sheet.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return rowsOf(t, table)
}

// TestPlaces: cells that do not say where they are, are side by side, also behind empty ones.
func TestPlaces(t *testing.T) {
	for rows, want := range map[string][]string{
		`<row><c/><c><v>2</v></c><c><v>3</v></c></row>`:           {"", "2", "3"},
		`<row><c r="B2"/><c><v>3</v></c></row>`:                   {"", "", "3"},
		`<row><c r="B2"><v>2</v></c><c><v>3</v></c></row>`:        {"", "2", "3"},
		`<row><c><v>1</v></c><c><v></v></c><c><v>3</v></c></row>`: {"1", "", "3"},
	} {
		var got []string
		for _, c := range sheetOf(t, rows)[0].Cells {
			got = append(got, c.Text)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s = %q, want %q", rows, got, want)
		}
	}
}

// TestFormulas: what they come to is read; one that was never worked out is no empty cell.
func TestFormulas(t *testing.T) {
	row := sheetOf(t, `<row><c><f>1+1</f><v>2</v></c><c t="str"><f>""</f><v></v></c><c><f>A1</f></c></row>`)[0]
	want := []sheet.Cell{{Text: "2", Kind: sheet.Number}, {}, {Text: sheet.NoResult, Kind: sheet.Error}}
	if !slices.Equal(row.Cells, want) {
		t.Errorf("formulas = %+v, want %+v", row.Cells, want)
	}
}

// TestMistakesInCSV: what a spreadsheet writes for a formula that went wrong is an error; a text that looks so is guarded.
func TestMistakesInCSV(t *testing.T) {
	table, err := open(t, "list", []byte("a,b,c\n#N/A,'#REF!,#1\n"), sheet.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []sheet.Cell{{Text: "#N/A", Kind: sheet.Error}, {Text: "#REF!"}, {Text: "#1"}}
	if got := rowsOf(t, table)[0].Cells; !slices.Equal(got, want) {
		t.Errorf("cells = %+v, want %+v", got, want)
	}
	if got := string(written(t, sheet.Dialect{}, true, []string{"a", "b"}, []sheet.Cell{{Text: "#REF!"}, {Text: "#1"}})); got != "a,b\n'#REF!,#1\n" {
		t.Errorf("written as %q", got)
	}
}

// TestCutCSV: a last row that is shorter than the others and has no end was cut; one of a program that writes short rows was
// not.
func TestCutCSV(t *testing.T) {
	for content, want := range map[string]bool{
		"a,b,c\n1,2,3\n4,5":     true,
		"a,b,c\n1,2,3\n4,5\n":   false,
		"a,b,c\n1,2,3\n4,5,6":   false,
		"a,b,c\n1,2\n3,4\n5,6":  false,
		"a,b,c\n1,2,3\n4,5,\"6": false, // told of the file as a whole
	} {
		table, err := open(t, "list", []byte(content), sheet.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var last sheet.Row
		for row, err := range table.Rows() {
			if err == nil {
				last = row
			}
		}
		if got := strings.Contains(last.Fault, "ends in the middle"); got != want {
			t.Errorf("%q: %q, cut = %t, want %t", content, last.Fault, got, want)
		}
	}
}

// TestOneLine: nothing of a file moves a terminal's cursor, changes its colours or turns letters round.
func TestOneLine(t *testing.T) {
	if got, want := sheet.OneLine("a\r\nb\tc\x1b[31md\u202ee\u2028f é"), "a⏎b⇥c�[31md�e⏎f é"; got != want {
		t.Errorf("one line = %q, want %q", got, want)
	}
}

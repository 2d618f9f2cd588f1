package sheet_test

import (
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/office/sheet"
)

// BenchmarkRead reads 50,000 rows of 8 columns.
func BenchmarkRead(b *testing.B) {
	for _, d := range []sheet.Dialect{{Format: sheet.CSV, Comma: ','}, {Format: sheet.XLSX}} {
		b.Run(d.Format.String(), func(b *testing.B) {
			var rows [][]sheet.Cell
			for i := range 50_000 {
				row := make([]sheet.Cell, 8)
				for c := range row {
					row[c].Text = fmt.Sprintf("cell %d of row %d", c, i)
				}
				rows = append(rows, row)
			}
			content := written(b, d, true, []string{"a", "b", "c", "d", "e", "f", "g", "h"}, rows...)
			for b.Loop() {
				table, err := open(b, "t", content, sheet.Options{})
				if err != nil {
					b.Fatal(err)
				}
				if n := len(rowsOf(b, table)); n != len(rows) {
					b.Fatalf("%d rows", n)
				}
			}
		})
	}
}

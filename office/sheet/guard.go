package sheet

import (
	"slices"
	"strings"
)

// dangerous begins what a spreadsheet takes for a formula.
const dangerous = "=+-@\t\r"

// guarded says whether a text is written with an apostrophe before it: it would be taken for a formula or a mistake
// of one, or lose the spaces at its ends, or be taken for one that was guarded.
func guarded(text string) bool {
	for strings.HasPrefix(text, "'") {
		text = text[1:]
	}
	return text != "" && (strings.IndexByte(dangerous, text[0]) >= 0 || strings.TrimSpace(text) != text || isError(text))
}

// mistakes are what spreadsheets show for formulas that go wrong, and write into a CSV as if it were a text, in English and
// in German.
var mistakes = []string{
	"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#NV", "#BEZUG!", "#WERT!", "#ZAHL!",
}

func isError(text string) bool {
	return strings.HasPrefix(text, "#") && slices.Contains(mistakes, text)
}

// bare is a cell's text as it was meant: without the spaces around it, or without its guard.
func bare(cell string) string {
	if rest, ok := strings.CutPrefix(cell, "'"); ok && guarded(rest) {
		return rest
	}
	return strings.TrimSpace(cell)
}

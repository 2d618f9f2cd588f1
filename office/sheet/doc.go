// Package sheet reads and writes the tables that offices keep: CSV in all its dialects, and XLSX.
//
// [Open] looks at a file and finds out what it is: the format by its first bytes; of a CSV the encoding (UTF-8 or UTF-16 by
// their marks, UTF-8 when everything is valid UTF-8, else Windows-1252, of which Latin-1 is a part), and the separator
// (comma, semicolon, tab or bar: the one that makes the most even columns, or what a first line "sep=;" says). The first row
// that is not empty names the columns; [Table.Rows] gives the others, as often as it is called, in a memory that does not
// grow with the file.
//
// A cell is a text. What a workbook knows of its kind comes with it: a date in a workbook is a number with a format, and is
// given as "2026-03-01 08:30:00". In a CSV everything is text, and spaces around it are not part of it.
//
// # Formulas
//
// A spreadsheet takes a text that begins with =, +, -, @, a tab or a carriage return for a formula, which may send data away
// or run programs. [Writer] puts an apostrophe before such texts in a CSV for people, and before those with a space at an
// end, and the reader takes it away again, so that every text comes back as it was. What a formula that went wrong leaves in a
// CSV, as #N/A, is an [Error]. In a workbook texts are of type text.
//
// # Limits
//
// A file has at most [MaxFile] bytes, [MaxRows] rows and [MaxColumns] columns, a cell at most [MaxCell] bytes. A workbook is
// refused before it is unpacked when it would become more than MaxFile, or one of its parts is packed more densely than text
// ever is: it is a bomb.
//
// Workbooks are written with excelize and read by this package itself, down to their XML: excelize holds a whole workbook in
// memory, tells dates from numbers only by their looks when it streams, and reads a damaged one to the damage without a word;
// and encoding/xml took three quarters of an import's time.
package sheet

package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// sheet is a CSV file as an office exports it. Columns are found by their names, in any case and order; a byte order
// mark, semicolons and empty lines do no harm.
type sheet struct {
	kind   string // customers, sites, users or jobs
	name   string // for errors
	rows   []row
	unused []string // columns that mean nothing here
}

// row is one line of a sheet, by column. A quoted field may hold line breaks: line is where the row begins.
type row struct {
	file  string
	line  int
	cells map[string]string
}

// faultf is an error that names the file and the line.
func (r row) faultf(format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", r.file, r.line, fmt.Sprintf(format, args...))
}

// maxSheet bounds a file, in bytes: a company of 100,000 sites is smaller.
const maxSheet = 64 << 20

// importKind is one kind of file: its columns, of which the first so many are required.
type importKind struct {
	name    string
	need    int
	columns []string
}

// kinds is what can be imported, in the order of who refers to whom.
var kinds = []importKind{
	{"users", 3, []string{"email", "name", "kind", "levels"}},
	{"customers", 2, []string{"code", "name", "phone", "email", "billing_address", "remarks"}},
	{"sites", 3, []string{"code", "customer", "address", "name", "access", "safety", "geo", "contact", "contact_phone"}},
	{"jobs", 3, []string{
		"code", "title", "site", "description", "instructions", "priority", "start", "minutes", "day", "hour", "assigned",
		"order_number",
	}},
}

// kindOf tells from a file's name what it holds; "customers=list.csv" says it.
func kindOf(arg string) (kind, path string, err error) {
	for _, k := range kinds {
		if rest, ok := strings.CutPrefix(arg, k.name+"="); ok {
			return k.name, rest, nil
		}
	}
	base := strings.ToLower(filepath.Base(arg))
	var found []string
	for _, k := range kinds {
		if strings.Contains(base, k.name) {
			found = append(found, k.name)
		}
	}
	if len(found) != 1 {
		return "", "", usagef("%s: cannot tell what it holds; write customers=, sites=, users= or jobs= before it", arg)
	}
	return found[0], arg, nil
}

// readSheet reads a whole file. Lines that are no row of it come back as faults, and the rest is used; an error means
// that nothing is.
func readSheet(kind, name string, from io.Reader) (s *sheet, faults []error, err error) {
	raw, err := io.ReadAll(io.LimitReader(from, maxSheet+1))
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("read %s: %w", name, err)
	case len(raw) > maxSheet:
		return nil, nil, fmt.Errorf("%s: larger than %d MiB; split it", name, maxSheet>>20)
	}
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(raw) {
		return nil, nil, fmt.Errorf("%s: not UTF-8; export it again as \"CSV UTF-8\"", name)
	}
	s = &sheet{kind: kind, name: name}
	lines := csv.NewReader(bytes.NewReader(raw))
	lines.FieldsPerRecord = -1
	head, _, _ := bytes.Cut(raw, []byte("\n"))
	if bytes.Count(head, []byte(";")) > bytes.Count(head, []byte(",")) {
		lines.Comma = ';' // where the comma is the decimal point, spreadsheets export so
	}
	columns, err := s.header(lines)
	if err != nil {
		return nil, nil, err
	}
	for {
		cells, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return s, faults, nil
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			return nil, nil, fmt.Errorf("%s:%d: %w", name, bad.Line, bad.Err)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read %s: %w", name, err)
		}
		line, _ := lines.FieldPos(0)
		r, ok, err := s.row(line, columns, cells)
		switch {
		case err != nil:
			faults = append(faults, err)
		case ok:
			s.rows = append(s.rows, r)
		}
	}
}

// header reads the names of the columns.
func (s *sheet) header(lines *csv.Reader) ([]string, error) {
	names, err := lines.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: is empty; its first line must name the columns", s.name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	known := kinds[slices.IndexFunc(kinds, func(k importKind) bool { return k.name == s.kind })]
	columns := make([]string, len(names))
	for i, name := range names {
		columns[i] = strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(strings.TrimSpace(name)))
		switch {
		case slices.Contains(columns[:i], columns[i]) && columns[i] != "":
			return nil, fmt.Errorf("%s:1: the column %q is there twice", s.name, name)
		case !slices.Contains(known.columns, columns[i]):
			s.unused = append(s.unused, strings.TrimSpace(name))
		}
	}
	for _, need := range known.columns[:known.need] {
		if !slices.Contains(columns, need) {
			return nil, fmt.Errorf("%s:1: there is no column %q; %s need %s", s.name, need, s.kind, strings.Join(known.columns[:known.need], ", "))
		}
	}
	return columns, nil
}

// row makes a row of a line; ok is false for an empty line.
func (s *sheet) row(line int, columns, cells []string) (r row, ok bool, err error) {
	r = row{file: s.name, line: line, cells: map[string]string{}}
	for i, cell := range cells {
		if cell = strings.TrimSpace(cell); cell == "" {
			continue
		}
		if i >= len(columns) {
			return r, false, r.faultf("%d fields, but the first line names %d columns; is a comma not in quotes?", len(cells), len(columns))
		}
		r.cells[columns[i]] = cell
	}
	return r, len(r.cells) > 0, nil
}

package intake

import (
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/fieldsync/fieldsync/office/sheet"
)

// problemColumn is the first column of a file of bad rows; an import leaves it out.
const problemColumn = "problem"

// WriteBad writes the bad rows of the last run, each file's to one of its own in the same dialect: the columns of the file
// behind one that says what is wrong. create opens where it goes; it is not called for a file without bad rows.
func (im *Import) WriteBad(create func(file string, f sheet.Format) (io.WriteCloser, error)) error {
	for _, f := range im.files {
		if len(f.bad) == 0 {
			continue
		}
		out, err := create(f.Name, f.Dialect.Format)
		if err != nil {
			return err
		}
		if err := errors.Join(f.writeBad(out), out.Close()); err != nil {
			return err
		}
	}
	return nil
}

func (f *file) writeBad(to io.Writer) error {
	w, err := sheet.NewWriter(to, f.Dialect, true)
	if err != nil {
		return err
	}
	names := f.Columns
	again := len(names) > 0 && names[0] == problemColumn // it is a file of bad rows itself
	if again {
		names = names[1:]
	}
	if err := w.Names(append([]string{problemColumn}, names...)); err != nil {
		return err
	}
	for row, err := range f.Rows() {
		if err != nil {
			return err
		}
		faults, bad := f.bad[row.Line]
		if !bad {
			continue
		}
		var reasons []string
		for _, fault := range faults {
			reasons = append(reasons, strings.TrimPrefix(fault.Column+": "+fault.Reason, ": "))
		}
		cells := row.Cells
		if again {
			cells = cells[1:]
		}
		if err := w.Write(append([]sheet.Cell{{Text: strings.Join(reasons, "; ")}}, cells...)); err != nil {
			return err
		}
	}
	return w.Close()
}

// unquote reads a text of JSON; nothing leaves it as it is.
func unquote(v json.RawMessage, into *string) error {
	if len(v) == 0 {
		return nil
	}
	return json.Unmarshal(v, into)
}

package intake

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/office/shape"
	"github.com/fieldsync/fieldsync/office/sheet"
	"github.com/fieldsync/fieldsync/sync/model"
)

// evidence is what the cells of a column tell of how it is to be read.
type evidence struct {
	tells   [2]int // a line that tells the one reading, and the other; 0: none
	unclear sheet.Row
}

// survey reads a file once: how many rows it has, and how its dates and numbers are written.
func (f *file) survey(ctx context.Context, o *Options) error {
	found := make([]evidence, len(f.columns))
	ids := true
	for row, err := range f.Rows() {
		if err != nil {
			return err
		}
		if f.rows++; f.rows%1000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		for i := range f.columns {
			c := &f.columns[i]
			cell := row.Cells[c.at]
			if cell.Text == "" {
				continue
			}
			if c.to.Role == shape.ID && !isID(cell.Text) {
				ids = false
			}
			found[i].look(c, row, o.Now)
		}
	}
	for i := range found {
		if err := f.settle(&f.columns[i], &found[i], o); err != nil {
			return err
		}
	}
	return f.findKey(ids)
}

// look takes a cell into account.
func (e *evidence) look(c *column, row sheet.Row, now time.Time) {
	first, second, unclear := false, false, false
	switch cell := row.Cells[c.at]; {
	case isDate(c.to):
		var order Order
		order, unclear = tells(cell, now)
		first, second = order == DMY, order == MDY
	case isNumber(c.to):
		var d Decimal
		d, unclear = tellsDecimal(cell)
		first, second = d == Point, d == Comma
	}
	if first && e.tells[0] == 0 {
		e.tells[0] = row.Line
	}
	if second && e.tells[1] == 0 {
		e.tells[1] = row.Line
	}
	if unclear && e.unclear.Line == 0 {
		e.unclear = row
	}
}

// settle decides how a column is read, or says that it must be told.
func (f *file) settle(c *column, e *evidence, o *Options) error {
	if isDate(c.to) {
		if c.order = o.Order; c.order == None {
			c.order = [...]Order{None, DMY, MDY, None}[e.which()]
		}
		return f.clear(c, e, c.order != None, "--dates dmy, mdy or ymd", func(cell sheet.Cell) string {
			dmy, mdy := both(cell, o.Now)
			return fmt.Sprintf("%s (dmy) or %s (mdy)", dmy, mdy)
		})
	}
	if isNumber(c.to) {
		if c.decimal = o.Decimal; c.decimal == 0 {
			c.decimal = [...]Decimal{0, Point, Comma, 0}[e.which()]
		}
		return f.clear(c, e, c.decimal != 0, "--decimal point or comma", func(cell sheet.Cell) string {
			n, _ := digits(cell.Text)
			whole := strings.NewReplacer(",", "", ".", "").Replace(n)
			return fmt.Sprintf("%s or %s", whole, strings.NewReplacer(",", ".").Replace(n))
		})
	}
	return nil
}

// which is 0 when nothing tells, 1 and 2 when one reading is told, 3 when both are.
func (e *evidence) which() (n int) {
	if e.tells[0] > 0 {
		n = 1
	}
	if e.tells[1] > 0 {
		n |= 2
	}
	return n
}

// clear refuses a column that is not told and cannot be known.
func (f *file) clear(c *column, e *evidence, told bool, flag string, readings func(sheet.Cell) string) error {
	switch {
	case told:
		return nil
	case e.which() == 3:
		return &sheet.Problem{File: f.Name, Line: max(e.tells[0], e.tells[1]), Reason: fmt.Sprintf(
			"column %q is written in another way than in line %d; say which way is meant with %s, and the rows that are not are told as bad",
			c.name, min(e.tells[0], e.tells[1]), flag)}
	case e.unclear.Line > 0:
		cell := e.unclear.Cells[c.at]
		return &sheet.Problem{File: f.Name, Line: e.unclear.Line, Reason: fmt.Sprintf(
			"column %q: %q could be %s, and nothing in the column tells; say it with %s", c.name, sheet.Escape(cell.Text), readings(cell), flag)}
	}
	return nil
}

func isDate(c *shape.Column) bool {
	return c.Field != nil && c.Role == shape.Plain && (c.Field.Type == model.TypeDate || c.Field.Type == model.TypeInstant)
}

func isNumber(c *shape.Column) bool {
	return c.Field != nil && c.Role == shape.Plain && (c.Field.Type == model.TypeMoney || c.Field.Type == model.TypeQuantity)
}

// isID says whether a text is an id as fieldsync writes it: nothing else has exactly these letters.
func isID(text string) bool {
	if len(text) != 32 || strings.ToLower(text) != text {
		return false
	}
	_, err := hex.DecodeString(text)
	return err == nil
}

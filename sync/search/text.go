package search

import (
	"bytes"

	"github.com/fieldsync/fieldsync/sync/model"
)

// The marks of a row's text. They are no letters and no digits, and none is part of a longer letter in UTF-8.
const (
	markField  = '\n' // then the field's place, one byte
	markWord   = ' '  // then a word
	markNumber = '#'  // then the digits of a telephone number
)

// lastPlace is the place of what comes after all built-in fields: the name in another system, and the company's own.
const lastPlace = 0xff

// sought is the built-in fields in which words are looked for: texts that people write. A value of any other type is
// chosen, measured or computed, and there are filters for it.
var sought = func() map[model.Collection]map[model.FieldNo]bool {
	out := map[model.Collection]map[model.FieldNo]bool{}
	for _, s := range model.Builtin() {
		if !s.Sought {
			continue
		}
		fields := map[model.FieldNo]bool{}
		for _, f := range s.Fields {
			if f.Type == model.TypeText || f.Type == model.TypeLong {
				fields[f.No] = true
			}
		}
		out[s.No] = fields
	}
	return out
}()

// Collections is those of a list in which words are looked for, without repeats and in order; of every one there is, for
// an empty list. One that is not there is passed over.
func Collections(of []model.Collection) (out []model.Collection) {
	asked := map[model.Collection]bool{}
	for _, c := range of {
		asked[c] = true
	}
	for _, s := range model.Builtin() {
		if s.Sought && (len(of) == 0 || asked[s.No]) {
			out = append(out, s.No)
		}
	}
	return out
}

// looks says whether words are looked for in a field: a text of the company's own fields always is.
func looks(c model.Collection, f model.FieldNo) bool {
	fields, ok := sought[c]
	return ok && (fields[f] || f >= model.FirstCustomField)
}

func place(f model.FieldNo) byte { return byte(min(f, lastPlace)) }

// Text appends what is looked through of a row: for each field that has words its place, then its words and its telephone
// numbers. It is empty when there are none.
func Text(b []byte, row model.Row) []byte {
	for _, f := range row.Fields {
		if f.Value.Kind() != model.KindText || !looks(row.Collection, f.Field) {
			continue
		}
		folded := Fold(f.Value.Text())
		list := words(folded)
		if len(list) == 0 {
			continue
		}
		b = append(b, markField, place(f.Field))
		for _, w := range list {
			b = append(append(b, markWord), w...)
		}
		for _, n := range numbers(folded) {
			b = append(append(b, markNumber), n...)
		}
	}
	return b
}

// fields walks the fields of a text: their places, and what stands in them.
func fields(text []byte, yield func(place byte, rest []byte) bool) {
	for len(text) >= 2 {
		place, rest := text[1], text[2:]
		end := bytes.IndexByte(rest, markField)
		if end < 0 {
			end = len(rest)
		}
		if !yield(place, rest[:end]) {
			return
		}
		text = rest[end:]
	}
}

package model

import (
	"fmt"
	"slices"
)

// Collection is the number of a collection. Built-in numbers are fixed; see [Builtin].
type Collection uint16

// FieldNo is the number of a field inside its collection. Built-in numbers are below [FirstCustomField] and fixed;
// a company's own fields have random 32-bit numbers, since dense ones would betray hidden fields (DESIGN §12.8).
type FieldNo uint32

// FieldParent is in every collection and every record: the record this one hangs on, or null. It is of class
// structure, which everyone sees who sees the record.
const FieldParent FieldNo = 1

// FieldExternalID is in every collection that the office may add to: what another system calls the record. The record's id
// is derived from it, so it is given with the record or never.
const FieldExternalID FieldNo = 1000

// FirstCustomField is the lowest number of a field that a company adds at run time.
const FirstCustomField FieldNo = 1 << 16

// Field is one row of the table.
type Field struct {
	No      FieldNo
	Name    string // unique in its collection, snake_case; never travels in a row
	Type    Type
	Min     int64 // of an int; 0 with Max 0: unbounded
	Max     int64 // bytes of a text, the largest int
	Options []string
	Ref     Collection // of a reference
	Class   Class
	Policy  Policy
	Writers Writers
	Nature  Nature
	Source  string // domain id or section the rule comes from
	Note    string // one line for the reader of the table

	Required bool // null is no value of it: it must be given in a creation and is never erased
	Wanted   bool // of a company's own: a completion without it stands, and is flagged (domain (d), row k)
}

// Spec is one collection: what its records are, whom they follow, and its fields.
type Spec struct {
	No      Collection
	Name    string     // plural, snake_case
	Parent  Collection // what FieldParent refers to; 0: hangs on nothing
	Scope   Scope
	Fields  []Field // ascending by No; FieldParent first
	Source  string
	Note    string
	Creates Writers   // who may create a record
	Deletes Writers   // who may delete one; 0: nobody
	Nature  Nature    // of a creation: a fact is never refused for being late
	Append  bool      // records are facts keyed by the change id: record id = change id
	OneOf   []FieldNo // at least one of them must be given in a creation; empty: no matter
	Sought  bool      // people look for its records by words (sync/search)
}

// Field finds a field of the collection.
func (s *Spec) Field(no FieldNo) (*Field, bool) {
	if i := int(no) - 1; i >= 0 && i < len(s.Fields) && s.Fields[i].No == no { // most collections number their fields without gaps
		return &s.Fields[i], true
	}
	i, ok := slices.BinarySearchFunc(s.Fields, no, func(f Field, no FieldNo) int { return int(int64(f.No) - int64(no)) })
	if !ok {
		return nil, false
	}
	return &s.Fields[i], true
}

// Named finds a field by its name.
func (s *Spec) Named(name string) (*Field, bool) {
	for i := range s.Fields {
		if s.Fields[i].Name == name {
			return &s.Fields[i], true
		}
	}
	return nil, false
}

// Table is the collections a tenant has: the built-in ones with the company's own fields. It is immutable.
type Table struct {
	specs  []*Spec // by number; nil: no collection has it
	order  []*Spec // ascending by number
	byName map[string]*Spec
}

// Custom is a field a company adds at run time. Its class never changes once it is there, so that what a device
// holds of it never changes meaning.
type Custom struct {
	Collection Collection
	Field      Field
}

// NewTable joins specs and a company's own fields. It fails on what contradicts itself: numbers or names used twice,
// a custom field in the built-in range, of class structure, or of a collection that is not there, a field of no type or
// an enum without options.
func NewTable(specs []Spec, custom []Custom) (*Table, error) {
	t := &Table{byName: map[string]*Spec{}}
	for i := range specs {
		s := specs[i]
		s.Fields = slices.Clone(s.Fields)
		if _, ok := t.Spec(s.No); ok || t.byName[s.Name] != nil {
			return nil, fmt.Errorf("collection %d %q is there twice", s.No, s.Name)
		}
		t.specs = append(t.specs, make([]*Spec, max(0, int(s.No)+1-len(t.specs)))...)
		t.specs[s.No], t.byName[s.Name] = &s, &s
	}
	t.order = slices.DeleteFunc(slices.Clone(t.specs), func(s *Spec) bool { return s == nil })
	for _, c := range custom {
		s, ok := t.Spec(c.Collection)
		switch {
		case !ok:
			return nil, fmt.Errorf("custom field %q: no collection %d", c.Field.Name, c.Collection)
		case c.Field.No < FirstCustomField:
			return nil, fmt.Errorf("custom field %q: number %d is in the built-in range", c.Field.Name, c.Field.No)
		case c.Field.Class == ClassStructure:
			return nil, fmt.Errorf("custom field %q: class structure is for parents alone", c.Field.Name)
		}
		s.Fields = append(s.Fields, c.Field)
	}
	for _, s := range t.order {
		if err := s.check(); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (s *Spec) check() error {
	slices.SortFunc(s.Fields, func(a, b Field) int { return int(int64(a.No) - int64(b.No)) })
	names := map[string]bool{}
	for i, f := range s.Fields {
		if names[f.Name] || i > 0 && s.Fields[i-1].No == f.No {
			return fmt.Errorf("%s.%s (%d) is there twice", s.Name, f.Name, f.No)
		}
		names[f.Name] = true
		if f.Name == "" || f.Type == 0 || f.Type > TypeAny || f.Class >= classCount || f.Type == TypeEnum && len(f.Options) == 0 {
			return fmt.Errorf("%s.%s (%d) lacks a name, a type, a class or options", s.Name, f.Name, f.No)
		}
	}
	if len(s.Fields) == 0 || s.Fields[0].No != FieldParent || s.Fields[0].Class != ClassStructure {
		return fmt.Errorf("%s: the first field must be the parent, of class structure", s.Name)
	}
	return nil
}

// Spec finds a collection. The caller must not change it.
func (t *Table) Spec(c Collection) (*Spec, bool) {
	if int(c) >= len(t.specs) || t.specs[c] == nil {
		return nil, false
	}
	return t.specs[c], true
}

// Named finds a collection by its name.
func (t *Table) Named(name string) (*Spec, bool) {
	s, ok := t.byName[name]
	return s, ok
}

// Specs is every collection, ascending by number. The caller must not change it.
func (t *Table) Specs() []*Spec { return t.order }

// Class is the class of a field. A field that is not in the table has none and is shown to nobody.
func (t *Table) Class(c Collection, f FieldNo) (Class, bool) {
	s, ok := t.Spec(c)
	if !ok {
		return 0, false
	}
	field, ok := s.Field(f)
	if !ok {
		return 0, false
	}
	return field.Class, true
}

package model

import "strings"

// Class is the secrecy label of a field. What a view shows of a record depends on the record's collection and the
// field's class only, never on the audience through which the record came (DESIGN §4).
type Class uint8

// The classes. A cursor holds them as bits; their numbers are never changed.
const (
	ClassStructure Class = iota // parent references; everyone who sees the record sees it
	ClassCoarse                 // what a client portal may see of a job
	ClassWork                   // what the work needs
	ClassCustomer               // who the customer is
	ClassPrice                  // money
	ClassInternal               // the office among itself
	ClassPay                    // a person's hours as money
	ClassClient                 // what a client may see beside the coarse: of its own company, and who comes where the company says so
	classCount
)

// LastClass is the highest class there is.
const LastClass = classCount - 1

var classNames = [classCount]string{"structure", "coarse", "work", "customer", "price", "internal", "pay", "client"}

// String is the class's name.
func (c Class) String() string { return classNames[c] }

// ParseClass is the inverse of String. Any other text is not ok, and the class internal, which the fewest see.
func ParseClass(s string) (Class, bool) {
	for c := range classCount {
		if classNames[c] == s {
			return c, true
		}
	}
	return ClassInternal, false
}

// Classes is a set of classes.
type Classes uint8

// ClassesOf makes a set.
func ClassesOf(list ...Class) (set Classes) {
	for _, c := range list {
		set |= 1 << c
	}
	return set
}

// AllClasses is every class.
const AllClasses Classes = 1<<classCount - 1

// Has says whether c is in the set.
func (s Classes) Has(c Class) bool { return s>>c&1 == 1 }

// String names the classes, for tests and logs.
func (s Classes) String() string {
	var names []string
	for c := range classCount {
		if s.Has(c) {
			names = append(names, c.String())
		}
	}
	return strings.Join(names, "+")
}

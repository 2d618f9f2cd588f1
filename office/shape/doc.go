// Package shape says what the files of customers, sites, contacts, assets, users and jobs look like: which columns there are,
// what they may be called, and which field of which record each one fills. What an export writes and what an import takes is
// the same, because both ask this package.
//
// Columns go by the names that the API gives to fields, and by others that offices use. Three name the record itself:
//
//	external_id   what another system calls it, as it stands
//	key           the same without its system, which the import puts before it: 4711 becomes import:4711
//	id            what fieldsync calls it, 32 hexadecimal digits; anything else is a key
//
// A reference to another record is a key in a column as "customer", and an external id or an id in one as
// "customer_external_id". A job's row is the job with the card of its site, its contact and whom it is assigned to; a site's
// may have a contact.
package shape

import (
	"strings"
	"unicode"
)

// Fold is a name as names are compared: small letters and digits alone, and # for "no".
func Fold(name string) string {
	var out strings.Builder
	for _, r := range name {
		switch {
		case r == '#', r == '№':
			out.WriteString("no")
		case unicode.IsLetter(r), unicode.IsDigit(r):
			out.WriteRune(unicode.ToLower(r))
		}
	}
	return out.String()
}

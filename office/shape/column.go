package shape

import (
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/document"
)

// Role says how a column fills a record.
type Role uint8

// The roles.
const (
	Plain     Role = iota + 1 // the value of a field
	Key                       // the record's own key
	ID                        // the record's id, or its key
	External                  // the record's external id
	Reference                 // another record's key, or its id
	Outside                   // another record's external id, or its id
	Part                      // a part of another column's text
	Special                   // Name says what
	Derived                   // the server writes it; an export has it, and an import leaves it out
)

// Special columns.
const (
	Day       = "day"        // of a job: days from today, instead of window_start
	Hour      = "hour"       // of that day
	Minutes   = "minutes"    // how long it takes
	StartTime = "start_time" // of window_start, when that is a day
	EndTime   = "end_time"   // of window_end, or of the day of window_start
	Assigned  = "assigned"   // logins of whom a job is assigned to, with commas between; the first one leads
	Login     = "login"
	UserKind  = "kind" // of a user
	UserRole  = "role"
	Levels    = "levels"
	Company   = "company" // of a user: the key of a customer
	Employer  = "company_external_id"
	Password  = "password"
	Latitude  = "latitude"
	Longitude = "longitude"
)

// Column is one that a file of a kind may have.
type Column struct {
	Name  string
	Role  Role
	Of    model.Collection // whose record it fills; 0: none
	Field *model.Field     // of that record; nil where the role needs none
	Own   bool             // a field of the company's own
	Into  string           // of a part: the column it is a part of
	Glue  string           // between parts
	also  []string         // other names, folded
}

// Kind is a kind of file.
type Kind struct {
	Name       string
	Collection model.Collection // of users: people
	Columns    []Column
	// Needs are columns without which a row is nothing, each with others that do as well: "customer|customer_external_id".
	Needs []string
	// Identity are the columns that make a key where there is none.
	Identity []string
	// Keys are columns that are taken for the key where no column is one, and which a key fills when the file has none of
	// them: a customer's account.
	Keys []string

	nouns  []string // what its columns' names may begin with
	files  []string // what its files' names may contain
	byName map[string]int
}

// Column finds a column by its own name.
func (k *Kind) Column(name string) (*Column, bool) {
	i := slices.IndexFunc(k.Columns, func(c Column) bool { return c.Name == name })
	if i < 0 {
		return nil, false
	}
	return &k.Columns[i], true
}

// Guess finds the column that a file's name for it means: its own name, one that is used for it, or either behind the
// kind's noun, as in "Customer Name".
func (k *Kind) Guess(name string) (*Column, bool) {
	folded := Fold(name)
	if i, ok := k.byName[folded]; ok {
		return &k.Columns[i], true
	}
	for _, noun := range k.nouns {
		if rest, ok := strings.CutPrefix(folded, noun); ok {
			if i, ok := k.byName[rest]; ok {
				return &k.Columns[i], true
			}
		}
	}
	return nil, false
}

// Called says whether a file of this name is likely to be of the kind.
func (k *Kind) Called(file string) bool {
	folded := Fold(file)
	return slices.ContainsFunc(k.files, func(word string) bool { return strings.Contains(folded, word) })
}

// index prepares the look-up by names: a column's own name goes before what another one is called too.
func (k *Kind) index() {
	k.byName = map[string]int{}
	put := func(name string, i int) {
		if _, taken := k.byName[name]; !taken && name != "" {
			k.byName[name] = i
		}
	}
	for i, c := range k.Columns {
		put(Fold(c.Name), i)
	}
	for i, c := range k.Columns {
		for _, name := range c.also {
			put(name, i)
		}
	}
}

// suffixes are what the key of another record is called behind its noun.
var suffixes = []string{"", "id", "no", "nr", "number", "code", "ref", "reference", "key", "num"}

// keyed are a noun with every suffix.
func keyed(nouns ...string) (out []string) {
	for _, noun := range nouns {
		for _, suffix := range suffixes {
			out = append(out, noun+suffix)
		}
	}
	return out
}

// builder collects the columns of a kind.
type builder struct {
	t *model.Table
	k Kind
}

// names are what columns are called too, by the column's own name: words with spaces between, each folded.
type names map[string]string

// fields adds the columns of a collection's fields. rename gives some another name, and the empty one none; prefix goes
// before the others.
func (b *builder) fields(of model.Collection, prefix string, rename map[string]string, also names) {
	spec, ok := b.t.Spec(of)
	if !ok {
		return
	}
	for i := range spec.Fields {
		f := &spec.Fields[i]
		own := document.Name(b.t, spec, f)
		custom := f.No >= model.FirstCustomField
		name := prefix + own
		if custom {
			name = document.KeyCustom + "." + f.Name
		}
		if to, ok := rename[own]; ok && !custom {
			name = to
		}
		switch {
		case own == "" || name == "" || f.No == model.FieldExternalID:
			continue
		case f.Writers&model.WriterOffice == 0:
			b.add(Column{Name: name, Role: Derived, Of: of, Field: f}, also[name])
		case f.Type == model.TypeRef && f.Ref != 0:
			b.reference(name, of, f, also[name])
		default:
			c := Column{Name: name, Role: Plain, Of: of, Field: f, Own: custom}
			if custom {
				also[name] += " " + Fold(f.Name)
			}
			b.add(c, also[name])
		}
	}
}

// reference adds the two columns of a reference.
func (b *builder) reference(name string, of model.Collection, f *model.Field, also string) {
	c := Column{Name: name, Role: Reference, Of: of, Field: f}
	c.also = append(c.also, keyed(nounsOf(f.Ref)...)...)
	if Fold(name) != nounsOf(f.Ref)[0] { // another one of the same collection: it goes by its own name alone
		c.also = keyed(Fold(name))
	}
	b.add(c, also)
	b.add(Column{Name: name + "_" + external, Role: Outside, Of: of, Field: f}, "")
}

func (b *builder) add(c Column, also string) {
	c.also = append(c.also, strings.Fields(also)...)
	b.k.Columns = append(b.k.Columns, c)
}

// special adds a column without a field.
func (b *builder) special(name, also string) {
	b.add(Column{Name: name, Role: Special}, also)
}

// part adds a column that is a part of another one.
func (b *builder) part(name, into, glue, also string) {
	b.add(Column{Name: name, Role: Part, Into: into, Glue: glue}, also)
}

const external = "external_id"

// own adds the columns that name the record itself.
func (b *builder) own(also string) {
	b.add(Column{Name: "id", Role: ID}, "")
	b.add(Column{Name: external, Role: External}, "")
	b.add(Column{Name: "key", Role: Key}, "no nr number num code ref reference "+also)
}

// address adds the parts of an address.
func (b *builder) address(into string) {
	b.part("address_2", into, ", ", "address2 addressline2 line2 street2")
	b.part("address_3", into, ", ", "address3 addressline3 line3")
	b.part("town", into, ", ", "city towncity place locality suburb")
	b.part("county", into, ", ", "region province stateprovince county state")
	b.part("postcode", into, ", ", "postalcode zip zipcode postcodezip plz eircode")
	b.part("country", into, ", ", "")
}

// person adds the parts of a name.
func (b *builder) person(into string) {
	b.part("first_name", into, " ", "firstname forename givenname")
	b.part("last_name", into, " ", "lastname surname familyname")
}

// done finishes a kind.
func (b *builder) done() Kind {
	b.k.index()
	return b.k
}

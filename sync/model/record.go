package model

import "slices"

// Audience is the number of a named set of principals that share scope. Numbers are tenant-wide and never reused.
type Audience uint32

// AudienceKind says what an audience is made of.
type AudienceKind uint8

// The audiences. Their numbers stand on disk.
const (
	AudienceOffice    AudienceKind = iota // desktop users with jobs or the schedule: jobs and what hangs on them
	AudienceDirectory                     // who may look up customers, sites and contacts (domain H1)
	AudienceMoney                         // desktop users with invoices
	AudiencePay                           // desktop users with everybody's hours
	AudienceReference                     // everybody: templates, descriptors of custom fields
	AudienceWork                          // of a user: the jobs assigned to them and what the work needs
	AudienceRefs                          // of a user: customers and sites their jobs refer to (levels above Hidden)
	AudienceContacts                      // of a user: site contacts of their jobs, by the tenant's job-card setting
	AudienceBills                         // of a user: commercials of their jobs, by the invoices level
	AudienceOwn                           // of a user: what belongs to them alone
	AudienceCompany                       // of a client company: what its portal shows
	AudienceCrew                          // of a subcontractor company: what its dispatcher assigns
	AudienceCustomers                     // who sees class customer: the definitions of such fields
	AudienceCards                         // of a user: the cards of their jobs
	AudienceTravel                        // of a user: the cards of those of their jobs that they have set out for
	AudienceInbox                         // desktop users with two rights of the office: disputes about what both are needed for
	AudienceQuotes                        // desktop users with quotes
	AudienceEquipment                     // desktop users with equipment: assets and parts
	AudienceRoutes                        // desktop users with route optimizations
	AudienceMessages                      // desktop users with messaging
	AudienceStaff                         // desktop users who manage people
	AudienceHours                         // of a user: their own hours
	AudiencePeers                         // of a user: who else is assigned to their jobs, by name
	AudienceTeam                          // of a user: what the company's own people tell each other on their jobs
	AudienceGear                          // of a user: the assets that stand at the sites of their jobs
	AudienceAway                          // nobody's view: as AudienceRefs, of jobs that phones do not carry today
)

// AudienceName is an audience before it has a number: its kind and, for those of one user or company, whose.
type AudienceName struct {
	Kind AudienceKind
	Of   RecordID
}

// Interval is a time of membership: from In until before Out; Out 0 means still inside. First is the In of the
// oldest interval that was folded into this one, or In (feed-verification, "if intervals must be bounded").
type Interval struct {
	First, In, Out Seq
}

// Membership is what a record remembers about one audience: its intervals, oldest first, at most [MaxIntervals].
type Membership struct {
	Audience  Audience
	Intervals []Interval
}

// MaxIntervals bounds what a record remembers of each audience (DESIGN §4).
const MaxIntervals = 4

// Open says whether the record is in the audience now.
func (m Membership) Open() bool {
	n := len(m.Intervals)
	return n > 0 && m.Intervals[n-1].Out == 0
}

// Write is one entry of a record's small table of writes that its cells point into (DESIGN §12.6).
type Write struct {
	Seq      Seq      // the commit
	Change   ChangeID // the change that wrote
	Orig     Stamp    // where what it says was first said: in an earlier life of the store, or, of a customer's id that was moved to another one, before; zero: here
	Occurred Instant  // estimated occurrence, for policies that order by it (domain R4)
	Author   UserID   // who said it
	Office   bool     // said by the office
	Over     []ChangeID
}

// Cell is a field's value and who wrote it.
type Cell struct {
	Field FieldNo
	Value Value
	Write uint16 // index into Record.Writes
}

// Record is a record's whole state: collection + id + fields, with the stamp and writer of each field and the
// audiences it is or was in. A tombstone keeps its audiences and drops its cells.
type Record struct {
	ID          RecordID
	Collection  Collection
	Deleted     bool
	Seq         Seq // the last commit that touched anything of it; never orders, cuts or counts a page
	Writes      []Write
	Cells       []Cell       // ascending by Field
	Memberships []Membership // ascending by Audience
	Told        Position     // where its latest line of history is; zero: it has none
}

// Cell finds a field's cell.
func (r *Record) Cell(f FieldNo) (Cell, bool) {
	i, ok := slices.BinarySearchFunc(r.Cells, f, func(c Cell, f FieldNo) int { return int(int64(c.Field) - int64(f)) })
	if !ok {
		return Cell{}, false
	}
	return r.Cells[i], true
}

// Value is a field's value, null when it has none.
func (r *Record) Value(f FieldNo) Value {
	c, _ := r.Cell(f)
	return c.Value
}

// Parent is the record this one hangs on, or the zero id.
func (r *Record) Parent() RecordID { return RefOf(r.Value(FieldParent)) }

// Stamp is the commit that last changed the cell.
func (r *Record) Stamp(c Cell) Seq { return r.Writes[c.Write].Seq }

// Set gives a field a value written by w. Entries of the table that no cell points to any more are dropped.
func (r *Record) Set(f FieldNo, v Value, w Write) {
	at := uint16(len(r.Writes))
	for i, have := range r.Writes {
		if have.Change == w.Change && have.Seq == w.Seq {
			at = uint16(i)
		}
	}
	if int(at) == len(r.Writes) {
		r.Writes = append(r.Writes, w)
	}
	i, ok := slices.BinarySearchFunc(r.Cells, f, func(c Cell, f FieldNo) int { return int(int64(c.Field) - int64(f)) })
	if ok {
		r.Cells[i] = Cell{f, v, at}
	} else {
		r.Cells = slices.Insert(r.Cells, i, Cell{f, v, at})
	}
	r.compact()
}

// Keep drops every cell but that of one field: what a tombstone keeps.
func (r *Record) Keep(f FieldNo) {
	r.Cells = slices.DeleteFunc(r.Cells, func(c Cell) bool { return c.Field != f })
	r.compact()
}

// compact drops writes that no cell points to.
func (r *Record) compact() {
	used := make([]bool, len(r.Writes))
	for _, c := range r.Cells {
		used[c.Write] = true
	}
	if !slices.Contains(used, false) {
		return
	}
	moved := make([]uint16, len(r.Writes))
	kept := r.Writes[:0]
	for i, w := range r.Writes {
		if used[i] {
			moved[i] = uint16(len(kept))
			kept = append(kept, w)
		}
	}
	r.Writes = kept
	for i := range r.Cells {
		r.Cells[i].Write = moved[r.Cells[i].Write]
	}
}

// Clone is a deep copy that the caller may change.
func (r *Record) Clone() *Record {
	c := *r
	c.Writes = slices.Clone(r.Writes)
	c.Cells = slices.Clone(r.Cells)
	c.Memberships = slices.Clone(r.Memberships)
	for i := range c.Memberships {
		c.Memberships[i].Intervals = slices.Clone(c.Memberships[i].Intervals)
	}
	return &c
}

package model

import "errors"

// Pay is how a company counts hours. The zero Pay rounds nothing and pays no break.
type Pay struct {
	Rounding   uint8 // minutes that payroll rounds to: 5, 6 or 15; 0: not at all (E16)
	PaidBreak  uint8 // minutes up to which a break counts as worked (E15)
	MissingEnd uint8 // hours after which what is open lacks its end; 0: 16 (E12)
}

// DefaultPay is what a new company starts with.
func DefaultPay() Pay { return Pay{PaidBreak: 20, MissingEnd: 16} }

// MinHoursKeep is the shortest time, in days, that a company may keep hours, payroll files and approvals, if it does not keep them for ever: six
// years, for which an employer must be able to show what was worked (domain E26).
const MinHoursKeep = 2192

// States of a timesheet (E17).
const (
	SheetOpen      = "open"
	SheetSubmitted = "submitted"
	SheetApproved  = "approved"
	SheetExported  = "exported" // locked: what comes later is an adjustment (E18)
)

// What may be done with a timesheet.
const (
	SheetSubmit  = "submit"
	SheetApprove = "approve"
	SheetReopen  = "reopen"
)

// SheetMove moves a timesheet: a worker, and days of their pay zone.
type SheetMove struct {
	Worker   UserID
	From, To Day // To is not in it
	Verb     string
	Note     string
}

// SheetQuery asks for timesheets.
type SheetQuery struct {
	From, To Day    // To is not in it
	Worker   UserID // zero: everybody's
}

// Sheet is the hours of one worker in some days.
type Sheet struct {
	Worker      UserID
	Name        string // empty to who does not see people
	Zone        string // of pay; the days are its days
	From, To    Instant
	State       string
	Approval    RecordID // zero: nobody has touched it
	ApprovedAt  Instant
	ApprovedBy  UserID
	Batch       string
	Note        string
	Payroll     bool       // false: a subcontractor's, which no payroll pays (E27)
	Paid        int64      // milliseconds
	Worked      int64      // of the raw intervals, each in full
	Late        int64      // of Paid, what was not there when it was approved; with its sign
	Days        []SheetDay // of what is paid
	Helpers     []SheetHelper
	Entries     []SheetEntry // that lie in the days, or reach into them
	Events      []SheetEvent // of them, and of nothing else in reach
	Corrections []Corrected  // of these events, and of time that no event told of
}

// SheetHelper is what is paid to somebody without a login, whose time runs with the worker's.
type SheetHelper struct {
	Name string
	Paid int64 // milliseconds
	Days []SheetDay
}

// SheetDay is what is paid of one day and sort, in milliseconds.
type SheetDay struct {
	Day  Day
	Sort string
	Paid int64
}

// SheetEntry is what events amount to.
type SheetEntry struct {
	Sort             string
	Job              RecordID
	Start, End       Instant // 0: unknown, or open
	RawStart, RawEnd Instant // as estimated, whatever was corrected
	Fuzz             int64   // milliseconds that both edges may be off
	Device           DeviceID
	Begin, Finish    ChangeID
	Flags            []string
	Suggest          Instant // when it may have ended
	Helpers          []string
}

// SheetEvent is one event, with what its phone said.
type SheetEvent struct {
	ID       ChangeID
	Kind     string
	Job      RecordID
	At       Instant // the estimate
	Fuzz     int64
	Wall     Instant // the phone's clock, as it stood
	Offset   int64   // minutes east of UTC
	Zone     string
	Device   DeviceID
	Minutes  int64
	Received Seq
	Flags    []string
}

// Corrected is one correction.
type Corrected struct {
	ID      ChangeID
	Event   ChangeID // zero: time that no event told of
	At      Instant
	Void    bool
	Minutes int64
	Reason  string
	Author  UserID
	Office  bool
	Made    Instant
	Stands  bool // it is what is paid by
}

// Payroll is a payroll file.
type Payroll struct {
	ID       BatchID
	From, To Day // To is not in it
	Made     Instant
	By       UserID
	Rounding int64 // minutes
	Hash     ContentHash
	Regular  int // timesheets that it exports
	Adjusted int // timesheets of earlier ones that it adjusts
	Lines    int
	Repeat   bool     // it was there already
	Waiting  []UserID // who has time in the days that is not approved, and is therefore not in it; of a new one
}

// SheetMixed is the state of days that lie in several timesheets, or are a part of one.
const SheetMixed = "mixed"

// Errors of hours.
var (
	ErrDays      = errors.New("want 1 to 62 days, and an id that is not zero")
	ErrSheet     = errors.New("the timesheet's state does not allow it")
	ErrSheetDays = errors.New("another timesheet has some of the days")
	ErrNothing   = errors.New("there is nothing to export")
)

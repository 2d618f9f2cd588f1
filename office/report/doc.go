// Package report counts a company's jobs and adds up its hours, by the rights of whoever asks (domain W8).
//
// A report has a row for each day, week, month, person or customer, and these columns behind its name:
//
//	jobs              how many there are
//	planned_minutes   how long they are planned to take, added up; a job without a plan adds nothing
//	draft … cancelled how many have each status now
//
// A job counts by one of three instants: when it is planned to begin, when it was made, or when it was completed; one without
// that instant does not count. The window is half-open: a job at its end is in the next one, so that windows side by side
// count every job once. Days are those of the zone, also where a clock is changed. By person a job counts for everybody it
// is assigned to now, so that the rows may add up to more than there are jobs, and in a row of its own when it is assigned to
// nobody.
//
// A report of hours has a row for each day, week, month or person, and what is paid: together, and by sort of time. Its days
// are those of each person's zone of pay, it is not rounded, and it has open and disputed time as payroll would.
package report

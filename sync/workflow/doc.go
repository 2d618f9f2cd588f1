// Package workflow turns what happened in the field into what the office reads: events of a job into the state of each
// assignment and the status of the job (domain (d)), times of phones into instants, and timesheet events into entries
// (domain (e)).
//
// [Derive] computes, from the events in the order in which they occurred; [JudgeEvent] says what becomes of one more
// event. [Hours] derives a worker's entries, and what is paid of them, from events and the corrections above these. None
// refuses a fact: work that came too late, was cancelled or is somebody else's now is kept beside the status that stands,
// with a flag for the office.
//
// Invariants: the order in which events arrive never changes what is derived from them; hours are never refused,
// shortened or given to another person (domain R10, E1).
package workflow

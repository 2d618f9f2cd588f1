// Package payroll turns paid time into the lines of a payroll file, and these into its bytes.
//
// A batch has a line for each person, day and sort of time of every timesheet that it exports, and adjustment lines, with
// their sign, for what came to, or went from, timesheets that were exported before (domain E18, E19). It rounds, and nothing
// else does (E16): what is paid of a day and sort is the whole rounded, so that lines of one day add up to the rounded
// whole, whatever came late.
//
// It does not know who approved what, nor which events there are: that is sync/engine's and sync/workflow's.
//
// Invariants: the sum of a timesheet's lines over all batches is what its events and corrections amount to; the same lines
// are the same bytes.
package payroll

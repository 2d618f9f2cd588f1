// Package model is the vocabulary of fieldsync and its one declarative table.
//
// It names what everything else talks about: identifiers, values, records, changes, outcomes, views and feed
// pages, and it holds the table of collections and fields ([Builtin]): type, limits, secrecy class, merge policy,
// who may write, fact or claim, and the rule of the trade each comes from. Nothing outside this table knows a
// field by name, except the workflow and timesheet rules and the audiences.
//
// It decides nothing, stores nothing and says nothing on the wire. It imports only the standard library.
//
// Invariant: numbers of collections, fields, classes, outcomes and reasons are never reused or renumbered; adding
// is at the end.
package model

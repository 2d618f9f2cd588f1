// Package intake brings files of customers, sites, contacts, assets, users and jobs into a company, through the office's API.
//
// [Prepare] finds out what the files are and what their columns mean, and what it cannot know it says before anything is
// done: a column that could be two things, a date that could be two days. [Import.Run] then reads every row, tells the bad
// ones, and asks the API for the others, in the order of who refers to whom. A row is done whole or not at all: a job with
// the card of its site, its contact and its assignments is one unit.
//
// # Keys
//
// What a row is called decides which record it is. An external id is taken as it stands; a key gets its source before it
// (4711 of the source import is import:4711), and an id of 32 hexadecimal digits is the record's own. A row without any of
// them, in a file that has no column for it, is known by what it is: import:~ and a hash of its name and address, or what
// else is listed in package shape. So a changed name is another record then.
//
// The server derives a record's id from its external id. That is why a run that was cut is simply run again, and why a run
// that is repeated changes nothing: what is there already as the file has it is unchanged. Rows of one key with the same
// content are one; with another content they are all bad, for nobody knows which one is meant.
//
// # What a repeated import does
//
// The file wins: fields that it has a value for are set to it. An empty cell leaves its field alone, unless [Options.Clear]
// is set. With [Options.OnlyNew] records that are there are left alone altogether. Nothing is ever deleted, and nobody's
// assignment is taken back.
package intake

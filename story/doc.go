// Package story reads stories: what happens between an office and its field, told in plain English so that whoever plans
// the work can read it, and so exactly that a program can play it. It reads, and plays nothing: fieldsync story run does.
//
//	# 3. The same field, from both sides
//	Given a company with planner Amy and engineer Ben
//	And a job "Boiler at 12 High Street" assigned to Ben
//	When Ben's phone goes offline
//	And Ben changes description of "Boiler at 12 High Street" to "Valve replaced"
//	…
//	Then the office sees description of "Boiler at 12 High Street" as "Call before you come"
//
// A story is lines. The first that begins with # is its title, the others are remarks, and each of the rest is one sentence:
// a keyword (Given and When for what happens, Then for what must be so, And and But for more of the same), and one of the
// fixed forms of [Forms]. Words in capitals are what a sentence is about: names of people that the company was said to have,
// records in quotation marks that were there before. Commas and a full stop at the end mean nothing.
//
// A story cannot script its own success. What happens and what must be so are different forms, which never stand under each
// other's keyword; a story that expects nothing is an error; and an expectation names what is to be seen, and not how.
//
// [Parse] has no clock, file or network. Every fault of a story is told with its line, what is wrong, why, and the nearest
// sentences; no input makes it panic.
package story

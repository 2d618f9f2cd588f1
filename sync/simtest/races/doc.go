// Package races plays takeover races against the real engine: two or three devices of one user sign in by tickets, push as
// fast as they can, drop and come back, while the office may end whatever session is live (domain F1-F6).
//
// Nothing in it has a clock. A device is a coroutine that stops before and after each of its commits, and the seed decides
// which goes on, so that every order of receipt, commit and answer may come up, and comes up again for the same seed.
// Commits crash: lost, or durable and unanswered.
//
// What each was told goes to porcupine as the history of a register that holds the live epoch (check.go), which shares no
// code with the engine. The rest is looked up afterwards: somebody is live when the dust settles, and every change, those that
// losers hand in included, is in the store exactly once.
package races

// Package writing is the machine that checks the write path of the real engine: random histories of phones, the office
// and a bad network over a store whose commits crash, against an oracle that shares no code with the engine.
//
// A [World] is one company with an engine over memstore and phones that are real replicas (client/replica). Nothing
// in it has a clock or a goroutine: every step is an operation, drawn from the seed and the number of the step alone,
// so that a failing history can be shrunk by leaving steps out ([Shrink]). Directed tests drive the same World by hand.
//
// The oracle (oracle.go and what it calls) is told what each author saw when they saved, and what the store says was
// committed. It decides every change anew by the words of write-verification §2 and domain (c), (d), (f), and compares:
// outcomes, reasons, records, groups, epochs, hours and job statuses. Restores of the server are out of it; roll-backs
// and twins of phones are in.
//
// Bugs are planted under the build tag plant; TestPlanted shows that each of them is found.
//
// Invariant: an answer the engine gave is in the store when it is given, with the same content, for ever.
package writing

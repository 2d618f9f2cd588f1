// Package worlds shows the third promise: what a user may not see changes nothing of what their device is sent.
//
// A pair of worlds lives through the same script ([Run]): one person of the field, their phone, and what the office does
// that this person may see. In the second of the two all that happens besides which they may not see (elsewhere.go):
// customers, one of them of exactly the name that is typed, other people's work, hidden fields of the person's own jobs,
// another company, held work and its review. The frames to the phone are compared raw, byte by byte, with their number
// and order, and so is how a connection and a sign-in end (DESIGN I9, domain b.4).
//
// What speaks is the real thing: session.Server over a connection in memory, the engine, the store in memory. Only
// randomness, the clock and the sealer are the machine's (DESIGN §12.14): each actor has an engine with a stream of its
// own over the shared store, and a token is the next block of its device's stream (tokens.go), so that two phones that
// are told the same hear the same bytes. Real sealing is tested where it is made.
//
// Besides, all hidden text carries a canary, which is looked for in every frame and in the log, compressed or not; the
// log must not have what was typed on the phone either.
//
// Allowed to differ, and so the same in both worlds: what the person sees, and what other sessions of theirs do; whether
// work that they had begun counts after the job was taken away, which rows d to h of domain (d) make depend on others, and
// whether there is a job left to hang it on. A creation under the id of a record that is hidden is not played: it cannot be
// answered like one under a free id, and ids are 128 random bits that no device is told of what it may not see.
//
// Invariant: a pair is a function of its seed and its steps, and each step draws from its own number.
package worlds

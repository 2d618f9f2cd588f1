// Package replica is what a device knows: the synchronous core of the client.
//
// A [Replica] holds what its user may see (base), what is on its way (staging), and what its user did that nobody has
// answered for yet (the outbox). It has no goroutine, no socket and no clock: pages, answers and the time are handed
// in. All its state is in a [Local], and each operation is one local transaction, so that after a crash at any
// instruction it stands before or after an operation, never between.
//
// It decides nothing about conflicts; it says faithfully on what an edit was made (feed-verification §2, device;
// write-verification §2, what a change carries), so that the server can.
//
// Invariants:
//
//   - what is shown = base + the user's own changes that no checkpoint has named, laid only on what base shows;
//   - a change leaves the overlay when a checkpoint names it, the unsent count when it is answered, and the disk when
//     the store that answered says that every backup that may still be restored contains it. These are three things;
//   - no error of a server, no end of a session and no other user's sign-in takes a change out of the outbox.
package replica

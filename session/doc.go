// Package session lets people in and holds the conversation with one device.
//
// [Gate] signs people in and ends sessions: it checks passwords, limits guessing, lets a reachable device finish what
// it has before another takes its place, and tells an ended session after its end is durable. [Hub] knows who is
// connected; it is a hint and never decides anything. [Server.Serve] is the conversation: challenge, hello, welcome,
// then the live lane or the hand-in lane, over any [protocol.Conn].
//
// The package decides nothing about data or rights and keeps nothing. The engine does, and is seen through the
// interfaces declared here. Every commit checks the epoch and the connection's token again, so what this package
// believes about a connection may be late, never dangerous.
//
// Each connection has one goroutine that reads. What comes (a frame, word from the hub, a timer, the end of a write) waits
// for its turn; a goroutine that owns the state is there while there is something to do, one at a time, and another while
// a frame is being written. So a connection that says nothing costs its reader alone. What waits for a slow device is an
// intent (a page is due, a change has been answered), not encoded bytes; while too much waits, nothing more is read from
// that device.
//
// A panic, of the engine or of a connection, ends that conversation alone.
//
// Invariant: an answer is sent only after the engine returned it, which is after it was durable; after the engine said
// that a session has ended nothing but answers that it had given before, and that news, is sent on its live lane.
package session

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
// Each connection has one goroutine that reads, one that writes and one that owns the state. What waits for a slow
// device is an intent (a page is due, a change has been answered), not encoded bytes; while too much waits, nothing
// more is read from that device.
//
// Invariant: an answer is sent only after the engine returned it, which is after it was durable; after the engine said
// that a session has ended nothing but that news is sent on its live lane.
package session

// Package fleet drives a gateway for package bench, over the protocol that phones speak: challenge, hello, pages, pushes.
//
// A [Device] is what a phone is to the server, without the phone's database: an identity, a key, a cursor. What it writes
// are notes on jobs that are assigned to it, each made from its own id, and what the office writes are customers; the
// books of both are kept here, and nothing in them comes from the server. Only the download into the durable client uses
// the client itself.
//
// What devices there are is somebody else's to arrange: [Target.Enlist] is asked before the server starts.
package fleet

// Package protocol says what may be on the wire. SPEC.md is normative; this package encodes, decodes and bounds what
// it says, one message a file, and decides nothing.
//
// A frame is one binary WebSocket message: a msgpack array whose first element is the message's number. Every frame
// passes the strict pre-pass ([Check]) before the msgpack library sees it. A change's body is an opaque byte string
// that is hashed and stored as sent; [DecodeChange] reads it.
//
// [Conn] is how both ends see a connection: an in-memory [Pipe] here, a WebSocket in wsconn.
//
// Invariant: what decodes without elements from a newer peer re-encodes to the same bytes, and decoding allocates at
// most 4 KiB plus twice the frame.
package protocol

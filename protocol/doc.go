// Package protocol says what may be on the wire. SPEC.md is normative; this package encodes, decodes and bounds what
// it says, one message a file, and decides nothing.
//
// A frame is one binary WebSocket message: a msgpack array whose first element is the message's number. [Encode] makes
// it; [Decode] lets it through the strict pre-pass ([Check]) before the msgpack library sees it. What is wrong with a
// frame is a [*FrameError], which says whether the connection ends, the frame is passed over, or an answer is due.
//
//	device sends        server answers
//	                    Challenge
//	Hello               Welcome, or Bye
//	Resume              Page, Page, …
//	Got                 (opens the window for more)
//	Holdings            Page (after one with Reconcile)
//	Push                Answers, or ErrorMessage
//	Ping                Pong
//	Bye                 Bye
//	                    Poke, Drain (by themselves)
//
// Two byte strings inside frames have codecs of their own: a page's body ([EncodePageBody]), which many devices may
// share, and a change's body ([EncodeChange]), which is hashed and stored as sent and refers to the blobs of its push.
//
// [Conn] is how both ends see a connection: an in-memory [Pipe] here, a WebSocket in wsconn.
//
// Invariant: what decodes without elements from a newer peer re-encodes to the same bytes, and decoding a frame
// allocates at most 4 KiB plus twice the frame. Bodies are structure rather than bytes and have bounds of their own
// ([DecodeChange], [DecodePageBody]).
package protocol

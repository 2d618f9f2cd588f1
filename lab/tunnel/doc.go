// Package tunnel is a bad network between one phone and the gateway: a TCP proxy that delays, loses, swallows and cuts
// what goes through it. Nothing in it is pretended: a client behind it meets real sockets that really fail.
//
// [New] takes a listener, where the phone connects, and a way to reach the gateway. [Tunnel.Run] carries connections
// until its context ends. [Tunnel.Set] changes the [Weather] at any time, for connections that are open as well.
//
// # What a weather does
//
// TCP hides lost packets from those who use it: they see a stream that stalls while a packet is sent again, and that
// breaks when it was sent too often in vain. So a packet of this tunnel that is lost makes the stream wait, twice as
// long each time, and the seventh loss in a row breaks the connection. What becomes of a packet follows from the seed,
// the number of the connection, the direction and the packets before it, and from nothing else.
//
// When a network goes away, nobody tells the other side. A connection that breaks here is reset where the phone is, as
// its operating system does it; the gateway's end stays open and hears nothing more, until the gateway gives it up.
// [Tunnel.Cut] ends both, since a process that dies has its sockets closed for it, and a network that works tells.
//
// Invariant: bytes arrive in order, each once, or not at all: after the first byte that was swallowed nothing more of a
// connection is delivered, and it is reset as soon as the weather changes.
package tunnel

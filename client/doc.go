// Package client is the device side of fieldsync: a full working copy that works for days without signal, and hands
// its work in when there is a connection.
//
// [Client] runs one user's connection over a [replica.Replica], the synchronous core, which holds all state. [SQLite]
// is where that state lives on a real phone: one file a user, sealed with that user's key. [SignIn] gets the identity
// that a Client then uses; it is the only thing here that speaks HTTP.
//
// A Client reconnects by itself, except after an end that a person must know of (SPEC.md, codes 4100 and up). Then it
// hands in what is unsent, write-only, and stays stopped. Nothing a server says takes unsent work from the device,
// except the two codes that wipe it.
//
// Invariant: what Save returned without an error is on the disk, and stays there until the server that answered for it
// says that no restore of a backup can lose it.
package client

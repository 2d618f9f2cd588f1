// Package races plays takeovers (domain F1–F6): the devices of one user sign in at the same moment, each pushes as fast as it
// can while the others do, connections drop, and the office ends sessions in between.
//
// A race plays at [Doors]: those of the real server over sockets (cmd/fieldsync), or those of [Simulate], which are the real
// engine and the real conversations over pipes, in a bubble of fake time whose delays are drawn from the seed.
//
// What the devices saw becomes a [History], and [Check] asks a linearizability checker whether one register of the live epoch
// explains it: never two writers, never none, no live commit under an old epoch after a takeover's answer. The checker knows
// numbers alone, and shares no code with what it checks. In the simulation it is asked about the commits as well, in the order
// of the store: a push that looked at the epoch before its commit passes for one that was in time, seen from outside.
//
// Invariant: what a race found names the seed that plays it again.
package races

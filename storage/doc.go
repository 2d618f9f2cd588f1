// Package storage is the contract of a store, in the words of the trade: apply a commit, read a record, read an
// audience since a commit, slots, outcomes, held work.
//
// A store keeps tenants apart, gives each its own gapless commit numbers, and makes a commit durable before it says
// so. It does not decide anything: what a commit contains is computed by a pure function that the store calls under
// its lock ([Store.Apply]). Drivers live beside it (memstore, badgerstore); storagetest proves each sentence below
// that says must. The contract is drawn so that a driver over PostgreSQL loads what the function was seen to miss
// and calls it again: see [Decide].
//
// This package also owns the bytes of rows on disk (codec.go): every row starts with a version.
//
// Invariant: after any crash the history is a prefix of the commit order that contains every acknowledged commit
// (DESIGN I5), and a commit is there whole or not at all (I6).
package storage

// Package badgerstore keeps a store on a local disk, in Badger. It is the only home of that library.
//
// One goroutine writes: the committer. It takes what has queued while the last commit was written, lets each call
// decide against the newest snapshot and the earlier decisions of the same commit, writes all of it in one Badger
// transaction with one sync, makes a snapshot of it, and answers. It never waits for more calls. Views read the newest
// snapshot, so a commit that is being written does not hold them up, and nobody sees a commit that was not synced.
//
// Badger is trusted with order and atomicity, and with little else (docs: reliability-security §5). Every value
// stands in an envelope of ours (envelope.go), values stay small enough for its value log to be empty, the directory
// is examined before Badger may touch it (preflight.go), and the store stops taking changes well before its disk is
// full, since a write to a full disk kills the process.
//
// Only Linux file systems with a working msync (ext4, XFS) make commits durable; elsewhere the store runs and says so
// in the log.
//
// Invariant: what was answered is on disk, and a snapshot contains whole commits, all up to one.
package badgerstore

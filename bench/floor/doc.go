// Package floor is the smallest honest gateway on fieldsync's own stack: what every figure of the gateway is measured
// against. It has the parts that no such server can do without, and none of the logic: gorilla/websocket, msgpack
// arrays, Badger with SyncWrites, one committer that takes what has queued while the last commit ran. It knows no
// company, right, conflict, quota or audit.
//
// [Serve] is the server, [Dial] its client. A change writes five keys (the record, its row in the feed, the row of its
// writer, its outcome, and the old row of the feed goes), after the old record was read; it is acknowledged after the
// commit is on the disk. A download walks the feed and reads each record. Listeners get a change before its writer gets
// the answer.
//
// It is tuned where that costs nothing: the connection leaves the HTTP server, its read buffer is 1 KiB, write buffers
// come from a pool, and a goroutine writes only while there is something to write. It sends no pings.
//
// It is no product: it listens on loopback for a benchmark, forgets its numbers at a restart and believes any client.
package floor

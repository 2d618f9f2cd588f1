// Package fieldsync is the map of the module; it holds no code.
//
// fieldsync is a gateway between a field-service company's office and the phones of its engineers and
// subcontractors. A phone has a working copy of what its user may see, works for days without signal, and hands
// its work in when there is a connection. Three promises bind every package:
//
//   - No work is lost: whatever was saved on a phone ends in exactly one durable, visible outcome.
//   - One live device per user, fenced inside every commit; the old device's unsent work still comes in.
//   - Hidden means indistinguishable from non-existent, and it is taken back when the right goes.
//
// # The packages
//
//   - [github.com/fieldsync/fieldsync/sync/model]: the vocabulary, and the one table of collections and fields
//   - [github.com/fieldsync/fieldsync/sync/access]: permission levels → view and audiences; the one projection
//   - [github.com/fieldsync/fieldsync/sync/merge]: conflict policies, pure
//   - [github.com/fieldsync/fieldsync/sync/workflow]: visit events → job status; timesheet events → entries
//   - [github.com/fieldsync/fieldsync/sync/engine]: accept changes, answer feeds, move slots; no clock, socket or goroutine
//   - [github.com/fieldsync/fieldsync/sync/simtest]: the deterministic simulation and its naive oracle
//   - [github.com/fieldsync/fieldsync/storage]: the contract of a store; drivers memstore and badgerstore; storagetest proves them
//   - [github.com/fieldsync/fieldsync/protocol]: what may be said on the wire; SPEC.md is normative; wsconn carries it
//   - [github.com/fieldsync/fieldsync/session]: sign-in and the conversation with one device
//   - [github.com/fieldsync/fieldsync/client]: the device side: replica, outbox, overlay, status
//   - [github.com/fieldsync/fieldsync/web]: HTTP: sign-in, the WebSocket upgrade, health
//   - [github.com/fieldsync/fieldsync/cmd/fieldsync]: the one binary
//
// Who may import whom is a table in arch_test.go.
package fieldsync

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
//   - [github.com/fieldsync/fieldsync/sync/payroll]: paid time → the lines and bytes of a payroll file
//   - [github.com/fieldsync/fieldsync/sync/search]: what a person finds who types a few words, for server and phone alike
//   - [github.com/fieldsync/fieldsync/sync/engine]: accept changes, answer feeds, move slots; no clock, socket or goroutine
//   - [github.com/fieldsync/fieldsync/sync/simtest/reading] and [github.com/fieldsync/fieldsync/sync/simtest/writing]: the deterministic
//     simulations of what goes down and of what comes up, each with its naive oracle
//   - [github.com/fieldsync/fieldsync/sync/simtest/worlds]: two worlds that differ only in what a phone may not see, and its frames
//   - [github.com/fieldsync/fieldsync/storage]: the contract of a store; drivers memstore and badgerstore; storagetest proves them
//   - [github.com/fieldsync/fieldsync/protocol]: what may be said on the wire; SPEC.md is normative; wsconn carries it
//   - [github.com/fieldsync/fieldsync/session]: sign-in and the conversation with one device
//   - [github.com/fieldsync/fieldsync/client]: the device side: replica, outbox, overlay, status
//   - [github.com/fieldsync/fieldsync/web]: HTTP: sign-in, the WebSocket upgrade, health; web/problem has the errors and their pages
//   - [github.com/fieldsync/fieldsync/web/api]: the office's API and the change feed; web/document, how a record is written in it
//   - [github.com/fieldsync/fieldsync/web/portal]: the clients' entrance; web/rest, what the APIs have in common
//   - [github.com/fieldsync/fieldsync/web/hook]: webhooks; web/metrics, what Prometheus reads
//   - [github.com/fieldsync/fieldsync/office]: import, export and reports over the API: sheet, shape, intake, export, report
//   - [github.com/fieldsync/fieldsync/story]: stories in plain English, read and not played
//   - [github.com/fieldsync/fieldsync/lab]: two phones and the office in one terminal, and the network between them
//   - [github.com/fieldsync/fieldsync/bench]: the measurements, and the floor they are held against
//   - [github.com/fieldsync/fieldsync/cmd/fieldsync]: the one binary
//
// Who may import whom is a table in arch_test.go.
package fieldsync

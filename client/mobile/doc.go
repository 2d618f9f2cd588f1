// Package mobile is fieldsync for apps written in Kotlin and Swift, through gomobile bind. It is a facade over package
// client and decides nothing.
//
// gomobile binds numbers, texts, bytes, errors, and interfaces and structs of these. So records, drafts and status are
// JSON texts here: fields under the names of the table, references as 32 hexadecimal digits, instants and other
// numbers as numbers, bytes as {"bytes": base64}. A field this app has no name for, a company's own above all, is
// named by its number.
//
// An app implements [Host]: its sockets, its key store and its clocks. It calls [SignIn], keeps a 32-byte key for each
// user in the phone's key store, opens the user's partition with [Open], and calls Run in a thread of its own.
//
// Invariant: everything exported can be bound; TestBinds proves it with gobind.
package mobile

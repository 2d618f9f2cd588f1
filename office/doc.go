// Package office is the Go client of the office's API: what a back end written in Go uses, and what the commands import,
// export and report are made of.
//
// A [Client] acts for one office user, by a key of the API or through the operator's socket. It reads collections by pages
// ([Client.List]) or as of one moment ([Client.Snapshot]), changes many records at once ([Client.Bulk]), and manages people
// ([Client.Users], [Client.AddUser]). For everything else there is [Client.Do]. Records are documents as package
// web/document describes them; [Client.Table] is the collections and fields there are.
//
// What the server says no to is a [*Refusal], whose Code is stable. A request that did not get through is repeated, under an
// Idempotency-Key, so that nothing is done twice; one that was answered never is. When it cannot get through the error is
// [ErrUnreachable].
package office

// Package web is everything that speaks HTTP: sign-in, the upgrade to a WebSocket, health, and the operator's API on a
// unix socket.
//
// It turns requests into calls of [session] and answers into JSON. It decides nothing, stores nothing, and knows no
// engine and no store: cmd hands it what it needs. Errors are RFC 9457 problems with a stable code; what is not
// expected is logged in full and told as "internal".
//
// Invariant: every body, header and wait has a limit, and nothing a stranger sends decides how much is read.
package web

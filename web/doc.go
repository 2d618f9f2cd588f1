// Package web is the doors of the server: sign-in, the upgrade to a WebSocket, health, the pages of error codes, and the
// operator's API on a unix socket. What else is asked under /v1 it hands on to the office's API (web/api), in public by
// key or session, and at the operator's socket as any person of a company.
//
// It turns requests into calls of [session] and answers into JSON. It decides nothing, stores nothing, and knows no
// engine and no store: cmd hands it what it needs. Errors are RFC 9457 problems with a stable code, those of web/problem.
//
// Invariant: every body, header and wait has a limit, and nothing a stranger sends decides how much is read.
package web

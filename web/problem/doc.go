// Package problem is what the program tells when something goes wrong: RFC 9457 problems with stable codes, the one
// catalogue of these codes, and the pages that explain them, which the binary serves itself.
//
// [Of] turns an error of the core into a problem, [New] makes one of the catalogue, and [Write] answers with it. What is
// not known is logged in full and told as "internal".
//
// A problem's title is its code's and always the same; the detail says what of this request and what to do. A code is
// never renamed and never changes its status: programs branch on it.
//
// Invariant: a problem never carries a secret, and nothing of an error that [Of] does not know.
package problem

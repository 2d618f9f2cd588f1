// Package reading checks the theorem of the feed on the real engine, the real store in memory and the real replica:
//
//	replica(d) = project(view(u, c), state(c))
//
// for random histories of an office, its rights and its phones. [Run] plays one history, which a seed determines, and
// says what went wrong; [Shrink] makes a failing one short.
//
// The oracle (truth.go, rights.go, trade.go) shares nothing with what it checks: it hears every commit, keeps tables of
// its own, and computes from them, from scratch for every page, what a user may see. It decides by names of audiences
// where a history is abstract (abstract.go: records in audiences drawn at random), and by the rules of the trade where
// it is real (office.go: what people of a company do).
//
// What is checked of every page stands in check.go; twin.go answers the page again in a second world that differs in
// what the user may not see alone, and again with an index that proposes every record there is.
//
// Invariant: a history is a function of its seed and its steps. Each step draws from its own number, so that leaving
// out others does not change what it does.
package reading

// Package merge decides which of two values of one field stands when two writers met (domain (c)).
//
// It is asked only after a conflict has been found (write-verification §2, "conflict"); on an unchanged base there
// is nothing to decide. It changes nothing and keeps nothing: the caller writes what stands and makes the losing
// value a review item (domain R7). It knows no field by name; the policy comes from the table.
//
// Invariant: for the policies that order their writers (field, office, latest, three-way) [Resolve] follows a strict
// total order of sides, so that the order of arrival changes nothing. For once, append, compare, state and server
// what stands first stands.
package merge

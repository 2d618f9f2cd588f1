// Package search says what a person finds who types a few words: what a word is, which words a record has, and which of
// two records comes first. Server and phone ask it alike, so that both find the same.
//
// It decides over a row, which is what a view shows of a record (access.Project) or what a phone holds of it. So a word
// can only be found in a field that whoever asks is shown, and nothing here knows of anything else. Where the rows come
// from, and how many there are, is the caller's.
//
// Letters are compared without case and accents: Müller is muller, STRASSE is straße. What is typed must stand at the
// beginning of a word; of a telephone number it may stand anywhere. Every word that is typed must be found, in any field.
// A whole word comes before the beginning of one, a field with a low number before one with a high, and what is equal in
// both goes by id, which is random.
//
// Invariant: Text and Rank are functions of the row and the question alone, and what Rank accepts contains
// [Question.Needle] in its Text.
package search

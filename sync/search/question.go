package search

import (
	"bytes"
	"cmp"
	"strings"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Limits of a question.
const (
	// MaxText is how long what is typed may be, in bytes.
	MaxText = 256
	// MaxWords is how many words of it are looked for; those behind are passed over. People name a customer and a street.
	MaxWords = 8
	// DefaultLimit is how many records are given when nobody says: a screen.
	DefaultLimit = 20
	// MaxLimit is how many records are given at most. Who wants more names more.
	MaxLimit = 100
)

// leastWithin is how many digits are looked for inside telephone numbers, and not only at the beginning of words.
const leastWithin = 4

// Question is what was typed. The zero Question finds nothing.
type Question struct{ terms []term }

// term is one thing that must be found.
type term struct {
	word   []byte // with its mark before it; none: only in numbers
	within []byte // digits, anywhere in a number; none: not there
}

// Ask reads what was typed; ok is false when there is nothing in it to look for.
func Ask(text string) (q Question, ok bool) {
	folded := Fold(text)
	if all := strings.Trim(folded, " +-./()0123456789"); all == "" {
		if list := numbers(folded); len(list) == 1 { // a telephone number alone, however it is written
			if digits := strings.TrimLeft(list[0], "0"); digits != "" {
				t := term{within: []byte(digits)}
				if w := words(folded); len(w) == 1 {
					t.word = append([]byte{markWord}, w[0]...)
				}
				return Question{[]term{t}}, true
			}
		}
	}
	for _, w := range words(folded) {
		if len(q.terms) == MaxWords {
			break
		}
		t := term{word: append([]byte{markWord}, w...)}
		if len(w) >= leastWithin && strings.Trim(w, "0123456789") == "" {
			t.within = []byte(w)
		}
		q.terms = append(q.terms, t)
	}
	return q, len(q.terms) > 0
}

// Needle is the longest piece that the text of every row has that the question finds: it is quickly looked for in many
// texts at once.
func (q Question) Needle() (longest []byte) {
	for _, t := range q.terms {
		piece := t.word
		if t.within != nil {
			piece = t.within // a word of digits has them too
		}
		if len(piece) > len(longest) {
			longest = piece
		}
	}
	return longest
}

// Rank says how well a row fits: lower is better. Only ranks of one question compare.
type Rank uint32

// Ranks of a term's fit: the step that a beginning is worse than a whole word outweighs all places.
const (
	whole     Rank = 0
	beginning Rank = 1 << 16
)

// Rank says whether every term of the question is found in the text of a row, and how well.
func (q Question) Rank(text []byte) (sum Rank, ok bool) {
	for i := range q.terms {
		best, found := q.terms[i].find(text)
		if !found {
			return 0, false
		}
		sum += best
	}
	return sum, len(q.terms) > 0
}

// find looks for a term in the fields of a text.
func (t *term) find(text []byte) (best Rank, ok bool) {
	fields(text, func(place byte, rest []byte) bool {
		if fit, found := t.in(rest); found && (!ok || fit+Rank(place) < best) {
			best, ok = fit+Rank(place), true
		}
		return true
	})
	return best, ok
}

// in looks for a term in one field.
func (t *term) in(field []byte) (fit Rank, ok bool) {
	for rest := field; t.word != nil; {
		at := bytes.Index(rest, t.word)
		if at < 0 {
			break
		}
		rest = rest[at+len(t.word):]
		if len(rest) == 0 || rest[0] == markWord || rest[0] == markNumber {
			return whole, true
		}
		fit, ok = beginning, true
	}
	if ok || t.within == nil {
		return fit, ok
	}
	numbers := bytes.IndexByte(field, markNumber) // they stand behind the words
	return beginning, numbers >= 0 && bytes.Contains(field[numbers:], t.within)
}

// Hit is a record that fits.
type Hit struct {
	Record     model.RecordID
	Collection model.Collection
	Rank       Rank
}

// Compare orders hits, the best first.
func (h Hit) Compare(o Hit) int {
	return cmp.Or(cmp.Compare(h.Rank, o.Rank), h.Record.Compare(o.Record))
}

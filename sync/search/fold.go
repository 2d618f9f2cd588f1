package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// plain is what letters are typed as that Unicode does not take apart.
var plain = map[rune]string{'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'đ': "d", 'ð': "d", 'ł': "l", 'þ': "th", 'ħ': "h"}

// Fold writes a text in small letters without accents, as it is compared. Signs stay as they are.
func Fold(text string) string {
	simple := true
	for i := range len(text) {
		if b := text[i]; b >= utf8.RuneSelf {
			simple = false
			break
		}
	}
	if simple {
		return strings.ToLower(text)
	}
	var out strings.Builder
	out.Grow(len(text))
	for _, r := range norm.NFKD.String(text) {
		if unicode.Is(unicode.Mn, r) {
			continue
		}
		r = unicode.ToLower(unicode.ToUpper(r)) // by way of the large letter: ς is σ, ſ is s
		if as, ok := plain[r]; ok {
			out.WriteString(as)
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}

// inWord says whether a letter belongs to a word; everything else stands between words.
func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) }

// words are those of a text that was folded.
func words(folded string) []string {
	return strings.FieldsFunc(folded, func(r rune) bool { return !inWord(r) })
}

func digit(b byte) bool { return b >= '0' && b <= '9' }

// leastNumber is how many digits make a telephone number: fewer are the number of a house.
const leastNumber = 6

// numbers are the telephone numbers of a text that was folded, as digits: what stands between words that are no more than
// digits, with the signs between them that numbers are written with.
func numbers(folded string) (out []string) {
	var run []byte
	end := func() {
		if len(run) >= leastNumber {
			out = append(out, string(run))
		}
		run = run[:0]
	}
	for i := range len(folded) {
		switch b := folded[i]; {
		case digit(b):
			run = append(run, b)
		case !strings.ContainsRune(" +-./()", rune(b)):
			end()
		}
	}
	end()
	return out
}

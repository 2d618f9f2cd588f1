package story

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// token is a word, or a text in quotation marks.
type token struct {
	text   string
	quoted bool
}

var (
	errQuote = errors.New("a quotation mark has no other one")
	errUTF8  = errors.New("the line is not UTF-8")
)

// quotes are the marks that begin a text, with those that end it.
var quotes = map[rune]rune{'"': '"', '“': '”'}

// split takes a sentence apart. Commas, and a full stop at its end, mean nothing.
func split(text string) (out []token, err error) {
	if !utf8.ValidString(text) {
		return nil, errUTF8
	}
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimLeftFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == ',' }) {
		first, size := utf8.DecodeRuneInString(text)
		if end, ok := quotes[first]; ok {
			inside, rest, closed := strings.Cut(text[size:], string(end))
			if !closed {
				return nil, errQuote
			}
			out, text = append(out, token{inside, true}), rest
			continue
		}
		n := strings.IndexFunc(text, func(r rune) bool { _, quote := quotes[r]; return unicode.IsSpace(r) || r == ',' || quote })
		if n < 0 {
			n = len(text)
		}
		if n > 0 {
			out, text = append(out, token{text: text[:n]}), text[n:]
		}
	}
	if n := len(out) - 1; n >= 0 && !out[n].quoted {
		if out[n].text = strings.TrimSuffix(out[n].text, "."); out[n].text == "" {
			out = out[:n]
		}
	}
	return out, nil
}

// part is a piece of a pattern: words, a slot, alternatives, or what may be left out.
type part struct {
	word     string
	slot     Slot
	choices  [][]string
	optional []part
}

// parts takes a pattern apart. Patterns are ours; a test reads them all.
func parts(pattern string) (out []part) {
	for pattern = strings.TrimSpace(pattern); pattern != ""; pattern = strings.TrimSpace(pattern) {
		switch end := 0; pattern[0] {
		case '[':
			end = strings.IndexByte(pattern, ']')
			out = append(out, part{optional: parts(pattern[1:end])})
			pattern = pattern[end+1:]
		case '(':
			end = strings.IndexByte(pattern, ')')
			var p part
			for choice := range strings.SplitSeq(pattern[1:end], "|") {
				p.choices = append(p.choices, strings.Fields(choice))
			}
			out, pattern = append(out, p), pattern[end+1:]
		default:
			var word string
			word, pattern, _ = strings.Cut(pattern, " ")
			if strings.ToUpper(word) == word && len(word) > 1 {
				out = append(out, part{slot: Slot(word)})
			} else {
				out = append(out, part{word: word})
			}
		}
	}
	return out
}

// recognise finds the form of a sentence; nil when it has none.
func recognise(tokens []token) (*Form, []Arg) {
	for _, f := range forms {
		if args, ok := match(f.parts, tokens, nil); ok {
			return f, args
		}
	}
	return nil, nil
}

// match matches all of the tokens.
func match(pattern []part, tokens []token, args []Arg) ([]Arg, bool) {
	if len(pattern) == 0 {
		return args, len(tokens) == 0
	}
	p, rest := pattern[0], pattern[1:]
	args = slices.Clip(args) // what one way appends is not another's
	switch {
	case p.optional != nil:
		if out, ok := match(slices.Concat(p.optional, rest), tokens, args); ok {
			return out, true
		}
		return match(rest, tokens, args)
	case p.choices != nil:
		for _, c := range p.choices {
			if begins(tokens, c) {
				if out, ok := match(rest, tokens[len(c):], append(args, Arg{Slot: Choice, Text: strings.Join(c, " ")})); ok {
					return out, true
				}
			}
		}
		return nil, false
	case p.word != "":
		if !begins(tokens, []string{p.word}) {
			return nil, false
		}
		return match(rest, tokens[1:], args)
	}
	for n := min(len(tokens), longest(p.slot)); n >= 1; n-- {
		if a, ok := read(p.slot, tokens[:n]); ok {
			if out, ok := match(rest, tokens[n:], append(args, a)); ok {
				return out, true
			}
		}
	}
	return nil, false
}

func begins(tokens []token, words []string) bool {
	if len(tokens) < len(words) {
		return false
	}
	for i, w := range words {
		if tokens[i].quoted || tokens[i].text != w {
			return false
		}
	}
	return true
}

// longest is how many tokens a slot may take.
func longest(s Slot) int {
	switch s {
	case People:
		return MaxLine
	case Hand:
		return 5
	case Portal:
		return 2
	case Phone, Field, Time, Day:
		return 3
	default:
		return 1
	}
}

// read reads what stands in a slot, by its shape; whether it is there, the world knows.
func read(s Slot, t []token) (Arg, bool) {
	a, one, words := Arg{Slot: s}, len(t) == 1, plain(t)
	switch s {
	case Text, Job, Customer, Record:
		a.Text = t[0].text
		return a, one && t[0].quoted && (s == Text || strings.TrimSpace(a.Text) != "")
	case Field:
		return a.field(t, words)
	case People:
		return a, words != nil && a.people(words)
	}
	if words == nil {
		return a, false
	}
	switch s {
	case Person:
		a.Person = words[0]
		return a, one && isName(words[0])
	case Hand:
		a.Person = words[0]
		return a, isName(a.Person) && (one || len(t) == 5 && slices.Equal(words[1:3], []string{"on", "the"}) && words[4] == "phone" && a.nth(words[3]))
	case Phone:
		name, ok := strings.CutSuffix(strings.ReplaceAll(words[0], "’", "'"), "'s")
		a.Person = name
		last := words[len(words)-1] == "phone"
		return a, ok && isName(name) && last && (len(t) == 2 || len(t) == 3 && a.nth(words[1]))
	case Portal:
		name, ok := strings.CutSuffix(strings.ReplaceAll(words[0], "’", "'"), "'s")
		a.Person = name
		return a, ok && isName(name) && len(t) == 2 && words[1] == "portal"
	case Ordinal:
		return a, one && a.nth(words[0])
	case Number:
		return a, one && a.number(words[0])
	case Time:
		return a, len(t) == 3 && a.time(words)
	case Clock:
		return a, one && a.clock(words[0])
	case Day:
		return a, len(t) == 3 && a.day(words)
	default: // Word
		a.Text = words[0]
		return a, one
	}
}

// plain is the tokens as words; nil when one is quoted.
func plain(t []token) (words []string) {
	for _, x := range t {
		if x.quoted {
			return nil
		}
		words = append(words, x.text)
	}
	return words
}

func isName(word string) bool {
	for i, r := range word {
		if i == 0 && !unicode.IsUpper(r) || !unicode.IsLetter(r) && r != '-' {
			return false
		}
	}
	return len(word) > 0 && len(word) <= maxName
}

// maxName bounds a name, in bytes.
const maxName = 40

// field reads the name of a field: a few words, or one text.
func (a Arg) field(t []token, words []string) (Arg, bool) {
	if len(t) == 1 && t[0].quoted {
		words = strings.Fields(t[0].text)
	}
	if len(words) > 1 && words[0] == "the" {
		words = words[1:]
	}
	for _, w := range words {
		if strings.ContainsFunc(w, func(r rune) bool { return !unicode.IsLower(r) && r != '_' && !unicode.IsDigit(r) }) {
			return a, false
		}
	}
	a.Text = strings.Join(words, "_")
	return a, a.Text != "" && a.Text != "the" && len(a.Text) <= 64
}

var ordinals = []string{"first", "second", "third"}

func (a *Arg) nth(word string) bool {
	a.Number = slices.Index(ordinals, word) + 1
	return a.Number > 0
}

var numbers = map[string]int{
	"no": 0, "nothing": 0, "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
}

func (a *Arg) number(word string) bool {
	n, ok := numbers[word]
	if !ok {
		var err error
		if n, err = strconv.Atoi(word); err != nil || n < 0 || n > 1_000_000 || word[0] == '+' {
			return false
		}
	}
	a.Number = n
	return true
}

// maxAgo bounds how far back somebody may have done something: longer than phones are away.
const maxAgo = 31 * 24 * time.Hour

func (a *Arg) time(words []string) bool {
	if slices.Equal(words, []string{"a", "minute", "later"}) {
		a.Ago = -time.Minute
		return true
	}
	unit := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[strings.TrimSuffix(words[1], "s")]
	if unit == 0 || words[2] != "ago" || !a.number(words[0]) || a.Number < 1 || a.Number > int(maxAgo/unit) {
		return false
	}
	a.Ago = time.Duration(a.Number) * unit
	return true
}

// clock reads what clocks show, as minutes after midnight.
func (a *Arg) clock(word string) bool {
	at, err := time.Parse("15:04", word)
	a.Number = at.Hour()*60 + at.Minute()
	return err == nil && len(word) == len("15:04")
}

// day reads a day as people write it.
func (a *Arg) day(words []string) bool {
	at, err := time.Parse("2 January 2006", strings.Join(words, " "))
	a.Text = at.Format(time.DateOnly)
	return err == nil
}

// people reads roles with names.
func (a *Arg) people(words []string) bool {
	role, named := "", true
	for _, w := range words {
		switch singular := strings.TrimSuffix(w, "s"); {
		case slices.Contains(Roles, singular):
			if !named {
				return false // a role before had no name
			}
			role, named = singular, false
		case w == "and" || w == "a" || w == "an" || w == "the":
		case role != "" && isName(w):
			a.People, named = append(a.People, Member{w, role}), true
		default:
			return false
		}
	}
	return named && len(a.People) > 0
}

// nearest is the patterns that are most like what was written, the likest first.
func nearest(tokens []token, expects bool) []string {
	type scored struct {
		form  *Form
		score int
	}
	var all []scored
	for _, f := range forms {
		if n := likeness(f.parts, tokens); n > 0 {
			n *= 2
			if f.Expects == expects {
				n++
			}
			all = append(all, scored{f, n})
		}
	}
	slices.SortStableFunc(all, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	var out []string
	for _, s := range all[:min(len(all), 3)] {
		out = append(out, s.form.Pattern)
	}
	return out
}

// likeness is how many words of a pattern are in a sentence, more for the beginnings they share, less for those missing.
func likeness(pattern []part, tokens []token) (n int) {
	for _, p := range pattern {
		switch {
		case p.optional != nil:
		case p.choices != nil:
			for _, c := range p.choices {
				if has(tokens, c[0]) {
					n += 2
					break
				}
			}
		case p.word != "" && has(tokens, p.word):
			n += 2
		case p.word != "":
			n--
		}
	}
	return n
}

// has says whether a word is there, or one that is nearly it.
func has(tokens []token, word string) bool {
	return slices.ContainsFunc(tokens, func(t token) bool {
		return !t.quoted && (t.text == word || len(word) > 3 && distance(t.text, word) <= 2)
	})
}

// distance is how many letters are to be put in, left out or replaced to make one word the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := last
			if a[i] != b[j] {
				cost++
			}
			last, row[j+1] = row[j+1], min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}

package story

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Story is a story that was understood.
type Story struct {
	File  string // as it was named to Parse
	Title string
	Steps []Step // at least one of them is an expectation; the first makes the company
}

// Step is one sentence of it.
type Step struct {
	Line    int
	Keyword string // as it stands there: Given, When, Then, And or But
	Text    string // the sentence without the keyword
	Block   int    // which Given, When or Then it belongs to, from 1; And and But belong to the one before them
	Form    *Form
	args    []Arg
}

// Expects says that the sentence is what must be so, and not what happens.
func (s *Step) Expects() bool { return s.Form.Expects }

// Arg is what a sentence says in the place of one slot. Which fields mean something depends on the slot.
type Arg struct {
	Slot   Slot
	Text   string        // of a text or a record what is between the quotation marks; of a field its name in the model; of a day 2026-10-24; of words themselves
	Person string        // of Person, Hand, Phone and Portal
	Number int           // of Number; of Hand and Phone which phone, from 1; 0: the one in use; of Clock the minutes after midnight
	Ago    time.Duration // of Time: how long ago; negative: later than now
	People []Member      // of People
}

// Member is somebody of the company.
type Member struct {
	Name string
	Role string // one of Roles
}

// find is the n-th of a slot, from 0.
func (s *Step) find(slot Slot, n int) (Arg, bool) {
	for _, a := range s.args {
		if a.Slot == slot {
			if n == 0 {
				return a, true
			}
			n--
		}
	}
	return Arg{}, false
}

// Arg is what stands in the n-th place of a slot, from 0; the zero Arg where the sentence leaves it out.
func (s *Step) Arg(slot Slot, n int) Arg {
	a, _ := s.find(slot, n)
	return a
}

// Has says whether the sentence has an n-th place of the slot, from 0.
func (s *Step) Has(slot Slot, n int) bool {
	_, ok := s.find(slot, n)
	return ok
}

// Error is one thing that is wrong with a story.
type Error struct {
	File    string
	Line    int
	What    string   // is wrong
	Why     string   // and what to do
	Nearest []string // patterns of sentences that may have been meant; may be empty
}

// Error begins with file and line, as compilers do.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d: %s. %s", e.File, e.Line, e.What, e.Why)
	for i, n := range e.Nearest {
		if i == 0 {
			b.WriteString(" The nearest sentences:")
		}
		b.WriteString("\n    " + n)
	}
	return b.String()
}

// Bounds of a story.
const (
	MaxBytes  = 256 << 10
	MaxLine   = 2000 // bytes
	maxErrors = 20   // told of one story
)

// keywords say what follows them.
var keywords = map[string]struct {
	expects, more bool // more: of the same as the sentence before
}{"Given": {}, "When": {}, "Then": {expects: true}, "And": {more: true}, "But": {more: true}}

// Parse reads a story. file is for what is said of faults. The error joins one *Error for each thing that is wrong.
func Parse(file string, text []byte) (*Story, error) {
	p := &parser{story: &Story{File: file}, world: newWorld()}
	if len(text) > MaxBytes {
		return nil, &Error{File: file, Line: 1, What: "the story is too long", Why: fmt.Sprintf("It may have %d bytes.", MaxBytes)}
	}
	line := 0
	for raw := range strings.Lines(string(text)) {
		line++
		p.line(line, strings.TrimSpace(raw))
	}
	p.whole(max(line, 1))
	if len(p.errs) > 0 {
		return nil, errors.Join(p.errs...)
	}
	return p.story, nil
}

// parser is a story that is being read.
type parser struct {
	story   *Story
	world   *world
	block   int
	begun   bool // some keyword was there
	expects bool // the block is of expectations
	errs    []error
}

func (p *parser) fault(line int, what, why string, nearest ...string) {
	if len(p.errs) < maxErrors {
		p.errs = append(p.errs, &Error{File: p.story.File, Line: line, What: what, Why: why, Nearest: nearest})
	}
}

// line reads one line.
func (p *parser) line(n int, text string) {
	switch {
	case text == "":
	case len(text) > MaxLine:
		p.fault(n, "the line is too long", fmt.Sprintf("It may have %d bytes.", MaxLine))
	case strings.HasPrefix(text, "#"):
		if p.story.Title == "" {
			p.story.Title = strings.TrimSpace(strings.TrimLeft(text, "#"))
		}
	default:
		p.sentence(n, text)
	}
}

// sentence reads a line that is one.
func (p *parser) sentence(n int, text string) {
	word, rest, _ := strings.Cut(text, " ")
	kind, ok := keywords[word]
	switch {
	case !ok:
		p.fault(n, fmt.Sprintf("%q begins no sentence", word), "Begin with Given, When, Then, And or But; a remark begins with #.")
		return
	case kind.more && !p.begun:
		p.fault(n, word+" continues nothing", "Begin with Given.")
		return
	case !kind.more:
		p.block, p.begun, p.expects = p.block+1, true, kind.expects
	}
	tokens, err := split(rest)
	if err != nil {
		p.fault(n, err.Error(), "Texts and records stand in \"quotation marks\".")
		return
	}
	form, args := recognise(tokens)
	switch {
	case form == nil:
		p.fault(n, fmt.Sprintf("no sentence of a story: %q", strings.TrimSpace(rest)),
			"Sentences have fixed forms; fieldsync story forms lists them.", nearest(tokens, p.expects)...)
		return
	case form.Expects && !p.expects:
		p.fault(n, fmt.Sprintf("%q is what must be so", strings.TrimSpace(rest)), "It stands under Then, not under Given or When.")
		return
	case !form.Expects && p.expects:
		p.fault(n, fmt.Sprintf("%q is what happens", strings.TrimSpace(rest)), "It stands under Given or When, not under Then: a story does not make true what it expects.")
		return
	}
	step := Step{Line: n, Keyword: word, Text: strings.TrimSpace(rest), Block: p.block, Form: form, args: args}
	if what, why := p.world.take(&step); what != "" {
		p.fault(n, what, why)
		return
	}
	p.story.Steps = append(p.story.Steps, step)
}

// whole finds what a story lacks.
func (p *parser) whole(last int) {
	if len(p.errs) > 0 {
		return // what is missing may be among what was not understood
	}
	expects := false
	for i := range p.story.Steps {
		expects = expects || p.story.Steps[i].Expects()
	}
	switch {
	case p.story.Title == "":
		p.fault(1, "the story has no title", "Begin with a line # TITLE.")
	case !expects:
		p.fault(last, "the story expects nothing", "It proves something by its sentences under Then; write at least one.")
	}
}

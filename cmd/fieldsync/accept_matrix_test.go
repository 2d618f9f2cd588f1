package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// TestMatrix holds the product against every cell of the page of rights (domain b.2, b.4), by what a real device of each
// of its people is sent over a real socket, and by what becomes of what they try.
func TestMatrix(t *testing.T) {
	t.Parallel()
	for _, wrong := range checkMatrix(t) {
		t.Error(wrong)
	}
}

// checkMatrix says which cells the product gets wrong.
func checkMatrix(t *testing.T) (wrong []string) {
	t.Helper()
	m := readMatrix(t, readDoc(t, matrixFile))
	g := openPlayground(t, m)
	sees, does := 0, 0
	for _, c := range m.cells {
		if !c.does {
			wrong = append(wrong, g.sees(c)...)
			sees++
		}
	}
	if len(wrong) > 0 || testing.Short() {
		return wrong // what may be done is tried on what is seen
	}
	for _, c := range inTurn(m.cells) {
		wrong = append(wrong, g.does(c)...)
		does++
	}
	if sees < 300 || does < 100 {
		t.Errorf("the page has %d cells of what is seen and %d of what is done: it was not read", sees, does)
	}
	return wrong
}

// lasting is the rows that change for whom something is, or take it away: they are tried last, in this order.
var lasting = []string{
	"gives a job to themselves", "gives a job to an engineer", "gives a job to somebody of Sub Ltd", "gives a job to a company",
	"deletes a route optimization",
}

// inTurn is the cells of what is done in an order in which no one spoils another: of a row the least right first.
func inTurn(cells []matrixCell) (out []matrixCell) {
	for turn := -1; turn < len(lasting); turn++ {
		for _, c := range slices.Backward(cells) {
			if c.does && slices.Index(lasting, c.row) == turn {
				out = append(out, c)
			}
		}
	}
	return out
}

// sees compares a cell with what somebody's device was sent, both ways.
func (g *playground) sees(c matrixCell) (wrong []string) {
	g.t.Helper()
	all, ok := g.items[c.row]
	if !ok {
		g.t.Fatalf("%s:%d: there is nothing of a row %q", matrixFile, c.line, c.row)
	}
	p := g.people[c.who]
	in, out := 0, 0
	for _, x := range all {
		want := slices.ContainsFunc(c.words, func(w string) bool { return x.fits(w, c.who, p.company) })
		if want {
			in++
		} else {
			out++
		}
		if got := p.has(x); got != want {
			wrong = append(wrong, fmt.Sprintf("%s:%d: %s: %s is %s: of %s (assigned %v, of %q, companies %v) their device has it: %v, want %v",
				matrixFile, c.line, c.who, c.row, strings.Join(c.words, ", "), x.id, x.on, x.by, x.firms, got, want))
		}
	}
	if in == 0 && c.words[0] != "none" || out == 0 && c.words[0] != "all" {
		wrong = append(wrong, fmt.Sprintf("%s:%d: %s: %s is %s, and there are %d that must come and %d that must not: it says nothing",
			matrixFile, c.line, c.who, c.row, strings.Join(c.words, ", "), in, out))
	}
	return wrong
}

// does tries what a cell is of, on everything that it can be tried on.
func (g *playground) does(c matrixCell) (wrong []string) {
	g.t.Helper()
	a, ok := attempts[c.row]
	if !ok {
		g.t.Fatalf("%s:%d: nobody knows how to try %q", matrixFile, c.line, c.row)
	}
	p, in := g.people[c.who], 0
	p.comes(g)
	defer p.goes()
	for _, x := range g.targets(a.on) {
		if g.gone[x.id] {
			continue
		}
		want := slices.ContainsFunc(c.words, func(w string) bool { return x.fits(w, c.who, p.company) })
		if want {
			in++
		}
		seen, asked := a.on == "" || p.l.rows[x.id], a.change(g, p, x)
		answer := p.tries(asked)
		taken := answer.Outcome.In()
		if taken && asked.Op == model.OpDelete {
			g.gone[x.id] = true
		}
		waits := answer.Outcome == model.OutcomeHeld && (answer.Reason == model.ReasonRight || answer.Reason == model.ReasonMissing)
		if taken != want || !taken && !waits || !taken && (answer.Reason == model.ReasonMissing) == seen {
			wrong = append(wrong, fmt.Sprintf("%s:%d: %s %s is %s: on %s (assigned %v, of %q, companies %v) it was %s, reason %d; want it done: %v",
				matrixFile, c.line, c.who, c.row, strings.Join(c.words, ", "), x.id, x.on, x.by, x.firms, answer.Outcome, answer.Reason, want))
		}
	}
	if in == 0 && c.words[0] != "none" {
		wrong = append(wrong, fmt.Sprintf("%s:%d: %s %s is %s, and there is nothing that they may do it to", matrixFile, c.line, c.who, c.row, strings.Join(c.words, ", ")))
	}
	return wrong
}

// targets is what an attempt is made on: every item of a row once, and of a row of nothing one.
func (g *playground) targets(row string) (out []item) {
	switch row {
	case "":
		return []item{{}}
	case allJobs:
		out = slices.Concat(g.items["jobs"], g.items["jobs made in the field"])
	default:
		out = slices.Clone(g.items[row])
	}
	return slices.DeleteFunc(out, func(x item) bool { return x.field != 0 })
}

// tries pushes one change, whatever comes meanwhile, and hears what was decided.
func (p *player) tries(c model.Change) model.Answer {
	p.wire.t.Helper()
	p.wire.say(p.wire.h.pushOf(c))
	for {
		switch m := p.wire.next().(type) {
		case *protocol.Page:
			p.l.take(p.wire, m)
		case *protocol.Answers:
			return m.Answers[0]
		case *protocol.Decided: // what was tried before
		default:
			p.wire.t.Fatalf("heard a %s: %+v; want pages and an answer", m.Type(), m)
		}
	}
}

package worlds

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/simtest/history"
)

// Options are how a pair lives besides its seed.
type Options struct {
	Now       func() time.Time    // of a synctest bubble
	Rest      func(time.Duration) // lets time pass, and everything that was begun come to its end
	Customers int                 // that the busy world begins with, besides those that its seed says
}

// Failure is what two worlds did that they must not.
type Failure struct {
	Kind string // difference, canary, log, error
	Text string
	Step int
}

// Error says it.
func (f *Failure) Error() string { return fmt.Sprintf("step %d: %s: %s", f.Step, f.Kind, f.Text) }

// Stats counts what pairs were.
type Stats struct {
	Frames   int
	Bytes    int
	Outcomes map[string]int // of what the office and strangers did in the busy worlds
	Heard    map[string]int // frames by type
}

// pair is two worlds in step.
type pair struct {
	quiet, busy *world
	step        int
	compared    int // of what the phones were told
	stats       *Stats
}

// Run plays a script in both worlds of a seed, inside a bubble, and says how they came to differ, or nil.
func Run(seed uint64, steps history.Steps, opt Options, stats *Stats) (failure *Failure) {
	p := &pair{stats: stats}
	defer func() {
		if r := recover(); r != nil {
			var ok bool
			if failure, ok = r.(*Failure); !ok {
				failure = &Failure{Kind: "panic", Text: fmt.Sprint(r)}
			}
			failure.Step = p.step
		}
		p.end()
	}()
	p.quiet, p.busy = newWorld(seed, false, opt), newWorld(seed, true, opt)
	for _, w := range p.worlds() {
		w.newJob()
		w.connects()
	}
	p.pass(pace)
	for _, s := range steps {
		p.step++
		var rest time.Duration
		for _, w := range p.worlds() {
			rest = w.step(s)
		}
		p.busy.happens()
		p.pass(rest)
	}
	return nil
}

func (p *pair) worlds() []*world { return []*world{p.quiet, p.busy} }

// pass lets time pass until nothing comes any more, and compares what was heard. Elsewhere things happen meanwhile.
func (p *pair) pass(rest time.Duration) {
	for range 40 {
		p.quiet.opt.Rest(rest)
		came := 0
		for _, w := range p.worlds() {
			came += w.phone.take()
		}
		p.compare()
		switch {
		case came == 0:
			return
		case rest < pace: // what was answered comes before the next step, and no time passes
			rest = 0
		default:
			rest = pace
			p.busy.happens()
		}
	}
}

// compare compares what the phones were told since the last time, byte by byte, and looks for canaries.
func (p *pair) compare() {
	a, b := p.quiet.phone.told, p.busy.phone.told
	for ; p.compared < max(len(a), len(b)); p.compared++ {
		var here, there []byte
		if p.compared < len(a) {
			here = a[p.compared]
		}
		if p.compared < len(b) {
			there = b[p.compared]
		}
		if !bytes.Equal(here, there) {
			panic(&Failure{Kind: "difference", Text: fmt.Sprintf("of what the phone was told, no. %d:\nquiet: %s\nbusy:  %s", p.compared, describe(here), describe(there))})
		}
		p.stats.Frames++
		p.stats.Bytes += len(here)
		p.look(here)
	}
	for _, w := range p.worlds() {
		log := w.log.take()
		for _, word := range []string{canary, "qx "} {
			if at := bytes.Index(log, []byte(word)); at >= 0 {
				panic(&Failure{Kind: "log", Text: fmt.Sprintf("%q is in the log: %.200q", word, log[max(0, at-80):])})
			}
		}
	}
}

// look looks for canaries in a frame, and in the body of a page.
func (p *pair) look(frame []byte) {
	text := frame
	if m, err := protocol.Decode(frame); err == nil {
		p.stats.Heard[m.Type().String()]++
		if page, ok := m.(*protocol.Page); ok && page.Compressed {
			body, err := protocol.DecodePageBody(page.Body, true)
			check(err)
			text = slices.Concat(frame, protocol.EncodePageBody(body))
		}
		if found, ok := m.(*protocol.Found); ok && found.Compressed {
			rows, err := found.Rows()
			check(err)
			text = slices.Concat(frame, protocol.EncodePageBody(&protocol.PageBody{Rows: rows}))
		}
	}
	if bytes.Contains(text, []byte(canary+" ")) {
		panic(&Failure{Kind: "canary", Text: "the phone heard what is hidden: " + describe(frame)})
	}
}

// describe is a frame for people's eyes.
func describe(frame []byte) string {
	if frame == nil {
		return "nothing"
	}
	if _, err := protocol.Decode(frame); err != nil {
		return string(frame)
	}
	return fmt.Sprintf("%d bytes, %s", len(frame), protocol.Describe(frame))
}

// end lets every goroutine of the pair end.
func (p *pair) end() {
	for _, w := range p.worlds() {
		if w == nil || w.phone == nil {
			continue
		}
		if l := w.phone.line; l != nil {
			_ = l.conn.Close(protocol.CodeNone, "")
			<-l.served
		}
	}
	if p.busy != nil {
		for k, n := range p.busy.outcomes {
			p.stats.Outcomes[k] += n
		}
	}
}

func newStats() *Stats { return &Stats{Outcomes: map[string]int{}, Heard: map[string]int{}} }

// Add sums up.
func (s *Stats) Add(o *Stats) {
	s.Frames += o.Frames
	s.Bytes += o.Bytes
	for k, n := range o.Outcomes {
		s.Outcomes[k] += n
	}
	for k, n := range o.Heard {
		s.Heard[k] += n
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// news tells a person what came while they looked: it compares what is shown now with what was shown before, leaves
// out what the person did themselves, and puts the rest in words.
type news struct {
	s      *station
	topics []topic
	mute   atomic.Bool // a first download is coming in, which is no news

	mu      sync.Mutex                       // guards the fields below
	records map[model.RecordID]device.Record // as last looked at
	entries map[model.ChangeID]device.Entry
	state   device.State
	over    bool // the end of the session was told
}

// newNews begins with what the station shows now. A station that shows nothing yet is mute until somebody says that
// its first download is complete.
func newNews(s *station, topics []topic) (*news, error) {
	n := &news{s: s, topics: topics, over: s.Status().Ended}
	n.outbox()
	var err error
	if n.records, err = n.sight(); err != nil {
		return nil, err
	}
	n.mute.Store(len(n.records) == 0)
	return n, nil
}

// sight is the records of all topics.
func (n *news) sight() (map[model.RecordID]device.Record, error) {
	out := map[model.RecordID]device.Record{}
	for _, t := range n.topics {
		all, err := n.s.List(t.of, model.RecordID{})
		if err != nil {
			return nil, err
		}
		for _, r := range all {
			out[r.ID] = r
		}
	}
	return out, nil
}

// topic is a collection that a person hears of. Each func returns "" when there is nothing to tell.
type topic struct {
	of      model.Collection
	came    func(r device.Record) string
	left    func(r device.Record) string
	became  func(r, was device.Record) string
	changed []model.FieldNo // fields whose new value is told
}

// look is what there is to tell since the last look.
func (n *news) look() (lines []string, err error) {
	lines = n.session()
	lines = append(lines, n.outbox()...)
	now, err := n.sight()
	if err != nil {
		return lines, err
	}
	if !n.mute.Load() {
		for _, t := range n.topics {
			lines = append(lines, n.compare(t, now)...)
		}
	}
	n.records = now
	return lines, nil
}

// compare tells what changed in one collection.
func (n *news) compare(t topic, now map[model.RecordID]device.Record) (lines []string) {
	tell := func(line string) {
		if line != "" {
			lines = append(lines, line)
		}
	}
	for _, id := range sortedIDs(now) {
		r := now[id]
		if r.Collection != t.of {
			continue
		}
		was, there := n.records[id]
		if !there {
			if !r.Own && !n.mine(r) && t.came != nil {
				tell(t.came(r))
			}
			continue
		}
		if t.became != nil {
			tell(t.became(r, was))
		}
		for _, f := range t.changed {
			// What the server adds to a record that was just made here is no news, but for a job's number.
			ours := was.Own && f != model.JobNumber || slices.Contains(r.Pending, f)
			if r.Value(f) != was.Value(f) && !ours {
				tell(n.change(r, was, f))
			}
		}
	}
	for _, id := range sortedIDs(n.records) {
		if _, still := now[id]; !still && n.records[id].Collection == t.of && t.left != nil {
			tell(t.left(n.records[id]))
		}
	}
	return lines
}

// mine says whether a record that came is the user's own doing, back from the server.
func (n *news) mine(r device.Record) bool {
	for _, e := range n.entries {
		if e.Op == model.OpCreate && e.Record == r.ID {
			return true
		}
	}
	return false
}

func (n *news) change(r, was device.Record, no model.FieldNo) string {
	spec, _ := builtin().Spec(r.Collection)
	f, _ := spec.Field(no)
	name := n.s.nameOf(r.ID)
	if parent := r.Parent(); !parent.IsZero() {
		name = n.s.nameOf(parent) + ", " + recordOf(spec)
	}
	if was.Value(no).IsNull() {
		return fmt.Sprintf("%s: %s is %s", name, strings.ReplaceAll(f.Name, "_", " "), n.s.show(f, r.Value(no)))
	}
	return fmt.Sprintf("%s: %s is now %s (was %s)", name, strings.ReplaceAll(f.Name, "_", " "), n.s.show(f, r.Value(no)), n.s.show(f, was.Value(no)))
}

func sortedIDs(m map[model.RecordID]device.Record) []model.RecordID {
	ids := make([]model.RecordID, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, model.RecordID.Compare)
	return ids
}

// outbox tells what became of the user's own changes.
func (n *news) outbox() (lines []string) {
	next := map[model.ChangeID]string{}
	if problems, err := n.s.Problems(); err == nil {
		for _, p := range problems {
			next[p.Change] = p.Next
		}
	}
	now := map[model.ChangeID]device.Entry{}
	for _, e := range n.s.Outbox() {
		now[e.Change] = e
		was, known := n.entries[e.Change]
		if e.Answered && (!known || !was.Answered || was.Outcome != e.Outcome) && n.entries != nil {
			lines = append(lines, n.s.entry(e)+": "+fate(e, next[e.Change]))
		}
	}
	n.entries = now
	return lines
}

// session tells how the connection stands.
func (n *news) session() (lines []string) {
	st := n.s.Status()
	if st.Ended && !n.over {
		lines = append(lines, endLine(st))
	}
	n.over = st.Ended
	if st.State != n.state {
		n.state = st.State
		if line := stateLine(st); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// noConnection is what a client and its terminal say when nobody answers.
const noConnection = "no connection"

func stateLine(st device.Status) string {
	switch st.State {
	case device.StateConnected:
		return "online"
	case device.StateWaiting:
		why := ""
		if st.Trouble != "" && st.Trouble != noConnection {
			why = " (" + st.Trouble + ")"
		}
		return noConnection + why + "; trying again at " + st.Retry.Format(time.TimeOnly) + ", or now with online"
	case device.StateHandIn:
		return fmt.Sprintf("handing in %s", unsentText(st.Unsent))
	case device.StateStopped:
		return "stopped: this device does not connect by itself any more; takeover signs in again"
	case device.StateWiped:
		return "this user's data was erased from this device by the office"
	case device.StateOff, device.StateConnecting:
	}
	return ""
}

// endLine tells how the session ended and what happens to what is unsent.
func endLine(st device.Status) string {
	line := "session ended at " + moment(st.End.At)
	if st.End.By != "" {
		line += " by " + st.End.By
	}
	line += ": " + st.End.Text
	if st.End.Note != "" {
		line += fmt.Sprintf(" (%s)", st.End.Note)
	}
	switch {
	case st.Unsent == 0:
	case st.End.Fate == model.FateRefused:
		line += fmt.Sprintf("; the office takes nothing from this device: %s will not go in", unsentText(st.Unsent))
	case st.State == device.StateStopped: // it has handed in, and this was saved afterwards
		line += fmt.Sprintf("; %s saved here since, to go in at the next sign-in", unsentText(st.Unsent))
	case st.End.Fate == model.FateHeld:
		line += fmt.Sprintf("; %s will be handed in as soon as there is a connection, and the office decides about all but hours", unsentText(st.Unsent))
	default:
		line += fmt.Sprintf("; %s will be handed in as soon as there is a connection", unsentText(st.Unsent))
	}
	return line
}

func unsentText(n int) string { return counted(n, "change") }

// counted is "1 row", "2 rows".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// whyStopped is what a Run ended with, in words.
func whyStopped(err error) string {
	var stopped *device.StoppedError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &stopped) && stopped.Code != protocol.CodeNone:
		return fmt.Sprintf("%s (code %d)", stopped.Text, stopped.Code)
	}
	return err.Error()
}

// tell looks, and says what there is to tell.
func (n *news) tell(say func(format string, args ...any)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	lines, err := n.look()
	for _, line := range lines {
		say("* %s", line)
	}
	if err != nil {
		say("! %v", err)
	}
}

// watch looks whenever something changed and says what there is to tell, until ctx ends.
func (n *news) watch(ctx context.Context, say func(format string, args ...any)) {
	for {
		next := n.s.next()
		n.tell(say)
		select {
		case <-next:
		case <-ctx.Done():
			return
		}
	}
}
